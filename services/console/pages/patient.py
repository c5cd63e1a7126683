"""A clinic's patients, and all there is about one of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import g, render_template

from services.console import filters, queries
from services.console.apis import Answer, Apis
from services.console.pages.events import PRODUCERS, asked_event, asked_service
from services.console.pages.people import full_name
from services.console.pages.site import demand_found, read, site, wants_fragment
from services.console.visitor import Visitor
from shared import access

Row = Mapping[str, Any]

PAGE = 60
AHEAD = frozenset(
    {
        "provisional",
        "booked",
        "confirmed",
        "at_risk",
        "arrived",
        "roomed",
        "in_progress",
    }
)
SPARK_WIDTH, SPARK_HEIGHT = 96, 26


@dataclass(frozen=True, kw_only=True)
class Course:
    """How one questionnaire's totals went, newest first."""

    instrument: str
    answers: list[Row]

    @property
    def latest(self) -> Row:
        """The last time it was answered."""
        return self.answers[0]

    @property
    def totals(self) -> list[int]:
        """The totals, oldest first; a triage has none."""
        known = [row["total"] for row in reversed(self.answers)]
        return [total for total in known if total is not None]

    @property
    def change(self) -> int | None:
        """Against the time before."""
        totals = self.totals
        return totals[-1] - totals[-2] if len(totals) > 1 else None

    @property
    def change_in_all(self) -> int | None:
        """Against the first time."""
        totals = self.totals
        return totals[-1] - totals[0] if len(totals) > 2 else None

    @property
    def line(self) -> str:
        """The totals as the points of a small picture."""
        totals = self.totals
        if len(totals) < 2:
            return ""
        step = SPARK_WIDTH / (len(totals) - 1)
        highest = max(*totals, 1)
        return " ".join(
            f"{n * step:.1f},{SPARK_HEIGHT - total / highest * SPARK_HEIGHT:.1f}"
            for n, total in enumerate(totals)
        )


@site.get("/clinics/<uuid:clinic_id>/patients")
def patients(clinic_id: UUID) -> str:
    """The clinic's patients, newest first."""
    apis: Apis = g.apis
    after = asked_event()
    return render_template(
        "patients.html",
        section="site.patients",
        clinic_id=clinic_id,
        patients=apis.get("intake", "/patients", limit=100, after=after),
        invites=g.visitor.may(access.INVITATIONS, clinic_id),
    )


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>")
def patient(clinic_id: UUID, patient_id: UUID) -> str:
    """All there is about a patient, as far as whoever looks may see it."""
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    person = apis.get("intake", f"/patients/{patient_id}")
    if person.standing == "missing":
        demand_found(person)
    logistics, care = _logistics(apis, patient_id), {}
    if visitor.sees_care(clinic_id):
        care = _care(apis, patient_id, person, logistics["next_dose"])
    return render_template(
        "patient.html",
        section="site.patients",
        clinic_id=clinic_id,
        patient_id=patient_id,
        person=person,
        name=full_name(person.data) if person else "",
        age=_age(person["birth_date"]),
        gives_links=visitor.may(access.PATIENT_LINK, clinic_id),
        pays=visitor.may(access.COVERAGE, clinic_id),
        moves=visitor.may(access.BOOKINGS_WRITE, clinic_id),
        overbooks=visitor.may(access.BOOKINGS_OVERBOOK, clinic_id),
        **logistics,
        **care,
        **_story(clinic_id, patient_id),
    )


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/timeline")
def patient_timeline(clinic_id: UUID, patient_id: UUID) -> str:
    """What happened to a patient; a part of the patient's page."""
    return render_template(
        "_timeline.html" if wants_fragment() else "timeline.html",
        section="site.patients",
        clinic_id=clinic_id,
        patient_id=patient_id,
        **_story(clinic_id, patient_id),
    )


def _logistics(apis: Apis, patient_id: UUID) -> dict[str, Any]:
    """What everybody who works in the clinic may see."""
    own = f"/patients/{patient_id}"
    appointments = apis.get("scheduling", f"{own}/appointments")
    doses = [row for row in appointments if row["type"] == "dosing"]
    return {
        "appointments": appointments,
        "next_dose": next((row for row in doses if row["status"] in AHEAD), None),
        "ordered_appointments": list(reversed(list(appointments))),
        "booking": apis.get("scheduling", f"{own}/readiness", gate="booking"),
        "messages": apis.get("notifications", f"{own}/messages"),
    }


def _care(
    apis: Apis, patient_id: UUID, person: Answer, dose: Row | None
) -> dict[str, Any]:
    """What only who treats patients sees; the escort counts for the next dose."""
    own = f"/patients/{patient_id}"
    episode = apis.get("intake", f"/episodes/{person['episode_id']}")
    return {
        "episode": episode,
        "courses": _courses(episode["measures"] or []),
        "authorisation": apis.get(
            "sessions",
            f"{own}/readiness",
            gate="authorisation",
            appointment_id=dose["id"] if dose else None,
        ),
        "treatments": apis.get("sessions", f"{own}/sessions"),
        "orders": apis.get("sessions", f"{own}/orders"),
        "integrations": apis.get("sessions", f"{own}/integrations"),
    }


def _courses(measures: list[Row]) -> list[Course]:
    """Answers by questionnaire, newest first as they come."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in measures:
        found[row["instrument"]].append(row)
    return [Course(instrument=name, answers=rows) for name, rows in found.items()]


def _story(clinic_id: UUID, patient_id: UUID) -> dict[str, Any]:
    """The timeline, newest first, by day of the clinic's calendar."""
    service, after = asked_service(), asked_event()
    with read(clinic_id) as reading:
        rows = queries.events(
            reading,
            patient_id=patient_id,
            service=service,
            after=after,
            limit=PAGE + 1,
        )
    days = groupby(rows[:PAGE], lambda row: filters.local(row["occurred_at"]).date())
    return {
        "days": [(day, list(events)) for day, events in days],
        "older": rows[PAGE - 1]["event_id"] if len(rows) > PAGE else None,
        "is_first": after is None,
        "service": service,
        "producers": PRODUCERS,
    }


def _age(birth_date: str | None) -> int | None:
    if birth_date is None:
        return None
    born, today = date.fromisoformat(birth_date), filters.local(filters.now()).date()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
