"""The record of a treatment: notes, adverse events, the REMS form."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Sensitivity


@dataclass(frozen=True, kw_only=True)
class NoteSigned(
    Event,
    name="sessions.note.signed",
    aggregate="note",
    sensitivity=Sensitivity.CLINICAL,
):
    """A clinician signed a note on a part of a session; it changes no more."""

    note_id: UUID
    session_id: UUID
    patient_id: UUID
    part: Code


@dataclass(frozen=True, kw_only=True)
class NoteCosignatureRequested(
    Event,
    name="sessions.note.cosignature_requested",
    aggregate="note",
    sensitivity=Sensitivity.CLINICAL,
):
    """A second clinician should sign a note."""

    note_id: UUID
    session_id: UUID
    patient_id: UUID
    part: Code


@dataclass(frozen=True, kw_only=True)
class NoteCosigned(
    Event,
    name="sessions.note.cosigned",
    aggregate="note",
    sensitivity=Sensitivity.CLINICAL,
):
    """A second clinician signed a note."""

    note_id: UUID
    session_id: UUID
    patient_id: UUID
    part: Code


@dataclass(frozen=True, kw_only=True)
class RecordAmended(
    Event,
    name="sessions.record.amended",
    aggregate="session",
    sensitivity=Sensitivity.CLINICAL,
):
    """Something was added to what is signed: to a note, or to the record as a whole."""

    session_id: UUID
    patient_id: UUID
    note_id: UUID | None
    part: Code | None


@dataclass(frozen=True, kw_only=True)
class AdverseEventSuggested(
    Event,
    name="sessions.adverse_event.suggested",
    aggregate="adverse_event",
    sensitivity=Sensitivity.CLINICAL,
):
    """Readings look like an adverse event; a clinician says whether it was one."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class AdverseEventDismissed(
    Event,
    name="sessions.adverse_event.dismissed",
    aggregate="adverse_event",
    sensitivity=Sensitivity.CLINICAL,
):
    """A clinician says that what was suggested was no adverse event."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class AdverseEventRecorded(
    Event,
    name="sessions.adverse_event.recorded",
    aggregate="adverse_event",
    sensitivity=Sensitivity.CLINICAL,
):
    """An adverse event happened, or is described anew; the grade is from 1 to 5."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID
    grade: int
    serious: bool


@dataclass(frozen=True, kw_only=True)
class AdverseEventReviewRequested(
    Event,
    name="sessions.adverse_event.review_requested",
    aggregate="adverse_event",
    sensitivity=Sensitivity.CLINICAL,
):
    """No further dose until a prescriber has reviewed an adverse event."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class AdverseEventReviewed(
    Event,
    name="sessions.adverse_event.reviewed",
    aggregate="adverse_event",
    sensitivity=Sensitivity.CLINICAL,
):
    """A prescriber reviewed an adverse event: continue, adjust, or stop."""

    adverse_event_id: UUID
    session_id: UUID
    patient_id: UUID
    conclusion: Code


@dataclass(frozen=True, kw_only=True)
class RemsFormFellDue(
    Event,
    name="sessions.rems_form.fell_due",
    aggregate="rems_form",
    sensitivity=Sensitivity.CLINICAL,
):
    """The monitoring form of a treatment is to be submitted by `due_at`."""

    rems_form_id: UUID
    session_id: UUID
    patient_id: UUID
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class RemsFormChanged(
    Event,
    name="sessions.rems_form.changed",
    aggregate="rems_form",
    sensitivity=Sensitivity.CLINICAL,
):
    """Answers of a monitoring form were changed."""

    rems_form_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class RemsFormMissed(
    Event,
    name="sessions.rems_form.missed",
    aggregate="rems_form",
    sensitivity=Sensitivity.CLINICAL,
):
    """A monitoring form was not submitted in time."""

    rems_form_id: UUID
    session_id: UUID
    patient_id: UUID


@dataclass(frozen=True, kw_only=True)
class RemsFormSubmitted(
    Event,
    name="sessions.rems_form.submitted",
    aggregate="rems_form",
    sensitivity=Sensitivity.CLINICAL,
):
    """Somebody submitted a monitoring form."""

    rems_form_id: UUID
    session_id: UUID
    patient_id: UUID
