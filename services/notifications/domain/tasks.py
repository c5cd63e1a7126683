"""The staff's worklist: what somebody should do, and who should act."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError, ForbiddenError


class TaskDoneError(ConflictError):
    """The task is done already."""

    code = "task_done"


class NotYourTaskError(ForbiddenError):
    """The task is for another role."""

    code = "not_your_task"


class TaskKind(StrEnum):
    """What a task is about."""

    REVIEW = "review"
    SAFETY_FLAG = "safety_flag"
    ALERT = "alert"
    DOSE_HELD = "dose_held"
    INTEGRATION = "integration"
    NO_SHOW = "no_show"
    EPISODE_REVIEW = "episode_review"
    LATE_CANCELLATION = "late_cancellation"
    WAITLIST_OFFER = "waitlist_offer"
    AT_RISK = "at_risk"
    MESSAGE_FAILED = "message_failed"
    COVERAGE = "coverage"
    CONSENT_WITNESS = "consent_witness"
    NETWORK_MATCH = "network_match"
    FORMS_MISSING = "forms_missing"
    ITEMS_MISSING = "items_missing"
    EMERGENCY_ACCESS = "emergency_access"
    DISCREPANCY = "discrepancy"
    LOSS_NOTICE = "loss_notice"
    DELIVERY = "delivery"
    ESCORT_MISSING = "escort_missing"
    COURSE_REPLAN = "course_replan"
    COURSE_STEP = "course_step"
    COSIGNATURE = "cosignature"
    ADVERSE_EVENT_DRAFT = "adverse_event_draft"
    ADVERSE_EVENT_REVIEW = "adverse_event_review"
    ADVERSE_EVENT_NEWS = "adverse_event_news"
    REMS_FORM = "rems_form"


class Owner(StrEnum):
    """Who should act; the words are those of the roles."""

    PRESCRIBER = "prescriber"
    THERAPIST = "therapist"
    MONITOR = "monitor"
    FRONT_DESK = "front_desk"
    CLINIC_ADMIN = "clinic_admin"
    MEDICAL_LEAD = "medical_lead"


class TaskStatus(StrEnum):
    """Whether anything is left to do."""

    OPEN = "open"
    DONE = "done"


@dataclass(kw_only=True, eq=False)
class Task(Aggregate):
    """Something a member of staff should do, mostly for a patient.

    `heard_version` is the version of the source that was last heard of: what is older
    changes nothing. A task that was closed before it was opened has no `opened_at` and
    is on nobody's list; it only keeps its late opening from having an effect.
    """

    patient_id: UUID | None
    kind: TaskKind
    source_id: UUID
    heard_version: int = 0
    status: TaskStatus = TaskStatus.OPEN
    role: Owner | None = None
    due_at: datetime | None = None
    level: int = 0
    opened_at: datetime | None = None
    done_by: UUID | None = None
    done_at: datetime | None = None

    def open(
        self, owner: Owner, *, due_at: datetime, level: int | None, at: datetime
    ) -> None:
        """Somebody should act, by `due_at`.

        Ticking a task off does not make its cause go away: when that is told of anew,
        the task is open again.
        """
        self.version += 1
        if self.status is TaskStatus.DONE:
            self.level, self.opened_at = 0, None
        self.status, self.role, self.due_at = TaskStatus.OPEN, owner, due_at
        self.level = self.level + 1 if level is None else level
        self.opened_at = self.opened_at or at
        self.done_by = self.done_at = None

    def close(self, *, at: datetime) -> None:
        """Nobody has to act any more."""
        if self.status is TaskStatus.OPEN:
            self.version += 1
            self.status, self.done_at = TaskStatus.DONE, at

    def finish(self, *, by: UUID, at: datetime) -> None:
        """A member of staff has acted.

        Raises:
            TaskDoneError: it is done already.
        """
        if self.status is TaskStatus.DONE:
            raise TaskDoneError
        self.version += 1
        self.status, self.done_by, self.done_at = TaskStatus.DONE, by, at
