"""What the documents say that intake makes: a consent as signed, a letter."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from services.intake.domain import Consent, Decision, Patient
from shared.consents import Document
from shared.paper import Paper, Part, Table
from shared.reading import Row
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


def transfer_paper(
    transfer: Row, patient: Row, episode: Row, listed: Sequence[Row]
) -> Paper:
    """What the clinic that hands a patient on tells the one that goes on."""
    return Paper(
        title="Summary of an episode of care",
        made_at=transfer["sent_at"],
        foot=f"transfer {transfer['id']}",
        parts=[
            Part(paragraphs=_handed_on(transfer, patient, episode)),
            _listed(
                "Decisions",
                ("Signed", "Decision", "Reasons", "Rule pack"),
                map(_decided, episode["decisions"]),
            ),
            _listed(
                "Questionnaires",
                ("Answered", "Which", "Total", "Reading"),
                map(_answered, episode["measures"]),
            ),
            _listed(
                "Medication and allergies",
                ("Kind", "Name", "Detail", "Status"),
                map(_entry, listed),
            ),
        ],
    )


def _decided(row: Row) -> Sequence[str]:
    reasons = ", ".join(row["reason_codes"])
    return _day(row["signed_at"]), row["kind"].value, reasons, row["rule_pack"]


def _answered(row: Row) -> Sequence[str]:
    total = "" if row["total"] is None else str(row["total"])
    reading = row["band"] or row["level"] or ""
    return _day(row["recorded_at"]), row["instrument"], total, reading


def _entry(row: Row) -> Sequence[str]:
    return row["kind"].value, row["name"], row["detail"] or "", row["status"].value


def _handed_on(transfer: Row, patient: Row, episode: Row) -> Sequence[str]:
    """Whose episode it was, and by whom and on what it was handed on."""
    born = patient["birth_date"].isoformat()
    return (
        f"{patient['given_name']} {patient['family_name']}, born {born}. Episode "
        f"opened {_day(episode['opened_at'])}, handed on {_day(transfer['sent_at'])} "
        f"by clinic {transfer['clinic_id']} with the patient's consent "
        f"{transfer['consent_id']}.",
        "Doses and sessions are not in here: ask that clinic for its records of them.",
    )


def _listed(
    heading: str, headings: Sequence[str], rows: Iterable[Sequence[str]]
) -> Part:
    found = list(rows)
    if not found:
        return Part(heading=heading, paragraphs=("None.",))
    return Part(heading=heading, table=Table(headings=headings, rows=found))


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _whose(patient: Patient) -> str:
    name = f"{patient.given_name} {patient.family_name}"
    return f"{name}, born {patient.birth_date.isoformat()}"


def _at(moment: datetime, zone: str) -> str:
    """A moment as whoever reads it has it on the clock, and in UTC."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} ({zone}; {moment:%H:%M} UTC)"
