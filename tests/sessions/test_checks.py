"""Checks after a dose: due by the route, done by readings, called for if missed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from services.sessions.app import service
from services.sessions.domain.checks import CheckStatus, Taken, Watch, open_check
from shared.rulepack import Route, load_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import CALM, NAME, RESPONSE_SECONDS, Day
from tests.sessions.readings import NOW

RULES = load_pack().monitoring
ALL = frozenset(RULES.routes[Route.IM].measures)


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory of each test's own: its clock and its reminders count here."""
    made = Lab([service], tmp_path_factory.mktemp("checks"))
    made.settle()
    yield made
    made.close()


def minutes(after: float) -> datetime:
    """So long after the dose."""
    return NOW + timedelta(minutes=after)


def standing(
    *taken: float, at: float, route: Route = Route.IM, measures: frozenset[str] = ALL
) -> list[str]:
    """How each check stands at a minute, all measures taken at others."""
    watch = Watch(route=route, rules=RULES, first_dose_at=NOW)
    readings = [Taken(minutes(one), measures) for one in taken]
    checks = watch.checks(readings, now=minutes(at))
    return [one.status.value for one in checks]


@pytest.mark.parametrize(
    ("route", "due"),
    [
        (Route.IV, [10, 20, 30, 40, 55, 70, 85, 100]),
        (Route.IM, [5, 15, 30, 45, 60, 90, 120]),
        (Route.SL, [20, 40, 60, 90, 120]),
        (Route.ESKETAMINE_NASAL, [40, 70, 100]),
    ],
)
def test_each_route_has_its_checks_and_then_one_in_steady_intervals(
    route: Route, due: list[int]
) -> None:
    watch = Watch(route=route, rules=RULES, first_dose_at=NOW)

    checks = watch.checks([], now=minutes(90))

    assert [one.due_at for one in checks] == [minutes(one) for one in due]


@pytest.mark.parametrize(
    ("at", "status"),
    [
        (4.9, "planned"),
        (5, "due"),
        (9.9, "due"),
        (10, "late"),
        (14.9, "late"),
    ],
)
def test_a_check_is_due_then_late(at: float, status: str) -> None:
    assert standing(at=at)[0] == status


def test_ten_minutes_after_its_time_a_check_is_missed() -> None:
    assert standing(at=15)[0] == "missed"


@pytest.mark.parametrize(
    ("taken", "status"),
    [(1.9, "missed"), (2, "done"), (5, "done"), (15, "done"), (15.1, "missed")],
)
def test_a_reading_around_its_time_does_a_check(taken: float, status: str) -> None:
    assert standing(taken, at=16)[0] == status


def test_a_check_takes_all_its_measures_in_one_reading_or_in_several() -> None:
    half = frozenset({"systolic_mmhg", "diastolic_mmhg"})
    watch = Watch(route=Route.IM, rules=RULES, first_dose_at=NOW)

    one = watch.checks([Taken(minutes(5), half)], now=minutes(16))
    two = watch.checks(
        [Taken(minutes(5), half), Taken(minutes(6), ALL - half)], now=minutes(16)
    )

    assert (one[0].status, two[0].status) == (CheckStatus.MISSED, CheckStatus.DONE)
    assert two[0].done_at == minutes(6)


@pytest.mark.parametrize(
    ("taken", "at", "next_due"),
    [([], 0, 5), ([], 14, 5), ([5], 6, 15), ([], 16, 15), ([5, 14], 14, 30)],
)
def test_the_next_check_is_the_last_one_due_unless_it_is_done(
    taken: list[float], at: float, next_due: float
) -> None:
    watch = Watch(route=Route.IM, rules=RULES, first_dose_at=NOW)
    checks = watch.checks([Taken(minutes(one), ALL) for one in taken], now=minutes(at))

    coming = open_check(checks)

    assert coming is not None
    assert coming.due_at == minutes(next_due)


def pass_minutes(day: Day, count: float) -> None:
    """Let time pass, and the reminders of that time be heard."""
    day.lab.clock.advance(minutes=count)
    day.lab.settle()


def open_alerts(day: Day) -> list[dict[str, Any]]:
    """The clinic's open alerts."""
    found: list[dict[str, Any]] = day.prescriber.get(NAME, "/alerts")["items"]
    return found


def test_a_missed_check_calls_the_monitor_and_then_the_next(day: Day) -> None:
    day.patient().dosed()

    pass_minutes(day, 14.9)
    before = open_alerts(day)
    pass_minutes(day, 0.1)
    (alert,) = open_alerts(day)
    pass_minutes(day, RESPONSE_SECONDS / 60)

    assert before == []
    assert (alert["rule_code"], alert["severity"]) == ("check_missed", "missed")
    (missed,) = day.told("check.missed")
    assert (str(missed.alert_id), missed.role) == (alert["id"], "monitor")
    assert [one.role for one in day.told("alert.escalated")] == ["prescriber"]
    assert day.told("alert.raised") == []


def test_readings_in_time_call_nobody(day: Day) -> None:
    patient = day.patient().dosed()

    for wait in (5, 10, 15, 15, 15, 30):
        pass_minutes(day, wait)
        patient.vitals()
    pass_minutes(day, 9.9)

    assert day.told("check.missed") == []
    statuses = [one["status"] for one in patient.chart["checks"]]
    assert statuses == ["done"] * 6 + ["planned"]


def test_the_reading_that_was_missed_ends_the_call(day: Day) -> None:
    patient = day.patient().dosed()
    pass_minutes(day, 15)

    day.monitor.post(NAME, f"{patient.path}/vitals", heart_rate_bpm=70)
    still = open_alerts(day)
    patient.vitals()

    assert len(still) == 1
    assert open_alerts(day) == []
    assert [one.outcome for one in day.told("alert.resolved")] == ["checked"]


def test_a_reading_written_down_offline_counts_for_its_time(day: Day) -> None:
    patient = day.patient().dosed()
    taken_at = day.lab.clock.advance(minutes=6)
    pass_minutes(day, 10)

    patient.vitals(taken_at=taken_at.isoformat(), late_reason="offline")

    first = patient.chart["checks"][0]
    assert (first["status"], first["done_at"]) == ("done", taken_at.isoformat())
    assert open_alerts(day) == []


def test_after_a_pause_of_the_service_one_call_is_made_for_all(day: Day) -> None:
    patient = day.patient().dosed()

    pass_minutes(day, 50)
    pass_minutes(day, 5)

    assert len(day.told("check.missed")) == 1
    statuses = [one["status"] for one in patient.chart["checks"]]
    assert statuses == ["missed", "missed", "missed", "missed", "planned"]


@pytest.mark.parametrize("end", ["abort", "discharge"])
def test_after_the_session_no_check_is_missed(day: Day, end: str) -> None:
    patient = day.patient().dosed()
    if end == "abort":
        day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="unwell")
    else:
        patient.recover().discharge()
    told = len(day.told("check.missed"))

    pass_minutes(day, 120)

    assert len(day.told("check.missed")) == told == 0
    assert patient.chart["next_check_at"] is None


def test_the_wall_counts_down_to_the_next_check(day: Day) -> None:
    patient = day.patient().dosed()
    dosed_at = day.lab.clock()
    day.lab.clock.advance(minutes=11)

    (card,) = day.monitor.get(NAME, "/sessions", open="true")["items"]

    due_at = dosed_at + RULES.routes[Route.IM].check_points[0]
    assert (card["next_check_at"], card["check_status"]) == (
        due_at.isoformat(),
        "late",
    )
    patient.vitals()
    (card,) = day.monitor.get(NAME, "/sessions", open="true")["items"]
    assert card["check_status"] == "planned"


def test_before_a_dose_there_is_no_check(day: Day) -> None:
    chart = day.patient().here().open().chart

    assert (chart["checks"], chart["next_check_at"]) == ([], None)
    assert CALM.keys() >= ALL
