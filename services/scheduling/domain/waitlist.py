"""Who waits for an earlier time, and what times would suit them."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduling.domain.slot import Slot
from services.scheduling.domain.states import AppointmentType
from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.scheduling import (
    WaitlistAccepted,
    WaitlistJoined,
    WaitlistLeft,
    WaitlistOffered,
    WaitlistOfferEnded,
)
from shared.rulepack import Route


class NoOfferError(ConflictError):
    """No time is offered to this entry of the waitlist now."""

    code = "no_offer"


class EntryOverError(ConflictError):
    """This entry of the waitlist is over."""

    code = "entry_over"


class EntryStatus(StrEnum):
    """How far somebody on the waitlist has come."""

    WAITING = "waiting"
    OFFERED = "offered"
    """A time is held for them until they answer."""
    PLACED = "placed"
    WITHDRAWN = "withdrawn"


@dataclass(kw_only=True, eq=False)
class WaitlistEntry(Aggregate):
    """A patient who would come at short notice, and when.

    `weekdays` are 0 for Monday to 6, all if none is named; an appointment begins and
    ends between `opens` and `closes` of a day, by the clinic's clock. `notice_hours`
    is how long before it the patient must know. `offer_id` is the hold that is offered.
    """

    patient_id: UUID
    type: AppointmentType
    route: Route | None = None
    weekdays: list[int] = field(default_factory=list)
    opens: time
    closes: time
    earliest_day: date
    notice_hours: int
    since: datetime
    status: EntryStatus = EntryStatus.WAITING
    offer_id: UUID | None = None

    def join(self) -> WaitlistJoined:
        """Somebody waits.

        Raises:
            InvalidError: no time of day would suit.
        """
        if self.closes <= self.opens:
            raise InvalidError("is not after the beginning", field="closes")
        return WaitlistJoined(
            entry_id=self.id,
            patient_id=self.patient_id,
            appointment_type=self.type.value,
        )

    def suits(self, freed: Slot, zone: ZoneInfo) -> bool:
        """Whether a time that became free is one the patient can come at."""
        begins, ends = freed.starts_at.astimezone(zone), freed.ends_at.astimezone(zone)
        return (
            freed.type is self.type
            and freed.route in (None, self.route or freed.route)
            and begins.date() >= self.earliest_day
            and (not self.weekdays or begins.weekday() in self.weekdays)
            and begins.date() == ends.date()
            and self.opens <= begins.time()
            and ends.time() <= self.closes
        )

    def answer_by(
        self, starts_at: datetime, *, at: datetime, within: timedelta
    ) -> datetime:
        """Until when an offer of that time can be taken: never past the notice."""
        notice = timedelta(hours=self.notice_hours)
        return min(at + within, starts_at - notice)

    def offer(
        self, hold_id: UUID, *, starts_at: datetime, until: datetime
    ) -> WaitlistOffered:
        """A time is held for the patient until an answer comes."""
        self._demand(EntryStatus.WAITING)
        self.status, self.offer_id = EntryStatus.OFFERED, hold_id
        return WaitlistOffered(
            entry_id=self.id,
            patient_id=self.patient_id,
            appointment_id=hold_id,
            starts_at=starts_at,
            expires_at=until,
        )

    def accept(self) -> WaitlistAccepted:
        """The patient comes at the time that was offered."""
        hold_id = self.demand_offer()
        self.status, self.offer_id = EntryStatus.PLACED, None
        return WaitlistAccepted(
            entry_id=self.id, patient_id=self.patient_id, appointment_id=hold_id
        )

    def end_offer(self, cause_code: str) -> WaitlistOfferEnded:
        """The time is not offered any longer; the patient waits for another."""
        hold_id = self.demand_offer()
        self.status, self.offer_id = EntryStatus.WAITING, None
        return WaitlistOfferEnded(
            entry_id=self.id,
            patient_id=self.patient_id,
            appointment_id=hold_id,
            cause_code=cause_code,
        )

    def leave(self) -> WaitlistLeft:
        """The patient does not wait any longer."""
        self._demand(EntryStatus.WAITING)
        self.status = EntryStatus.WITHDRAWN
        return WaitlistLeft(entry_id=self.id, patient_id=self.patient_id)

    def demand_offer(self) -> UUID:
        """The hold that is offered.

        Raises:
            NoOfferError: nothing is offered.
        """
        if self.status is not EntryStatus.OFFERED or self.offer_id is None:
            raise NoOfferError
        return self.offer_id

    def _demand(self, status: EntryStatus) -> None:
        if self.status is not status:
            raise EntryOverError(details={"state": self.status.value})
