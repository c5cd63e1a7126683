"""Readiness: which event says what about a fact."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.events import Event, catalogue, intake, scheduling, sessions
from shared.readiness import (
    FACT_EVENTS,
    Fact,
    FactChange,
    FactName,
    Gate,
    evaluate,
    facts_told_by,
)
from shared.rulepack import load_pack

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=20)
DOSE, OTHER_DOSE = UUID(int=1), UUID(int=2)
PATIENT, EPISODE, SOURCE = UUID(int=3), UUID(int=4), UUID(int=5)
BASE = load_pack()


def says(event: Event) -> FactChange | None:
    """The one thing an event says about readiness, if any."""
    changes = facts_told_by(event, occurred_at=NOW, pack=BASE)
    assert len(changes) <= 1
    return changes[0] if changes else None


def change(
    fact: FactName,
    holds: bool,
    source_id: UUID,
    valid_until: datetime | None = None,
    appointment_id: UUID | None = None,
) -> FactChange:
    return FactChange(
        patient_id=PATIENT,
        fact=fact,
        holds=holds,
        valid_until=valid_until,
        source_id=source_id,
        told_at=NOW,
        appointment_id=appointment_id,
    )


def measure(instrument: str, *, alert: bool = False) -> intake.MeasureRecorded:
    return intake.MeasureRecorded(
        patient_id=PATIENT,
        episode_id=EPISODE,
        response_id=SOURCE,
        instrument=instrument,
        context="pre_dose",
        alert=alert,
    )


def consent(consent_type: str) -> intake.ConsentSigned:
    return intake.ConsentSigned(
        patient_id=PATIENT,
        episode_id=EPISODE,
        consent_id=SOURCE,
        consent_type=consent_type,
        document_version="v3",
        valid_until=LATER,
    )


def consent_withdrawn(consent_type: str) -> intake.ConsentWithdrawn:
    return intake.ConsentWithdrawn(
        patient_id=PATIENT,
        episode_id=EPISODE,
        consent_id=SOURCE,
        consent_type=consent_type,
    )


def consent_expired(consent_type: str) -> intake.ConsentExpired:
    return intake.ConsentExpired(
        patient_id=PATIENT,
        episode_id=EPISODE,
        consent_id=SOURCE,
        consent_type=consent_type,
        cause_code="expired",
    )


def reviewed(conclusion: str) -> sessions.AdverseEventReviewed:
    return sessions.AdverseEventReviewed(
        adverse_event_id=SOURCE,
        session_id=OTHER_DOSE,
        patient_id=PATIENT,
        conclusion=conclusion,
    )


SAID: list[tuple[Event, FactChange]] = [
    (
        intake.PatientEligible(
            patient_id=PATIENT,
            episode_id=EPISODE,
            rule_pack="kap-base-2026.1",
            valid_until=LATER,
        ),
        change(FactName.ELIGIBILITY, True, PATIENT, LATER),
    ),
    (
        intake.PatientIneligible(
            patient_id=PATIENT, episode_id=EPISODE, reason_codes=("medical",)
        ),
        change(FactName.ELIGIBILITY, False, PATIENT),
    ),
    (
        intake.EligibilityDeferred(
            patient_id=PATIENT, episode_id=EPISODE, missing=("cssrs",)
        ),
        change(FactName.ELIGIBILITY, False, PATIENT),
    ),
    (
        intake.EligibilityLapsed(
            patient_id=PATIENT, episode_id=EPISODE, cause_code="medical"
        ),
        change(FactName.ELIGIBILITY, False, PATIENT),
    ),
    (
        intake.EpisodeClosed(
            patient_id=PATIENT,
            episode_id=EPISODE,
            outcome="withdrawn",
            reason_code="patient_asked",
        ),
        change(FactName.ELIGIBILITY, False, PATIENT),
    ),
    (
        intake.EpisodePaused(
            patient_id=PATIENT, episode_id=EPISODE, reason_code="travel"
        ),
        change(FactName.NO_OPEN_HOLD, False, EPISODE),
    ),
    (
        intake.EpisodeResumed(patient_id=PATIENT, episode_id=EPISODE),
        change(FactName.NO_OPEN_HOLD, True, EPISODE),
    ),
    (consent("treatment"), change(FactName.CONSENT_TREATMENT, True, SOURCE, LATER)),
    (consent("offlabel"), change(FactName.CONSENT_OFFLABEL, True, SOURCE, LATER)),
    (
        consent_withdrawn("treatment"),
        change(FactName.CONSENT_TREATMENT, False, SOURCE),
    ),
    (consent_withdrawn("offlabel"), change(FactName.CONSENT_OFFLABEL, False, SOURCE)),
    (
        consent_expired("treatment"),
        change(FactName.CONSENT_TREATMENT, False, SOURCE),
    ),
    (consent_expired("offlabel"), change(FactName.CONSENT_OFFLABEL, False, SOURCE)),
    (
        intake.ClearanceGranted(
            patient_id=PATIENT,
            episode_id=EPISODE,
            clearance_id=SOURCE,
            valid_until=LATER,
        ),
        change(FactName.CLEARANCE_MEDICAL, True, SOURCE, LATER),
    ),
    (
        intake.ClearanceLapsed(
            patient_id=PATIENT,
            episode_id=EPISODE,
            clearance_id=SOURCE,
            cause_code="expired",
        ),
        change(FactName.CLEARANCE_MEDICAL, False, SOURCE),
    ),
    (
        measure("phq9"),
        change(FactName.MEASURES_PHQ9, True, PATIENT, NOW + timedelta(days=7)),
    ),
    (
        measure("phq9", alert=True),
        change(FactName.MEASURES_PHQ9, True, PATIENT, NOW + timedelta(days=7)),
    ),
    (
        measure("gad7"),
        change(FactName.MEASURES_GAD7, True, PATIENT, NOW + timedelta(days=7)),
    ),
    (
        measure("cssrs"),
        change(FactName.MEASURES_SAFETY, True, PATIENT, NOW + timedelta(hours=24)),
    ),
    (
        measure("cssrs", alert=True),
        change(FactName.MEASURES_SAFETY, False, PATIENT),
    ),
    (
        intake.SafetyFlagged(
            patient_id=PATIENT,
            episode_id=EPISODE,
            flag_id=SOURCE,
            level="high",
            due_at=LATER,
        ),
        change(FactName.NO_OPEN_HOLD, False, SOURCE),
    ),
    (
        intake.SafetyCleared(patient_id=PATIENT, episode_id=EPISODE, flag_id=SOURCE),
        change(FactName.NO_OPEN_HOLD, True, SOURCE),
    ),
    (
        scheduling.EscortConfirmed(appointment_id=DOSE, patient_id=PATIENT),
        change(FactName.ESCORT_CONFIRMED, True, DOSE, None, DOSE),
    ),
    (
        scheduling.EscortWithdrawn(appointment_id=DOSE, patient_id=PATIENT),
        change(FactName.ESCORT_CONFIRMED, False, DOSE, None, DOSE),
    ),
    (
        sessions.OrderPlaced(
            order_id=SOURCE, patient_id=PATIENT, episode_id=EPISODE, valid_until=LATER
        ),
        change(FactName.ORDER_ACTIVE, True, SOURCE, LATER),
    ),
    (
        sessions.OrderClosed(order_id=SOURCE, patient_id=PATIENT, cause_code="used_up"),
        change(FactName.ORDER_ACTIVE, False, SOURCE),
    ),
    (
        sessions.PreparationCompleted(
            preparation_id=SOURCE,
            patient_id=PATIENT,
            episode_id=EPISODE,
            appointment_id=OTHER_DOSE,
            valid_until=LATER,
        ),
        change(FactName.PREP_COMPLETED, True, SOURCE, LATER),
    ),
    (
        sessions.AdverseEventReviewRequested(
            adverse_event_id=SOURCE, session_id=OTHER_DOSE, patient_id=PATIENT
        ),
        change(FactName.NO_OPEN_HOLD, False, SOURCE),
    ),
    (reviewed("continue"), change(FactName.NO_OPEN_HOLD, True, SOURCE)),
    (reviewed("adjust"), change(FactName.NO_OPEN_HOLD, True, SOURCE)),
]


@pytest.mark.parametrize(
    ("event", "expected"), SAID, ids=[event.name for event, _ in SAID]
)
def test_an_event_says_what_it_means_for_readiness(
    event: Event, expected: FactChange
) -> None:
    assert says(event) == expected


def test_every_event_that_is_listed_as_telling_a_fact_is_shown_to() -> None:
    assert {type(event) for event, _ in SAID} == set(FACT_EVENTS)
    assert set(FACT_EVENTS) < set(catalogue().values())


@pytest.mark.parametrize(
    "event",
    [
        consent("privacy"),
        consent_withdrawn("touch"),
        consent_withdrawn("sharing"),
        consent_withdrawn("recording"),
        consent_expired("privacy"),
        reviewed("stop"),
        measure("pcl5", alert=True),
        scheduling.AppointmentReleased(
            appointment_id=DOSE, patient_id=PATIENT, cause_code="eligibility"
        ),
        sessions.DoseAuthorised(session_id=SOURCE, patient_id=PATIENT),
    ],
    ids=lambda event: event.name,
)
def test_other_events_say_nothing_about_readiness(event: Event) -> None:
    assert says(event) is None


def test_every_fact_but_the_weight_reaches_other_services_by_an_event() -> None:
    told = {expected.fact for _, expected in SAID if expected.holds}

    assert set(FactName) - told == {FactName.WEIGHT_CURRENT}


def test_how_long_a_measure_lasts_is_the_packs_to_say() -> None:
    validity = {**BASE.readiness.validity, FactName.MEASURES_GAD7: timedelta(days=2)}
    strict = replace(BASE, readiness=replace(BASE.readiness, validity=validity))

    (told,) = facts_told_by(measure("gad7"), occurred_at=NOW, pack=strict)

    assert told.valid_until == NOW + timedelta(days=2)


def missing(facts: list[Fact]) -> tuple[str, ...]:
    return evaluate(
        facts, gate=Gate.AUTHORISATION, at=NOW, pack=BASE, appointment_id=DOSE
    ).missing


def test_what_events_say_opens_the_last_gate_but_for_weight_and_holds() -> None:
    told = [
        Fact(
            name=expected.fact,
            holds=expected.holds,
            valid_until=expected.valid_until,
            appointment_id=expected.appointment_id,
        )
        for _, expected in SAID
    ]
    good = [fact for fact in told if fact.holds]
    weight = Fact(name=FactName.WEIGHT_CURRENT, holds=True, valid_until=LATER)

    assert missing(good) == ("weight.current",)
    assert missing([*good, weight]) == ()
    assert missing([*told, weight]) == ("no.open.hold",)
