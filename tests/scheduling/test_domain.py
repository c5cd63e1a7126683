"""Appointments as a state machine, without a database."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from services.scheduling.domain import (
    Answers,
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Claim,
    Clinic,
    TooEarlyError,
    WaitlistEntry,
    WrongStateError,
    owner_of,
)
from shared.errors import InvalidError
from shared.events import Event
from shared.rulepack import Route, load_pack

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOTICE = timedelta(hours=48)
Status = AppointmentStatus

EXPECTED = {Status.BOOKED, Status.CONFIRMED, Status.AT_RISK}
AHEAD = EXPECTED | {Status.PROVISIONAL}
PRESENT = {Status.ARRIVED, Status.ROOMED, Status.IN_PROGRESS}

After = Status | dict[Status, Status]
"""What follows, or what follows where: elsewhere the status stays."""

MOVES: dict[str, tuple[Callable[[Appointment], Event], set[Status], After]] = {
    "book what is held": (
        lambda a: a.book_held(at=START - timedelta(seconds=1)),
        {Status.HELD},
        Status.BOOKED,
    ),
    "let a hold expire": (lambda a: a.expire_hold(), {Status.HELD}, Status.RELEASED),
    "give a hold back": (
        lambda a: a.end_hold("not_wanted"),
        {Status.HELD},
        Status.RELEASED,
    ),
    "firm up": (lambda a: a.firm(), {Status.PROVISIONAL}, Status.BOOKED),
    "recover": (lambda a: a.recover(), {Status.AT_RISK}, Status.BOOKED),
    "confirm": (
        lambda a: a.confirm(fasting_told=True, at=START),
        EXPECTED,
        {Status.BOOKED: Status.CONFIRMED},
    ),
    "enter the room": (
        lambda a: a.enter_room(at=START),
        {Status.ARRIVED},
        Status.ROOMED,
    ),
    "confirm escort": (
        lambda a: a.confirm_escort(),
        AHEAD | PRESENT,
        {},
    ),
    "withdraw escort": (
        lambda a: a.withdraw_escort(),
        AHEAD | PRESENT,
        {Status.CONFIRMED: Status.BOOKED},
    ),
    "mark at risk": (
        lambda a: a.mark_at_risk(("eligibility",), cutoff_at=START),
        EXPECTED,
        Status.AT_RISK,
    ),
    "release": (
        lambda a: a.release("consent_withdrawn"),
        AHEAD,
        Status.RELEASED,
    ),
    "cancel": (
        lambda a: a.cancel(
            by="patient", reason_code="illness", at=START, late_notice=NOTICE
        ),
        AHEAD | PRESENT,
        Status.CANCELLED,
    ),
    "arrive": (
        lambda a: a.arrive(escort_present=True, at=START),
        EXPECTED,
        Status.ARRIVED,
    ),
    "no-show": (
        lambda a: a.note_no_show(at=START, repeated=False),
        EXPECTED,
        Status.NO_SHOW,
    ),
    "fulfil": (
        lambda a: a.fulfil(at=START),
        AHEAD | PRESENT,
        Status.FULFILLED,
    ),
}
ENDED = {Status.RELEASED, Status.CANCELLED, Status.NO_SHOW, Status.FULFILLED}


def an_appointment(status: Status = Status.BOOKED) -> Appointment:
    clinic_id, appointment_id = uuid4(), uuid4()
    claim = Claim(
        id=uuid4(),
        appointment_id=appointment_id,
        clinic_id=clinic_id,
        resource_id=uuid4(),
        kind="room",
        starts_at=START,
        ends_at=START + timedelta(hours=3),
    )
    return Appointment(
        id=appointment_id,
        clinic_id=clinic_id,
        patient_id=uuid4(),
        episode_id=uuid4(),
        type=AppointmentType.DOSING,
        starts_at=START,
        ends_at=START + timedelta(hours=3),
        status=status,
        expires_at=START,
        escort_confirmed=True,
        claims=[claim],
    )


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_allowed_in_its_states_only(move: str, status: Status) -> None:
    act, allowed, after = MOVES[move]
    appointment = an_appointment(status)

    if status not in allowed:
        with pytest.raises(WrongStateError):
            act(appointment)
        assert appointment.status is status
        return

    event = act(appointment)

    assert event.aggregate == "appointment"
    expected = after.get(status, status) if isinstance(after, dict) else after
    assert appointment.status is expected


@pytest.mark.parametrize("move", MOVES)
def test_what_has_ended_holds_nothing_any_more(move: str) -> None:
    act, allowed, after = MOVES[move]
    appointment = an_appointment(sorted(allowed)[0])

    act(appointment)

    is_over = isinstance(after, Status) and after in ENDED
    assert appointment.claims[0].active is not is_over


def test_a_dose_at_risk_that_is_confirmed_is_so_once_it_has_recovered() -> None:
    appointment = an_appointment(Status.AT_RISK)
    appointment.cutoff_at = START

    appointment.confirm(fasting_told=True, at=START)
    before = appointment.status
    appointment.recover()

    assert (before, appointment.status) == (Status.AT_RISK, Status.CONFIRMED)


def test_a_confirmed_dose_that_loses_its_escort_is_to_be_confirmed_anew() -> None:
    appointment = an_appointment(Status.BOOKED)
    appointment.confirm(fasting_told=True, at=START)

    appointment.withdraw_escort()

    assert (appointment.status, appointment.confirmed_at) == (Status.BOOKED, None)


def test_a_cut_off_that_was_told_is_not_put_off() -> None:
    appointment = an_appointment()
    first, later = START - timedelta(hours=24), START - timedelta(hours=12)

    appointment.mark_at_risk(("eligibility",), cutoff_at=first)
    again = appointment.mark_at_risk(("order.active",), cutoff_at=later)

    assert (again.cutoff_at, again.owner_role) == (first, "prescriber")


@pytest.mark.parametrize(
    ("missing", "role"),
    [
        (("escort.confirmed", "fasting.told"), "front_desk"),
        (("consent.treatment",), "front_desk"),
        (("escort.confirmed", "order.active"), "prescriber"),
    ],
)
def test_what_only_a_prescriber_can_provide_is_theirs_to_see_to(
    missing: tuple[str, ...], role: str
) -> None:
    assert owner_of(missing) == role


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"ate_at": START - timedelta(hours=4)}, ()),
        ({"ate_at": START - timedelta(hours=4, seconds=-1)}, ("ate",)),
        ({"drank_at": START - timedelta(hours=2)}, ()),
        ({"drank_at": START - timedelta(minutes=119)}, ("drank",)),
        ({"alcohol": True, "sedative": False}, ("alcohol",)),
        ({"sedative": True, "new_medication": True}, ("sedative", "new_medication")),
        ({}, ()),
    ],
)
def test_answers_speak_against_a_dose_by_the_hours_of_the_pack(
    said: dict[str, Any], found: tuple[str, ...]
) -> None:
    hours = load_pack().fasting.hours(None)

    assert Answers(**said).concerns(START, hours) == found


def test_the_nasal_spray_has_its_own_hours() -> None:
    hours = load_pack().fasting.hours(Route.ESKETAMINE_NASAL)
    said = Answers(
        ate_at=START - timedelta(hours=2), drank_at=START - timedelta(minutes=30)
    )

    assert said.concerns(START, hours) == ()


@pytest.mark.parametrize(
    ("opens", "closes", "weekdays", "earliest", "suits"),
    [
        (time(8), time(20), [], date(2026, 3, 2), True),
        (time(9), time(13), [0], date(2026, 3, 2), True),
        (time(9), time(12, 59), [], date(2026, 3, 2), False),
        (time(10, 1), time(20), [], date(2026, 3, 2), False),
        (time(8), time(20), [1, 2], date(2026, 3, 2), False),
        (time(8), time(20), [], date(2026, 3, 3), False),
    ],
)
def test_a_time_suits_by_the_clock_of_the_clinic(
    opens: time, closes: time, weekdays: list[int], earliest: date, suits: bool
) -> None:
    entry = WaitlistEntry(
        id=uuid4(),
        clinic_id=uuid4(),
        patient_id=uuid4(),
        type=AppointmentType.DOSING,
        weekdays=weekdays,
        opens=opens,
        closes=closes,
        earliest_day=earliest,
        notice_hours=0,
        since=START,
    )
    zone = ZoneInfo("America/New_York")

    assert entry.suits(an_appointment(), zone) is suits


@pytest.mark.parametrize(
    ("before", "late"),
    [(timedelta(hours=48), False), (timedelta(hours=48, seconds=-1), True)],
)
def test_less_notice_than_the_pack_asks_for_is_late(
    before: timedelta, late: bool
) -> None:
    event = an_appointment().cancel(
        by="patient", reason_code="illness", at=START - before, late_notice=NOTICE
    )

    assert event.late is late
    assert event.notice_minutes == int(before.total_seconds() // 60)


def test_nobody_fails_to_come_before_it_begins() -> None:
    with pytest.raises(TooEarlyError):
        an_appointment().note_no_show(at=START - timedelta(seconds=1), repeated=False)


@pytest.mark.parametrize("lasts", [timedelta(0), timedelta(hours=24, seconds=1)])
def test_an_appointment_ends_after_it_starts_and_within_a_day(lasts: timedelta) -> None:
    appointment = an_appointment()
    appointment.ends_at = appointment.starts_at + lasts

    with pytest.raises(InvalidError):
        appointment.book()


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd"])
def test_a_clinic_needs_a_zone_that_exists(zone: str) -> None:
    clinic_id = uuid4()
    clinic = Clinic(
        id=clinic_id,
        clinic_id=clinic_id,
        name="Fictional Harbour",
        time_zone=zone,
        alert_response_seconds=120,
    )

    with pytest.raises(InvalidError):
        clinic.onboard()
