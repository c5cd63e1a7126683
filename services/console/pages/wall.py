"""The wall: a card for each session that runs, for whoever watches several rooms."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import Response, g, render_template

from services.console.apis import Answer, Apis
from services.console.pages import freshness, vitals
from services.console.pages.people import names_of
from services.console.pages.site import site, wants_fragment

Row = Mapping[str, Any]

LAST = "9999"
"""Sorts behind every time."""


@site.get("/clinics/<uuid:clinic_id>/sessions")
def sessions(clinic_id: UUID) -> str | Response:
    """Every session that runs: alerts first, then whoever is to be checked next."""
    mark = freshness.mark_of(clinic_id)
    if answer := freshness.unchanged(mark, clinic_id):
        return answer
    apis: Apis = g.apis
    found = apis.get("sessions", "/sessions", open="true")
    cards = sorted(found, key=_urgency)
    return render_template(
        "_sessions.html" if wants_fragment() else "sessions.html",
        section="site.sessions",
        clinic_id=clinic_id,
        mark=mark,
        answer=found,
        cards=cards,
        values_of={row["id"]: _values(row) for row in cards},
        names=names_of(apis, (row["patient_id"] for row in cards)),
        room_of=_rooms(apis, cards),
    )


def _rooms(apis: Apis, rows: list[Row]) -> dict[str, str]:
    """The room of each session, by its appointment: one question for all of today's."""
    day = apis.get("scheduling", "/day")
    booked = {row["id"]: row for row in day["appointments"] or []}
    found: dict[str, str | None] = {}
    for appointment_id in (row["appointment_id"] for row in rows):
        known = booked.get(appointment_id)
        found[appointment_id] = (
            held(known, "room") if known else room(apis, appointment_id)
        )
    return {one: name for one, name in found.items() if name}


def room(apis: Apis, appointment_id: str) -> str | None:
    """The room an appointment is in."""
    return held(apis.get("scheduling", f"/appointments/{appointment_id}"), "room")


def held(appointment: Row | Answer, kind: str) -> str | None:
    """The name of what of a kind an appointment holds."""
    resources = appointment["resources"] or []
    return next((one["name"] for one in resources if one["kind"] == kind), None)


def _urgency(row: Row) -> tuple[int, str]:
    return -row["open_alerts"], row.get("next_check_at") or LAST


def _values(row: Row) -> list[vitals.Value]:
    """The last values, with the one before, which says whether they rise or fall."""
    readings = [row.get("previous_vitals"), row["last_vitals"]]
    return vitals.last_values([one for one in readings if one], {})
