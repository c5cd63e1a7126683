"""The day of treatment: confirmed, arrived, in the room, and slips of the hand."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.scheduling.app import service
from shared.access import Role
from shared.events.intake import PatientErased
from shared.events.sessions import RecordOpened
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING, Lab
from tests.scheduling.test_bookings import NAME, Clinic
from tests.scheduling.test_gates import CONFIRMED, DAY, ESCORT, HOUR, confirm
from tests.scheduling.test_moving import book, move, show, told


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on SQLite."""
    lab = Lab([service], tmp_path)
    yield Clinic(lab)
    lab.close()


def today(clinic: Clinic, **more: Any) -> Any:
    """A dose in an hour."""
    return book(clinic, clinic.patient(), clinic.lab.clock() + HOUR, **more)


def arrive(clinic: Clinic, appointment: Any, **said: Any) -> Any:
    """The patient is here."""
    path = f"/appointments/{appointment['id']}/arrive"
    return clinic.desk.post(NAME, path, **{"escort_present": True, **said})


def visit(clinic: Clinic, appointment: Any) -> Any:
    """What was asked and answered."""
    return clinic.desk.get(NAME, f"/appointments/{appointment['id']}/visit")


def act(clinic: Clinic, appointment: Any, what: str, **said: Any) -> Any:
    """A step of the day."""
    return clinic.desk.post(NAME, f"/appointments/{appointment['id']}/{what}", **said)


def refused(clinic: Clinic, appointment: Any, what: str, **said: Any) -> Any:
    """Why a step is refused."""
    path = f"/appointments/{appointment['id']}/{what}"
    return clinic.desk.refused(NAME, path, **said)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"fasting_told": True}, "escort_name"),
        ({**ESCORT}, "fasting_told"),
        ({**CONFIRMED, "escort_phone": None}, "escort_phone"),
        ({**CONFIRMED, "escort_name": None}, "escort_name"),
    ],
)
def test_a_dose_is_confirmed_with_an_escort_and_a_word_about_food(
    clinic: Clinic, said: dict[str, Any], field: str
) -> None:
    made = book(clinic, clinic.patient(), clinic.lab.clock() + 2 * DAY)

    problem = refused(clinic, made, "confirm", **said)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == f"#/{field}"
    assert show(clinic, made)["version"] == made["version"]


def test_whoever_takes_the_patient_home_is_known_and_told_nobody(
    clinic: Clinic,
) -> None:
    made = confirm(clinic, book(clinic, clinic.patient(), clinic.lab.clock() + 2 * DAY))

    shown = visit(clinic, made)
    said = "".join(envelope.payload for envelope in clinic.lab.told(NAME))
    with clinic.lab.runtime(NAME).begin(EVERYTHING) as connection:
        kept = connection.execute(text("select escort from visits")).scalar_one()

    assert shown["escort_name"] == ESCORT["escort_name"]
    assert shown["escort_phone"] == ESCORT["escort_phone"]
    assert ESCORT["escort_name"] not in said
    assert ESCORT["escort_name"].encode() not in bytes(kept)


def test_the_escort_of_the_same_day_is_known_after_a_move(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 2 * DAY
    made = confirm(clinic, book(clinic, clinic.patient(), at))

    soon = move(clinic, made, at + HOUR)
    later = move(clinic, soon, at + 3 * DAY)

    assert visit(clinic, soon)["escort_name"] == ESCORT["escort_name"]
    assert visit(clinic, later)["escort_name"] is None


def test_other_appointments_are_confirmed_without_further_ado(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 2 * DAY
    made = book(clinic, clinic.patient(), at, type="preparation")

    assert act(clinic, made, "confirm")["status"] == "confirmed"
    assert len(told(clinic, "appointment.confirmed")) == 1


def test_answers_on_arriving_are_kept_and_what_speaks_against_a_dose_is_shown(
    clinic: Clinic,
) -> None:
    made, ate_at = today(clinic), clinic.lab.clock() - HOUR

    shown = arrive(
        clinic,
        made,
        ate_at=ate_at,
        drank_at=clinic.lab.clock() - 3 * HOUR,
        alcohol=False,
        sedative=True,
        **ESCORT,
    )

    seen = visit(clinic, made)
    assert (shown["status"], shown["has_concerns"]) == ("arrived", True)
    assert seen["arrival_concerns"] == ["ate", "sedative"]
    assert seen["answers"]["alcohol"] is False
    assert seen["answers"]["new_medication"] is None
    assert seen["escort_name"] == ESCORT["escort_name"]
    (event,) = told(clinic, "patient.arrived")
    assert event["has_concerns"] is True
    assert not {"ate_at", "sedative", "arrival_concerns"} & event.keys()


def test_nothing_against_a_dose_is_no_concern_and_not_asked_is_not_known(
    clinic: Clinic,
) -> None:
    asked, not_asked = (
        today(clinic),
        book(clinic, clinic.patient(), clinic.lab.clock() + 5 * HOUR),
    )

    assert arrive(clinic, asked, alcohol=False)["has_concerns"] is False
    assert arrive(clinic, not_asked)["has_concerns"] is None


def test_who_comes_alone_is_a_concern(clinic: Clinic) -> None:
    made = today(clinic)

    shown = arrive(clinic, made, escort_present=False)

    assert shown["has_concerns"] is True
    assert visit(clinic, made)["arrival_concerns"] == ["escort_missing"]


def test_nobody_has_eaten_in_the_future(clinic: Clinic) -> None:
    made = today(clinic)

    later = clinic.lab.clock() + timedelta(minutes=1)
    problem = refused(clinic, made, "arrive", escort_present=True, ate_at=later)

    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "#/ate_at")


def test_a_room_takes_one_patient_at_a_time(clinic: Clinic) -> None:
    first, second = (
        today(clinic),
        book(clinic, clinic.patient(), clinic.lab.clock() + 5 * HOUR),
    )
    for made in (first, second):
        arrive(clinic, made)

    roomed = act(clinic, first, "room")
    occupied = refused(clinic, second, "room")
    assert (roomed["status"], occupied["code"]) == ("roomed", "room_occupied")
    (event,) = told(clinic, "patient.roomed")
    assert event["room_id"] == clinic.resources["room_id"]


def test_who_is_not_here_is_in_no_room(clinic: Clinic) -> None:
    made = today(clinic)

    assert refused(clinic, made, "room")["code"] == "wrong_state"


def test_slips_are_undone_within_two_minutes_and_with_a_reason(clinic: Clinic) -> None:
    made = today(clinic)
    arrive(clinic, made)
    act(clinic, made, "room")

    back = act(clinic, made, "undo", reason_code="wrong_patient")
    gone = act(clinic, made, "undo", reason_code="wrong_patient")

    assert (back["status"], gone["status"]) == ("arrived", "booked")
    assert (gone["arrived_at"], gone["roomed_at"]) == (None, None)
    steps = [event["step"] for event in told(clinic, "patient.step_undone")]
    assert steps == ["roomed", "arrived"]


def test_after_two_minutes_a_step_stands(clinic: Clinic) -> None:
    made = today(clinic)
    arrive(clinic, made)
    clinic.lab.clock.advance(minutes=2, seconds=1)

    problem = refused(clinic, made, "undo", reason_code="wrong_patient")

    assert (problem["status"], problem["code"]) == (409, "too_late")


def test_a_no_show_is_suggested_once_a_patient_is_long_overdue(clinic: Clinic) -> None:
    made = today(clinic)

    def suggested() -> bool:
        (row,) = clinic.desk.get(NAME, "/day")["appointments"]
        return bool(row["no_show_suggested"])

    clinic.lab.clock.advance(minutes=79)
    before = suggested()
    clinic.lab.clock.advance(minutes=1)
    after = suggested()
    act(clinic, made, "no-show")

    assert (before, after, suggested()) == (False, True, False)


def test_staying_away_from_a_dose_again_is_told(clinic: Clinic) -> None:
    who = clinic.patient()
    for _ in range(2):
        made = book(clinic, who, clinic.lab.clock())
        act(clinic, made, "no-show")
        clinic.lab.clock.advance(days=3)

    repeated = [event["repeated"] for event in told(clinic, "appointment.no_show")]

    assert repeated == [False, True]


def test_an_open_record_says_that_the_patient_is_here(clinic: Clinic) -> None:
    made = today(clinic)
    arrive(clinic, made)
    act(clinic, made, "undo", reason_code="wrong_patient")

    clinic.tell(
        RecordOpened(
            session_id=uuid7(),
            appointment_id=UUID(made["id"]),
            patient_id=UUID(made["patient_id"]),
            route_class="im",
        )
    )

    assert show(clinic, made)["status"] == "in_progress"


def test_what_was_answered_opens_no_more_once_a_patient_is_forgotten(
    clinic: Clinic,
) -> None:
    made = confirm(clinic, book(clinic, clinic.patient(), clinic.lab.clock() + 2 * DAY))

    clinic.tell(PatientErased(patient_id=UUID(made["patient_id"])))

    assert visit(clinic, made)["escort_name"] is None


def test_staff_only_read_who_takes_a_patient_home(clinic: Clinic) -> None:
    made = today(clinic)
    path = f"/appointments/{made['id']}/visit"

    def status(role: Role) -> int:
        caller = clinic.lab.caller(role, clinic_id=clinic.id)
        return caller.request("GET", NAME, path).status_code

    assert status(Role.MONITOR) == 200
    assert status(Role.INTEGRATOR) == 403
    assert Clinic(clinic.lab).desk.request("GET", NAME, path).status_code == 404
