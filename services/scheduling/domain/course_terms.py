"""The terms of a course's times: spans, wishes, and why a time does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.scheduling.domain.availability import Offer
from services.scheduling.domain.course_step import CourseStep
from services.scheduling.domain.states import AppointmentStatus, AppointmentType
from shared.errors import ConflictError
from shared.rulepack import ResourceKind, RulePack


class Reason(StrEnum):
    """Why a step has no time, or one that does not fit."""

    NOTHING_FREE = "nothing_free"
    NO_TIME_LEFT = "no_time_left"
    """Its window is past, or closed by what stands before or behind it."""
    WAITS_FOR_ANOTHER = "waits_for_another"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late"
    TOO_CLOSE = "too_close_to_another_dose"
    OUT_OF_ORDER = "out_of_order"
    TOO_SHORT = "too_short"
    """It takes less time than the rule pack says."""
    NOT_READY = "not_ready"


class OutsideWindowError(ConflictError):
    """The time does not fit the course: its window, its order or its spacing."""

    code = "outside_window"


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """When and with whom somebody would like the appointments of a course.

    Without weekdays every day will do, without a name anybody or any room.
    """

    opens: time = time(8)
    closes: time = time(18)
    weekdays: tuple[int, ...] = ()
    room_id: UUID | None = None
    device_id: UUID | None = None
    therapist_id: UUID | None = None
    monitor_id: UUID | None = None
    prescriber_id: UUID | None = None

    @property
    def document(self) -> dict[str, object]:
        """They as a plan keeps them."""
        return {
            "opens": f"{self.opens:%H:%M}",
            "closes": f"{self.closes:%H:%M}",
            "weekdays": list(self.weekdays),
            **{
                f"{kind}_id": str(who) if (who := self.named(kind)) else None
                for kind in ResourceKind
            },
        }

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "Wishes":
        """Those that a plan keeps."""
        named = {
            f"{kind}_id": UUID(who)
            for kind in ResourceKind
            if (who := document.get(f"{kind}_id"))
        }
        return cls(
            opens=time.fromisoformat(document["opens"]),
            closes=time.fromisoformat(document["closes"]),
            weekdays=tuple(document["weekdays"]),
            **named,
        )

    def named(self, kind: ResourceKind) -> UUID | None:
        """Which of a kind it should be, if it matters."""
        who: UUID | None = getattr(self, f"{kind}_id")
        return who


@dataclass(frozen=True, kw_only=True)
class Span:
    """From when to when something is."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Spacing:
    """The rule pack's numbers that a course keeps to."""

    between_doses: timedelta
    integration_from: timedelta
    integration_until: timedelta

    @classmethod
    def of(cls, pack: RulePack) -> "Spacing":
        """Those of a pack."""
        return cls(
            between_doses=pack.dose.minimum_spacing,
            integration_from=pack.integration.due_after,
            integration_until=pack.integration.late_after,
        )


@dataclass(frozen=True, kw_only=True)
class Held:
    """What counts of an appointment that a patient has."""

    id: UUID
    type: AppointmentType
    status: AppointmentStatus
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A step with its window and the time that was found, or why there is none."""

    step: CourseStep
    window: Span | None
    offer: Offer | None = None
    reason: Reason | None = None
