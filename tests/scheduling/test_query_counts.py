"""Whatever is read of scheduling takes as many questions, however much there is."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from sqlalchemy import event

from services.scheduling.app import service
from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.scheduling.course_lab import Course
from tests.scheduling.test_bookings import NAME, Clinic

PER_CLINIC = {
    "show_appointment": "/appointments/{appointment}",
    "show_clinic": "",
    "show_course": "/course-plans/{plan}",
    "show_day": "/day?date={day}",
    "show_hours": "/hours",
    "show_overbooking": "/appointments/{overbooked}/overbooking",
    "show_readiness": "/patients/{patient}/readiness",
    "show_resource": "/resources/{therapist}",
    "show_visit": "/appointments/{appointment}/visit",
    "list_appointments": "/patients/{patient}/appointments",
    "list_busy_feeds": "/busy-feeds",
    "list_calendar_links": "/calendar-links",
    "list_courses": "/patients/{patient}/course-plans",
    "list_free_times": "/free-times?patient_id={patient}&type=dosing",
    "list_integrations": "/integrations",
    "list_overlaps": "/overlaps",
    "list_protocols": "/protocols",
    "list_resource_appointments": "/resources/{therapist}/appointments",
    "list_resources": "/resources",
    "list_waitlist": "/waitlist",
}
NETWORK = {
    "list_clinics": "/clinics",
    "list_network_free_times": "/network/free-times?type=dosing",
}
BY_LINK = {"open_calendar"}
OWN = {"list_own_offers": "/patients/{patient}/offers"}
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTART:20260401T150000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


class Growing:
    """A clinic that has more of everything again and again."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self.clinic, self.times = lab, Clinic(lab), 0
        self.admin = lab.caller(Role.CLINIC_ADMIN, clinic_id=self.clinic.id)
        self.network = lab.caller(Role.NETWORK_ADMIN)
        self.course = Course(self.clinic)
        self.patient = lab.caller(
            Role.PATIENT, clinic_id=self.clinic.id, actor_id=self.course.who.id
        )
        plan = self.course.book(self.course.preview())
        first = plan["steps"][0]
        self.ids = {
            "patient": self.course.who.id,
            "plan": plan["id"],
            "appointment": first["appointment_id"],
            "therapist": self.clinic.resources["therapist_id"],
            "day": first["starts_at"][:10],
        }
        self.at = datetime.fromisoformat(first["starts_at"])
        self.grow()

    def grow(self) -> None:
        """One more of everything there is a list of."""
        self.times += 1
        day, who = timedelta(days=1), self.clinic.patient()
        desk, own = self.clinic.desk, f"/resources/{self.ids['therapist']}"
        shut = f"2026-1{self.times % 2}-{self.times:02}"
        self.admin.post(
            NAME, "/closures", first_day=shut, last_day=shut, reason_code="holiday"
        )
        away = {"first_day": shut, "last_day": shut, "reason_code": "leave"}
        self.admin.post(NAME, f"{own}/absences", **away)
        licence = {"code": f"l{self.times}", "number": "1", "valid_until": shut}
        self.admin.post(NAME, f"{own}/licences", **licence)
        desk.post(NAME, f"{own}/calendar-links", label="Phone")
        device = self.admin.post(NAME, "/resources", kind="device", name="Pump")
        desk.put(NAME, f"/resources/{device['id']}/busy", calendar=CALENDAR)
        who.needs_integration()
        desk.post(NAME, "/waitlist", patient_id=who.id, type="dosing")
        body = self.clinic.body(who, self.at, type="preparation")
        made = self.admin.post(
            NAME, "/appointments/overbook", **body, overbook_reason="Asked for"
        )
        self.ids["overbooked"] = made["id"]
        mine = self.clinic.body(self.course.who, self.at + (90 + 3 * self.times) * day)
        desk.post(NAME, "/appointments", **mine)
        Clinic(self.lab)


@pytest.fixture
def growing(tmp_path: Path) -> Iterator[Growing]:
    """A clinic with one of everything."""
    lab = Lab([service], tmp_path)
    yield Growing(lab)
    lab.close()


def test_every_route_asks_as_often_however_much_there_is(growing: Growing) -> None:
    before = counts(growing)
    for _ in range(3):
        growing.grow()

    assert counts(growing) == before
    assert max(before.values()) <= 12


def test_every_route_that_reads_is_counted(growing: Growing) -> None:
    rules = growing.lab.platform.apps[NAME].url_map.iter_rules()
    reads = {
        rule.endpoint.removeprefix(f"{NAME}.")
        for rule in rules
        if "GET" in (rule.methods or ()) and rule.endpoint.startswith(f"{NAME}.")
    }

    assert reads == PER_CLINIC.keys() | NETWORK.keys() | OWN.keys() | BY_LINK


def counts(growing: Growing) -> dict[str, int]:
    """How often each route asks the database."""
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        if text.lstrip().lower().startswith("select"):
            asked.append(text)

    engine = growing.lab.runtime(NAME).database.engine
    event.listen(engine, "before_cursor_execute", note)
    found = {}
    sides: list[tuple[Caller, dict[str, str]]] = [
        (growing.admin, PER_CLINIC),
        (growing.network, NETWORK),
        (growing.patient, OWN),
    ]
    for caller, routes in sides:
        for name, path in routes.items():
            where, _, query = path.format(**growing.ids).partition("?")
            asked.clear()
            caller.get(NAME, where, **dict(parse_qsl(query)))
            found[name] = len(asked)
    event.remove(engine, "before_cursor_execute", note)
    return found
