"""When somebody works: by the clinic's clock, on every day that clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.domain import (
    Absence,
    Busy,
    Duty,
    ResourceKind,
    Shift,
    Window,
    offers,
)
from shared.errors import InvalidError
from shared.rulepack import Part
from tests.scheduling.test_free_times import (
    KINDS,
    PATIENT,
    ROOM,
    STEP,
    THERAPIST,
    ZONES,
    a_wish,
    transitions,
)

EVERY_DAY = "FREQ=DAILY"
FIRST_DAY = date(2020, 1, 1)


def a_shift(starts: time, hours: float, rrule: str = EVERY_DAY) -> Shift:
    """Work that comes again, and has for years."""
    return Shift.said(rrule, FIRST_DAY, starts, int(hours * 60), field="rrule")


def away(begins_at: datetime, ends_at: datetime, rrule: str | None = None) -> Absence:
    """An absence, settled in UTC."""
    absence = Absence(
        id=UUID(int=1),
        clinic_id=UUID(int=2),
        resource_id=THERAPIST,
        begins_at=begins_at,
        ends_at=ends_at,
        reason_code="leave",
        rrule=rrule,
    )
    absence.settle(ZoneInfo("UTC"))
    return absence


@pytest.mark.parametrize("name", ZONES)
def test_a_shift_begins_and_ends_by_the_local_clock_whenever_clocks_change(
    name: str,
) -> None:
    zone = ZoneInfo(name)
    duty = Duty(zone=zone, shifts=[a_shift(time(9), 8)])

    for day in transitions(zone):
        windows = duty.windows(day - timedelta(days=3), day + timedelta(days=3))
        whole = windows[1:-1]
        assert len(whole) >= 4
        assert {one[0].astimezone(zone).time() for one in whole} == {time(9)}
        assert {one[1].astimezone(zone).time() for one in whole} == {time(17)}


def test_a_night_lasts_as_long_as_it_does() -> None:
    duty = Duty(zone=ZoneInfo("Europe/Berlin"), shifts=[a_shift(time(22), 8)])

    def hours(year: int, month: int, day: int) -> float:
        noon = datetime(year, month, day, 12, tzinfo=UTC)
        ((begins, ends),) = duty.windows(noon, noon + timedelta(days=1))
        return (ends - begins) / timedelta(hours=1)

    assert [hours(2026, 3, 27), hours(2026, 3, 28), hours(2026, 10, 24)] == [8, 7, 9]


def test_shifts_that_touch_are_one_and_absences_cut_them() -> None:
    zone, noon = ZoneInfo("UTC"), datetime(2026, 3, 2, 12, tzinfo=UTC)
    begins, ends = noon - timedelta(hours=12), noon + timedelta(hours=12)
    shifts = [a_shift(time(8), 4), a_shift(time(12), 5)]

    whole = Duty(zone=zone, shifts=shifts).windows(begins, ends)
    cut = Duty(
        zone=zone, shifts=shifts, absences=[away(noon, noon + timedelta(hours=1))]
    ).windows(begins, ends)

    hour = noon.replace
    assert whole == [(hour(hour=8), hour(hour=17))]
    assert cut == [(hour(hour=8), noon), (hour(hour=13), hour(hour=17))]


def test_an_absence_comes_again_and_is_over_at_last() -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)
    lunch = away(noon, noon + timedelta(hours=1), "FREQ=WEEKLY;COUNT=3")
    duty = Duty(zone=ZoneInfo("UTC"), absences=[lunch])

    windows = duty.windows(noon - timedelta(hours=1), noon + timedelta(days=30))

    assert len(windows) == 4
    assert lunch.over_at
    assert lunch.over_at > noon + timedelta(days=14, hours=1)


@pytest.mark.parametrize(
    ("lasts", "rrule", "field"),
    [
        (timedelta(0), None, "ends_at"),
        (timedelta(days=367), None, "ends_at"),
        (timedelta(days=32), EVERY_DAY, "ends_at"),
        (timedelta(hours=1), "FREQ=SECONDLY", "rrule"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(
    lasts: timedelta, rrule: str | None, field: str
) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    with pytest.raises(InvalidError) as refusal:
        away(noon, noon + lasts, rrule)

    assert refusal.value.field == field


def test_nobody_is_on_duty_past_a_licence_that_is_asked_for() -> None:
    zone = ZoneInfo("America/New_York")
    begins = datetime(2026, 3, 6, 12, tzinfo=UTC)
    ends = begins + timedelta(days=9)
    last = date(2026, 3, 8)

    held = Duty(zone=zone, licences={"dea": last}, required=["dea"])
    lacks = Duty(zone=zone, required=["dea"])

    # The 8th has 23 hours: its end is four hours before that of the 9th in UTC.
    assert held.windows(begins, ends) == [(begins, datetime(2026, 3, 9, 4, tzinfo=UTC))]
    assert lacks.windows(begins, ends) == []


SHIFTS = st.builds(
    a_shift,
    st.times(time(0), time(23, 59)).map(lambda at: at.replace(second=0, microsecond=0)),
    st.integers(1, 24 * 4).map(lambda quarters: quarters / 4),
    st.sampled_from(
        [
            EVERY_DAY,
            "FREQ=WEEKLY;BYDAY=MO,WE,SU",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SA",
            "FREQ=MONTHLY;BYDAY=-1SU",
        ]
    ),
)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(
        [(name, day) for name in ZONES for day in transitions(ZoneInfo(name))]
    ),
    st.lists(SHIFTS, min_size=1, max_size=3),
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 60)), max_size=4),
    st.integers(1, 16),
)
def test_offers_keep_to_rosters_as_looking_at_each_step_does(
    where: tuple[str, datetime],
    shifts: list[Shift],
    gone: list[tuple[int, int]],
    quarters: int,
) -> None:
    name, day = where
    begins_at = day - timedelta(days=2)
    wish = a_wish(
        begins_at,
        name,
        duration=quarters * STEP,
        opens=time(6),
        closes=time(23),
        ends_at=begins_at + timedelta(days=5),
    )
    zone = wish.opening.zone
    absences = [
        away(at, at + quarter * STEP)
        for start, quarter in gone
        for at in [begins_at + start * STEP]
    ]
    duty = Duty(zone=zone, shifts=shifts, absences=absences)
    windows = duty.windows(wish.begins_at, wish.ends_at + STEP)

    found = {
        one.starts_at for one in offers(wish, KINDS, PATIENT, [], {THERAPIST: windows})
    }
    free = {one.starts_at for one in offers(wish, KINDS, PATIENT, [])}

    works = [w for one in shifts for w in _by_hand(one, zone, wish.begins_at)]
    assert found == {
        at
        for at in free
        if all(_is_there(at + n * STEP, works, absences) for n in range(quarters))
    }


def _by_hand(shift: Shift, zone: ZoneInfo, begins_at: datetime) -> list[Window]:
    """A shift's times around a moment, day by day."""
    rule = rrulestr(f"DTSTART:{shift.first_day:%Y%m%dT000000}\nRRULE:{shift.rrule}")
    near = begins_at.astimezone(zone).replace(tzinfo=None)
    found = []
    for on in rule.between(near - timedelta(days=3), near + timedelta(days=9)):
        local = datetime.combine(on.date(), shift.starts)
        ends = local + timedelta(minutes=shift.minutes)
        found.append(
            tuple(one.replace(tzinfo=zone).astimezone(UTC) for one in (local, ends))
        )
    return found  # type: ignore[return-value]


def _is_there(at: datetime, works: list[Window], absences: list[Absence]) -> bool:
    """Whether somebody is there for every minute of a step."""
    minutes = [at + timedelta(minutes=n) for n in range(15)]
    return all(
        any(begins <= minute < ends for begins, ends in works)
        and not any(one.begins_at <= minute < one.ends_at for one in absences)
        for minute in minutes
    )


def test_a_room_is_held_longer_and_a_therapist_shorter() -> None:
    wish = a_wish(
        datetime(2026, 3, 2, 9, tzinfo=UTC),
        parts={
            ResourceKind.ROOM: Part(uses=8 * STEP, holds=9 * STEP),
            ResourceKind.THERAPIST: Part(uses=2 * STEP, holds=2 * STEP),
        },
    )
    rooms = {**KINDS, ResourceKind.ROOM: KINDS[ResourceKind.ROOM][:1]}
    eleven = datetime(2026, 3, 2, 11, tzinfo=UTC)

    def starts(who: UUID) -> list[datetime]:
        taken = [Busy(who, eleven, eleven + STEP)]
        return [one.starts_at for one in offers(wish, rooms, PATIENT, taken)]

    assert starts(ROOM)[0] == eleven + STEP
    assert eleven - 2 * STEP in starts(THERAPIST)
    assert eleven - STEP not in starts(THERAPIST)
