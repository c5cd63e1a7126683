"""The page on which a patient is booked, and what is offered when a time is taken."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from services.console.app import service as console
from services.console.pages import booking
from services.intake.app import service as intake
from services.scheduling.app import service as scheduling
from services.scheduling.domain import AppointmentMode, AppointmentType
from shared.access import Role
from shared.events.sessions import IntegrationFellDue
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.console.browser import Browser
from tests.console.clinic_day import ClinicDay, Person

REASON = "In distress, seen in the hall"


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    services = [intake, scheduling, console]
    made = Lab(services, tmp_path, front="console", development_issuer=True)
    yield ClinicDay.begin(made)
    made.close()


@pytest.fixture
def ann(day: ClinicDay) -> Person:
    return day.register("Ann", "Fictional")


def page_of(day: ClinicDay, person: Person) -> str:
    return f"/clinics/{day.clinic_id}/patients/{person.id}/book"


def times(page: str, path: str) -> list[dict[str, str]]:
    """Every time a page offers for a click, as its form sends it."""
    forms = re.findall(rf'<form [^>]*action="{path}">(.*?)</form>', page)
    sent = [dict(re.findall(r'name="(\w+)" value="([^"]*)"', one)) for one in forms]
    return [one for one in sent if "starts_at" in one]


def appointments(day: ClinicDay, person: Person) -> list[dict[str, object]]:
    desk = day.staff[Role.FRONT_DESK]
    path = f"/patients/{person.id}/appointments"
    return list(desk.get("scheduling", path)["items"])


def test_the_page_offers_exactly_what_the_service_takes() -> None:
    assert set(booking.TYPES) == set(AppointmentType)
    assert list(booking.MODES) == list(AppointmentMode)


def test_a_free_time_is_booked_and_by_video_without_a_room(
    day: ClinicDay, ann: Person
) -> None:
    desk, where = Browser.of(day.staff[Role.FRONT_DESK]), page_of(day, ann)
    assert where in desk.look(where.removesuffix("/book"))

    here = desk.send(where, **times(desk.look(where), where)[0])
    video = desk.look(where, query_string={"mode": "telehealth", "on": "2026-04-06"})
    there = desk.send(where, **times(video, where)[0])
    dose = desk.look(where, query_string={"type": "dosing", "route": "im"})
    absurd = desk.look(where, query_string={"type": "dosing", "mode": "telehealth"})

    assert (here.status_code, there.status_code) == (303, 303)
    assert "/appointments/" in here.headers["Location"]
    assert "Mon 6 Apr 2026" in video
    modes = [one["mode"] for one in appointments(day, ann)]
    assert sorted(modes, key=str) == ["in_person", "telehealth"]
    assert {one["route"] for one in times(dose, where)} == {"im"}
    assert "Not ready for a dose" in dose
    assert "cannot take place by video" in absurd


def test_a_taken_time_is_refused_with_others_and_one_of_them_is_booked(
    day: ClinicDay, ann: Person
) -> None:
    desk, where = Browser.of(day.staff[Role.FRONT_DESK]), page_of(day, ann)
    wish = times(desk.look(where), where)[0]
    ben = day.register("Ben", "Invented")
    desk.send(page_of(day, ben), **wish)

    refused = desk.send(where, **wish)
    page = re.sub(r"\s+", " ", refused.get_data(as_text=True))
    other = times(page, where)[0]
    booked = desk.send(where, **other)
    soon = desk.send(where, **{**wish, "starts_at": "soon"})
    no_room = desk.send(where, **{**other, "room_id": ""}).get_data(as_text=True)

    assert refused.status_code == 422
    assert "is taken at that time" in page
    assert "With the same therapist" in page
    assert other["therapist_id"] == wish["therapist_id"]
    first, then = (datetime.fromisoformat(one["starts_at"]) for one in (wish, other))
    assert then > first
    assert "overbook_reason" not in page
    assert booked.status_code == 303
    assert len(appointments(day, ann)) == 1
    assert soon.status_code == 422
    assert "Room: this appointment needs one" in no_room


def test_who_may_books_and_moves_all_the_same_with_a_reason(
    day: ClinicDay, ann: Person
) -> None:
    admin, where = Browser.of(day.staff[Role.CLINIC_ADMIN]), page_of(day, ann)
    wish = times(admin.look(where), where)[0]
    ben, cat = day.register("Ben", "Invented"), day.register("Cat", "Made-up")
    admin.send(page_of(day, ben), **wish)
    desk = Browser.of(day.staff[Role.FRONT_DESK])

    page = admin.send(where, **wish).get_data(as_text=True)
    without = admin.send(where, **wish, overbook_reason=" ")
    by_desk = desk.send(where, **wish, overbook_reason=REASON)
    booked = admin.send(where, **wish, overbook_reason=REASON)
    shown = admin.look(booked.headers["Location"])

    assert "Book all the same" in page
    assert (without.status_code, by_desk.status_code) == (422, 422)
    assert "Overbook reason" in without.get_data(as_text=True)
    assert booked.status_code == 303
    assert "Overbooked" in shown

    at = day.lab.clock() + timedelta(days=2)
    moved = f"/clinics/{day.clinic_id}/appointments/"
    moved += f"{day.book(cat, 'preparation', at, 'River room')}/move"
    taken = {name: wish[name] for name in ("starts_at", "room_id", "therapist_id")}
    tried = admin.look(moved, query_string=taken)
    offered = times(tried, moved)[0]
    trial = admin.look(moved, query_string=offered)
    over = admin.send(moved, **taken, overbook_reason=REASON)

    assert "Move all the same" in tried
    assert "With the same therapist" in tried
    assert "Move it" in trial
    assert "Move all the same" not in desk.look(moved, query_string=taken)
    assert over.status_code == 303


def test_a_dose_is_booked_provisionally_for_who_is_not_ready(
    day: ClinicDay, ann: Person
) -> None:
    desk, where = Browser.of(day.staff[Role.FRONT_DESK]), page_of(day, ann)
    wish = times(desk.look(where, query_string={"type": "dosing"}), where)[-1]

    refused = desk.send(where, **wish).get_data(as_text=True)
    booked = desk.send(where, **{**wish, "provisional": "1"})

    assert "Book provisionally" in refused
    assert booked.status_code == 303
    assert [one["status"] for one in appointments(day, ann)] == ["provisional"]


def test_an_integration_is_booked_from_the_worklist_for_its_treatment(
    day: ClinicDay, ann: Person
) -> None:
    need, due_at = uuid7(), day.lab.clock() + timedelta(days=1)
    due = IntegrationFellDue(
        patient_id=UUID(ann.id),
        episode_id=UUID(ann.episode_id),
        integration_id=need,
        session_id=uuid7(),
        due_at=due_at,
        late_at=due_at + timedelta(days=2),
    )
    with day.lab.unit_of_work("scheduling", UUID(day.clinic_id)) as uow:
        scheduling.handlers[IntegrationFellDue](due, uow)
    desk, where = Browser.of(day.staff[Role.FRONT_DESK]), page_of(day, ann)
    worklist = f"/clinics/{day.clinic_id}/worklist"
    asked = {"type": "integration"}

    listed = desk.look(worklist)
    page = desk.look(where, query_string=asked)
    other = desk.look(where, query_string={**asked, "integration_id": ""})
    booked = desk.send(where, **times(page, where)[0])

    assert f"{where}?type=integration&amp;integration_id={need}" in listed
    assert times(other, where)[0]["integration_id"] == ""
    assert booked.status_code == 303
    assert appointments(day, ann)[0]["integration_id"] == str(need)
    assert where not in desk.look(worklist)


def test_others_are_offered_nothing_and_other_clinics_have_no_such_page(
    day: ClinicDay, ann: Person
) -> None:
    where = page_of(day, ann)
    monitor = Browser.of(day.staff[Role.MONITOR])
    lead = Browser.of(day.lab.caller(Role.MEDICAL_LEAD, clinic_id=day.clinic_id))
    stranger = ClinicDay.begin(day.lab, "Elsewhere")
    wish = times(Browser.of(day.staff[Role.FRONT_DESK]).look(where), where)[0]

    assert "does not book" in monitor.look(where)
    assert where not in monitor.look(where.removesuffix("/book"))
    assert monitor.send(where, **wish).status_code == 422
    assert "Overbooked, because" in lead.look(where)
    assert times(lead.look(where), where) == []
    assert lead.send(where, **wish, overbook_reason=REASON).status_code == 303
    foreign = Browser.of(stranger.staff[Role.FRONT_DESK])
    assert foreign.get(where).status_code == 404
    there = where.replace(day.clinic_id, stranger.clinic_id)
    assert foreign.get(there).status_code == 404
    assert foreign.send(there, **wish).status_code == 404
