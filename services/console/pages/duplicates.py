"""Who may be registered twice, and who may be known to another clinic."""

from typing import Any
from uuid import UUID

from flask import g, render_template, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.people import names_of
from services.console.pages.site import demand_found, my_clinics, site
from services.console.visitor import Visitor
from shared import access


@site.get("/clinics/<uuid:clinic_id>/duplicates")
def duplicates(clinic_id: UUID) -> str:
    """Pairs that may be one person, and patients to be asked."""
    return _page(clinic_id)


@site.post(
    "/clinics/<uuid:clinic_id>/duplicates"
    "/<uuid:patient_id>/<uuid:other_id>/<any(merge, dismiss):what>"
)
def decide_duplicate(
    clinic_id: UUID, patient_id: UUID, other_id: UUID, what: str
) -> Any:
    """They are one person, or two."""
    apis: Apis = g.apis
    path = f"/patients/{patient_id}/duplicates/{other_id}/{what}"
    return _after(apis.post("intake", path), clinic_id)


@site.post("/clinics/<uuid:clinic_id>/matches/<uuid:match_id>")
def answer_match(clinic_id: UUID, match_id: UUID) -> Any:
    """What the patient said; after a yes, the page names the other clinic."""
    apis: Apis = g.apis
    is_same = request.form.get("is_same") == "yes"
    answer = apis.post("intake", f"/matches/{match_id}/answer", is_same=is_same)
    if answer and answer["other_clinic_id"]:
        return _page(clinic_id, named=answer["other_clinic_id"])
    return _after(answer, clinic_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/identity")
def correct_identity(clinic_id: UUID, patient_id: UUID) -> Any:
    """A name or birth date is put right."""
    apis: Apis = g.apis
    names = ("given_name", "family_name", "birth_date")
    said = {name: request.form.get(name, "").strip() for name in names}
    answer = apis.post(
        "intake",
        f"/patients/{patient_id}/identity",
        **{name: value for name, value in said.items() if value},
    )
    if not answer:
        return _identity(clinic_id, patient_id, answer.detail), 422
    return record.back("site.identity", clinic_id=clinic_id, patient_id=patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/transfer")
def transfer(clinic_id: UUID, patient_id: UUID) -> Any:
    """A patient goes on at another clinic."""
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    answer = apis.post(
        "intake",
        f"/episodes/{person['episode_id']}/transfer",
        to_clinic_id=request.form.get("to_clinic_id", "").strip(),
    )
    if not answer:
        return _identity(clinic_id, patient_id, answer.detail), 422
    return record.back("site.identity", clinic_id=clinic_id, patient_id=patient_id)


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/identity")
def identity(clinic_id: UUID, patient_id: UUID) -> str:
    """Who a patient is, under which records, and where the patient goes on."""
    return _identity(clinic_id, patient_id)


def _identity(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    person = record.patient_of(patient_id)
    hands_on = visitor.may(access.TRANSFERS, clinic_id)
    sent = list(apis.get("intake", "/transfers")) if hands_on else []
    return record.render(
        "identity.html",
        clinic_id,
        person,
        problem,
        puts_right=visitor.may(access.IDENTITY_WRITE, clinic_id),
        hands_on=hands_on,
        transfers=[one for one in sent if one["patient_id"] == str(patient_id)],
        clinics=[one for one in my_clinics() if one.id != clinic_id],
    )


def _after(answer: Answer, clinic_id: UUID) -> Any:
    if not answer:
        return _page(clinic_id, answer.detail), 422
    return record.back("site.duplicates", clinic_id=clinic_id)


def _page(clinic_id: UUID, problem: str = "", named: str | None = None) -> str:
    apis: Apis = g.apis
    pairs, matches = apis.get("intake", "/duplicates"), apis.get("intake", "/matches")
    demand_found(pairs)
    concerned = [one["patient_id"] for pair in pairs for one in pair["patients"]]
    concerned += [one["patient_id"] for one in matches]
    return render_template(
        "duplicates.html",
        section="site.patients",
        clinic_id=clinic_id,
        pairs=pairs,
        matches=matches,
        names=names_of(apis, concerned),
        problem=problem,
        named=named,
        away=apis.away,
    )
