"""Moving an appointment: both times or neither, and never two at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.scheduling.app import service
from shared.access import Role
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic, Patient

DAY = timedelta(days=1)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people."""
    return Clinic(lab)


def book(clinic: Clinic, who: Patient, at: datetime, **more: Any) -> Any:
    """A booked appointment."""
    return clinic.desk.post(NAME, "/appointments", **clinic.body(who, at, **more))


def move(clinic: Clinic, appointment: Any, at: datetime, **more: Any) -> Any:
    """The appointment that takes another's place."""
    path = f"/appointments/{appointment['id']}/move"
    return clinic.desk.post(NAME, path, starts_at=at, **more)


def show(clinic: Clinic, appointment: Any) -> Any:
    """An appointment as it is now."""
    return clinic.desk.get(NAME, f"/appointments/{appointment['id']}")


def told(clinic: Clinic, name: str) -> list[dict[str, Any]]:
    """What the events of a name said."""
    return [
        one.event().to_payload()
        for one in clinic.lab.told(NAME)
        if one.name == f"scheduling.{name}"
    ]


def test_a_moved_appointment_holds_the_new_time_and_frees_the_old(
    clinic: Clinic,
) -> None:
    who, other = clinic.patient(), clinic.patient()
    at = clinic.lab.clock() + 3 * DAY
    old = book(clinic, who, at)

    new = move(clinic, old, at + DAY)

    assert show(clinic, old)["status"] == "rescheduled"
    assert (new["replaces"], new["status"]) == (old["id"], "booked")
    lasted = datetime.fromisoformat(old["ends_at"]) - at
    assert datetime.fromisoformat(new["ends_at"]) == at + DAY + lasted
    held, before = (show(clinic, one)["resources"] for one in (new, old))
    for now, then in zip(held, before, strict=True):
        until = datetime.fromisoformat(then.pop("ends_at")) + DAY
        assert datetime.fromisoformat(now.pop("ends_at")) == until
    assert held == before
    assert book(clinic, other, at)["status"] == "booked"
    assert told(clinic, "appointment.rescheduled") == [
        {
            "appointment_id": old["id"],
            "patient_id": str(who.id),
            "replaced_by": new["id"],
            "starts_at": new["starts_at"],
        }
    ]
    assert clinic.desk.get(NAME, "/overlaps")["items"] == []


def test_a_little_later_is_possible_though_the_times_overlap(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    old = book(clinic, clinic.patient(), at)
    clinic.desk.post(NAME, f"/appointments/{old['id']}/escort")

    new = move(clinic, old, at + timedelta(minutes=30))

    assert new["escort_confirmed"]


def test_an_escort_of_another_day_is_asked_for_anew(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    old = book(clinic, clinic.patient(), at)
    clinic.desk.post(NAME, f"/appointments/{old['id']}/escort")

    assert not move(clinic, old, at + DAY)["escort_confirmed"]


def test_a_move_to_what_is_taken_changes_nothing(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    old, taken = book(clinic, clinic.patient(), at), at + DAY
    book(clinic, clinic.patient(), taken)
    before = clinic.lab.names(NAME)

    problem = clinic.desk.refused(
        NAME, f"/appointments/{old['id']}/move", starts_at=taken
    )

    assert (problem["status"], problem["code"]) == (409, "double_booked")
    assert show(clinic, old)["status"] == "booked"
    assert clinic.lab.names(NAME) == before


def test_a_dose_is_moved_only_to_where_it_could_be_booked(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 3 * DAY
    old, near = book(clinic, who, at), book(clinic, who, at + 20 * DAY)

    path = f"/appointments/{old['id']}/move"
    too_close = clinic.desk.refused(NAME, path, starts_at=at + 19 * DAY)
    unready = clinic.desk.refused(NAME, path, starts_at=at + 90 * DAY)

    assert (too_close["code"], unready["code"]) == (
        "too_close_to_another_dose",
        "not_ready",
    )
    assert [show(clinic, one)["status"] for one in (old, near)] == ["booked"] * 2


def test_what_is_over_or_elsewhere_is_not_moved(clinic: Clinic, lab: Lab) -> None:
    at = clinic.lab.clock() + 3 * DAY
    old = book(clinic, clinic.patient(), at)
    path = f"/appointments/{old['id']}/move"
    foreign = Clinic(lab).desk.refused(NAME, path, starts_at=at + DAY)
    monitor = lab.caller(Role.MONITOR, clinic_id=clinic.id)
    role = monitor.refused(NAME, path, starts_at=at + DAY)
    move(clinic, old, at + DAY)

    again = clinic.desk.refused(NAME, path, starts_at=at + 2 * DAY)

    assert (foreign["status"], role["status"]) == (404, 403)
    assert (again["status"], again["code"]) == (409, "wrong_state")


def test_an_integration_that_is_moved_is_still_booked(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + DAY
    need = who.needs_integration()
    old = book(clinic, who, at, type="integration", integration_id=need)

    new = move(clinic, old, at + timedelta(hours=3))

    assert new["integration_id"] == str(need)
    assert clinic.integrations() == []


@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_of_many_who_want_one_time_exactly_one_gets_it(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 3 * DAY
    bodies = [clinic.body(clinic.patient(), at) for _ in range(24)]

    def ask(body: dict[str, Any]) -> int:
        said = {
            name: value.isoformat() if isinstance(value, datetime) else str(value)
            for name, value in body.items()
        }
        answer = clinic.desk.request("POST", NAME, "/appointments", said)
        return answer.status_code

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(ask, bodies))

    assert sorted(statuses) == [201] + [409] * 23
    assert clinic.desk.get(NAME, "/overlaps")["items"] == []
