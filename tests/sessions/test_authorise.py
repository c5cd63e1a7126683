"""The authorisation over HTTP: what it needs, and what is lost before the dose."""

import pytest

from shared.events import Event
from shared.events.intake import (
    ClearanceGranted,
    ConsentExpired,
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
from tests.sessions.clinic_day import (
    NAME,
    Day,
    Patient,
    authorised,
    checked,
    dose_body,
    refused,
)


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


def test_a_consent_that_ended_since_the_authorisation_is_respected(day: Day) -> None:
    patient = authorised(day)
    day.tell(
        ConsentExpired(
            patient_id=patient.id,
            episode_id=patient.episode_id,
            consent_id=patient.consents["treatment"],
            consent_type="treatment",
            cause_code="document_retired",
        )
    )

    problem = patient.refused("doses", **dose_body())

    assert problem["code"] == "not_ready"
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
