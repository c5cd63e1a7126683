"""Alerts: escalated by the clock, acknowledged by a clinician."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from services.sessions.app import service
from services.sessions.handlers.alert import escalate_alert
from shared.access import Role
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import (
    NAME,
    RESPONSE_SECONDS,
    Day,
    Patient,
    dose_body,
)

RULES = load_pack().alerts
ROLES = len(RULES.escalation_roles)


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


def escalate(day: Day, times: int) -> None:
    """Let nobody come, so many times."""
    for time in range(times):
        again = RULES.ask_again_after.total_seconds()
        pass_time(day, again if time else RESPONSE_SECONDS)


def test_nobody_is_asked_before_the_time_is_over(day: Day, alerted: Patient) -> None:
    pass_time(day, RESPONSE_SECONDS - 1)

    assert day.told("alert.escalated") == []


def test_when_the_time_is_over_the_next_role_is_asked(
    day: Day, alerted: Patient
) -> None:
    pass_time(day, RESPONSE_SECONDS)

    (told,) = day.told("alert.escalated")
    assert (told.level, told.role) == (1, RULES.escalation_roles[1])
    assert told.due_at - day.lab.clock() == RULES.ask_again_after


def test_the_last_role_is_asked_again_and_again_until_somebody_comes(
    day: Day, alerted: Patient
) -> None:
    escalate(day, ROLES + 3)

    told = day.told("alert.escalated")
    assert [one.level for one in told] == list(range(1, ROLES + 4))
    assert {one.role for one in told} == {RULES.escalation_roles[-1]}
    alert = day.prescriber.get(NAME, "/alerts")["items"][0]
    assert (alert["status"], alert["level"]) == ("open", ROLES + 3)


@pytest.mark.parametrize("level", [0, 1, ROLES + 1])
def test_an_acknowledged_alert_is_left_alone(
    day: Day, alerted: Patient, level: int
) -> None:
    escalate(day, level)

    done = day.monitor.post(
        NAME, f"/alerts/{the_alert(day)}/acknowledge", note="resting, recheck in 5"
    )
    pass_time(day, RULES.recheck_within.total_seconds() - 1)

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


def acknowledged(day: Day) -> str:
    """The open alert, taken on by the monitor."""
    alert_id = the_alert(day)
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    return alert_id


def of_patient(patient: Patient, alert_id: str) -> dict[str, Any]:
    """An alert as the chart shows it."""
    (found,) = [one for one in patient.chart["alerts"] if one["id"] == alert_id]
    return dict(found)


def test_what_is_taken_on_is_measured_again_in_time(day: Day, alerted: Patient) -> None:
    alert_id = acknowledged(day)

    due_at = day.lab.clock() + RULES.recheck_within
    assert of_patient(alerted, alert_id)["recheck_due_at"] == due_at.isoformat()


def test_a_calm_recheck_resolves_the_alert(day: Day, alerted: Patient) -> None:
    alert_id = acknowledged(day)

    alerted.vitals()
    pass_time(day, RULES.recheck_within.total_seconds())

    alert = of_patient(alerted, alert_id)
    assert (alert["status"], alert["resolution"]) == ("resolved", "settled")
    assert [told.outcome for told in day.told("alert.resolved")] == ["settled"]
    assert len(day.told("alert.raised")) == 1
    assert reminders(day) == []


def test_a_recheck_of_half_the_limit_resolves_nothing(
    day: Day, alerted: Patient
) -> None:
    alert_id = acknowledged(day)

    day.monitor.post(NAME, f"{alerted.path}/vitals", systolic_mmhg=120)

    assert of_patient(alerted, alert_id)["status"] == "acknowledged"


def test_a_late_entry_of_before_the_alert_resolves_nothing(
    day: Day, alerted: Patient
) -> None:
    alert_id = acknowledged(day)
    before = day.lab.clock().isoformat()
    day.lab.clock.advance(minutes=1)
    second = alerted.vitals(systolic_mmhg=190)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{second}/acknowledge")

    alerted.vitals(taken_at=before)

    assert of_patient(alerted, alert_id)["resolution"] == "persists"
    assert of_patient(alerted, second)["status"] == "acknowledged"


def test_a_red_nobody_measured_again_is_raised_again(
    day: Day, alerted: Patient
) -> None:
    alert_id = acknowledged(day)

    pass_time(day, RULES.recheck_within.total_seconds())

    assert of_patient(alerted, alert_id)["resolution"] == "not_rechecked"
    again = the_alert(day)
    assert again != alert_id
    raised = day.told("alert.raised")[-1]
    assert (str(raised.alert_id), raised.rule_code) == (again, "bp_red")


def test_nothing_is_raised_again_after_the_session(day: Day, alerted: Patient) -> None:
    acknowledged(day)
    day.prescriber.post(NAME, f"{alerted.path}/abort", reason_code="vital_signs")

    pass_time(day, RULES.recheck_within.total_seconds())

    assert len(day.told("alert.raised")) == 1


def test_a_clinician_says_how_an_alert_ended(day: Day, alerted: Patient) -> None:
    alert_id = the_alert(day)
    path = f"/alerts/{alert_id}/resolve"

    early = day.prescriber.refused(NAME, path, outcome="false_reading")
    acknowledged(day)
    done = day.prescriber.post(
        NAME, path, outcome="false_reading", note="the cuff had slipped"
    )

    assert (early["status"], early["code"]) == (409, "wrong_state")
    assert (done["status"], done["resolution"]) == ("resolved", "false_reading")
    assert done["resolved_by"] == str(day.ids[Role.PRESCRIBER])
    assert done["resolved_note"] == "the cuff had slipped"
    assert day.told("alert.resolved")[0].outcome == "false_reading"


@pytest.mark.parametrize("outcome", ["not_rechecked", "persists", "fine", None])
def test_an_outcome_that_only_the_record_can_say_is_refused(
    day: Day, alerted: Patient, outcome: str | None
) -> None:
    path = f"/alerts/{acknowledged(day)}/resolve"

    assert day.prescriber.refused(NAME, path, outcome=outcome)["status"] == 422


def test_no_dose_until_an_alert_is_over(day: Day) -> None:
    patient = day.patient().dosed()
    patient.vitals()
    patient.authorise()
    pass_time(day, 15 * 60)
    alert_id = acknowledged(day)

    problem = patient.refused("doses", **dose_body(10))

    assert (problem["status"], problem["code"]) == (409, "alert_unresolved")
    assert problem["alert_ids"] == [alert_id]


def test_alerts_that_are_taken_on_are_listed_if_asked_for(
    day: Day, alerted: Patient
) -> None:
    alert_id = acknowledged(day)

    (alert,) = day.prescriber.get(NAME, "/alerts", acknowledged="true")["items"]

    assert alert["id"] == alert_id


def test_a_signed_record_has_alerts_that_change_no_more(
    day: Day, alerted: Patient
) -> None:
    alert_id = acknowledged(day)
    day.prescriber.post(NAME, f"{alerted.path}/abort", reason_code="vital_signs")
    day.prescriber.post(NAME, f"{alerted.path}/sign")

    problem = day.prescriber.refused(
        NAME, f"/alerts/{alert_id}/resolve", outcome="settled"
    )

    assert (problem["status"], problem["code"]) == (409, "record_locked")
    assert alerted.chart["signature_holds"] is True
