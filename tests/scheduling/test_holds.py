"""Times that are held: kept from others, booked in time or given back."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.scheduling.app import service
from shared.access import Role
from shared.testing.lab import Lab
from tests.scheduling.test_bookings import NAME, Clinic, Patient
from tests.scheduling.test_moving import book, show, told

DAY = timedelta(days=1)


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on SQLite."""
    lab = Lab([service], tmp_path)
    yield Clinic(lab)
    lab.close()


def hold(clinic: Clinic, who: Patient, at: datetime, **more: Any) -> Any:
    """A time that is held."""
    return clinic.desk.post(NAME, "/holds", **clinic.body(who, at, **more))


def test_what_is_held_is_kept_from_others_and_then_booked(clinic: Clinic) -> None:
    who, other, at = clinic.patient(), clinic.patient(), clinic.lab.clock() + 3 * DAY
    held = hold(clinic, who, at)

    taken = clinic.desk.refused(NAME, "/appointments", **clinic.body(other, at))
    held_too = clinic.desk.refused(NAME, "/holds", **clinic.body(other, at))
    made = clinic.desk.post(NAME, f"/holds/{held['id']}/book")

    assert (held["status"], made["status"]) == ("held", "booked")
    assert (taken["code"], held_too["code"]) == ("double_booked", "double_booked")
    assert made["expires_at"] is None
    assert [one["appointment_id"] for one in told(clinic, "appointment.booked")] == [
        held["id"]
    ]


def test_a_hold_is_told_of_but_no_booking_is(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 3 * DAY

    held = hold(clinic, who, at)

    (event,) = told(clinic, "slot.held")
    until = clinic.lab.clock() + timedelta(minutes=10)
    assert event["appointment_id"] == held["id"]
    assert datetime.fromisoformat(event["expires_at"]) == until
    assert told(clinic, "appointment.booked") == []


def test_a_hold_expires_by_itself_and_frees_the_time(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    held = hold(clinic, clinic.patient(), at)

    clinic.lab.clock.advance(minutes=10)
    clinic.lab.settle()

    assert show(clinic, held)["status"] == "released"
    assert len(told(clinic, "slot.hold_expired")) == 1
    assert book(clinic, clinic.patient(), at)["status"] == "booked"


def test_a_hold_past_its_limit_is_not_booked_though_nobody_has_noticed(
    clinic: Clinic,
) -> None:
    held = hold(clinic, clinic.patient(), clinic.lab.clock() + 3 * DAY)
    clinic.lab.clock.advance(minutes=10)

    problem = clinic.desk.refused(NAME, f"/holds/{held['id']}/book")

    assert (problem["status"], problem["code"]) == (409, "hold_expired")
    assert told(clinic, "appointment.booked") == []


def test_a_hold_that_is_over_stands_in_nobodys_way_though_nobody_has_noticed(
    clinic: Clinic,
) -> None:
    who, other = clinic.patient(), clinic.patient()
    search = {"patient_id": who.id, "type": "dosing", "limit": 1}
    search["from"] = clinic.lab.clock() + 3 * DAY
    (first,) = clinic.desk.get(NAME, "/free-times", **search)["items"]
    at = datetime.fromisoformat(first["starts_at"])
    mine, theirs = hold(clinic, who, at), hold(clinic, other, at + 9 * DAY)
    (later,) = clinic.desk.get(NAME, "/free-times", **search)["items"]
    clinic.lab.clock.advance(minutes=10)

    (again_free,) = clinic.desk.get(NAME, "/free-times", **search)["items"]
    again = book(clinic, who, at + timedelta(hours=1))
    taken = book(clinic, who, at + 9 * DAY)

    assert later["starts_at"] > first["starts_at"]
    assert again_free == first
    assert (again["status"], taken["status"]) == ("booked", "booked")
    assert [show(clinic, one)["status"] for one in (mine, theirs)] == ["released"] * 2
    clinic.lab.settle()
    over = [one["appointment_id"] for one in told(clinic, "slot.hold_expired")]
    assert over == [mine["id"], theirs["id"]]
    assert show(clinic, again)["status"] == "booked"


def test_an_integration_is_booked_anew_though_its_hold_was_not_noticed_to_be_over(
    clinic: Clinic,
) -> None:
    who = clinic.patient()
    more = {"type": "integration", "integration_id": who.needs_integration()}
    at = clinic.lab.clock() + DAY
    hold(clinic, who, at, **more)
    clinic.lab.clock.advance(minutes=10)

    made = book(clinic, who, at + timedelta(hours=2), **more)

    assert made["integration_id"] == str(more["integration_id"])
    assert clinic.integrations() == []


def test_a_refused_booking_leaves_a_hold_that_is_over_to_its_reminder(
    clinic: Clinic,
) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 3 * DAY
    held = hold(clinic, clinic.patient(), at)
    book(clinic, who, at + timedelta(hours=3))
    clinic.lab.clock.advance(minutes=10)

    problem = clinic.desk.refused(NAME, "/appointments", **clinic.body(who, at))

    assert problem["code"] == "too_close_to_another_dose"
    assert show(clinic, held)["status"] == "held"
    clinic.lab.settle()
    assert show(clinic, held)["status"] == "released"


def test_a_hold_that_is_booked_does_not_expire(clinic: Clinic) -> None:
    held = hold(clinic, clinic.patient(), clinic.lab.clock() + 3 * DAY)
    clinic.desk.post(NAME, f"/holds/{held['id']}/book")

    clinic.lab.clock.advance(minutes=11)
    clinic.lab.settle()
    again = clinic.desk.refused(NAME, f"/holds/{held['id']}/book")

    assert show(clinic, held)["status"] == "booked"
    assert again["code"] == "wrong_state"


def test_a_hold_is_given_back(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    held = hold(clinic, clinic.patient(), at)

    answer = clinic.desk.request("DELETE", NAME, f"/holds/{held['id']}")

    assert answer.get_json()["status"] == "released"
    assert told(clinic, "slot.given_back")[0]["cause_code"] == "not_wanted"
    assert book(clinic, clinic.patient(), at)["status"] == "booked"


def test_a_dose_is_held_only_for_who_may_be_booked(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 3 * DAY
    hold(clinic, who, at)

    too_close = clinic.desk.refused(NAME, "/holds", **clinic.body(who, at + DAY))
    clinic.tell(who.withdrawal)
    unready = clinic.desk.refused(NAME, "/holds", **clinic.body(who, at + 9 * DAY))

    assert too_close["code"] == "too_close_to_another_dose"
    assert unready["code"] == "not_ready"


def test_a_consent_taken_back_ends_a_hold_too(clinic: Clinic) -> None:
    who = clinic.patient()
    held = hold(clinic, who, clinic.lab.clock() + 3 * DAY)

    clinic.tell(who.withdrawal)

    assert show(clinic, held)["status"] == "released"
    assert told(clinic, "slot.given_back")[0]["cause_code"] == "consent_withdrawn"
    assert told(clinic, "appointment.released") == []


def test_an_integration_whose_hold_expires_wants_an_appointment_again(
    clinic: Clinic,
) -> None:
    who = clinic.patient()
    need, at = who.needs_integration(), clinic.lab.clock() + DAY
    hold(clinic, who, at, type="integration", integration_id=need)
    assert clinic.integrations() == []

    clinic.lab.clock.advance(minutes=10)
    clinic.lab.settle()

    assert clinic.integrations() == [str(need)]


def test_who_is_refused_is_told_the_next_free_times(clinic: Clinic) -> None:
    who, other, at = clinic.patient(), clinic.patient(), clinic.lab.clock() + 3 * DAY
    book(clinic, who, at)
    mine = book(clinic, other, at + 9 * DAY)

    booking = clinic.desk.refused(NAME, "/appointments", **clinic.body(other, at))
    path = f"/appointments/{mine['id']}/move"
    moving = clinic.desk.refused(NAME, path, starts_at=at)

    for problem in (booking, moving):
        times = [
            datetime.fromisoformat(one["starts_at"]) for one in problem["alternatives"]
        ]
        assert len(times) == 3
        assert times == sorted(times)
        assert all(time >= at + timedelta(hours=3) for time in times)
    first = booking["alternatives"][0]
    assert first["therapist_id"] == clinic.resources["therapist_id"]
    body = clinic.body(clinic.patient(), datetime.fromisoformat(first["starts_at"]))
    assert clinic.desk.post(NAME, "/appointments", **body)["status"] == "booked"


def test_other_refusals_offer_no_times(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 3 * DAY
    book(clinic, who, at)

    problem = clinic.desk.refused(
        NAME, "/appointments", **clinic.body(who, at + timedelta(hours=4))
    )

    assert "alternatives" not in problem


def test_holds_are_for_who_books_and_in_their_clinic(clinic: Clinic) -> None:
    held = hold(clinic, clinic.patient(), clinic.lab.clock() + 3 * DAY)
    monitor = clinic.lab.caller(Role.MONITOR, clinic_id=clinic.id)
    elsewhere = Clinic(clinic.lab).desk
    path = f"/holds/{held['id']}/book"

    assert monitor.refused(NAME, path)["status"] == 403
    assert elsewhere.refused(NAME, path)["status"] == 404
