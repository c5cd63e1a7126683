"""Adverse events: what happened to a patient, how bad it was, what follows from it.

Severity is a grade; that an event is serious is another question. A draft is suggested
by readings and never becomes a record by itself.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.sessions.domain.errors import WrongStateError
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events import Event
from shared.events.sessions import (
    AdverseEventDismissed,
    AdverseEventRecorded,
    AdverseEventReviewed,
    AdverseEventReviewRequested,
    AdverseEventSuggested,
)
from shared.rulepack import GRADES


class AdverseEventStatus(StrEnum):
    """Whether a clinician says that it happened."""

    SUGGESTED = "suggested"
    RECORDED = "recorded"
    DISMISSED = "dismissed"


class Seriousness(StrEnum):
    """What makes an event serious, whatever its grade."""

    DEATH = "death"
    LIFE_THREATENING = "life_threatening"
    HOSPITALISATION = "hospitalisation"
    DISABILITY = "disability"
    BIRTH_DEFECT = "birth_defect"
    IMPORTANT_MEDICAL_EVENT = "important_medical_event"


class Relatedness(StrEnum):
    """How likely the dose is its cause."""

    UNRELATED = "unrelated"
    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    PROBABLE = "probable"
    DEFINITE = "definite"


class DoseAction(StrEnum):
    """What was done with the dose."""

    NONE = "none"
    DELAYED = "delayed"
    PAUSED = "paused"
    REDUCED = "reduced"
    STOPPED = "stopped"


class Outcome(StrEnum):
    """How it ended, as far as is known."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not_recovered"
    WITH_SEQUELAE = "with_sequelae"
    FATAL = "fatal"
    UNKNOWN = "unknown"


class Reporter(StrEnum):
    """Who told of it first."""

    CLINICIAN = "clinician"
    PATIENT = "patient"
    ESCORT = "escort"
    OTHER = "other"


class Authority(StrEnum):
    """To whom a report was filed."""

    REMS = "rems"
    MEDWATCH = "medwatch"
    STATE = "state"


class Conclusion(StrEnum):
    """What a review comes to; after the last one there is no dose until another."""

    CONTINUE = "continue"
    ADJUST = "adjust"
    STOP = "stop"


@dataclass(frozen=True, kw_only=True)
class Details:
    """What happened."""

    term: str
    grade: int
    seriousness: tuple[Seriousness, ...]
    onset_at: datetime
    ended_at: datetime | None
    relatedness: Relatedness
    action: DoseAction
    outcome: Outcome
    reporter: Reporter
    treatment: str | None

    @property
    def is_serious(self) -> bool:
        """Whether any criterion of seriousness is met."""
        return bool(self.seriousness)

    @property
    def kept(self) -> dict[str, Any]:
        """The same in JSON's own types."""
        return {
            **asdict(self),
            "seriousness": [one.value for one in self.seriousness],
            "onset_at": self.onset_at.isoformat(),
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
        }

    def demand_sound(self, terms: tuple[str, ...], *, now: datetime) -> None:
        """Refuse what cannot be so.

        Raises:
            InvalidError: the term is not on the list, the times are in no order or yet
                to come, or only some of it says that the patient died.
        """
        if self.term not in terms:
            raise InvalidError("is not on the list of terms", field="term")
        if self.grade not in GRADES:
            raise InvalidError("is not a grade from 1 to 5", field="grade")
        if self.onset_at > now:
            raise InvalidError("that time is yet to come", field="onset_at")
        if self.ended_at and not self.onset_at <= self.ended_at <= now:
            told = "is before the onset, or yet to come"
            raise InvalidError(told, field="ended_at")
        death = {
            self.grade == max(GRADES),
            Seriousness.DEATH in self.seriousness,
            self.outcome is Outcome.FATAL,
        }
        if len(death) > 1:
            told = "grade 5, the criterion death and a fatal outcome go together"
            raise InvalidError(told, field="grade")


@dataclass(kw_only=True, eq=False)
class AdverseEvent(Aggregate):
    """An adverse event; `revision` counts what was recorded of it, from 1.

    `suggested_by` names the rule whose red readings suggested it, if any did.
    """

    session_id: UUID
    patient_id: UUID
    term: str
    noted_at: datetime
    status: AdverseEventStatus
    suggested_by: str | None = None
    revision: int = 0
    grade: int | None = None
    serious: bool = False
    details: dict[str, Any] | None = None
    recorded_at: datetime | None = None
    recorded_by: UUID | None = None
    awaits_review: bool = False
    reviewed_at: datetime | None = None
    reviewed_by: UUID | None = None
    conclusion: Conclusion | None = None
    review_note: str | None = None
    dismissed_at: datetime | None = None
    dismissed_by: UUID | None = None
    dismissed_because: str | None = None

    def suggest(self) -> AdverseEventSuggested:
        """A clinician should say whether it happened."""
        return AdverseEventSuggested(**self._who)

    def demand_suggested(self) -> None:
        """Refuse what is only said of a draft."""
        self._demand(AdverseEventStatus.SUGGESTED)

    def demand_recorded(self) -> None:
        """Refuse what is only said of an event that happened."""
        self._demand(AdverseEventStatus.RECORDED)

    def record(
        self, details: Details, *, at: datetime, by: UUID, review_from_grade: int
    ) -> tuple[Event, ...]:
        """It happened, as now described; what is grave is reviewed before a dose.

        A newer description stands for the older one, also for a review: what was
        concluded of less does not cover more. A review that is asked for stays so.
        """
        self.status = AdverseEventStatus.RECORDED
        self.revision += 1
        self.term, self.grade = details.term, details.grade
        self.serious, self.details = details.is_serious, details.kept
        self.recorded_at, self.recorded_by = at, by
        recorded = AdverseEventRecorded(
            **self._who, grade=details.grade, serious=details.is_serious
        )
        if details.grade < review_from_grade and not details.is_serious:
            return (recorded,)
        self.awaits_review, self.conclusion = True, None
        self.reviewed_at = self.reviewed_by = self.review_note = None
        return recorded, AdverseEventReviewRequested(**self._who)

    def dismiss(self, reason: str, *, at: datetime, by: UUID) -> AdverseEventDismissed:
        """A clinician says that it did not happen."""
        self._demand(AdverseEventStatus.SUGGESTED)
        self.status = AdverseEventStatus.DISMISSED
        self.dismissed_at, self.dismissed_by = at, by
        self.dismissed_because = reason
        return AdverseEventDismissed(**self._who)

    def review(
        self, conclusion: Conclusion, note: str, *, at: datetime, by: UUID
    ) -> AdverseEventReviewed:
        """A prescriber says what it means for the next dose."""
        if not self.awaits_review and self.conclusion is not Conclusion.STOP:
            raise WrongStateError("no review is asked for")
        self.awaits_review, self.conclusion = False, conclusion
        self.reviewed_at, self.reviewed_by, self.review_note = at, by, note
        return AdverseEventReviewed(**self._who, conclusion=conclusion.value)

    @property
    def _who(self) -> Mapping[str, Any]:
        return {
            "adverse_event_id": self.id,
            "session_id": self.session_id,
            "patient_id": self.patient_id,
        }

    def _demand(self, status: AdverseEventStatus) -> None:
        if self.status is not status:
            raise WrongStateError(
                f"this cannot be done to an adverse event that is {self.status.value}",
                details={"state": self.status.value},
            )


@dataclass(kw_only=True, eq=False)
class Report:
    """That an adverse event was reported to an authority, and on which day."""

    id: UUID
    clinic_id: UUID
    adverse_event_id: UUID
    authority: Authority
    filed_on: date
    noted_at: datetime
    noted_by: UUID
