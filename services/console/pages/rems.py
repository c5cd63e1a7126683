"""The REMS form of a session: filled, printed, noted as submitted."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, g, request

from services.console import filters
from services.console.apis import Answer, Apis, Standing
from services.console.pages import record
from services.console.pages.answers import answers
from services.console.pages.site import demand_found, site
from services.console.visitor import Visitor
from shared import access
from shared.http.downloads import HEADERS


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/rems-form")
def rems_form(clinic_id: UUID, session_id: UUID) -> str:
    """The form of a session, filled as far as is known."""
    return _page(clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/rems-form")
def fill_rems_form(clinic_id: UUID, session_id: UUID) -> Any:
    """Keep what was answered; note that somebody has sent it, if that is asked."""
    apis: Apis = g.apis
    form = apis.get("sessions", f"/sessions/{session_id}/rems-form")
    demand_found(form)
    typed = answers(form["sections"] or ())
    # What the record answers and nobody changed stays the record's.
    known = {code: form["answers"][code] for code in form["from_record"] or ()}
    said = {
        code: value
        for code, value in typed.items()
        if code not in known or known[code] != value
    }
    path = f"/rems-forms/{form['id']}"
    version = request.form.get("version", 0, type=int)
    answer = apis.save("sessions", path, version, answers=said)
    if answer and request.form.get("do") == "submit":
        day = request.form.get("submitted_on", "")
        answer = apis.post("sessions", f"{path}/submit", submitted_on=day)
    if not answer:
        return _page(clinic_id, session_id, answer, typed), 422
    return record.back("site.rems_form", clinic_id=clinic_id, session_id=session_id)


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/rems-form.pdf")
def rems_paper(clinic_id: UUID, session_id: UUID) -> Any:
    """The form as a page to be sent by a person."""
    apis: Apis = g.apis
    form = apis.get("sessions", f"/sessions/{session_id}/rems-form")
    demand_found(form)
    paper = apis.file("sessions", f"/rems-forms/{form['id']}/paper")
    if paper is None or not paper.is_success:
        away = Answer(standing=Standing.AWAY, detail="the page cannot be made now")
        return _page(clinic_id, session_id, away), 503
    response = Response(paper.content, mimetype=paper.headers["Content-Type"])
    response.headers |= HEADERS
    response.headers["Content-Disposition"] = paper.headers["Content-Disposition"]
    return response


def _page(
    clinic_id: UUID,
    session_id: UUID,
    refused: Answer | None = None,
    typed: Mapping[str, Any] | None = None,
) -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    form = apis.get("sessions", f"/sessions/{session_id}/rems-form")
    demand_found(form)
    return record.render(
        "rems_form.html",
        clinic_id,
        record.patient_of(UUID(form["patient_id"])),
        refused.detail if refused is not None else "",
        session_id=session_id,
        form=form,
        faults=refused.faults if refused is not None else {},
        answered=form["answers"] if typed is None else typed,
        today=filters.local_date(filters.now()),
        writes=visitor.may(access.REMS_FORMS_WRITE, clinic_id),
    )
