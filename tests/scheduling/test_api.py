"""What scheduling's routes accept, refuse and keep apart, on both stacks."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.scheduling.app import service
from services.scheduling.domain import Patient
from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.conftest import MakeLab

NAME = "scheduling"


class Place:
    """A clinic with a room, a therapist, a monitor, and a patient."""

    def __init__(self, lab: Lab, name: str, zone: str = "America/New_York") -> None:
        self.lab = lab
        made = lab.caller(Role.NETWORK_ADMIN).post(
            NAME, "/clinics", name=name, time_zone=zone
        )
        self.id = UUID(made["id"])
        self.desk: Caller = lab.caller(Role.FRONT_DESK, clinic_id=self.id)
        self.admin: Caller = lab.caller(Role.CLINIC_ADMIN, clinic_id=self.id)
        self.resources = {
            f"{kind}_id": self.admin.post(NAME, "/resources", kind=kind, name=kind)[
                "id"
            ]
            for kind in ("room", "therapist", "monitor")
        }
        self.patient_id = self.patient()

    def patient(self) -> UUID:
        """Somebody scheduling has heard of."""
        with self.lab.unit_of_work(NAME, self.id) as uow:
            known = Patient(id=uuid4(), clinic_id=self.id, episode_id=uuid4())
            uow.add(known)
        return known.id

    def talk(self, at: datetime, **more: Any) -> dict[str, Any]:
        """A preparation to be booked."""
        return {
            "patient_id": self.patient_id,
            "type": "preparation",
            "starts_at": at,
            "room_id": self.resources["room_id"],
            "therapist_id": self.resources["therapist_id"],
            **more,
        }


@pytest.fixture
def place(make_lab: MakeLab) -> Place:
    """A clinic in New York."""
    return Place(make_lab([service]), "Fictional Harbour")


@pytest.mark.parametrize("taken", ["room_id", "therapist_id", "patient_id"])
def test_what_is_taken_is_not_booked_again(place: Place, taken: str) -> None:
    at = place.lab.clock()
    place.desk.post(NAME, "/appointments", **place.talk(at))
    other = {
        kind: place.admin.post(NAME, "/resources", kind=kind, name="other")["id"]
        for kind in ("room", "therapist")
    }
    free = {
        "room_id": other["room"],
        "therapist_id": other["therapist"],
        "patient_id": place.patient(),
    }
    free.pop(taken)
    again = place.talk(at + timedelta(minutes=59), **free)

    refusal = place.desk.refused(NAME, "/appointments", **again)

    assert refusal["code"] == "double_booked"
    assert len(place.desk.get(NAME, "/day")["appointments"]) == 1
    assert place.desk.get(NAME, "/overlaps")["items"] == []


def test_one_may_begin_when_the_other_ends(place: Place) -> None:
    at = place.lab.clock()
    place.desk.post(NAME, "/appointments", **place.talk(at))

    place.desk.post(NAME, "/appointments", **place.talk(at + timedelta(minutes=60)))

    assert len(place.desk.get(NAME, "/day")["appointments"]) == 2


def test_a_cancelled_time_is_free_again(place: Place) -> None:
    at = place.lab.clock()
    made = place.desk.post(NAME, "/appointments", **place.talk(at))
    place.desk.post(
        NAME, f"/appointments/{made['id']}/cancel", by="clinic", reason_code="staff"
    )

    place.desk.post(NAME, "/appointments", **place.talk(at))

    assert place.lab.names(NAME).count("scheduling.appointment.booked") == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"room_id": str(uuid4())}, "not_found"),
        ({"patient_id": str(uuid4())}, "not_found"),
        ({"ends_at": "2026-03-02T14:00:00+00:00"}, "invalid"),
        ({"starts_at": "2026-03-02T10:00:00"}, "invalid"),
        ({"starts_at": "2026-01-01T10:00:00+00:00"}, "invalid"),
        ({"type": "holiday"}, "invalid"),
        ({"unknown": 1}, "invalid"),
        ({"type": "dosing"}, "not_ready"),
    ],
)
def test_a_booking_that_does_not_fit_is_refused_and_nothing_is_kept(
    place: Place, wrong: dict[str, str], code: str
) -> None:
    body = {**place.talk(place.lab.clock()), **wrong}

    assert place.desk.refused(NAME, "/appointments", **body)["code"] == code
    assert place.desk.get(NAME, "/day")["appointments"] == []
    assert "scheduling.appointment.booked" not in place.lab.names(NAME)


def test_a_room_is_no_therapist(place: Place) -> None:
    body = place.talk(place.lab.clock(), therapist_id=place.resources["room_id"])

    assert place.desk.refused(NAME, "/appointments", **body)["code"] == "not_found"


@pytest.mark.parametrize("foreign", ["room_id", "therapist_id", "patient_id"])
def test_another_clinics_room_person_or_patient_is_unknown(
    place: Place, foreign: str
) -> None:
    there = Place(place.lab, "Invented Prairie", "America/Chicago")
    theirs = {**there.resources, "patient_id": there.patient_id}
    body = place.talk(place.lab.clock(), **{foreign: theirs[foreign]})

    assert place.desk.refused(NAME, "/appointments", **body)["code"] == "not_found"


def test_another_clinics_appointment_is_unknown(place: Place) -> None:
    made = place.desk.post(NAME, "/appointments", **place.talk(place.lab.clock()))
    there = Place(place.lab, "Invented Prairie", "America/Chicago")

    path = f"/appointments/{made['id']}"

    assert there.desk.refused(NAME, path, method="GET")["code"] == "not_found"
    assert there.desk.refused(NAME, f"{path}/escort")["code"] == "not_found"


def test_a_monitor_books_nothing(place: Place) -> None:
    monitor = place.lab.caller(Role.MONITOR, clinic_id=place.id)

    refusal = monitor.refused(NAME, "/appointments", **place.talk(place.lab.clock()))

    assert refusal["code"] == "forbidden"


@pytest.mark.parametrize("stack", ["memory"], indirect=True)
@pytest.mark.parametrize(
    ("day", "begins", "hours"),
    [
        ("2026-03-08", "2026-03-08T05:00:00+00:00", 23),
        ("2026-11-01", "2026-11-01T04:00:00+00:00", 25),
        ("2026-06-01", "2026-06-01T04:00:00+00:00", 24),
    ],
)
def test_a_day_is_the_clinics_own_also_when_clocks_change(
    place: Place, day: str, begins: str, hours: int
) -> None:
    shown = place.desk.get(NAME, "/day", date=day)

    start, end = map(datetime.fromisoformat, (shown["begins_at"], shown["ends_at"]))
    assert start == datetime.fromisoformat(begins).astimezone(UTC)
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize("stack", ["memory"], indirect=True)
def test_days_are_shown_together_as_far_as_a_week(place: Place) -> None:
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    sunday = datetime(2026, 3, 9, 3, tzinfo=UTC)
    for at in (friday, sunday, sunday + timedelta(hours=2)):
        place.desk.post(NAME, "/appointments", **place.talk(at))

    shown = place.desk.get(NAME, "/day", date="2026-03-02", days=7)
    more = place.desk.request("GET", NAME, "/day", query_string={"days": "8"})

    starts = [row["starts_at"] for row in shown["appointments"]]
    assert [datetime.fromisoformat(at) for at in starts] == [friday, sunday]
    start, end = map(datetime.fromisoformat, (shown["begins_at"], shown["ends_at"]))
    assert end - start == timedelta(days=7, hours=-1)
    assert more.status_code == 422
