"""A patient is booked: for what, how, when, where and with whom."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, request

from services.console.apis import Answer, Apis
from services.console.pages import free_times, record
from services.console.pages.free_times import NAMED
from services.console.pages.site import site
from services.console.visitor import Visitor
from shared import access
from shared.rulepack import ResourceKind, Route

TYPES = ("preparation", "dosing", "integration")
MODES = {"in_person": "In the clinic", "telehealth": "By video"}
ABOUT = ("type", "mode", "route", "integration_id")


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/book")
def book(clinic_id: UUID, patient_id: UUID) -> str:
    """What can be booked, and when it is free."""
    return _page(clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/book")
def book_appointment(clinic_id: UUID, patient_id: UUID) -> Any:
    """The time that was chosen is booked; with a reason, where it does not fit."""
    apis: Apis = g.apis
    path, wish = "/appointments", _wish(request.form)
    if "overbook_reason" in request.form:
        path = f"{path}/overbook"
        wish["overbook_reason"] = request.form["overbook_reason"]
    answer = apis.post("scheduling", path, patient_id=str(patient_id), **wish)
    if not answer:
        return _page(clinic_id, patient_id, answer), 422
    return record.back("site.visit", clinic_id=clinic_id, appointment_id=answer["id"])


def _wish(said: Mapping[str, str]) -> dict[str, Any]:
    """What is to be booked, as far as it is said; a preparation, if nothing is."""
    wish: dict[str, Any] = free_times.wished(said)
    wish |= {name: said[name] for name in ABOUT if said.get(name)}
    if said.get("provisional"):
        wish["provisional"] = True
    return {"type": TYPES[0], **wish}


def _page(clinic_id: UUID, patient_id: UUID, answer: Answer | None = None) -> str:
    """The page; `answer` is what became of booking."""
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    person = record.patient_of(patient_id)
    wish = _wish(request.values)
    needs = _needs(apis, patient_id) if wish["type"] == "integration" else []
    if needs and "integration_id" not in request.values:
        wish["integration_id"] = needs[0]["id"]
    looked_for = {
        "patient_id": patient_id,
        **{name: wish.get(name) for name in ("type", "mode", "route")},
        # Who was to take part in what was refused may be anybody else now.
        **{name: request.args.get(name) or None for name in NAMED},
    }
    resources = list(apis.get("scheduling", "/resources"))
    there = {one["kind"] for one in resources}
    return record.render(
        "book.html",
        clinic_id,
        person,
        free=free_times.free_times(apis, wish, **looked_for),
        refused=free_times.refused(answer),
        readiness=_readiness(apis, patient_id, wish),
        wish=wish,
        needs=needs,
        resources=resources,
        types=TYPES,
        modes=MODES,
        routes=list(Route),
        kinds=[kind for kind in ResourceKind if kind in there],
        kept={name: wish.get(name, "") for name in (*ABOUT, "provisional")},
        said=request.form,
        what=NAMED,
        books=visitor.may(access.BOOKINGS_WRITE, clinic_id),
        overbooks=visitor.may(access.BOOKINGS_OVERBOOK, clinic_id),
    )


def _needs(apis: Apis, patient_id: UUID) -> list[Any]:
    """The treatments of a patient that want to be talked about."""
    listed = apis.get("scheduling", "/integrations")
    return [one for one in listed if one["patient_id"] == str(patient_id)]


def _readiness(apis: Apis, patient_id: UUID, wish: Mapping[str, Any]) -> Answer | None:
    """What speaks against a dose then; None if it is not about one."""
    if wish["type"] != "dosing":
        return None
    path = f"/patients/{patient_id}/readiness"
    return apis.get("scheduling", path, gate="booking", at=wish.get("starts_at"))
