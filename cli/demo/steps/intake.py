"""Registering, screening, deciding, consenting."""

from typing import Any

from cli.demo.steps.cast import Clinic, Patient
from shared.consents import TEMPLATES
from shared.rulepack import load_pack

PHQ9_ITEMS = tuple(f"q{number}" for number in range(1, 10))


GAD7_ITEMS = tuple(f"q{number}" for number in range(1, 8))


def register(
    clinic: Clinic, *, given_name: str, family_name: str, birth_date: str, slot: int
) -> Patient:
    """The front desk registers a patient."""
    made = clinic.desk.post(
        "intake",
        "/patients",
        given_name=given_name,
        family_name=family_name,
        birth_date=birth_date,
        email=f"{given_name}.{family_name}@patients.example".lower().replace(" ", "-"),
        channel="email",
    )
    return Patient(
        id=made["id"],
        episode_id=made["episode_id"],
        name=f"{given_name} {family_name}",
        slot=slot,
    )


def answer_phq9(clinic: Clinic, patient: Patient, *, item9: int = 0) -> Any:
    """PHQ-9 at intake."""
    answers = dict.fromkeys(PHQ9_ITEMS[:-1], 2) | {PHQ9_ITEMS[-1]: item9}
    return _measure(clinic, patient, "phq9", answers, "intake")


def answer_gad7(clinic: Clinic, patient: Patient) -> Any:
    """GAD-7 at intake."""
    answers = dict.fromkeys(GAD7_ITEMS, 1)
    return _measure(clinic, patient, "gad7", answers, "intake")


def answer_cssrs(
    clinic: Clinic, patient: Patient, *, context: str = "intake", recent: int = 0
) -> Any:
    """The suicide risk screener; `recent` is behaviour within three months."""
    answers = {"q1": 0, "q2": 0, "q6_lifetime": recent, "q6_recent": recent}
    return _measure(clinic, patient, "cssrs", answers, context)


def is_charted(clinic: Clinic, patient: Patient) -> bool:
    """Whether the dose stands beside what was answered before it."""
    found = clinic.therapist.get("intake", f"/patients/{patient.id}/outcomes")
    (episode,) = found["episodes"]
    has_baselines = all(one["baseline_id"] for one in episode["series"])
    return bool(episode["doses"]) and has_baselines


def _measure(
    clinic: Clinic, patient: Patient, instrument: str, answers: Any, context: str
) -> Any:
    return clinic.therapist.post(
        "intake",
        f"/episodes/{patient.episode_id}/measures",
        instrument=instrument,
        context=context,
        answers=answers,
    )


def answer_safety_screen(clinic: Clinic, patient: Patient, **said: Any) -> None:
    """Every question the rule pack asks; "no" unless something else is said."""
    rules = load_pack().eligibility
    answers: dict[str, Any] = dict.fromkeys(rules.yes_no_facts, False)
    answers |= {"age_years": 41, "systolic_mmhg": 124, "diastolic_mmhg": 80}
    answers |= {name: answers.get(name, 0) for name in rules.number_facts}
    answers |= said
    clinic.therapist.post(
        "intake", f"/episodes/{patient.episode_id}/safety-screen", answers=answers
    )


def screen(clinic: Clinic, patient: Patient, **said: Any) -> None:
    """All that the intake screening asks for."""
    answer_phq9(clinic, patient)
    answer_gad7(clinic, patient)
    answer_cssrs(clinic, patient)
    answer_safety_screen(clinic, patient, **said)


def decide(clinic: Clinic, patient: Patient, decision: str, **more: Any) -> Any:
    """The prescriber decides, and signs."""
    return clinic.prescriber.post(
        "intake",
        f"/episodes/{patient.episode_id}/decision",
        decision=decision,
        **more,
    )


def signature(kind: str, patient: Patient) -> dict[str, Any]:
    """What is sent when a patient signs a document of the product before a witness."""
    document = TEMPLATES[f"{kind}-2026.1"]
    return {
        "consent_type": kind,
        "document_version": document.reference,
        "items": [item.name for item in document.items],
        "signed_name": patient.name,
        "witness_name": "Tilda Therapist",
    }


def consent(clinic: Clinic, patient: Patient) -> dict[str, str]:
    """The patient signs what a treatment needs, before a witness; ids by type."""
    signed = {}
    for kind in ("treatment", "offlabel", "privacy"):
        made = clinic.therapist.post(
            "intake",
            f"/episodes/{patient.episode_id}/consents",
            **signature(kind, patient),
        )
        signed[kind] = made["id"]
    return signed
