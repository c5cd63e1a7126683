"""The dose over HTTP: opened, checked, authorised, given; and every way it is not."""

from typing import Any

import pytest

from shared.context import Role
from shared.events import Event
from shared.events.intake import (
    ClearanceGranted,
    ConsentWithdrawn,
    EligibilityLapsed,
    MeasureRecorded,
    PatientEligible,
    SafetyCleared,
    SafetyFlagged,
)
from shared.events.scheduling import (
    AppointmentCancelled,
    EscortConfirmed,
    EscortWithdrawn,
)
from shared.ids import uuid7
from tests.sessions.clinic_day import ANSWERS, NAME, Day, Patient


def checked(day: Day, **order: Any) -> Patient:
    """A patient whose checks said go."""
    patient = day.patient().here(**order).open()
    patient.vitals()
    patient.precheck()
    return patient


def authorised(day: Day, **order: Any) -> Patient:
    """A patient whose dose is authorised."""
    patient = checked(day, **order)
    patient.authorise()
    return patient


def refused(patient: Patient, what: str, **body: Any) -> tuple[int, str]:
    """Status and code of a step that must be refused."""
    problem = patient.refused(what, **body)
    return problem["status"], problem["code"]


# ------------------------------------------------------------------ the record opens


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


# ------------------------------------------------------------------ the checks


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


# ------------------------------------------------------------------ the authorisation


def test_an_authorisation_keeps_what_was_known(day: Day) -> None:
    patient = checked(day)

    done = patient.authorise()

    chart = patient.chart
    assert done["status"] == "authorised"
    assert chart["readiness"]["ready"]
    assert {fact["fact"] for fact in chart["readiness"]["facts"]} >= {
        "eligibility",
        "consent.treatment",
        "order.active",
        "escort.confirmed",
    }
    assert chart["authorisations"][0]["ordered_mg"] == 60
    assert day.names()[-1] == "dose.authorised"


def test_a_hold_needs_a_reason_to_be_overridden(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    patient.precheck()

    assert refused(patient, "authorise") == (409, "reason_required")

    patient.authorise(override_reason="known white coat")
    kept = patient.chart["authorisations"][0]
    assert (kept["outcome"], kept["override_reason"]) == ("hold", "known white coat")


@pytest.mark.parametrize("nothing", ["", "   ", None])
def test_an_empty_reason_is_none(day: Day, nothing: str | None) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    patient.precheck()

    problem = patient.refused("authorise", override_reason=nothing)

    assert problem["status"] in (409, 422)
    assert patient.chart["status"] == "held"


def test_a_possible_pregnancy_is_never_overridden(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck(pregnancy_excluded=False)

    problem = patient.refused("authorise", override_reason="surely not")

    assert (problem["status"], problem["code"]) == (409, "hold_not_overridable")
    assert problem["reasons"] == ["pregnancy"]


def test_a_missing_escort_is_never_overridden(day: Day) -> None:
    patient = day.patient(but=[EscortConfirmed]).here().open()
    patient.vitals()
    patient.precheck()

    problem = patient.refused("authorise", override_reason="the bus is safe")

    assert (problem["status"], problem["code"]) == (409, "not_ready")
    assert problem["reasons"] == [{"fact": "escort.confirmed", "cause": "missing"}]


def test_an_escort_who_came_after_the_hold_needs_a_recheck(day: Day) -> None:
    patient = day.patient(but=[EscortConfirmed]).here().open()
    patient.vitals()
    patient.precheck()
    day.tell(
        EscortConfirmed(appointment_id=patient.appointment_id, patient_id=patient.id)
    )

    assert refused(patient, "authorise", override_reason="here now") == (
        409,
        "hold_not_overridable",
    )

    patient.precheck()
    assert patient.authorise()["status"] == "authorised"


def test_an_authorisation_on_old_vital_signs_is_refused(day: Day) -> None:
    patient = checked(day)
    day.lab.clock.advance(minutes=31)

    assert refused(patient, "authorise") == (409, "vitals_needed")


MISSING: dict[str, list[type[Event] | str]] = {
    "eligibility": [PatientEligible],
    "consent.treatment": ["treatment"],
    "consent.offlabel": ["offlabel"],
    "clearance.medical": [ClearanceGranted],
    "measures.phq9": ["phq9"],
    "measures.gad7": ["gad7"],
    "measures.safety": ["cssrs"],
}


@pytest.mark.parametrize("fact", MISSING)
def test_no_dose_is_authorised_without_a_fact_others_tell(day: Day, fact: str) -> None:
    patient = day.patient(but=MISSING[fact]).here().open()
    patient.vitals()
    patient.precheck()

    problem = patient.refused("authorise", override_reason="all is well")

    assert (problem["status"], problem["code"]) == (409, "not_ready")
    assert problem["reasons"] == [{"fact": fact, "cause": "missing"}]
    assert patient.chart["status"] == "prechecked"


def test_no_dose_is_authorised_without_a_preparation(day: Day) -> None:
    patient = day.patient().here(prepared=False).open()
    patient.vitals()
    patient.precheck()

    problem = patient.refused("authorise")

    assert problem["reasons"] == [{"fact": "prep.completed", "cause": "missing"}]


def test_no_dose_is_authorised_without_a_current_weight(day: Day) -> None:
    patient = day.patient()
    patient.order(route="sl", dose_mg=200)
    patient.prepare()
    patient.book()
    patient.arrive()
    patient.open().vitals()
    patient.precheck()

    problem = patient.refused("authorise")

    assert problem["reasons"] == [{"fact": "weight.current", "cause": "missing"}]


def test_no_dose_is_authorised_on_a_cancelled_order(day: Day) -> None:
    patient = checked(day)
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")

    problem = patient.refused("authorise")

    assert problem["reasons"] == [{"fact": "order.active", "cause": "withdrawn"}]


def losses(patient: Patient) -> dict[str, Event]:
    """An event that takes away one fact each."""
    who = {"patient_id": patient.id, "episode_id": patient.episode_id}
    return {
        "eligibility": EligibilityLapsed(**who, cause_code="review"),
        "measures.safety": MeasureRecorded(
            **who,
            response_id=uuid7(),
            instrument="cssrs",
            context="pre_dose",
            alert=True,
        ),
        "no.open.hold": SafetyFlagged(
            **who, flag_id=uuid7(), level="high", due_at=patient.day.lab.clock()
        ),
        "escort.confirmed": EscortWithdrawn(
            appointment_id=patient.appointment_id, patient_id=patient.id
        ),
    }


LOST = ["eligibility", "measures.safety", "no.open.hold", "escort.confirmed"]


@pytest.mark.parametrize("fact", LOST)
def test_no_dose_is_authorised_once_a_fact_is_lost(day: Day, fact: str) -> None:
    patient = checked(day)
    day.tell(losses(patient)[fact])

    problem = patient.refused("authorise")

    assert problem["code"] == "not_ready"
    assert [reason["fact"] for reason in problem["reasons"]] == [fact]


@pytest.mark.parametrize("fact", LOST)
def test_no_dose_is_given_once_a_fact_is_lost_after_the_authorisation(
    day: Day, fact: str
) -> None:
    patient = authorised(day)
    day.tell(losses(patient)[fact])

    problem = patient.refused("doses", **dose_body())

    assert problem["code"] == "not_ready"
    assert [reason["fact"] for reason in problem["reasons"]] == [fact]
    assert patient.chart["doses"] == []


def test_a_consent_taken_back_in_the_chair_is_respected(day: Day) -> None:
    patient = authorised(day)
    day.tell(
        ConsentWithdrawn(
            patient_id=patient.id,
            episode_id=patient.episode_id,
            consent_id=patient.consents["treatment"],
            consent_type="treatment",
        )
    )

    problem = patient.refused("doses", **dose_body())

    assert problem["reasons"] == [{"fact": "consent.treatment", "cause": "withdrawn"}]


def test_a_flag_that_is_cleared_no_longer_holds_back(day: Day) -> None:
    patient = checked(day)
    flag = losses(patient)["no.open.hold"]
    assert isinstance(flag, SafetyFlagged)
    day.tell(flag)
    assert refused(patient, "authorise") == (409, "not_ready")
    day.tell(
        SafetyCleared(
            patient_id=patient.id, episode_id=patient.episode_id, flag_id=flag.flag_id
        )
    )

    assert patient.authorise()["status"] == "authorised"


def test_a_screen_of_yesterday_is_too_old_for_a_dose(day: Day) -> None:
    patient = checked(day)
    day.lab.clock.advance(hours=24)
    patient.vitals()

    problem = patient.refused("authorise")

    assert problem["reasons"] == [{"fact": "measures.safety", "cause": "expired"}]


def test_no_dose_is_given_at_an_appointment_that_was_cancelled(day: Day) -> None:
    patient = authorised(day)
    day.tell(
        AppointmentCancelled(
            appointment_id=patient.appointment_id,
            patient_id=patient.id,
            by="clinic",
            reason_code="closed",
            notice_minutes=0,
            late=True,
        )
    )

    assert refused(patient, "doses", **dose_body()) == (409, "patient_not_arrived")


def test_an_order_of_the_same_route_placed_meanwhile_is_taken(day: Day) -> None:
    patient = checked(day)
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")
    second = patient.order(dose_mg=40)["id"]

    patient.authorise()

    assert patient.chart["order_id"] == second
    assert refused(patient, "doses", **dose_body(41)) == (409, "dose_above_order")


def test_an_order_of_another_route_does_not_fit_the_session(day: Day) -> None:
    patient = checked(day)
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")
    patient.order(route="sl", dose_mg=200)

    assert refused(patient, "authorise") == (409, "no_active_order")


# ------------------------------------------------------------------ doubts


@pytest.mark.parametrize("way", ["prechecked", "authorised"])
@pytest.mark.parametrize(
    ("systolic", "outcome"), [(150, "hold"), (170, "hold"), (180, "stop")]
)
def test_a_grave_reading_undoes_what_was_decided_without_it(
    day: Day, way: str, systolic: int, outcome: str
) -> None:
    patient = checked(day) if way == "prechecked" else authorised(day)

    patient.vitals(systolic_mmhg=systolic)

    chart = patient.chart
    assert (chart["status"], chart["outcome"]) == ("held", outcome)
    assert day.told("dose.held")[-1].reason_code == "vital_signs"


def test_a_calm_reading_leaves_an_authorisation_alone(day: Day) -> None:
    patient = authorised(day)

    patient.vitals()

    assert patient.chart["status"] == "authorised"


def test_a_reading_as_grave_as_what_was_overridden_leaves_it_alone(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals(systolic_mmhg=150)
    patient.precheck()
    patient.authorise(override_reason="known white coat")

    patient.vitals(systolic_mmhg=151)

    assert patient.chart["status"] == "authorised"


def test_an_override_of_a_meal_is_no_override_of_blood_pressure(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck(fasting=False)
    patient.authorise(override_reason="a biscuit")

    patient.vitals(systolic_mmhg=150)

    chart = patient.chart
    assert (chart["status"], chart["hold_reasons"]) == (
        "held",
        ["vital_signs", "fasting"],
    )


def test_a_single_measure_does_not_undo_a_decision_by_what_it_lacks(day: Day) -> None:
    patient = authorised(day)

    day.monitor.post(NAME, f"{patient.path}/vitals", heart_rate_bpm=70)

    assert patient.chart["status"] == "authorised"


# ------------------------------------------------------------------ the dose


def dose_body(given_mg: float = 50, **said: Any) -> dict[str, Any]:
    usual = {"drawn_mg": given_mg, "wasted_mg": 0, "lot": "fict-1"}
    return {"given_mg": given_mg, **usual, **said}


def test_a_dose_begins_the_experience(day: Day) -> None:
    patient = authorised(day)

    done = patient.give(52.125, drawn_mg=60, wasted_mg=7.875, witness_id=uuid7())

    assert (done["seq"], done["given_mg"], done["wasted_mg"]) == (1, 52.125, 7.875)
    session = done["session"]
    assert (session["status"], session["phase"]) == ("experience", "experience")
    assert session["first_dose_at"] == day.lab.clock().isoformat()
    assert day.names()[-2:] == ["dose.administered", "phase.changed"]
    given = day.told("dose.administered")[0]
    assert (str(given.administration_id), given.seq) == (done["id"], 1)
    assert patient.chart["order"]["doses_given"] == 1


@pytest.mark.parametrize(
    ("given", "drawn", "wasted"),
    [(50, 60, 9.999), (50, 50, 0.001), (50, 49.999, 0), (0.1, 0.3, 0.1)],
)
def test_amounts_that_do_not_add_up_are_refused(
    day: Day, given: float, drawn: float, wasted: float
) -> None:
    patient = authorised(day)

    body = dose_body(given, drawn_mg=drawn, wasted_mg=wasted, witness_id=uuid7())
    problem = patient.refused("doses", **body)

    assert (problem["status"], problem["code"]) == (422, "amounts_do_not_add_up")
    assert patient.chart["doses"] == []


def test_tenths_add_up_although_binary_fractions_would_not(day: Day) -> None:
    patient = authorised(day, dose_mg=20)

    done = patient.give(0.1, drawn_mg=0.3, wasted_mg=0.2, witness_id=uuid7())

    assert (done["given_mg"], done["drawn_mg"], done["wasted_mg"]) == (0.1, 0.3, 0.2)


def test_waste_without_a_witness_is_refused(day: Day) -> None:
    patient = authorised(day)

    body = dose_body(50, drawn_mg=60, wasted_mg=10)
    problem = patient.refused("doses", **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/witness_id"


def test_nobody_witnesses_their_own_waste(day: Day) -> None:
    patient = authorised(day)

    own = day.ids[Role.PRESCRIBER]
    body = dose_body(50, drawn_mg=60, wasted_mg=10, witness_id=own)

    assert refused(patient, "doses", **body) == (409, "witness_is_actor")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"given_mg": 0}, "#/given_mg"),
        ({"given_mg": 50.0001}, "#/given_mg"),
        ({"given_mg": "50"}, "#/given_mg"),
        ({"drawn_mg": -1}, "#/drawn_mg"),
        ({"wasted_mg": -1}, "#/wasted_mg"),
        ({"lot": ""}, "#/lot"),
        ({"lot": "x" * 65}, "#/lot"),
        ({"witness_id": "me"}, "#/witness_id"),
    ],
)
def test_a_dose_that_makes_no_sense_is_refused_with_a_pointer(
    day: Day, said: dict[str, Any], pointer: str
) -> None:
    patient = authorised(day)

    problem = patient.refused("doses", **{**dose_body(), **said})

    assert problem["status"] == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_what_was_ordered_is_given_and_not_a_microgram_more(day: Day) -> None:
    patient = authorised(day, dose_mg=60)

    assert refused(patient, "doses", **dose_body(60.001)) == (409, "dose_above_order")

    assert patient.give(60)["given_mg"] == 60


def test_the_hard_limit_is_asked_again_with_the_weight_of_the_day(day: Day) -> None:
    patient = authorised(day, dose_mg=100)
    day.lab.clock.advance(minutes=1)
    patient.weigh(49.9)

    assert refused(patient, "doses", **dose_body(100)) == (409, "dose_above_limit")


def test_no_dose_on_an_open_alert(day: Day) -> None:
    patient = authorised(day)
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]

    problem = patient.refused("doses", **dose_body())

    assert (problem["status"], problem["code"]) == (409, "alert_open")
    assert problem["alert_ids"] == [alert_id]


def test_an_acknowledged_alert_alone_does_not_bring_the_dose_back(day: Day) -> None:
    patient = authorised(day)
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    patient.vitals()

    assert refused(patient, "doses", **dose_body()) == (409, "dose_stopped")


def test_no_dose_on_vital_signs_of_half_an_hour_ago(day: Day) -> None:
    patient = authorised(day)
    day.lab.clock.advance(minutes=31)

    assert refused(patient, "doses", **dose_body()) == (409, "vitals_needed")


def test_an_authorisation_is_good_for_one_dose(day: Day) -> None:
    patient = authorised(day, dose_mg=60)
    patient.give(20)
    patient.vitals()

    assert refused(patient, "doses", **dose_body(20)) == (409, "wrong_state")

    patient.authorise()
    done = patient.give(20)
    assert done["seq"] == 2
    assert day.names().count("phase.changed") == 1
    assert patient.chart["order"]["doses_given"] == 2


def test_a_further_dose_needs_vital_signs_since_the_last(day: Day) -> None:
    patient = authorised(day)
    patient.give(20)

    assert refused(patient, "authorise") == (409, "vitals_needed")


@pytest.mark.parametrize(
    ("systolic", "code"), [(165, "reason_required"), (185, "dose_stopped")]
)
def test_a_further_dose_on_abnormal_vital_signs(
    day: Day, systolic: int, code: str
) -> None:
    patient = authorised(day)
    patient.give(20)
    patient.vitals(systolic_mmhg=systolic)

    assert refused(patient, "authorise") == (409, code)


def test_a_red_reading_undoes_the_authorisation_of_a_further_dose(day: Day) -> None:
    patient = authorised(day)
    patient.give(20)
    patient.vitals()
    patient.authorise()

    alert_id = patient.vitals(systolic_mmhg=185)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")

    assert patient.chart["status"] == "experience"
    assert refused(patient, "doses", **dose_body(20)) == (409, "wrong_state")
    assert refused(patient, "authorise", override_reason="x") == (409, "dose_stopped")


def test_doses_of_one_session_together_stay_within_the_hard_limit(day: Day) -> None:
    patient = authorised(day, dose_mg=100)
    patient.give(100)
    patient.vitals()
    patient.authorise()

    assert refused(patient, "doses", **dose_body(60.001)) == (409, "dose_above_limit")

    assert patient.give(60)["seq"] == 2


def test_devices_of_the_spray_are_given_whole(day: Day) -> None:
    spray = {"drug": "esketamine", "route": "esketamine_nasal", "dose_mg": 84}
    patient = authorised(day, **spray)

    assert refused(patient, "doses", **dose_body(30)) == (409, "dose_above_limit")

    assert patient.give(56)["given_mg"] == 56


def test_no_further_dose_on_a_used_up_order(day: Day) -> None:
    patient = authorised(day, max_doses=1)
    patient.give(20)
    patient.vitals()

    assert refused(patient, "authorise") == (409, "no_active_order")


def test_a_dose_asked_for_twice_with_one_key_is_given_once(day: Day) -> None:
    patient = authorised(day)
    headers = {"Idempotency-Key": "dose-1"}

    answers = [
        day.monitor.request(
            "POST", NAME, f"{patient.path}/doses", dose_body(20), headers=headers
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(patient.chart["doses"]) == 1


def test_a_decision_on_an_old_version_of_the_record_is_refused(day: Day) -> None:
    patient = checked(day)

    answer = day.prescriber.request(
        "POST", NAME, f"{patient.path}/authorise", {}, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 412
