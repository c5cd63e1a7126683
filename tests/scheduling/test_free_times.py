"""Free times: nothing taken is offered, nothing free is missed, by local clocks."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from services.scheduling.app import service
from services.scheduling.domain import Busy, Offer, Opening, ResourceKind, Wish, offers
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic, Patient

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Asia/Kolkata",
)
ROOM, OTHER_ROOM, THERAPIST, PATIENT = (UUID(int=n) for n in range(1, 5))
KINDS = {
    ResourceKind.ROOM: [ROOM, OTHER_ROOM],
    ResourceKind.THERAPIST: [THERAPIST],
}
STEP = timedelta(minutes=15)


def transitions(zone: ZoneInfo) -> Iterator[datetime]:
    """The days of three years on which a zone's clocks change."""
    day = datetime(2026, 1, 1, tzinfo=UTC)
    while day.year < 2029:
        after = day + timedelta(days=1)
        if day.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            yield day
        day = after


def a_wish(begins_at: datetime, zone: str = "UTC", **more: Any) -> Wish:
    """Two hours, within the hours of a week."""
    said: dict[str, Any] = {
        "begins_at": begins_at,
        "ends_at": begins_at + timedelta(days=7),
        "duration": timedelta(hours=2),
        "opening": Opening(zone=ZoneInfo(zone), weekly=None),
        "opens": time(9),
        "closes": time(17),
    }
    return Wish(**said | more)


def found(wish: Wish, *taken: Busy) -> list[Offer]:
    """All offers."""
    return list(offers(wish, KINDS, PATIENT, taken))


@pytest.mark.parametrize("name", ZONES)
def test_hours_are_the_clinics_own_on_every_day_the_clocks_change(name: str) -> None:
    zone = ZoneInfo(name)
    days = list(transitions(zone)) or [datetime(2026, 3, 29, tzinfo=UTC)]

    for day in days:
        wish = a_wish(day - timedelta(days=2), name, duration=timedelta(hours=1))
        local = [one.starts_at.astimezone(zone) for one in found(wish)]
        ends = [one.ends_at.astimezone(zone) for one in found(wish)]
        assert {at.date() for at in local} >= {
            (day + timedelta(days=n)).astimezone(zone).date() for n in (-1, 0, 1, 2)
        }
        assert min(at.time() for at in local) == time(9)
        assert max(at.time() for at in ends) == time(17)


MOMENTS = st.integers(0, 7 * 24 * 12).map(lambda n: timedelta(minutes=5 * n))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.lists(
        st.tuples(
            st.sampled_from([ROOM, OTHER_ROOM, THERAPIST, PATIENT]),
            MOMENTS,
            st.integers(1, 60),
        ),
        max_size=30,
    ),
    st.integers(1, 20),
)
def test_offers_are_what_looking_at_each_step_finds(
    zone: str, busy: list[tuple[UUID, timedelta, int]], quarters: int
) -> None:
    begins_at = datetime(2026, 3, 27, 7, 5, tzinfo=UTC)
    wish = a_wish(begins_at, zone, duration=quarters * STEP)
    taken = [
        Busy(who, begins_at + at, begins_at + at + timedelta(minutes=5 * lasts))
        for who, at, lasts in busy
    ]

    def is_free(who: UUID, at: datetime) -> bool:
        return not any(
            one.who == who and _touches(one, at, wish.duration) for one in taken
        )

    wanted, local = [], wish.opening.zone
    at = datetime(2026, 3, 27, 7, 15, tzinfo=UTC)
    while at + wish.duration <= _grid_end(wish):
        day = at.astimezone(local).date()
        opens, closes = (
            datetime.combine(day, clock, local).astimezone(UTC)
            for clock in (wish.opens, wish.closes)
        )
        within = opens <= at and at + wish.duration <= closes
        rooms = any(is_free(room, at) for room in KINDS[ResourceKind.ROOM])
        if within and rooms and is_free(THERAPIST, at) and is_free(PATIENT, at):
            wanted.append(at)
        at += STEP

    assert [one.starts_at for one in found(wish, *taken)] == wanted
    for one in found(wish, *taken):
        assert all(is_free(who, one.starts_at) for who in one.resources.values())


def _grid_end(wish: Wish) -> datetime:
    origin = datetime(2026, 3, 27, 7, 15, tzinfo=UTC)
    return origin + -(-(wish.ends_at - origin) // STEP) * STEP


def _touches(one: Busy, at: datetime, duration: timedelta) -> bool:
    """Whether a busy time has a part in it; a step that it touches it has whole."""
    first = one.starts_at - (one.starts_at - at) % STEP
    return first < at + duration and at < one.ends_at


def test_nothing_is_offered_where_nothing_can_be_booked() -> None:
    wish = a_wish(datetime(2026, 3, 2, tzinfo=UTC))

    without = offers(wish, {**KINDS, ResourceKind.MONITOR: []}, PATIENT, [])
    too_long = found(a_wish(wish.begins_at, duration=timedelta(hours=9)))
    elsewhen = found(a_wish(wish.begins_at, weekdays=frozenset({5})))

    assert list(without) == too_long == []
    assert {one.starts_at.weekday() for one in elsewhen} == {5}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people."""
    return Clinic(lab)


def ask(clinic: Clinic, who: Patient, **more: Any) -> list[dict[str, Any]]:
    """Free times for a dose."""
    said = {"patient_id": who.id, "type": "dosing", **more}
    items: list[dict[str, Any]] = clinic.desk.get(NAME, "/free-times", **said)["items"]
    return items


def test_what_is_offered_can_be_booked_and_is_not_offered_again(
    clinic: Clinic,
) -> None:
    first, second = clinic.patient(), clinic.patient()
    offer = ask(clinic, first, limit=1)[0]
    body = {name: offer[name] for name in ("starts_at", "ends_at", "room_id")}
    body |= {name: offer[name] for name in ("therapist_id", "monitor_id")}

    clinic.desk.post(NAME, "/appointments", patient_id=first.id, type="dosing", **body)

    later = ask(clinic, second)
    assert later[0]["starts_at"] == offer["ends_at"]
    assert len(later) == 10


def test_it_takes_as_many_statements_whatever_is_booked(clinic: Clinic) -> None:
    who = clinic.patient()
    engine = clinic.lab.runtime(NAME).database.engine
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))

    def statements() -> int:
        seen.clear()
        ask(clinic, who, limit=200)
        # Other threads say that there is news; questions are what counts.
        return len(
            [said for said in seen if said.lstrip().lower().startswith("select")]
        )

    empty = statements()
    for days in range(1, 9):
        other = clinic.patient()
        at = clinic.lab.clock() + timedelta(days=days)
        body = clinic.body(other, at, type="preparation")
        clinic.desk.post(NAME, "/appointments", **body)

    assert statements() == empty


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"days": 91}, "query:/days"),
        ({"opens": "9 o'clock"}, "query:/opens"),
        ({"weekdays": 7}, "query:/weekdays/0"),
        ({"limit": 0}, "query:/limit"),
        ({"type": "surgery"}, "query:/type"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    clinic: Clinic, said: dict[str, Any], pointer: str
) -> None:
    asked = {"patient_id": str(uuid7()), "type": "dosing", **said}

    answer = clinic.desk.request("GET", NAME, "/free-times", query_string=asked)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_free_times_are_a_matter_of_the_clinics_staff(clinic: Clinic, lab: Lab) -> None:
    path = f"/free-times?patient_id={uuid7()}&type=dosing"
    patient = lab.caller(Role.PATIENT, clinic_id=clinic.id)
    stranger = lab.caller(Role.FRONT_DESK, clinic_id=uuid7())
    stranger.clinic_id = clinic.id

    assert patient.refused(NAME, path, method="GET")["status"] == 403
    assert stranger.refused(NAME, path, method="GET")["status"] == 404
