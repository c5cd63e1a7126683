"""Stock: received, counted, and one container with all that may become of it."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from services.console.apis import Apis
from services.console.pages import ledger
from services.console.pages.site import demand_found, my_clinics, site
from services.console.visitor import Visitor
from shared import access
from shared.errors import NotFoundError

WORDS = (
    "drug",
    "form",
    "lot",
    "expires_on",
    "supplier",
    "supplier_number",
    "invoice",
    "ndc",
)
MOMENTS = ("opening", "closing", "biennial", "initial")
ACTS = {
    "waste": ("reason", "witness_code"),
    "destroy": ("how", "form_reference"),
    "report": ("cause", "note"),
}
"""What may become of a container, and the words each form sends."""


@site.post("/clinics/<uuid:clinic_id>/ledger/receipts")
def receive_stock(clinic_id: UUID) -> Any:
    """A container came in."""
    form, apis = request.form, g.apis
    said: dict[str, Any] = {name: form.get(name, "").strip() or None for name in WORDS}
    for name in ("strength_mg", "content_mg"):
        said[name] = ledger.amount(form.get(name, ""))
    if form.get("origin") == "initial_inventory":
        said["origin"] = "initial_inventory"
    return ledger.after(apis.post("sessions", "/ledger/receipts", **said), clinic_id)


@site.get("/clinics/<uuid:clinic_id>/ledger/count")
def count_form(clinic_id: UUID) -> str:
    """The form of a count: every container on hand."""
    return _count_page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/ledger/count")
def count_stock(clinic_id: UUID) -> Any:
    """What was counted; what does not add up is then a case on the ledger's page."""
    apis: Apis = g.apis
    form = request.form
    lines = [
        {
            "container_id": container_id,
            "counted_mg": ledger.amount(form.get(f"counted-{container_id}", "")),
            "note": form.get(f"note-{container_id}", "").strip() or None,
        }
        for container_id in form.getlist("container_id")
    ]
    moment = form.get("moment", "")
    answer = apis.post("sessions", "/ledger/counts", moment=moment, lines=lines)
    if not answer:
        return _count_page(clinic_id, answer.detail), 422
    return redirect(url_for("site.ledger", clinic_id=clinic_id), 303)


@site.get("/clinics/<uuid:clinic_id>/ledger/containers/<uuid:container_id>")
def container(clinic_id: UUID, container_id: UUID) -> str:
    """One container: what happened to it, and what may be done."""
    return _container_page(clinic_id, container_id)


@site.post(
    "/clinics/<uuid:clinic_id>/ledger/containers/<uuid:container_id>"
    "/<any(waste, destroy, report, send):what>"
)
def change_container(clinic_id: UUID, container_id: UUID, what: str) -> Any:
    """The rest is wasted, it is destroyed or sent, or something is wrong with it."""
    apis: Apis = g.apis
    path, said = _asked(what, container_id, request.form)
    answer = apis.post("sessions", path, **said)
    if not answer:
        return _container_page(clinic_id, container_id, answer.detail), 422
    own = url_for("site.container", clinic_id=clinic_id, container_id=container_id)
    return redirect(own, 303)


def _asked(
    what: str, container_id: UUID, form: MultiDict[str, str]
) -> tuple[str, dict[str, Any]]:
    """Where a form goes, and what it says."""
    if what == "send":
        named = ("to_clinic_id", "invoice")
        said: dict[str, Any] = {name: form.get(name, "").strip() for name in named}
        return "/ledger/transfers", {**said, "container_id": str(container_id)}
    said = {name: form.get(name, "").strip() for name in ACTS[what]}
    if what == "report":
        said["counted_mg"] = ledger.amount(form.get("counted_mg", ""))
    if what == "waste" and form.get("wasted_mg", "").strip():
        said["wasted_mg"] = ledger.amount(form["wasted_mg"])
    if what == "destroy":
        codes = (code.strip() for code in form.getlist("witness_codes"))
        said["witness_codes"] = [code for code in codes if code]
    return f"/ledger/containers/{container_id}/{what}", said


def _count_page(clinic_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    found = apis.get("sessions", "/ledger")
    demand_found(found)
    return render_template(
        "ledger_count.html",
        section="site.ledger",
        clinic_id=clinic_id,
        found=found,
        moments=MOMENTS,
        said=request.form,
        problem=problem,
        away=apis.away,
    )


def _container_page(clinic_id: UUID, container_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    listed = apis.get("sessions", f"/ledger/containers/{container_id}")
    demand_found(listed)
    if not listed:
        raise NotFoundError(listed.detail)
    entries = apis.get("sessions", "/ledger/entries", container_id=container_id)
    return render_template(
        "container.html",
        section="site.ledger",
        clinic_id=clinic_id,
        one=listed.data,
        entries=list(entries),
        clinics=[each for each in my_clinics() if each.id != clinic_id],
        writes=visitor.may(access.LEDGER_WRITE, clinic_id),
        manages=visitor.may(access.LEDGER_MANAGE, clinic_id),
        said=request.form,
        problem=problem,
        away=apis.away,
    )
