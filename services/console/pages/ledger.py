"""The controlled-substance ledger: what is on hand, open, on its way."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for

from services.console.apis import Answer, Apis
from services.console.pages.site import demand_found, my_clinics, site
from services.console.visitor import Visitor
from shared import access

PAGE = 50


@site.get("/clinics/<uuid:clinic_id>/ledger")
def ledger(clinic_id: UUID) -> str:
    """Containers, cases and deliveries; for a witness, the code alone."""
    return page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/ledger")
def open_ledger(clinic_id: UUID) -> Any:
    """The clinic keeps its ledger here from now on."""
    said = {name: request.form.get(name, "").strip() for name in ("number", "schedule")}
    apis: Apis = g.apis
    return after(apis.post("sessions", "/ledger", **said), clinic_id)


@site.post("/clinics/<uuid:clinic_id>/ledger/witness-code")
def witness_code(clinic_id: UUID) -> Any:
    """A code of whoever looks, shown once."""
    apis: Apis = g.apis
    made = apis.post("sessions", "/witness-codes")
    if not made:
        return page(clinic_id, made.detail), 422
    return render_template(
        "witness_code.html", section="site.ledger", clinic_id=clinic_id, made=made
    )


@site.get("/clinics/<uuid:clinic_id>/ledger/entries")
def ledger_entries(clinic_id: UUID) -> str:
    """Entries, the newest first; older ones on the next page."""
    apis: Apis = g.apis
    before = request.args.get("before", "")
    found = apis.get(
        "sessions",
        "/ledger/entries",
        limit=PAGE,
        before=before if before.isdecimal() else None,
    )
    demand_found(found)
    rows = list(found)
    return render_template(
        "ledger_entries.html",
        section="site.ledger",
        clinic_id=clinic_id,
        answer=found,
        entries=rows,
        older=rows[-1]["position"] if len(rows) == PAGE else None,
        away=apis.away,
    )


@site.post(
    "/clinics/<uuid:clinic_id>/ledger/cases/<uuid:case_id>"
    "/<any(take, close, notice):what>"
)
def change_case(clinic_id: UUID, case_id: UUID, what: str) -> Any:
    """Somebody sees to a case, closes it, or has told the authority of a loss."""
    fields = {
        "take": (),
        "close": ("resolution", "note", "witness_code"),
        "notice": ("reference",),
    }[what]
    said = {name: request.form.get(name, "").strip() for name in fields}
    apis: Apis = g.apis
    return after(
        apis.post("sessions", f"/ledger/cases/{case_id}/{what}", **said), clinic_id
    )


@site.post("/clinics/<uuid:clinic_id>/ledger/deliveries/<uuid:delivery_id>")
def answer_delivery(clinic_id: UUID, delivery_id: UUID) -> Any:
    """What another clinic sent was counted: taken, or sent back with a reason."""
    apis: Apis = g.apis
    reason = request.form.get("reason", "").strip()
    said = {"counted_mg": amount(request.form.get("counted_mg", ""))}
    if request.form.get("answer") == "refuse":
        path, said = "refuse", {**said, "reason": reason}
    else:
        path = "accept"
    answer = apis.post("sessions", f"/ledger/deliveries/{delivery_id}/{path}", **said)
    return after(answer, clinic_id)


@site.post("/clinics/<uuid:clinic_id>/ledger/recalls")
def recall_lot(clinic_id: UUID) -> Any:
    """A lot is not to be given any more; who got some of it is shown."""
    apis: Apis = g.apis
    said = {
        name: request.form.get(name, "").strip() for name in ("drug", "lot", "note")
    }
    made = apis.post("sessions", "/ledger/recalls", **said)
    if not made:
        return page(clinic_id, made.detail), 422
    own = url_for("site.show_recall", clinic_id=clinic_id, recall_id=made["id"])
    return redirect(own, 303)


@site.get("/clinics/<uuid:clinic_id>/ledger/recalls/<uuid:recall_id>")
def show_recall(clinic_id: UUID, recall_id: UUID) -> str:
    """A recall, and the sessions that got some of the lot."""
    apis: Apis = g.apis
    found = apis.get("sessions", f"/ledger/recalls/{recall_id}")
    demand_found(found)
    return render_template(
        "recall.html", section="site.ledger", clinic_id=clinic_id, recall=found
    )


def page(clinic_id: UUID, problem: str = "") -> str:
    """The ledger's page, with what went wrong."""
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    found = apis.get("sessions", "/ledger")
    shown = found.data or {}
    closed = apis.get("sessions", "/ledger/cases", status="closed")
    return render_template(
        "ledger.html",
        section="site.ledger",
        clinic_id=clinic_id,
        found=found,
        registration=shown.get("registration"),
        containers=shown.get("containers", []),
        number_of={one["id"]: one["number"] for one in shown.get("containers", [])},
        notices=[one for one in closed if one["notice_due_at"]],
        clinics=[one for one in my_clinics() if one.id != clinic_id],
        writes=visitor.may(access.LEDGER_WRITE, clinic_id),
        manages=visitor.may(access.LEDGER_MANAGE, clinic_id),
        witnesses=visitor.may(access.WITNESS, clinic_id),
        problem=problem,
        said=request.form,
        away=apis.away,
    )


def after(answer: Answer, clinic_id: UUID) -> Any:
    """Back to the ledger, or the same page with what the service said."""
    if not answer:
        return page(clinic_id, answer.detail), 422
    return redirect(url_for("site.ledger", clinic_id=clinic_id), 303)


def amount(text: str) -> float | str | None:
    """A number as it was entered; what is none, the service refuses with its words."""
    entered = text.strip().replace(",", ".")
    if not entered:
        return None
    try:
        return float(entered)
    except ValueError:
        return entered
