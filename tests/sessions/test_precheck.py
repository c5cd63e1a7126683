"""The record opens and the checks before a dose are done, over HTTP."""

from typing import Any

import pytest

from shared.events.scheduling import (
    EscortConfirmed,
)
from shared.ids import uuid7
from tests.sessions.clinic_day import (
    ANSWERS,
    NAME,
    Day,
    Patient,
    refused,
)


def open_body(patient: Patient, **said: Any) -> dict[str, Any]:
    usual = {"identifiers_checked": ["name", "birth_date"]}
    return {"appointment_id": patient.appointment_id, **usual, **said}


def test_a_record_opens_for_who_arrived(day: Day) -> None:
    patient = day.patient().here()

    made = day.monitor.post(NAME, "/sessions", **open_body(patient))

    assert (made["status"], made["phase"], made["route"]) == ("opened", None, "im")
    assert made["order_id"] == patient.order_id
    assert day.told("record.opened")[0].route_class == "im"


def test_a_record_does_not_open_before_the_patient_is_here(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()
    patient.book()

    problem = day.monitor.refused(NAME, "/sessions", **open_body(patient))

    assert (problem["status"], problem["code"]) == (409, "patient_not_arrived")


def test_a_record_opens_for_a_dose_only(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()
    talk = patient.book("integration")
    patient.arrive(talk)

    body = open_body(patient, appointment_id=talk)
    problem = day.monitor.refused(NAME, "/sessions", **body)

    assert (problem["status"], problem["code"]) == (409, "patient_not_arrived")


def test_a_record_needs_an_order(day: Day) -> None:
    patient = day.patient()
    patient.book()
    patient.arrive()

    problem = day.monitor.refused(NAME, "/sessions", **open_body(patient))

    assert (problem["status"], problem["code"]) == (409, "no_active_order")


@pytest.mark.parametrize(
    "identifiers",
    [[], ["name"], ["name", "name"], ["name", "shoe_size"], "name", None],
)
def test_two_different_identifiers_are_checked(day: Day, identifiers: object) -> None:
    patient = day.patient().here()

    body = open_body(patient, identifiers_checked=identifiers)
    problem = day.monitor.refused(NAME, "/sessions", **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"].startswith("#/identifiers_checked")


def test_checks_without_vital_signs_are_refused(day: Day) -> None:
    patient = day.patient().here().open()

    problem = patient.refused("precheck", by=day.monitor, **ANSWERS)

    assert (problem["status"], problem["code"]) == (409, "vitals_needed")


def test_checks_on_vital_signs_of_half_an_hour_ago_are_refused(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    day.lab.clock.advance(minutes=30, seconds=1)

    problem = patient.refused("precheck", by=day.monitor, **ANSWERS)

    assert (problem["status"], problem["code"]) == (409, "vitals_needed")


def test_checks_that_say_go_hold_nothing(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()

    done = patient.precheck()

    assert (done["status"], done["outcome"]) == ("prechecked", "go")
    assert day.told("precheck.completed")[0].outcome == "go"
    assert "dose.held" not in day.names()


@pytest.mark.parametrize(
    ("measured", "said", "outcome", "reasons"),
    [
        ({"systolic_mmhg": 150}, {}, "hold", ["vital_signs"]),
        ({"systolic_mmhg": 170}, {}, "hold", ["vital_signs"]),
        ({"systolic_mmhg": 180}, {}, "stop", ["vital_signs"]),
        ({"diastolic_mmhg": 110}, {}, "stop", ["vital_signs"]),
        ({}, {"fasting": False}, "hold", ["fasting"]),
        ({}, {"sedative_taken": True}, "hold", ["medication"]),
        ({}, {"medication_changed": True}, "hold", ["medication"]),
        ({}, {"pregnancy_excluded": False}, "hold", ["pregnancy"]),
        (
            {"systolic_mmhg": 150},
            {"fasting": False, "pregnancy_excluded": False},
            "hold",
            ["vital_signs", "pregnancy", "fasting"],
        ),
    ],
)
def test_checks_hold_or_stop_and_say_why_coarsely(
    day: Day,
    measured: dict[str, float],
    said: dict[str, bool],
    outcome: str,
    reasons: list[str],
) -> None:
    patient = day.patient().here().open()
    patient.vitals(**measured)

    done = patient.precheck(**said)

    assert (done["status"], done["outcome"]) == ("held", outcome)
    assert done["hold_reasons"] == reasons
    assert day.told("precheck.completed")[0].outcome == outcome
    assert [held.reason_code for held in day.told("dose.held")] == reasons[:1]


def test_a_missing_escort_holds(day: Day) -> None:
    patient = day.patient(but=[EscortConfirmed]).here().open()
    patient.vitals()

    done = patient.precheck()

    assert (done["outcome"], done["hold_reasons"]) == ("hold", ["escort"])


def test_an_escort_of_another_day_does_not_count(day: Day) -> None:
    patient = day.patient(but=[EscortConfirmed])
    day.tell(EscortConfirmed(appointment_id=uuid7(), patient_id=patient.id))
    patient.here().open()
    patient.vitals()

    assert patient.precheck()["hold_reasons"] == ["escort"]


def test_a_recheck_lifts_a_hold(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    patient.precheck()
    patient.vitals(systolic_mmhg=138)

    done = patient.precheck()

    assert (done["status"], done["outcome"], done["hold_reasons"]) == (
        "prechecked",
        "go",
        [],
    )
    assert len(patient.chart["prechecks"]) == 2


def test_blood_pressure_is_rechecked_three_times_at_most(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    for _ in range(4):
        assert patient.precheck()["outcome"] == "hold"

    problem = patient.refused("precheck", by=day.monitor, **ANSWERS)

    assert (problem["status"], problem["code"]) == (409, "rechecks_used_up")
    assert patient.authorise(override_reason="stable")["status"] == "authorised"


def test_other_holds_are_rechecked_as_often_as_needed(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()

    for _ in range(6):
        assert patient.precheck(fasting=False)["outcome"] == "hold"


def test_a_stop_is_final_for_the_day(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=182)
    patient.precheck()
    patient.vitals()

    problem = patient.refused("precheck", by=day.monitor, **ANSWERS)

    assert (problem["status"], problem["code"]) == (409, "dose_stopped")
    assert refused(patient, "authorise", override_reason="it fell") == (
        409,
        "dose_stopped",
    )


@pytest.mark.parametrize("missing", list(ANSWERS))
@pytest.mark.parametrize("said", [None, "yes", 1])
def test_every_question_is_answered_with_yes_or_no(
    day: Day, missing: str, said: object
) -> None:
    patient = day.patient().here().open()

    body = {**ANSWERS, missing: said}
    problem = patient.refused("precheck", by=day.monitor, **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == f"#/{missing}"
