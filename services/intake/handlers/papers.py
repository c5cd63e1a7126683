"""What the documents say that intake makes: a consent as signed, a letter."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.intake.domain import Consent, Decision, Patient
from shared.consents import Document
from shared.paper import Paper, Part
from shared.rulepack import CrisisResource


def consent_paper(consent: Consent, document: Document, patient: Patient) -> Paper:
    """A consent as it was signed: the text, what was agreed to, and who signed."""
    assert consent.witnessed_at is not None
    agreed = [item.text for item in document.items if item.name in consent.items]
    notice = (document.notice,) if document.notice else ()
    return Paper(
        title=document.title,
        made_at=consent.witnessed_at,
        foot=f"{document.reference} · consent {consent.id}",
        parts=[
            Part(paragraphs=(_whose(patient), *notice)),
            *(
                Part(heading=section.heading, paragraphs=(section.text,))
                for section in document.sections
            ),
            Part(heading="Agreed to", paragraphs=[f"☑ {text}" for text in agreed]),
            Part(
                heading="Signatures",
                paragraphs=(
                    f"Patient: {consent.signed_name}, "
                    f"{_at(consent.signed_at, patient.time_zone)}",
                    f"Witness: {consent.witness_name} ({consent.witness_id}), "
                    f"{_at(consent.witnessed_at, patient.time_zone)}",
                    "Both signed electronically by typing their name. It is valid "
                    f"until {_at(consent.valid_until, patient.time_zone)}, unless it "
                    "is taken back before.",
                ),
            ),
        ],
    )


def refusal_paper(
    decision: Decision,
    reasons: Sequence[str],
    patient: Patient,
    resources: Sequence[CrisisResource],
) -> Paper:
    """What a patient who will not be treated is told, and can show elsewhere.

    Args:
        reasons: in coarse words; what a rule says is for the talk, not for a letter.
    """
    said = ", ".join(reason.replace("_", " ") for reason in reasons)
    return Paper(
        title="About your treatment",
        made_at=decision.signed_at,
        foot=f"decision {decision.id}",
        parts=[
            Part(paragraphs=(_whose(patient),)),
            Part(
                heading="What was decided",
                paragraphs=(
                    f"On {_at(decision.signed_at, patient.time_zone)} a prescriber of "
                    "our clinic decided that we cannot offer you this treatment. "
                    f"Reasons of this kind speak against it: {said}. Your clinic "
                    "explains them to you in person.",
                ),
            ),
            Part(
                heading="What you can do",
                paragraphs=(
                    "If you do not agree, tell the clinic: another prescriber then "
                    "looks at it anew.",
                    "Other treatment may suit you. Please show this letter to your "
                    "doctor or therapist; they can ask us for what we found, if you "
                    "allow it.",
                ),
            ),
            Part(
                heading="If you are in a crisis",
                paragraphs=[
                    f"{one.name} ({one.region}): {one.contact}" for one in resources
                ],
            ),
        ],
    )


def _whose(patient: Patient) -> str:
    name = f"{patient.given_name} {patient.family_name}"
    return f"{name}, born {patient.birth_date.isoformat()}"


def _at(moment: datetime, zone: str) -> str:
    """A moment as whoever reads it has it on the clock, and in UTC."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} ({zone}; {moment:%H:%M} UTC)"
