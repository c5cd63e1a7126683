"""Treatment sessions: the wall of those that run, and one of them as it happens."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from services.console.apis import Answer, Apis
from services.console.pages import vitals
from services.console.pages.people import full_name, names_of
from services.console.pages.site import demand_found, site, wants_fragment

Row = Mapping[str, Any]

STEPS = ("opened", "prechecked", "authorised", "experience", "recovery", "discharged")
"""How a session goes when all is well; what it passes over is no step."""

_STANDS_AT = {"held": "prechecked", "aborted": "discharged", "signed": "discharged"}


@site.get("/clinics/<uuid:clinic_id>/sessions")
def sessions(clinic_id: UUID) -> str:
    """A card for each session that runs, those with open alerts first."""
    apis: Apis = g.apis
    found = apis.get("sessions", "/sessions", open="true")
    cards = sorted(found, key=lambda row: -row["open_alerts"])
    return render_template(
        "_sessions.html" if wants_fragment() else "sessions.html",
        section="site.sessions",
        clinic_id=clinic_id,
        answer=found,
        cards=cards,
        values_of={row["id"]: _values(row["last_vitals"]) for row in cards},
        names=names_of(apis, (row["patient_id"] for row in cards)),
        room_of=_rooms(apis, cards),
    )


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>")
def session(clinic_id: UUID, session_id: UUID) -> str:
    """One session as it happens."""
    return _page(clinic_id, session_id)


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/chart")
def session_chart(
    clinic_id: UUID,  # noqa: ARG001 - the site has checked it.
    session_id: UUID,
) -> Response:
    """What the chart shows, for the script that draws it."""
    apis: Apis = g.apis
    found = apis.get("sessions", f"/sessions/{session_id}")
    if not found:
        answer = jsonify(problem=found.detail)
        answer.status_code = 503 if found.standing == "away" else 404
        return answer
    return jsonify(vitals.chart(found.data))


@site.post(
    "/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/alerts/<uuid:alert_id>/acknowledge"
)
def acknowledge_alert(
    clinic_id: UUID, session_id: UUID, alert_id: UUID
) -> str | Redirect:
    """Take an alert on, in the name of whoever looks."""
    apis: Apis = g.apis
    answer = apis.post("sessions", f"/alerts/{alert_id}/acknowledge")
    if answer and not wants_fragment():
        own = url_for("site.session", clinic_id=clinic_id, session_id=session_id)
        return redirect(own, 303)
    return _page(clinic_id, session_id, "" if answer else answer.detail)


def _page(clinic_id: UUID, session_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    found = apis.get("sessions", f"/sessions/{session_id}")
    demand_found(found)
    name, birth_date = _patient(apis, found)
    readings = vitals.in_order(found["vitals"] or [])
    alerts = found["alerts"] or []
    status = found["status"] or ""
    return render_template(
        "_session.html" if wants_fragment() else "session.html",
        section="site.sessions",
        clinic_id=clinic_id,
        session_id=session_id,
        session=found,
        name=name,
        birth_date=birth_date,
        room=_rooms(apis, [found.data]).get(found["appointment_id"]) if found else None,
        values=vitals.last_values(readings, found["limits"] or {}),
        readings=list(reversed(readings)),
        open_alerts=[row for row in alerts if row["status"] == "open"],
        past_alerts=[row for row in alerts if row["status"] != "open"],
        steps=STEPS,
        stands_at=_STANDS_AT.get(status, status),
        problem=problem,
    )


def _patient(apis: Apis, session: Answer) -> tuple[str, str | None]:
    """Two things a patient is known by."""
    if not session:
        return "", None
    person = apis.get("intake", f"/patients/{session['patient_id']}")
    return (full_name(person.data), person["birth_date"]) if person else ("", None)


def _values(reading: Row | None) -> list[vitals.Value]:
    return vitals.last_values([reading] if reading else [], {})


def _rooms(apis: Apis, rows: list[Row]) -> dict[str, str]:
    """The room of each session, by its appointment."""
    found: dict[str, str] = {}
    for row in rows:
        appointment = apis.get("scheduling", f"/appointments/{row['appointment_id']}")
        for held in appointment["resources"] or []:
            if held["kind"] == "room" and held["name"]:
                found[row["appointment_id"]] = held["name"]
    return found
