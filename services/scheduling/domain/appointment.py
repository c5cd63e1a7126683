"""Appointments: held, booked, moved, called off, done."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduling.domain.risk import owner_of
from services.scheduling.domain.states import (
    AHEAD,
    PRESENT,
    AppointmentStatus,
    HoldExpiredError,
)
from services.scheduling.domain.visit import OnTheDay
from shared.aggregate import Aggregate
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentFulfilled,
    AppointmentRescheduled,
    SlotGivenBack,
    SlotHeld,
    SlotHoldExpired,
)

_HELD = frozenset({AppointmentStatus.HELD})


@dataclass(kw_only=True, eq=False)
class Patient(Aggregate):
    """What scheduling knows of a patient: that there is one, and the open episode."""

    episode_id: UUID


class Appointment(OnTheDay):
    """A time for one patient, and everything it holds."""

    def hold(self, until: datetime) -> SlotHeld:
        """Room, staff and patient are kept for a while; nothing is booked yet."""
        self.demand_sound()
        self.status, self.expires_at = AppointmentStatus.HELD, until
        return SlotHeld(
            appointment_id=self.id,
            patient_id=self.patient_id,
            appointment_type=self.type.value,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            expires_at=until,
        )

    def book(self) -> AppointmentBooked:
        """Room, staff and patient are held."""
        self.demand_sound()
        self.status, self.expires_at = AppointmentStatus.BOOKED, None
        return self._booked()

    def book_provisionally(
        self, missing: tuple[str, ...], *, until: datetime
    ) -> AppointmentBooked:
        """Everything is held; it is booked once nothing is missing, or given back."""
        self.demand_sound()
        self.status, self.expires_at = AppointmentStatus.PROVISIONAL, until
        self.missing, self.owner_role = list(missing), owner_of(missing)
        return self._booked()

    def book_held(self, *, at: datetime) -> AppointmentBooked:
        """What was held is booked.

        Raises:
            HoldExpiredError: it was not held any longer, whether or not it is noted.
        """
        self.demand(_HELD)
        if self.expires_at is None or at >= self.expires_at:
            raise HoldExpiredError
        return self.book()

    def expire_hold(self) -> SlotHoldExpired:
        """Nobody booked what was held in time."""
        self.demand(_HELD)
        self.give_back(AppointmentStatus.RELEASED)
        return SlotHoldExpired(appointment_id=self.id, patient_id=self.patient_id)

    def end_hold(self, cause_code: str) -> SlotGivenBack:
        """What was held is not wanted any more."""
        self.demand(_HELD)
        self.give_back(AppointmentStatus.RELEASED)
        return SlotGivenBack(
            appointment_id=self.id, patient_id=self.patient_id, cause_code=cause_code
        )

    def cancel(
        self, *, by: str, reason_code: str, at: datetime, late_notice: timedelta
    ) -> AppointmentCancelled:
        """The patient or the clinic calls it off."""
        self.demand(AHEAD | PRESENT)
        notice = self.starts_at - at
        self.give_back(AppointmentStatus.CANCELLED)
        return AppointmentCancelled(
            appointment_id=self.id,
            patient_id=self.patient_id,
            by=by,
            reason_code=reason_code,
            notice_minutes=int(notice.total_seconds() // 60),
            late=notice < late_notice,
        )

    def give_way(self) -> None:
        """Another appointment is to take its place; what it held is free.

        Raises:
            WrongStateError: it is not ahead any more.
        """
        self.demand(AHEAD)
        self.give_back(AppointmentStatus.RESCHEDULED)

    def replaced(self, by: "Appointment") -> AppointmentRescheduled:
        """That one takes its place."""
        return AppointmentRescheduled(
            appointment_id=self.id,
            patient_id=self.patient_id,
            replaced_by=by.id,
            starts_at=by.starts_at,
        )

    def fulfil(self, *, at: datetime) -> AppointmentFulfilled:
        """What it was for has been done; the room is free once it is made ready."""
        self.demand(AHEAD | PRESENT)
        self.give_back(AppointmentStatus.FULFILLED)
        for claim in self.claims:
            turnover = claim.ends_at - self.ends_at
            if turnover > timedelta(0) and claim.starts_at < at < claim.ends_at:
                claim.ends_at, claim.active = min(claim.ends_at, at + turnover), True
        return AppointmentFulfilled(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            appointment_type=self.type.value,
        )

    def _booked(self) -> AppointmentBooked:
        return AppointmentBooked(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            appointment_type=self.type.value,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            resource_ids=tuple(
                claim.resource_id
                for claim in self.claims
                if claim.resource_id != self.patient_id
            ),
            provisional=self.status is AppointmentStatus.PROVISIONAL,
        )
