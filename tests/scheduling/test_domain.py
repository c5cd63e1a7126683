"""Appointments as a state machine, without a database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.scheduling.domain import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    Claim,
    Clinic,
    TooEarlyError,
    WrongStateError,
)
from shared.errors import InvalidError
from shared.events import Event

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
NOTICE = timedelta(hours=48)
Status = AppointmentStatus

MOVES: dict[str, tuple[Callable[[Appointment], Event], set[Status], Status | None]] = {
    "confirm escort": (
        lambda a: a.confirm_escort(),
        {Status.BOOKED, Status.AT_RISK, Status.ARRIVED, Status.IN_PROGRESS},
        None,
    ),
    "withdraw escort": (
        lambda a: a.withdraw_escort(),
        {Status.BOOKED, Status.AT_RISK, Status.ARRIVED, Status.IN_PROGRESS},
        None,
    ),
    "mark at risk": (
        lambda a: a.mark_at_risk(("eligibility",), cutoff_at=START),
        {Status.BOOKED, Status.AT_RISK},
        Status.AT_RISK,
    ),
    "release": (
        lambda a: a.release("consent_withdrawn"),
        {Status.BOOKED, Status.AT_RISK},
        Status.RELEASED,
    ),
    "cancel": (
        lambda a: a.cancel(
            by="patient", reason_code="illness", at=START, late_notice=NOTICE
        ),
        {Status.BOOKED, Status.AT_RISK, Status.ARRIVED, Status.IN_PROGRESS},
        Status.CANCELLED,
    ),
    "arrive": (
        lambda a: a.arrive(escort_present=True, at=START),
        {Status.BOOKED, Status.AT_RISK},
        Status.ARRIVED,
    ),
    "no-show": (
        lambda a: a.note_no_show(at=START),
        {Status.BOOKED, Status.AT_RISK},
        Status.NO_SHOW,
    ),
    "fulfil": (
        lambda a: a.fulfil(at=START),
        {Status.BOOKED, Status.AT_RISK, Status.ARRIVED, Status.IN_PROGRESS},
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
    assert appointment.status is (after or status)


@pytest.mark.parametrize("move", MOVES)
def test_what_has_ended_holds_nothing_any_more(move: str) -> None:
    act, _, after = MOVES[move]
    appointment = an_appointment()

    act(appointment)

    assert appointment.claims[0].active is (after not in ENDED)


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
        an_appointment().note_no_show(at=START - timedelta(seconds=1))


def test_an_appointment_ends_after_it_starts() -> None:
    appointment = an_appointment()
    appointment.ends_at = appointment.starts_at

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
