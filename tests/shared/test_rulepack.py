"""The base pack: that it is read, and the numbers that no other test knows."""

import tomllib
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any
from uuid import UUID

import pytest

from shared.access import Role
from shared.errors import InvalidError, NotFoundError
from shared.events.intake import PatientEligible
from shared.instruments import InstrumentCode
from shared.readiness import FactName
from shared.rulepack import Discharge, Limit, Measure, Route, load_pack, parse_pack
from shared.rulepack.pack import HoldRules

BASE = load_pack()
TEXT = (resources.files("shared") / "rulepacks" / "kap-base-2026.1.toml").read_text()


def test_the_base_pack_is_read_once() -> None:
    assert load_pack() is load_pack("kap-base-2026.1")
    assert load_pack() == parse_pack(TEXT)


def test_the_version_of_a_pack_can_be_told_in_an_event() -> None:
    told = PatientEligible(
        patient_id=UUID(int=1),
        episode_id=UUID(int=2),
        rule_pack=BASE.version,
        valid_until=datetime(2026, 9, 1, tzinfo=UTC),
    )

    assert told.to_payload()["rule_pack"] == "kap-base-2026.1"


@pytest.mark.parametrize("name", ["no-such-pack", "../kap-base", "", "KAP-BASE"])
def test_there_is_no_pack_of_another_name(name: str) -> None:
    with pytest.raises(NotFoundError):
        load_pack(name)


def test_a_pack_cannot_be_changed_once_read() -> None:
    validity: Any = BASE.readiness.validity
    alerts: Any = BASE.alerts

    with pytest.raises(TypeError):
        validity[FactName.ELIGIBILITY] = timedelta(days=999)
    with pytest.raises(FrozenInstanceError):
        alerts.respond_within = timedelta(hours=1)


def test_facts_last_as_long_as_the_base_pack_says() -> None:
    assert BASE.readiness.validity == {
        FactName.ELIGIBILITY: timedelta(days=180),
        FactName.CONSENT_TREATMENT: timedelta(days=365),
        FactName.CONSENT_OFFLABEL: timedelta(days=365),
        FactName.CLEARANCE_MEDICAL: timedelta(days=90),
        FactName.PREP_COMPLETED: timedelta(days=90),
        FactName.MEASURES_PHQ9: timedelta(days=7),
        FactName.MEASURES_GAD7: timedelta(days=7),
        FactName.MEASURES_SAFETY: timedelta(hours=24),
        FactName.ORDER_ACTIVE: timedelta(days=30),
        FactName.WEIGHT_CURRENT: timedelta(days=30),
    }


def test_an_intake_cannot_do_without_three_instruments() -> None:
    assert BASE.screening.instruments == (
        InstrumentCode.PHQ9,
        InstrumentCode.GAD7,
        InstrumentCode.CSSRS,
    )


def test_a_held_dose_is_rechecked_in_time_and_not_for_ever() -> None:
    assert BASE.hold == HoldRules(
        recheck_after=timedelta(minutes=5),
        recheck_within=timedelta(minutes=15),
        rechecks_at_most=3,
        source=BASE.hold.source,
    )


@pytest.mark.parametrize(
    ("route", "check_points", "then_every"),
    [
        (Route.IV, [10, 20, 30, 40], 15),
        (Route.IM, [5, 15, 30, 45, 60, 90], 30),
        (Route.SL, [20, 40, 60, 90], 30),
        (Route.ESKETAMINE_NASAL, [40], 30),
    ],
)
def test_each_route_is_watched_at_its_minutes(
    route: Route, check_points: list[int], then_every: int
) -> None:
    checks = BASE.monitoring.routes[route]

    assert checks.check_points == tuple(timedelta(minutes=m) for m in check_points)
    assert checks.then_every == timedelta(minutes=then_every)
    pressure = {Measure.SYSTOLIC, Measure.DIASTOLIC}
    assert set(checks.measures) >= pressure | {Measure.SPO2, Measure.MOAAS}


def test_a_check_is_late_before_it_is_missed() -> None:
    assert BASE.monitoring.late_after == timedelta(minutes=5)
    assert BASE.monitoring.missed_after == timedelta(minutes=10)
    assert set(BASE.monitoring.escalation_roles) <= set(Role)


def test_nobody_leaves_before_the_discharge_criteria_of_the_base_pack() -> None:
    assert BASE.discharge == Discharge(
        minimum_stay={
            Route.IV: timedelta(minutes=60),
            Route.IM: timedelta(minutes=90),
            Route.SL: timedelta(minutes=120),
            Route.ESKETAMINE_NASAL: timedelta(minutes=120),
        },
        moaas_required=5,
        moaas_checks=2,
        moaas_checks_apart=timedelta(minutes=10),
        bp_tolerance_percent=20,
        bp_rise_at_most_mmhg=10,
        systolic_at_most_mmhg=140,
        diastolic_at_most_mmhg=90,
        spo2_at_least_percent=94,
        respiratory_rate_unsettled=Limit(below=12, above=20),
        aldrete_at_least=9,
        escort_asked_after=(timedelta(minutes=30), timedelta(minutes=60)),
        source=BASE.discharge.source,
    )


def test_an_alert_is_answered_in_two_minutes_by_roles_that_exist() -> None:
    assert BASE.alerts.respond_within == timedelta(seconds=120)
    assert BASE.alerts.escalation_roles == (Role.PRESCRIBER, Role.CLINIC_ADMIN)
    asked_again = BASE.alerts.respond_within + BASE.alerts.ask_again_after
    assert asked_again == timedelta(minutes=5)
    assert BASE.alerts.recheck_within == timedelta(minutes=5)


def test_integration_is_due_after_a_day_and_late_after_three() -> None:
    assert BASE.integration.due_after == timedelta(hours=24)
    assert BASE.integration.late_after == timedelta(hours=72)


def test_a_cancellation_within_two_days_is_late() -> None:
    assert BASE.cancellation.late_notice == timedelta(hours=48)


def test_each_type_of_appointment_has_a_length() -> None:
    assert BASE.appointments.durations == {
        "preparation": timedelta(minutes=60),
        "dosing": timedelta(minutes=180),
        "integration": timedelta(minutes=60),
    }


@pytest.mark.parametrize(
    ("measure", "low", "high"),
    [
        ("systolic_mmhg", 40, 300),
        ("diastolic_mmhg", 10, 200),
        ("spo2_percent", 30, 100),
        ("heart_rate_bpm", 10, 300),
        ("respiratory_rate_bpm", 0, 80),
        ("moaas", 0, 5),
        ("distress", 0, 10),
        ("weight_kg", 25, 350),
        ("age_years", 0, 120),
    ],
)
def test_only_impossible_values_are_not_plausible(
    measure: str, low: float, high: float
) -> None:
    assert BASE.plausible(measure, low)
    assert BASE.plausible(measure, high)
    assert not BASE.plausible(measure, low - 0.5)
    assert not BASE.plausible(measure, high + 0.5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, True, "120"])
def test_what_is_no_number_is_not_plausible(value: Any) -> None:
    assert not BASE.plausible("systolic_mmhg", value)


def test_the_plausibility_of_an_unknown_measure_is_not_guessed() -> None:
    with pytest.raises(InvalidError) as refusal:
        BASE.plausible("glucose", 5)

    assert refusal.value.field == "glucose"


def test_everything_in_the_base_pack_names_its_source() -> None:
    def sources(value: Any) -> list[str]:
        if isinstance(value, list):
            return [source for item in value for source in sources(item)]
        if not isinstance(value, Mapping):
            return []
        own = [value["source"]] if "source" in value else []
        return own + [source for item in value.values() for source in sources(item)]

    told = sources(tomllib.loads(TEXT))

    assert len(told) > 60
    assert all(len(source) > 10 for source in told)
