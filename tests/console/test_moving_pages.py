"""The page on which an appointment is moved."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.access import Role
from tests.console.browser import Browser
from tests.console.clinic_day import ClinicDay, Person, laboratory


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


@pytest.fixture
def ann(day: ClinicDay) -> Person:
    person = day.register("Ann", "Fictional")
    day.lab.settle()
    return person


def booked(day: ClinicDay, person: Person) -> str:
    """A preparation in two days."""
    at = day.lab.clock() + timedelta(days=2)
    made = day.staff[Role.FRONT_DESK].post(
        "scheduling",
        "/appointments",
        patient_id=person.id,
        type="preparation",
        starts_at=at,
        room_id=day.rooms["River room"],
        therapist_id=day.people["therapist North"],
    )
    return str(made["id"])


def fields_of(page: str) -> dict[str, str]:
    """The first time that is offered, as its form sends it."""
    form = re.search(r'<form [^>]*method="post" action="[^"]*/move">(.*?)</form>', page)
    assert form, page
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form[1]))


def test_an_appointment_is_moved_to_a_time_that_is_offered(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/appointments/{booked(day, ann)}/move"
    of_patient = f"/clinics/{day.clinic_id}/patients/{ann.id}"

    page = desk.look(where)
    answer = desk.send(where, **fields_of(page))
    again = desk.send(where, **fields_of(page))

    assert where in desk.look(of_patient) or "Moved" in desk.look(of_patient)
    assert (answer.status_code, again.status_code) == (303, 422)
    shown = desk.look(of_patient)
    assert "Moved" in shown
    assert shown.count("Booked") >= 1


def test_a_day_is_chosen_to_look_from(day: ClinicDay, ann: Person) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/appointments/{booked(day, ann)}/move"

    page = desk.look(f"{where}?on=2026-04-06")

    assert "Mon 6 Apr 2026" in page
    assert "Fri 3 Apr 2026" not in page


def test_who_does_not_book_is_not_offered_to_move(day: ClinicDay, ann: Person) -> None:
    appointment = booked(day, ann)
    monitor = Browser.of(day.staff[Role.MONITOR])

    page = monitor.look(f"/clinics/{day.clinic_id}/patients/{ann.id}")

    assert f"/appointments/{appointment}/move" not in page


def test_hours_and_closed_days_are_kept_on_their_page(day: ClinicDay) -> None:
    admin = Browser.of(day.staff[Role.CLINIC_ADMIN])
    where = f"/clinics/{day.clinic_id}/hours"
    closures = f"/clinics/{day.clinic_id}/closures"
    holiday = {"first_day": "2026-12-24", "last_day": "2026-12-26"}

    saved = admin.send(where, mon="08:00-12:00, 13:00-18:00", sat="09:00–11:00")
    closed = admin.send(closures, **holiday, reason="Public holiday")
    wrong = admin.send(where, mon="in the morning")
    page = admin.look(where)
    removal = re.search(rf'action="({closures}/[^"]+/remove)"', page)
    assert removal
    opened = admin.send(removal[1])

    statuses = [one.status_code for one in (saved, closed, wrong, opened)]
    assert statuses == [303, 303, 422, 303]
    assert 'value="in the morning"' in wrong.get_data(as_text=True)
    assert 'value="08:00-12:00, 13:00-18:00"' in page
    assert 'value="09:00-11:00"' in page
    assert "public holiday" in page
    assert "No closed days" in admin.look(where)


def test_others_see_hours_and_do_not_change_them(day: ClinicDay) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/hours"

    assert "Save" not in desk.look(where)
    assert desk.send(where, mon="08:00-12:00").status_code == 422


def test_a_move_is_tried_before_it_is_made(day: ClinicDay, ann: Person) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    ben = day.register("Ben", "Invented")
    clinic = f"/clinics/{day.clinic_id}"
    where = f"{clinic}/appointments/{booked(day, ann)}/move"
    later = day.lab.clock() + timedelta(days=2, hours=3)
    garden, quiet = day.rooms["Garden room"], day.rooms["Quiet room"]
    day.book(ben, "preparation", later, "Garden room")
    on = {"starts_at": later.isoformat().replace("+00:00", "Z"), "back": "board"}

    taken = desk.look(where, query_string={**on, "room_id": garden})
    shown = desk.look(
        where,
        query_string={
            **on,
            "room_id": quiet,
            "therapist_id": day.people["therapist South"],
        },
    )
    form = fields_of(shown)
    refused = desk.send(where, **{**form, "room_id": garden})
    wrong = desk.get(where, query_string={"starts_at": "soon"})
    moved = desk.send(where, **form)

    assert "Not to" in taken
    assert "Move it" not in taken
    assert fields_of(taken)["starts_at"]
    assert "Nothing else is touched" in shown
    assert "Quiet room, Therapist south" in shown
    assert (form["room_id"], form["back"]) == (quiet, "board")
    assert (refused.status_code, wrong.status_code) == (422, 422)
    assert "Not to" in refused.get_data(as_text=True)
    assert (moved.status_code, "/board?date=" in moved.headers["Location"]) == (
        303,
        True,
    )


def test_rows_of_the_board_are_rooms_or_staff(day: ClinicDay, ann: Person) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    appointment = booked(day, ann)
    on = (day.lab.clock() + timedelta(days=2)).date()
    board = f"/clinics/{day.clinic_id}/board"

    rooms = desk.look(f"{board}?date={on}")
    staff = desk.look(f"{board}?date={on}&by=therapist")
    monitors = desk.look(f"{board}?date={on}&by=monitor")

    assert f"/appointments/{appointment}/move" in rooms
    assert f'data-row="{day.rooms["River room"]}"' in rooms
    assert f'data-row="{day.people["therapist North"]}"' in staff
    assert "River room" not in staff
    assert "No monitor" in monitors
    assert desk.get(f"{board}?by=weather").status_code == 422
    seen = Browser.of(day.staff[Role.MONITOR]).look(f"{board}?date={on}")
    assert "data-move" not in seen
