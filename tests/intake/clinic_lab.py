"""A clinic in a laboratory of intake alone, and the people who work in it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from services.intake import handlers
from services.intake.domain import Channel, Patient
from shared.access import Role
from shared.consents import TEMPLATES
from shared.events.scheduling import (
    AppointmentFulfilled,
    AppointmentNoShow,
    ClinicOnboarded,
)
from shared.ids import uuid7
from shared.rulepack import load_pack
from shared.testing.caller import Caller
from shared.testing.lab import MORNING, Lab

ANN = {
    "given_name": "Ann",
    "family_name": "Example",
    "birth_date": "1985-04-30",
    "email": "ann@example.org",
}

CALM: dict[str, dict[str, int]] = {
    "phq9": {f"q{item}": 1 for item in range(1, 9)} | {"q9": 0},
    "gad7": {f"q{item}": 1 for item in range(1, 8)},
    "cssrs": {"q1": 0, "q2": 0, "q6_lifetime": 0},
}
"""Answers that alarm nobody."""


def all_clear(**different: bool | float) -> dict[str, bool | float]:
    """A safety screen that nothing is wrong with, but for what is named."""
    rules = load_pack().eligibility
    answers: dict[str, bool | float] = dict.fromkeys(rules.yes_no_facts, False)
    numbers = {"systolic_mmhg": 120, "diastolic_mmhg": 80, "age_years": 40}
    return answers | numbers | different


def a_patient(**different: Any) -> Patient:
    """A patient in memory."""
    values: dict[str, Any] = {
        "id": uuid7(),
        "clinic_id": uuid7(),
        "episode_id": uuid7(),
        "given_name": "Ann",
        "family_name": "Example",
        "birth_date": date(1985, 4, 30),
        "email": "ann@example.org",
        "phone": None,
        "time_zone": "America/Chicago",
        "channel": Channel.EMAIL,
        "registered_at": MORNING,
    }
    return Patient(**values | different)


def a_referral(**different: Any) -> dict[str, Any]:
    """What an import sends."""
    return {
        "source_type": "ehr_export",
        "identifier": {"system": "urn:example:mrn", "value": "4711"},
        "patient": {**ANN, "phone": None, "time_zone": None},
        "conditions": [
            {"system": "http://snomed.info/sct", "code": "370143000", "display": "MDD"}
        ],
        "medications": [
            {"system": "urn:rx", "code": "1", "display": "Sertraline"},
            {"system": "urn:rx", "code": "2", "display": "Lithium"},
        ],
        "coverages": [{"payer": "Example Health", "member_id": None}],
        **different,
    }


def consent(
    consent_type: str = "treatment",
    document_version: str | None = None,
    **different: Any,
) -> dict[str, Any]:
    """A consent of a type, signed whole before whoever sends it.

    A text of a clinic's own has the one sentence `agreed`.
    """
    reference = document_version or f"{consent_type}-2026.1"
    document = TEMPLATES.get(reference)
    return {
        "consent_type": consent_type,
        "document_version": reference,
        "items": [item.name for item in document.items] if document else ["agreed"],
        "signed_name": "Ann Example",
        "witness_name": "Wil Witness",
        **different,
    }


CONSENT = consent()


def faults(problem: dict[str, Any]) -> dict[str, str]:
    """What a problem document says is wrong, by pointer."""
    return {error["pointer"]: error["detail"] for error in problem["errors"]}


class Clinic:
    """A clinic that intake knows, and its callers."""

    def __init__(self, lab: Lab, *, time_zone: str = "America/Chicago") -> None:
        self.lab = lab
        self.id = uuid7()
        self.prescriber_id = uuid7()
        self.desk = self.caller(Role.FRONT_DESK)
        self.therapist = self.caller(Role.THERAPIST)
        self.prescriber = lab.caller(
            Role.PRESCRIBER, clinic_id=self.id, actor_id=self.prescriber_id
        )
        with lab.unit_of_work("intake", self.id) as uow:
            handlers.know_clinic(
                ClinicOnboarded(time_zone=time_zone, alert_response_seconds=120), uow
            )

    def caller(self, *roles: Role) -> Caller:
        """Somebody with roles in this clinic."""
        return self.lab.caller(*roles, clinic_id=self.id)

    def wait(self, **duration: float) -> None:
        """Time passes, and what falls due is done."""
        self.lab.clock.advance(**duration)
        self.lab.settle()

    def episode(self) -> str:
        """The episode of a patient who was just registered."""
        answer = self.desk.post("intake", "/patients", **ANN)
        return str(answer["episode_id"])

    def answer(
        self, episode_id: str, instrument: str, *, context: str = "intake", **more: int
    ) -> Any:
        """A questionnaire answered calmly, but for the items that are named."""
        return self.therapist.post(
            "intake",
            f"/episodes/{episode_id}/measures",
            instrument=instrument,
            context=context,
            answers=CALM[instrument] | more,
        )

    def screen(self, episode_id: str, **different: bool | float) -> Any:
        """A safety screen answered so that nothing is wrong but what is named."""
        path = f"/episodes/{episode_id}/safety-screen"
        return self.therapist.post("intake", path, answers=all_clear(**different))

    def in_review(self, **different: bool | float) -> str:
        """An episode with everything that a decision needs."""
        episode_id = self.episode()
        for instrument in CALM:
            self.answer(episode_id, instrument)
        self.screen(episode_id, **different)
        return episode_id

    def decide(self, episode_id: str, decision: str = "eligible", **more: Any) -> Any:
        """A prescriber decides."""
        path = f"/episodes/{episode_id}/decision"
        return self.prescriber.post("intake", path, decision=decision, **more)

    def eligible(self, **different: bool | float) -> str:
        """An episode a prescriber said yes to."""
        episode_id = self.in_review(**different)
        self.decide(episode_id, override_reason="Weighed." if different else None)
        return episode_id

    def alarm(self, episode_id: str) -> Any:
        """A C-SSRS screener that tells of intent."""
        yes = {"q2": 1, "q3": 1, "q4": 1, "q5": 0}
        path = f"/episodes/{episode_id}/measures"
        return self.therapist.post(
            "intake",
            path,
            instrument="cssrs",
            context="pre_dose",
            answers=CALM["cssrs"] | yes,
        )

    def show(self, episode_id: str) -> Any:
        """The episode as a therapist sees it."""
        return self.therapist.get("intake", f"/episodes/{episode_id}")

    def miss(
        self,
        episode_id: str,
        appointment_id: UUID | None = None,
        *,
        appointment_type: str = "dosing",
    ) -> None:
        """The patient does not come."""
        with self.lab.unit_of_work("intake", self.id) as uow:
            handlers.note_no_show(
                AppointmentNoShow(
                    appointment_id=appointment_id or uuid7(),
                    patient_id=uuid7(),
                    episode_id=UUID(episode_id),
                    appointment_type=appointment_type,
                ),
                uow,
            )

    def fulfil(self, episode_id: str, *, appointment_type: str = "preparation") -> None:
        """An appointment took place."""
        with self.lab.unit_of_work("intake", self.id) as uow:
            handlers.note_preparation(
                AppointmentFulfilled(
                    appointment_id=uuid7(),
                    patient_id=uuid7(),
                    episode_id=UUID(episode_id),
                    appointment_type=appointment_type,
                ),
                uow,
            )

    def told(self, name: str) -> list[dict[str, Any]]:
        """What the events of a name said, in order."""
        return [
            envelope.event().to_payload()
            for envelope in self.lab.told("intake")
            if envelope.name == f"intake.{name}"
        ]


def lasts(**duration: float) -> str:
    """The instant so long after the laboratory's start, as answers carry it."""
    return (MORNING + timedelta(**duration)).isoformat()
