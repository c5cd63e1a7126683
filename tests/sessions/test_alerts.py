"""Alerts: escalated by the clock, acknowledged by a clinician."""

from collections.abc import Iterator
from uuid import UUID

import pytest

from services.sessions.app import service
from services.sessions.handlers.alert import escalate_alert
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import NAME, RESPONSE_SECONDS, Day, Patient

ROLES = len(load_pack().alerts.escalation_roles)


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory of each test's own: its clock and its reminders count here."""
    made = Lab([service], tmp_path_factory.mktemp("alerts"))
    made.settle()
    yield made
    made.close()


@pytest.fixture
def alerted(day: Day) -> Patient:
    """A patient with a red reading nobody has answered."""
    patient = day.patient().dosed()
    patient.vitals(systolic_mmhg=190)
    return patient


def the_alert(day: Day) -> str:
    """The clinic's one open alert."""
    (alert,) = day.prescriber.get(NAME, "/alerts")["items"]
    return str(alert["id"])


def pass_time(day: Day, seconds: float) -> None:
    """Let time pass, and the reminders of that time be heard."""
    day.lab.clock.advance(seconds=seconds)
    day.lab.settle()


def test_nobody_is_asked_before_the_time_is_over(day: Day, alerted: Patient) -> None:
    pass_time(day, RESPONSE_SECONDS - 1)

    assert day.told("alert.escalated") == []


def test_when_the_time_is_over_the_next_role_is_asked(
    day: Day, alerted: Patient
) -> None:
    pass_time(day, RESPONSE_SECONDS)

    (told,) = day.told("alert.escalated")
    assert told.level == 1
    assert (told.due_at - day.lab.clock()).total_seconds() == RESPONSE_SECONDS


def test_it_goes_on_to_the_last_role_and_stops_there(
    day: Day, alerted: Patient
) -> None:
    for _ in range(ROLES + 3):
        pass_time(day, RESPONSE_SECONDS)

    levels = [told.level for told in day.told("alert.escalated")]
    assert levels == list(range(1, ROLES + 1))
    alert = day.prescriber.get(NAME, "/alerts")["items"][0]
    assert (alert["status"], alert["level"]) == ("open", ROLES)


@pytest.mark.parametrize("level", range(ROLES + 1))
def test_an_acknowledged_alert_is_left_alone(
    day: Day, alerted: Patient, level: int
) -> None:
    for _ in range(level):
        pass_time(day, RESPONSE_SECONDS)

    done = day.monitor.post(
        NAME, f"/alerts/{the_alert(day)}/acknowledge", note="resting, recheck in 5"
    )
    pass_time(day, RESPONSE_SECONDS * 10)

    assert (done["status"], done["level"]) == ("acknowledged", level)
    assert done["note"] == "resting, recheck in 5"
    assert len(day.told("alert.escalated")) == level
    assert len(day.told("alert.acknowledged")) == 1
    assert day.prescriber.get(NAME, "/alerts")["items"] == []


def test_an_alert_is_acknowledged_once(day: Day, alerted: Patient) -> None:
    path = f"/alerts/{the_alert(day)}/acknowledge"
    day.monitor.post(NAME, path)

    problem = day.prescriber.refused(NAME, path)

    assert (problem["status"], problem["code"]) == (409, "already_acknowledged")
    assert len(day.told("alert.acknowledged")) == 1


def reminders(day: Day) -> list[str]:
    """The reminders that have fired."""
    types = [row["type"] for row in day.lab.inbox(NAME)]
    return [kind for kind in types if kind.startswith("timer.")]


def test_an_acknowledged_alert_leaves_no_reminder_behind(
    day: Day, alerted: Patient
) -> None:
    day.monitor.post(NAME, f"/alerts/{the_alert(day)}/acknowledge")

    pass_time(day, RESPONSE_SECONDS)

    assert reminders(day) == []


def test_a_reminder_that_was_already_on_its_way_asks_nobody(
    day: Day, alerted: Patient
) -> None:
    alert_id = the_alert(day)
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")

    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        escalate_alert(UUID(alert_id), uow)

    assert day.told("alert.escalated") == []


def test_two_rules_escalate_each_for_itself(day: Day, alerted: Patient) -> None:
    pass_time(day, RESPONSE_SECONDS / 2)
    second = alerted.vitals(heart_rate_bpm=140)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{second}/acknowledge")

    pass_time(day, RESPONSE_SECONDS / 2)

    (told,) = day.told("alert.escalated")
    assert str(told.alert_id) == the_alert(day)


def test_the_end_of_a_session_silences_no_alert(day: Day, alerted: Patient) -> None:
    path = f"{alerted.path}/abort"
    day.prescriber.post(NAME, path, reason_code="vital_signs")

    pass_time(day, RESPONSE_SECONDS)

    assert len(day.told("alert.escalated")) == 1


def test_the_most_urgent_alert_comes_first(day: Day, alerted: Patient) -> None:
    day.lab.clock.advance(seconds=1)
    alerted.vitals(heart_rate_bpm=140)

    items = day.prescriber.get(NAME, "/alerts")["items"]

    assert [item["rule_code"] for item in items] == ["bp_red", "heart_rate_red"]
