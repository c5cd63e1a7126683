"""The talk after the experience, and whether it took place in time."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from services.sessions.domain.errors import AlreadyCompletedError, TaskDoneError
from shared.aggregate import Aggregate
from shared.events.sessions import (
    IntegrationCompleted,
    IntegrationFellDue,
    IntegrationMissed,
)


class IntegrationStatus(StrEnum):
    """How far it has come; what was missed can still be done."""

    DUE = "due"
    MISSED = "missed"
    COMPLETED = "completed"


@dataclass(kw_only=True, eq=False)
class Integration(Aggregate):
    """Integration of one session's experience."""

    session_id: UUID
    patient_id: UUID
    episode_id: UUID
    due_at: datetime
    late_at: datetime
    status: IntegrationStatus = IntegrationStatus.DUE
    completed_at: datetime | None = None
    completed_by: UUID | None = None
    note: str | None = None

    def fall_due(self) -> IntegrationFellDue:
        """It should happen by `due_at`."""
        return IntegrationFellDue(
            integration_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            due_at=self.due_at,
            late_at=self.late_at,
        )

    def complete(
        self, *, at: datetime, by: UUID, note: str | None
    ) -> IntegrationCompleted:
        """It took place.

        Raises:
            AlreadyCompletedError: it had before.
        """
        if self.status is IntegrationStatus.COMPLETED:
            raise AlreadyCompletedError
        self.status = IntegrationStatus.COMPLETED
        self.completed_at, self.completed_by, self.note = at, by, note
        return IntegrationCompleted(
            integration_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
        )

    def miss(self) -> IntegrationMissed:
        """It did not happen in time."""
        self.status = IntegrationStatus.MISSED
        return IntegrationMissed(
            integration_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
        )


@dataclass(kw_only=True, eq=False)
class IntegrationTask(Aggregate):
    """Something small the patient does until a day; nobody else is told what."""

    integration_id: UUID
    patient_id: UUID
    text: str
    due_on: date
    set_at: datetime
    set_by: UUID
    done_at: datetime | None = None
    done_by: UUID | None = None

    def finish(self, *, at: datetime, by: UUID) -> None:
        """The patient has done it.

        Raises:
            TaskDoneError: that was noted before.
        """
        if self.done_at is not None:
            raise TaskDoneError
        self.version += 1
        self.done_at, self.done_by = at, by
