"""What is written of a session: notes, adverse events, the REMS form."""

from datetime import timedelta
from typing import Any

from cli.demo.steps.cast import Caller, Clinic, Patient

RECOVERY: dict[str, Any] = {
    "orientation": "Slowly, over half an hour.",
    "mood": "better",
    "instructions_repeated": True,
}


def write_note(
    clinic: Clinic,
    patient: Patient,
    part: str = "recovery",
    *,
    by: Caller | None = None,
    **answers: Any,
) -> Any:
    """The therapist, or whoever is said, writes a note on a part and signs it."""
    author = by or clinic.therapist
    path = f"/sessions/{patient.session_id}/notes/{part}"
    author.put("sessions", f"{path}/draft", content=answers)
    return author.post("sessions", f"{path}/sign")


def amend_note(clinic: Clinic, note_id: str, text: str) -> Any:
    """The therapist adds to a signed note."""
    return clinic.therapist.post("sessions", f"/notes/{note_id}/addenda", text=text)


def notes_of(clinic: Clinic, patient: Patient) -> Any:
    """What is written on the session, as the prescriber reads it."""
    path = f"/sessions/{patient.session_id}/notes"
    return clinic.prescriber.get("sessions", path)


def record_adverse_event(clinic: Clinic, patient: Patient, **said: Any) -> Any:
    """The monitor records hypertension of grade 3, unless something else is said."""
    usual = {
        "term": "hypertension",
        "grade": 3,
        "onset_at": (clinic.now() - timedelta(milliseconds=1)).isoformat(),
        "relatedness": "probable",
        "action": "none",
        "outcome": "recovering",
        "reporter": "clinician",
    }
    path = f"/sessions/{patient.session_id}/adverse-events"
    return clinic.monitor.post("sessions", path, **{**usual, **said})


def review_adverse_event(
    clinic: Clinic, adverse_event_id: str, conclusion: str = "continue"
) -> Any:
    """The prescriber says what it means for the next dose."""
    return clinic.prescriber.post(
        "sessions",
        f"/adverse-events/{adverse_event_id}/review",
        conclusion=conclusion,
        note="Seen with the patient; settled within the hour.",
    )


def submit_rems_form(clinic: Clinic, patient: Patient) -> Any:
    """The monitor answers what the record does not, and notes that it was sent."""
    form = clinic.monitor.get("sessions", f"/sessions/{patient.session_id}/rems-form")
    path = f"/rems-forms/{form['id']}"
    answers = {
        "sex": "female",
        "observer": "R. Fictional, RN",
        "site": clinic.name,
        "vitals_ok_before": True,
        "vitals_ok_leaving": True,
        "systolic_40_min": 128,
        "diastolic_40_min": 80,
        "ready_to_leave": 95,
    }
    no = ("benzodiazepines", "sedatives", "stimulants", "maoi")
    none = ("sedation", "dissociation", "respiratory_depression")
    said = {**answers, **dict.fromkeys((*no, *none), False)}
    clinic.monitor.put("sessions", path, answers=said)
    today = clinic.now().date().isoformat()
    return clinic.monitor.post("sessions", f"{path}/submit", submitted_on=today)
