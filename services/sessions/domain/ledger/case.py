"""A discrepancy: a container is not as the ledger says, and somebody finds out why."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from uuid import UUID

from services.sessions.domain.amounts import milligrams
from services.sessions.domain.errors import WrongStateError
from services.sessions.domain.ledger.container import Container, adjustment
from services.sessions.domain.ledger.entry import Movement
from services.sessions.domain.ledger.states import CaseStatus, Cause, Kind, Resolution
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events import Event
from shared.events.sessions import (
    DiscrepancyClosed,
    DiscrepancyOpened,
    LossNoticeFiled,
    LossReported,
)

_LOST = frozenset({Resolution.LOSS, Resolution.THEFT})
_DOWNWARDS = _LOST | {Resolution.SPILLAGE}


@dataclass(kw_only=True, eq=False)
class DiscrepancyCase(Aggregate):
    """What was expected of a container, what was found, and what came of it.

    `owner_id` is who sees to it, once somebody does; until then it is the medical
    lead's. A loss has a second clock: `notice_due_at`, for the notice to the authority.
    """

    registration_id: UUID
    container_id: UUID
    cause: Cause
    expected_ug: int
    counted_ug: int
    opened_at: datetime
    opened_by: UUID
    due_at: datetime
    report: str | None = None
    owner_id: UUID | None = None
    status: CaseStatus = CaseStatus.OPEN
    resolution: Resolution | None = None
    note: str | None = None
    closed_at: datetime | None = None
    closed_by: UUID | None = None
    second_person_id: UUID | None = None
    notice_due_at: datetime | None = None
    notice_filed_at: datetime | None = None
    notice_filed_by: UUID | None = None
    notice_reference: str | None = None

    @property
    def expected_mg(self) -> Decimal:
        """What the ledger said."""
        return milligrams(self.expected_ug)

    @property
    def counted_mg(self) -> Decimal:
        """What was found."""
        return milligrams(self.counted_ug)

    def open(self) -> DiscrepancyOpened:
        """Somebody has to find out."""
        return DiscrepancyOpened(
            case_id=self.id,
            container_id=self.container_id,
            cause_code=self.cause.value,
            due_at=self.due_at,
        )

    def take(self, by: UUID) -> None:
        """Somebody sees to it."""
        self._demand(CaseStatus.OPEN)
        self.version += 1
        self.owner_id = by

    def count_again(self, counted_ug: int) -> None:
        """The container was counted once more."""
        self.version += 1
        self.counted_ug = counted_ug

    def settlement(
        self, resolution: Resolution, note: str, container: Container
    ) -> Movement | None:
        """What is posted so that the ledger says what is there; None if it does.

        Raises:
            InvalidError: what was found does not go with the resolution.
        """
        self._demand(CaseStatus.OPEN)
        variance_ug = self.counted_ug - container.balance_ug
        if (resolution is Resolution.NO_VARIANCE) is not (variance_ug == 0):
            raise InvalidError(
                "the last count and the ledger do not say so", field="resolution"
            )
        if resolution in _DOWNWARDS and variance_ug > 0:
            raise InvalidError("there is more than there was", field="resolution")
        if variance_ug == 0:
            return None
        if resolution in _LOST:
            details = {"note": note, "resolution": resolution.value}
            return Movement(kind=Kind.LOSE, amount_ug=-variance_ug, details=details)
        return adjustment(variance_ug, note)

    def close(
        self,
        resolution: Resolution,
        note: str,
        *,
        at: datetime,
        by: UUID,
        second_person_id: UUID,
        notice_due_at: datetime,
    ) -> tuple[Event, ...]:
        """It was found out, and a second person has seen it."""
        self.status, self.resolution, self.note = CaseStatus.CLOSED, resolution, note
        self.closed_at, self.closed_by = at, by
        self.second_person_id = second_person_id
        closed = DiscrepancyClosed(
            case_id=self.id,
            container_id=self.container_id,
            resolution_code=resolution.value,
        )
        if resolution not in _LOST:
            return (closed,)
        self.notice_due_at = notice_due_at
        return closed, LossReported(
            case_id=self.id, container_id=self.container_id, due_at=notice_due_at
        )

    def file_notice(self, reference: str, *, at: datetime, by: UUID) -> LossNoticeFiled:
        """The authority was told.

        Raises:
            WrongStateError: nothing was lost, or it was told before.
        """
        if self.notice_due_at is None or self.notice_filed_at is not None:
            raise WrongStateError("there is no notice to be filed")
        self.notice_filed_at, self.notice_filed_by = at, by
        self.notice_reference = reference
        return LossNoticeFiled(case_id=self.id, container_id=self.container_id)

    def _demand(self, status: CaseStatus) -> None:
        if self.status is not status:
            raise WrongStateError(
                f"the case is {self.status.value}", details={"state": self.status.value}
            )


def end_of_business_day(at: datetime, days: int, zone: tzinfo) -> datetime:
    """The end of the so-manieth business day after an instant, by the clinic's clock.

    Monday to Friday are business days: a holiday is not reckoned with, so that a notice
    is rather asked for too early than too late.
    """
    day: date = at.astimezone(zone).date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return datetime.combine(day + timedelta(days=1), time(), zone)
