"""The read model: one row for one event, and who sees which."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from services.console import handlers
from services.console.models import clinics
from shared.access import Role
from shared.envelope import Envelope
from shared.errors import InvalidError
from shared.events import Event
from shared.events.intake import SafetyFlagged
from shared.events.scheduling import ClinicOnboarded, PatientArrived
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.console.busy_day import BusyDay
from tests.console.clinic_day import ClinicDay

CLINIC = UUID(int=1)
OTHER_CLINIC = UUID(int=2)
PATIENT = UUID(int=3)
AT = datetime(2026, 3, 2, 15, tzinfo=UTC)


def arrived() -> PatientArrived:
    """An event that discloses nothing about health."""
    return PatientArrived(
        appointment_id=uuid4(),
        patient_id=PATIENT,
        episode_id=uuid4(),
        room_id=uuid4(),
        escort_present=True,
    )


def flagged() -> SafetyFlagged:
    """An event that discloses a lot."""
    return SafetyFlagged(
        patient_id=PATIENT,
        episode_id=uuid4(),
        flag_id=uuid4(),
        level="high",
        due_at=AT,
    )


def note(lab: Lab, event: Event, clinic_id: UUID = CLINIC) -> Envelope:
    """Let the console hear of an event, as from an envelope."""
    told = Envelope(
        id=uuid4(),
        type=event.type,
        clinic_id=clinic_id,
        aggregate_type=event.aggregate,
        aggregate_id=uuid4(),
        aggregate_version=1,
        payload=json.dumps(event.to_payload()),
        occurred_at=lab.clock.advance(seconds=1),
        correlation_id=uuid4(),
    )
    with lab.unit_of_work("console", clinic_id, causing=told) as uow:
        handlers.note_event(event, uow)
    return told


def reader(lab: Lab, role: Role = Role.THERAPIST, clinic_id: UUID = CLINIC) -> Caller:
    """Somebody who reads the timeline."""
    return lab.caller(role, clinic_id=clinic_id)


def names(caller: Caller, path: str = "/timeline", **query: object) -> list[str]:
    """The events of a timeline, by name."""
    return [row["name"] for row in caller.get("console", path, **query)["items"]]


def test_an_event_is_noted_with_what_it_is_about(on_both: Lab) -> None:
    event = arrived()

    told = note(on_both, event)

    (row,) = reader(on_both).get("console", "/timeline")["items"]
    assert row["event_id"] == str(told.id)
    assert row["patient_id"] == str(PATIENT)
    assert row["appointment_id"] == str(event.appointment_id)
    assert row["session_id"] is None
    assert row["correlation_id"] == str(told.correlation_id)


def test_an_event_told_twice_is_noted_once(on_both: Lab) -> None:
    event = arrived()
    told = note(on_both, event)

    with on_both.unit_of_work("console", CLINIC, causing=told) as uow:
        handlers.note_event(event, uow)

    assert names(reader(on_both)) == ["scheduling.patient.arrived"]


def test_an_event_that_nobody_told_is_refused(on_both: Lab) -> None:
    with (
        pytest.raises(InvalidError),
        on_both.unit_of_work("console", CLINIC) as uow,
    ):
        handlers.note_event(arrived(), uow)


def test_a_clinic_told_of_twice_has_one_clock(on_both: Lab) -> None:
    event = ClinicOnboarded(time_zone="Europe/Vienna", alert_response_seconds=120)
    told = note(on_both, event)

    for _ in range(2):
        with on_both.unit_of_work("console", CLINIC, causing=told) as uow:
            handlers.know_clinic(event, uow)

    with on_both.runtime("console").begin(EVERYTHING) as connection:
        rows = connection.execute(select(clinics)).all()
    assert [tuple(row) for row in rows] == [(CLINIC, "Europe/Vienna")]


def test_the_timeline_is_the_newest_first(on_both: Lab) -> None:
    note(on_both, arrived())
    note(on_both, flagged())

    assert names(reader(on_both)) == [
        "intake.safety.flagged",
        "scheduling.patient.arrived",
    ]


def test_pages_of_the_timeline_join_without_gap_or_repeat(on_both: Lab) -> None:
    told = [str(note(on_both, arrived()).id) for _ in range(5)]
    caller = reader(on_both)

    seen: list[str] = []
    while len(seen) < len(told):
        query = {"after": seen[-1]} if seen else {}
        page = caller.get("console", "/timeline", limit=2, **query)["items"]
        assert page
        seen += [row["event_id"] for row in page]

    assert seen == told[::-1]


def test_the_front_desk_does_not_learn_what_discloses_health(on_both: Lab) -> None:
    note(on_both, arrived())
    note(on_both, flagged())
    own = f"/patients/{PATIENT}/timeline"

    for path in ("/timeline", own):
        assert names(reader(on_both, Role.FRONT_DESK), path) == [
            "scheduling.patient.arrived"
        ]
        assert len(names(reader(on_both, Role.PRESCRIBER), path)) == 2


def test_the_front_desk_cannot_go_on_behind_an_event_it_may_not_see(
    on_both: Lab,
) -> None:
    hidden = note(on_both, flagged())

    problem = reader(on_both, Role.FRONT_DESK).refused(
        "console", f"/timeline?after={hidden.id}", method="GET"
    )

    assert problem["code"] == "not_found"


def test_another_clinics_events_are_not_there(on_both: Lab) -> None:
    there = note(on_both, arrived(), OTHER_CLINIC)
    caller = reader(on_both)

    assert names(caller) == []
    assert names(caller, f"/patients/{PATIENT}/timeline") == []
    problem = caller.refused("console", f"/timeline?after={there.id}", method="GET")
    assert problem["code"] == "not_found"


def test_the_timeline_is_not_for_whoever_has_no_role(on_both: Lab) -> None:
    note(on_both, arrived())

    for caller, code in (
        (on_both.nobody(CLINIC), "unauthenticated"),
        (on_both.caller(Role.INTEGRATOR, clinic_id=CLINIC), "forbidden"),
    ):
        problem = caller.refused("console", "/timeline", method="GET")
        assert problem["code"] == code


def test_what_the_services_tell_arrives_on_the_timeline(busy: BusyDay) -> None:
    lab, clinic_id = busy.day.lab, busy.day.clinic_id
    therapist = lab.caller(Role.THERAPIST, clinic_id=clinic_id)

    shown = {
        row["event_id"]
        for row in therapist.get("console", "/timeline", limit=500)["items"]
    }

    told = {
        str(envelope.id)
        for service in ("intake", "scheduling", "sessions", "notifications")
        for envelope in lab.told(service)
        if str(envelope.clinic_id) == clinic_id and ".audit." not in envelope.name
    }
    assert shown == told


def test_a_dose_is_followed_from_its_authorisation(busy: BusyDay) -> None:
    lab, clinic_id = busy.day.lab, busy.day.clinic_id
    therapist = lab.caller(Role.THERAPIST, clinic_id=clinic_id)

    seen = names(therapist, f"/patients/{busy.dosed.id}/timeline", limit=500)

    authorised = seen.index("sessions.dose.authorised")
    assert seen.index("sessions.dose.administered") < authorised
    assert seen.index("intake.patient.eligible") > authorised


def test_a_clinics_day_leaves_no_row_behind(day: ClinicDay) -> None:
    day.register("Testa", "Fictional")

    states = {row["state"] for row in day.lab.inbox("console")}

    assert states == {"done"}
