"""The page of one appointment, and the waitlist."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shared.access import Role
from tests.console.browser import Browser
from tests.console.clinic_day import ClinicDay, Person, laboratory

CALLED_OFF = {"by": "patient", "reason": "Travel"}


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


@pytest.fixture
def ann(day: ClinicDay) -> Person:
    person = day.register("Ann", "Fictional")
    day.lab.settle()
    return person


def made(day: ClinicDay, person: Person, path: str = "/appointments") -> Any:
    """A preparation in an hour, booked or held."""
    return day.staff[Role.FRONT_DESK].post(
        "scheduling",
        path,
        patient_id=person.id,
        type="preparation",
        starts_at=day.lab.clock() + timedelta(hours=1),
        room_id=day.rooms["River room"],
        therapist_id=day.people["therapist North"],
    )


def where(day: ClinicDay, appointment: Any) -> str:
    """The page of an appointment."""
    return f"/clinics/{day.clinic_id}/appointments/{appointment['id']}"


def state(day: ClinicDay, appointment: Any) -> str:
    """What has become of an appointment."""
    path = f"/appointments/{appointment['id']}"
    return str(day.staff[Role.FRONT_DESK].get("scheduling", path)["status"])


def test_an_appointment_goes_through_its_day_on_one_page(
    day: ClinicDay, ann: Person
) -> None:
    desk, appointment = Browser.of(day.staff[Role.FRONT_DESK]), made(day, ann)
    page, states = where(day, appointment), []

    for step, said in (
        ("confirm", {}),
        ("arrive", {"escort_present": "yes"}),
        ("room", {}),
        ("undo", {"reason": "Wrong patient"}),
    ):
        assert f"{page}/{step}" in desk.look(page)
        answer = desk.send(f"{page}/{step}", **said)
        assert answer.status_code == 303
        states.append(state(day, appointment))

    assert states == ["confirmed", "arrived", "roomed", "arrived"]
    board = desk.look(f"/clinics/{day.clinic_id}/board")
    assert page in board
    assert "arrived" in board


def test_what_is_refused_is_said_on_the_page_and_what_was_entered_stays(
    day: ClinicDay, ann: Person
) -> None:
    desk, appointment = Browser.of(day.staff[Role.FRONT_DESK]), made(day, ann)
    page = where(day, appointment)

    early = desk.send(f"{page}/no-show")
    half = desk.send(f"{page}/confirm", escort_name="Erin Fictional")

    assert (early.status_code, half.status_code) == (422, 422)
    assert 'role="alert"' in early.get_data(as_text=True)
    assert "too early" in early.get_data(as_text=True).lower()
    assert 'role="alert"' in half.get_data(as_text=True)
    assert state(day, appointment) == "booked"


def test_what_is_held_is_booked_or_given_back_on_its_page(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    first = made(day, ann, "/holds")
    holds = f"/clinics/{day.clinic_id}/holds"

    assert "Held until" in desk.look(where(day, first))
    desk.send(f"{holds}/{first['id']}/give-back")
    second = made(day, ann, "/holds")
    desk.send(f"{holds}/{second['id']}/book")

    assert (state(day, first), state(day, second)) == ("released", "booked")


def test_who_only_looks_is_offered_nothing_to_do(day: ClinicDay, ann: Person) -> None:
    appointment = made(day, ann)
    prescriber = Browser.of(day.staff[Role.PRESCRIBER])

    page = prescriber.look(where(day, appointment))

    assert "/confirm" not in page
    assert "/cancel" not in page
    assert "/arrive" in page


def test_somebody_waits_is_offered_a_time_and_takes_it(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    waitlist = f"/clinics/{day.clinic_id}/waitlist"
    bob = day.register("Bob", "Fictional")
    day.lab.settle()
    appointment = made(day, bob)

    refused = desk.send(
        waitlist, patient_id=ann.id, type="preparation", opens="12:00", closes="11:00"
    )
    joined = desk.send(
        waitlist, patient_id=ann.id, type="preparation", notice_hours="0"
    )
    desk.send(f"{where(day, appointment)}/cancel", **CALLED_OFF)
    day.lab.settle()
    page = desk.look(waitlist)
    accept = re.search(rf'action="({waitlist}/[^"]+/accept)"', page)

    assert (refused.status_code, joined.status_code) == (422, 303)
    assert accept, page
    assert "Offered" in page
    assert desk.send(accept[1]).status_code == 303
    assert "Nobody waits" in desk.look(waitlist)
    assert "Waitlist" in desk.look(f"/clinics/{day.clinic_id}/board")


def test_hours_of_notice_that_are_no_number_are_refused(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])

    answer = desk.send(
        f"/clinics/{day.clinic_id}/waitlist",
        patient_id=ann.id,
        type="preparation",
        notice_hours="soon",
    )

    assert answer.status_code == 422
