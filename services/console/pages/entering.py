"""What is entered at the bedside: vital signs, alerts taken on, phases, the discharge.

Forms work by themselves. A script that keeps what is entered until the server has it
sends the same forms, with a key each, and asks for JSON.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from services.console import filters, wording
from services.console.apis import Answer, Apis
from services.console.pages import freshness
from services.console.pages.session import page
from services.console.pages.site import site
from services.console.pages.vitals import ENTERED
from services.console.visitor import Visitor
from shared.errors import ConflictError, InvalidError

CHECKLIST = (
    "oriented",
    "walks_unaided",
    "nausea_tolerable",
    "instructions_given",
    "escort_present",
)

_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")

ALSO_SEEN = (
    "dissociation_settled",
    "mood_safe",
    "next_contact_booked",
    "line_removed",
)
"""What may be left unsaid."""

ALDRETE = ("activity", "breathing", "circulation", "consciousness", "oxygen")


class EnteredByAnotherError(ConflictError):
    """Somebody else entered this; whoever it was has to sign in again."""

    code = "entered_by_another"


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/vitals")
def enter_vitals(clinic_id: UUID, session_id: UUID) -> Any:
    """Vital signs were taken, now or at the time that is said."""
    body: dict[str, Any] = {
        measure: _number(text)
        for measure in ENTERED
        if (text := request.form.get(measure, "").strip())
    }
    body["taken_at"] = _taken_at(request.form.get("taken_at", ""))
    body["late_reason"] = request.form.get("late_reason", "").strip() or None
    return _entered(f"/sessions/{session_id}/vitals", body, clinic_id, session_id)


@site.post(
    "/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/alerts/<uuid:alert_id>/acknowledge"
)
def acknowledge_alert(clinic_id: UUID, session_id: UUID, alert_id: UUID) -> Any:
    """Take an alert on, in the name of whoever looks."""
    body = {"note": request.form.get("note", "").strip() or None}
    return _entered(f"/alerts/{alert_id}/acknowledge", body, clinic_id, session_id)


@site.post(
    "/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/alerts/<uuid:alert_id>/resolve"
)
def resolve_alert(clinic_id: UUID, session_id: UUID, alert_id: UUID) -> Any:
    """Say how an alert ended."""
    body = {
        "outcome": request.form.get("outcome", ""),
        "note": request.form.get("note", "").strip() or None,
    }
    return _entered(f"/alerts/{alert_id}/resolve", body, clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/authorise")
def authorise_dose(clinic_id: UUID, session_id: UUID) -> Any:
    """A prescriber allows the dose, and answers for what needs a reason."""
    body: dict[str, Any] = {
        name: request.form.get(name, "").strip() or None
        for name in ("override_reason", "stale_reason")
    }
    body["prescriber_on_site"] = "prescriber_on_site" in request.form or None
    return _entered(f"/sessions/{session_id}/authorise", body, clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/phase")
def enter_phase(clinic_id: UUID, session_id: UUID) -> Any:
    """The next phase begins."""
    body = {"phase": request.form.get("phase", "")}
    return _entered(f"/sessions/{session_id}/phase", body, clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/checklist")
def keep_checklist(clinic_id: UUID, session_id: UUID) -> Any:
    """Keep what the form says of a patient who may leave, all of it or one point."""
    path = f"/sessions/{session_id}/discharge-checklist"
    return _entered(path, _seen(), clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/discharge")
def discharge(clinic_id: UUID, session_id: UUID) -> Any:
    """The patient leaves with the escort, every point ticked or a reason given."""
    body: dict[str, Any] = {name: name in request.form for name in CHECKLIST}
    body |= {name: True for name in ALSO_SEEN if name in request.form}
    body |= _seen()
    for name in ("override_reason", "escort_name"):
        body[name] = request.form.get(name, "").strip() or None
    return _entered(f"/sessions/{session_id}/discharge", body, clinic_id, session_id)


def _seen() -> dict[str, Any]:
    """What the form asks and how it is answered: a box not ticked is a no."""
    asked = {*request.form.getlist("asked")} & {*CHECKLIST, *ALSO_SEEN}
    parts = {part: request.form.get(f"aldrete_{part}", "") for part in ALDRETE}
    given = {part: int(text) for part, text in parts.items() if text.isdecimal()}
    return {name: name in request.form for name in asked} | {"aldrete": given or None}


def _entered(
    path: str, body: Mapping[str, Any], clinic_id: UUID, session_id: UUID
) -> Any:
    """Ask the service once, however often this form arrives, and say what it said."""
    _demand_own_entry()
    apis: Apis = g.apis
    answer = apis.post_once("sessions", path, body, key=request.form.get("key", ""))
    if request.headers.get("Accept") == "application/json":
        return _as_data(answer)
    return _as_page(answer, clinic_id, session_id)


def _demand_own_entry() -> None:
    """Refuse what somebody else entered in this browser before.

    Raises:
        EnteredByAnotherError: it is not of whoever is signed in now.
    """
    visitor: Visitor = g.visitor
    if request.form.get("entered_by", str(visitor.actor.id)) != str(visitor.actor.id):
        raise EnteredByAnotherError


def _as_data(answer: Answer) -> tuple[Response, int]:
    """What the script needs to know, with the time by our clock."""
    now = filters.epoch(filters.now())
    if answer:
        return jsonify(saved=True, now=now), 200
    said = {"detail": answer.detail, "code": answer.refusal.get("code")}
    return jsonify(
        saved=False, now=now, field=_field(answer), **said
    ), answer.http_status


def _as_page(
    answer: Answer, clinic_id: UUID, session_id: UUID
) -> Redirect | tuple[str, int]:
    """Back to the page, or the page with what was wrong and what was typed."""
    if answer:
        own = url_for("site.session", clinic_id=clinic_id, session_id=session_id)
        return redirect(own, 303)
    mark = freshness.mark_of(clinic_id, session_id)
    text = page(clinic_id, session_id, mark, _why(answer), request.form)
    return text, answer.http_status


def _why(answer: Answer) -> str:
    """The service's words, the field they are about, and what is not met."""
    label, _ = ENTERED.get(_field(answer) or "", ("", ""))
    unmet = answer.refusal.get("unmet") or ()
    listed = f": {wording.words(list(unmet))}" if unmet else ""
    return f"{label}: {answer.detail}" if label else f"{answer.detail}{listed}"


def _field(answer: Answer) -> str | None:
    """The name of the field that does not fit, out of its pointer."""
    for error in answer.refusal.get("errors") or ():
        found: str = str(error.get("pointer", "")).rpartition("/")[2]
        return found
    return None


def _number(text: str) -> int | float | str:
    """A number as it was entered; what is none, the service refuses by name."""
    if not _NUMBER.fullmatch(text):
        return text
    return float(text) if "." in text else int(text)


def _taken_at(text: str) -> str | None:
    """When it was, from a script in UTC or from a person by the clinic's clock.

    Raises:
        InvalidError: that is no time.
    """
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("that is not a time", field="taken_at") from error
    return (at if at.tzinfo else at.replace(tzinfo=g.place.zone)).isoformat()
