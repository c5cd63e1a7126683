"""When a clinic is open: what is booked, moved and offered keeps to it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.scheduling.app import service
from services.scheduling.domain import Closure, Opening
from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic

ZONE = ZoneInfo("Pacific/Kiritimati")
WEEK = {"tue": [["08:00", "12:00"], ["13:00", "18:00"]], "wed": [["22:00", "00:00"]]}
HOLIDAY = {
    "first_day": "2026-03-10",
    "last_day": "2026-03-10",
    "reason_code": "holiday",
}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people."""
    return Clinic(lab)


@pytest.fixture
def admin(clinic: Clinic, lab: Lab) -> Caller:
    """The clinic's administrator."""
    return lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)


def at(day: int, clock: str) -> datetime:
    """A time of a day of March, by the clinic's clock; the 3rd is a Tuesday."""
    local = datetime.fromisoformat(f"2026-03-{day:02}T{clock}")
    return local.replace(tzinfo=ZONE).astimezone(UTC)


def prepare(clinic: Clinic, begins: datetime, *, minutes: int = 60) -> dict[str, Any]:
    """A preparation to be booked."""
    ends_at = begins + timedelta(minutes=minutes)
    who = clinic.patient()
    return clinic.body(who, begins, type="preparation", ends_at=ends_at)


@pytest.mark.parametrize(
    ("day", "clock", "minutes", "code"),
    [
        (10, "08:00", 60, None),
        (10, "11:00", 60, None),
        (10, "11:30", 60, "outside_hours"),
        (10, "12:30", 20, "outside_hours"),
        (10, "07:59", 60, "outside_hours"),
        (11, "23:00", 60, None),
        (11, "23:30", 60, "outside_hours"),
        (12, "09:00", 60, "outside_hours"),
    ],
)
def test_an_appointment_lies_within_one_stretch_of_hours(
    clinic: Clinic, admin: Caller, day: int, clock: str, minutes: int, code: str | None
) -> None:
    admin.put(NAME, "/hours", weekly=WEEK)
    body = {
        name: value.isoformat() if isinstance(value, datetime) else str(value)
        for name, value in prepare(clinic, at(day, clock), minutes=minutes).items()
    }

    answer = clinic.desk.request("POST", NAME, "/appointments", body)

    assert answer.get_json().get("code") == code
    assert answer.status_code == (409 if code else 201)


def test_nothing_is_booked_or_moved_to_a_day_on_which_it_is_closed(
    clinic: Clinic, admin: Caller
) -> None:
    booked = clinic.desk.post(NAME, "/appointments", **prepare(clinic, at(9, "09:00")))
    closed = admin.post(NAME, "/closures", **HOLIDAY | {"last_day": "2026-03-11"})

    refused = clinic.desk.refused(
        NAME, "/appointments", **prepare(clinic, at(10, "09:00"))
    )
    path = f"/appointments/{booked['id']}/move"
    unmoved = clinic.desk.refused(NAME, path, starts_at=at(11, "09:00"))
    shown = clinic.desk.get(NAME, "/hours")
    admin.delete(NAME, f"/closures/{closed['id']}")
    again = clinic.desk.post(NAME, path, starts_at=at(11, "09:00"))

    assert (refused["code"], unmoved["code"]) == ("closed", "closed")
    assert [one["id"] for one in shown["closures"]] == [closed["id"]]
    assert again["status"] == "booked"
    told = [n for n in clinic.lab.names(NAME) if "closure" in n]
    assert told == ["scheduling.closure.added", "scheduling.closure.removed"]


def test_free_times_are_those_at_which_the_clinic_is_open(
    clinic: Clinic, admin: Caller
) -> None:
    admin.put(NAME, "/hours", weekly=WEEK)
    admin.post(NAME, "/closures", **HOLIDAY)

    found = clinic.desk.get(
        NAME,
        "/free-times",
        patient_id=clinic.patient().id,
        type="preparation",
        days=15,
        limit=200,
    )["items"]

    begins, ends = (
        {datetime.fromisoformat(one[name]).astimezone(ZONE) for one in found}
        for name in ("starts_at", "ends_at")
    )
    assert {when.date() for when in begins} == {date(2026, 3, 3), date(2026, 3, 17)}
    assert min(when.hour for when in begins) == 8
    assert not {end for end in ends if end.hour == 12 and end.minute}


@pytest.mark.parametrize(
    ("weekly", "pointer"),
    [
        ({"mon": [["18:00", "08:00"]]}, "#/weekly/mon"),
        ({"mon": [["08:00", "12:00"], ["11:00", "13:00"]]}, "#/weekly/mon"),
        ({"mon": [["8", "12:00"]]}, "#/weekly/mon/value/0/0"),
        ({"monday": []}, "#/weekly/monday/key"),
    ],
)
def test_hours_that_make_no_sense_are_refused(
    admin: Caller, weekly: dict[str, Any], pointer: str
) -> None:
    problem = admin.refused(NAME, "/hours", method="PUT", weekly=weekly)

    assert problem["status"] == 422
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert admin.get(NAME, "/hours")["weekly"] is None


@pytest.mark.parametrize("last_day", ["2026-03-09", "2027-04-01"])
def test_a_closure_that_makes_no_sense_is_refused(admin: Caller, last_day: str) -> None:
    problem = admin.refused(NAME, "/closures", **HOLIDAY | {"last_day": last_day})

    assert [one["pointer"] for one in problem["errors"]] == ["#/last_day"]


def test_only_administrators_say_when_their_clinic_is_open(
    clinic: Clinic, lab: Lab, admin: Caller
) -> None:
    closed = admin.post(NAME, "/closures", **HOLIDAY)
    desk = clinic.desk.refused(NAME, "/hours", method="PUT", weekly=None)
    other = Clinic(lab)
    elsewhere = lab.caller(Role.CLINIC_ADMIN, clinic_id=other.id)
    foreign = elsewhere.refused(NAME, f"/closures/{closed['id']}", method="DELETE")

    assert (desk["status"], foreign["status"]) == (403, 404)
    assert other.desk.get(NAME, "/hours")["closures"] == []


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Berlin"])
def test_a_day_lasts_as_long_as_it_does_when_clocks_change(name: str) -> None:
    zone = ZoneInfo(name)
    always = Opening(zone=zone, weekly=None)
    nights = Opening(zone=zone, weekly={"sun": [["00:00", "00:00"]]})
    spring = date(2026, 3, 8) if "York" in name else date(2026, 3, 29)
    autumn = date(2026, 11, 1) if "York" in name else date(2026, 10, 25)

    for opening in (always, nights):
        lengths = []
        for day in (spring, autumn):
            ((opens, closes),) = opening.windows(day)
            lengths.append((closes - opens) / timedelta(hours=1))
        assert lengths == [23, 25]


def test_a_closed_day_has_no_hours() -> None:
    closure = Closure(
        id=UUID(int=1),
        clinic_id=UUID(int=2),
        version=1,
        first_day=date(2026, 3, 3),
        last_day=date(2026, 3, 3),
        reason_code="holiday",
    )
    opening = Opening(zone=ZONE, weekly=WEEK, closures=(closure,))

    assert list(opening.windows(date(2026, 3, 3))) == []
    assert len(list(opening.windows(date(2026, 3, 10)))) == 2
