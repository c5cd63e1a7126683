"""One treatment session as it happens."""

import random
import time
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, render_template

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.bell import BELL, Bell
from services.console.pages import freshness, plotting, vitals
from services.console.pages.people import full_name, staff_names
from services.console.pages.site import demand_found, site, wants_fragment
from services.console.pages.wall import held, room
from services.console.visitor import Visitor
from shared import access
from shared.errors import ForbiddenError
from shared.ids import uuid7

Row = Mapping[str, Any]

STEPS = ("opened", "prechecked", "authorised", "experience", "recovery", "discharged")
"""How a session goes when all is well; what it passes over is no step."""

_STANDS_AT = {"held": "prechecked", "aborted": "discharged", "signed": "discharged"}
RUNNING = frozenset({*STEPS[:-1], "held"})
NEWS_SECONDS = (8.0, 16.0)
"""How long a page waits for news before it asks anew, at least and at most: pages that
began at the same moment must not all ask again at the same moment.
"""

LATEST = 30
"""How many readings the page lists before somebody asks for all."""


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>")
def session(clinic_id: UUID, session_id: UUID) -> str | Response:
    """The whole session, or nothing new to whoever has seen it."""
    mark = freshness.mark_of(clinic_id, session_id)
    return freshness.unchanged(mark, clinic_id) or page(clinic_id, session_id, mark)


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/news")
def session_news(clinic_id: UUID, session_id: UUID) -> Response:
    """Wait until something is told of a session that a page has not seen: 200 then,
    204 if nothing is for a while.
    """
    visitor: Visitor = g.visitor
    if not visitor.sees_care(clinic_id):
        raise ForbiddenError("sessions are for those who treat")
    bell: Bell = current_app.extensions[BELL]
    with bell.listening(clinic_id, session_id) as rings:
        until = time.monotonic() + random.uniform(*NEWS_SECONDS)  # noqa: S311
        while not freshness.is_told_more(clinic_id, session_id):
            if not rings(max(0.0, until - time.monotonic())):
                return Response(status=204)
    return Response(status=200)


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/offline")
def session_offline(clinic_id: UUID, session_id: UUID) -> str:
    """What is left of a session's page without a connection: its entry, no patient."""
    apis: Apis = g.apis
    found = apis.get("sessions", f"/sessions/{session_id}")
    demand_found(found)
    return render_template(
        "offline.html",
        clinic_id=clinic_id,
        session_id=session_id,
        session=found,
        room=room(apis, found["appointment_id"]) if found else None,
        entry=vitals.entry_fields([]),
        typed={},
        entry_key=uuid7(),
        may_enter=_may(access.VITALS_WRITE, clinic_id),
    )


def page(
    clinic_id: UUID,
    session_id: UUID,
    mark: str,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """The page, or the part of it that is made anew.

    Args:
        mark: how new it is.
        problem: why what was asked for was not done.
        typed: what was entered then, so that nobody enters it twice.
    """
    apis: Apis = g.apis
    found = apis.get("sessions", f"/sessions/{session_id}")
    demand_found(found)
    status = found["status"] or ""
    return render_template(
        "_session.html" if wants_fragment() else "session.html",
        section="site.sessions",
        clinic_id=clinic_id,
        session_id=session_id,
        session=found,
        mark=mark,
        **_appointment(apis, found),
        entry_key=uuid7(),
        typed=typed or {},
        visit=_visit(apis, found),
        steps=STEPS,
        latest=LATEST,
        stands_at=_STANDS_AT.get(status, status),
        is_running=status in RUNNING,
        checklist=_checklist(apis, found),
        emergency=apis.get("sessions", f"/sessions/{session_id}/emergency"),
        to_authorise=_to_authorise(apis, found, clinic_id),
        problem=problem,
        may_enter=_may(access.VITALS_WRITE, clinic_id),
        may_change_phase=_may(access.PHASE_WRITE, clinic_id),
        may_discharge=_may(access.BEDSIDE_WRITE, clinic_id),
        **_patient(apis, found),
        **_measured(found),
        **_alerts(found),
    )


def _appointment(apis: Apis, session: Answer) -> dict[str, Any]:
    """Where it is, and which prescriber answers for it on site."""
    if not session:
        return {}
    booked = apis.get("scheduling", f"/appointments/{session['appointment_id']}")
    there = [one for one in session["authorisations"] if one["prescriber_on_site"]]
    names = staff_names(apis)
    named = [names.get(one["authorised_by"], "not named here") for one in there]
    return {
        "staff": names,
        "room": held(booked, "room"),
        "prescriber": named[-1] if named else held(booked, "prescriber"),
        "is_on_site": bool(there),
    }


def _to_authorise(apis: Apis, found: Answer, clinic_id: UUID) -> Answer | None:
    """What a dose rests on, for who may authorise it while it waits for that."""
    waits = found["status"] in ("prechecked", "held")
    if not waits or not _may(access.DOSE_AUTHORISE, clinic_id):
        return None
    return apis.get(
        "sessions",
        f"/patients/{found['patient_id']}/readiness",
        gate="authorisation",
        appointment_id=found["appointment_id"],
    )


def _measured(found: Answer) -> dict[str, Any]:
    """Vital signs in every form the page has of them."""
    readings = _counted(found)
    entry = vitals.entry_fields(readings)
    limits, origins = found["limits"] or {}, found["limit_origins"]
    return {
        "values": vitals.last_values(readings, limits, origins),
        "readings": list(reversed(vitals.in_order(found["vitals"] or []))),
        "chart": plotting.chart(found.data, readings) if found else None,
        "entry": entry,
        "before": {one.measure: filters.number(one.before) for one in entry},
    }


def _visit(apis: Apis, session: Answer) -> Answer | None:
    """Who takes the patient home, and what was said on arriving."""
    if not session:
        return None
    return apis.get("scheduling", f"/appointments/{session['appointment_id']}/visit")


def _alerts(found: Answer) -> dict[str, Any]:
    """Alerts by what is to be done about them."""
    alerts = found["alerts"] or []
    return {
        "open_alerts": [row for row in alerts if row["status"] == "open"],
        "alerts_taken_on": [
            row
            for row in alerts
            if row["status"] == "acknowledged" and row.get("recheck_due_at")
        ],
        "past_alerts": [row for row in alerts if row["status"] != "open"],
    }


def _counted(found: Answer) -> list[Row]:
    """The readings that count, earliest first: what was taken back does not."""
    rows = found["vitals"] or []
    return vitals.in_order(row for row in rows if not row.get("reversed"))


def _checklist(apis: Apis, found: Answer) -> Answer | None:
    """How every criterion of leaving stands; None where it is too early or too late."""
    if not found["first_dose_at"] or found["ended_at"]:
        return None
    return apis.get("sessions", f"/sessions/{found['id']}/discharge-checklist")


def _may(scope: access.Scope, clinic_id: UUID) -> bool:
    visitor: Visitor = g.visitor
    return visitor.may(scope, clinic_id)


def _patient(apis: Apis, found: Answer) -> dict[str, Any]:
    """Two things a patient is known by, and what they do not bear."""
    if not found:
        return {"name": "", "birth_date": None, "allergies": None}
    person = apis.get("intake", f"/patients/{found['patient_id']}")
    listed = apis.get("intake", f"/episodes/{found['episode_id']}/medication-list")
    return {
        "name": full_name(person.data) if person else "",
        "birth_date": person["birth_date"],
        "allergies": _allergies(listed) if listed else None,
    }


def _allergies(listed: Answer) -> list[str]:
    return [
        f"{row['name']} ({row['detail']})" if row["detail"] else row["name"]
        for row in listed
        if row["kind"] == "allergy" and row["status"] in ("active", "proposed")
    ]
