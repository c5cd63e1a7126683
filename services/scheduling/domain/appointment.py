"""Appointments with their rules."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentFulfilled,
    AppointmentMarkedAtRisk,
    AppointmentNoShow,
    AppointmentReleased,
    AppointmentRescheduled,
    EscortConfirmed,
    EscortWithdrawn,
    PatientArrived,
)
from shared.rulepack import ResourceKind, Route


class DoubleBookedError(ConflictError):
    """The room, a member of staff or the patient is taken at that time."""

    code = "double_booked"


class NotReadyError(ConflictError):
    """The patient is not ready for a dose at that time."""

    code = "not_ready"


class TooCloseError(ConflictError):
    """Another dose of this patient is too close to that time."""

    code = "too_close_to_another_dose"


class WrongStateError(ConflictError):
    """The appointment's present state does not allow this."""

    code = "wrong_state"


class NoRoomError(ConflictError):
    """It takes place by video: nobody comes."""

    code = "no_room"


class TooEarlyError(ConflictError):
    """It is too early to say this of the appointment."""

    code = "too_early"


class AppointmentType(StrEnum):
    """What an appointment is for."""

    PREPARATION = "preparation"
    DOSING = "dosing"
    INTEGRATION = "integration"


class AppointmentMode(StrEnum):
    """How patient and staff meet."""

    IN_PERSON = "in_person"
    TELEHEALTH = "telehealth"


class AppointmentStatus(StrEnum):
    """How far an appointment has come."""

    BOOKED = "booked"
    AT_RISK = "at_risk"
    RELEASED = "released"
    ARRIVED = "arrived"
    IN_PROGRESS = "in_progress"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    RESCHEDULED = "rescheduled"
    """Moved: another appointment takes its place."""
    NO_SHOW = "no_show"


AHEAD = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.AT_RISK})
PRESENT = frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.IN_PROGRESS})

EARLIEST_ARRIVAL = timedelta(hours=12)
"""Doses are kept apart by their planned times, so none may be given days ahead of its.
Source: project default."""


@dataclass(kw_only=True, eq=False)
class Patient(Aggregate):
    """What scheduling knows of a patient: that there is one, and the open episode."""

    episode_id: UUID


@dataclass(kw_only=True, eq=False)
class Claim:
    """One resource, or the patient, held by an appointment for a part of its time.

    A room is held a while longer than the appointment takes. What is overbooked may
    be held by others as well; a patient never is.
    """

    id: UUID
    appointment_id: UUID
    clinic_id: UUID
    resource_id: UUID
    kind: str
    starts_at: datetime
    ends_at: datetime
    active: bool = True
    overbooked: bool = False


@dataclass(kw_only=True, eq=False)
class Appointment(Aggregate):
    """A time for one patient, and everything it holds.

    `replaces` is the appointment it was moved from; `route` is how a dose is planned to
    be given, if it is said.
    """

    patient_id: UUID
    episode_id: UUID
    type: AppointmentType
    starts_at: datetime
    ends_at: datetime
    status: AppointmentStatus = AppointmentStatus.BOOKED
    escort_confirmed: bool = False
    integration_id: UUID | None = None
    replaces: UUID | None = None
    mode: AppointmentMode = AppointmentMode.IN_PERSON
    route: Route | None = None
    claims: list[Claim] = field(default_factory=list)

    @property
    def room_id(self) -> UUID:
        """The room it takes place in.

        Raises:
            NoRoomError: it takes place by video.
        """
        room = self.held(ResourceKind.ROOM)
        if room is None:
            raise NoRoomError
        return room

    @property
    def overbooked(self) -> bool:
        """Whether somebody overruled that it does not fit."""
        return any(claim.overbooked for claim in self.claims)

    def demand_sound(self) -> None:
        """Refuse what is no appointment.

        Raises:
            InvalidError: it ends before it starts, or has a route and is no dose.
        """
        if self.ends_at <= self.starts_at:
            raise InvalidError("it must end after it starts", field="ends_at")
        if self.route is not None and self.type is not AppointmentType.DOSING:
            raise InvalidError("only a dose has a route", field="route")

    def book(self) -> AppointmentBooked:
        """Room, staff and patient are held."""
        self.demand_sound()
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
        )

    def confirm_escort(self) -> EscortConfirmed:
        """Somebody will take the patient home."""
        self._demand(AHEAD | PRESENT)
        self.escort_confirmed = True
        return EscortConfirmed(appointment_id=self.id, patient_id=self.patient_id)

    def withdraw_escort(self) -> EscortWithdrawn:
        """Nobody will take the patient home any more."""
        self._demand(AHEAD | PRESENT)
        self.escort_confirmed = False
        return EscortWithdrawn(appointment_id=self.id, patient_id=self.patient_id)

    def mark_at_risk(
        self, missing: tuple[str, ...], *, cutoff_at: datetime
    ) -> AppointmentMarkedAtRisk:
        """A fact it rests on no longer holds."""
        self._demand(AHEAD)
        self.status = AppointmentStatus.AT_RISK
        return AppointmentMarkedAtRisk(
            appointment_id=self.id,
            patient_id=self.patient_id,
            missing=missing,
            cutoff_at=cutoff_at,
        )

    def release(self, cause_code: str) -> AppointmentReleased:
        """Give everything back, because the dose may not be given."""
        self._demand(AHEAD)
        self._give_back(AppointmentStatus.RELEASED)
        return AppointmentReleased(
            appointment_id=self.id, patient_id=self.patient_id, cause_code=cause_code
        )

    def cancel(
        self, *, by: str, reason_code: str, at: datetime, late_notice: timedelta
    ) -> AppointmentCancelled:
        """The patient or the clinic calls it off."""
        self._demand(AHEAD | PRESENT)
        notice = self.starts_at - at
        self._give_back(AppointmentStatus.CANCELLED)
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
        self._demand(AHEAD)
        self._give_back(AppointmentStatus.RESCHEDULED)

    def replaced(self, by: "Appointment") -> AppointmentRescheduled:
        """That one takes its place."""
        return AppointmentRescheduled(
            appointment_id=self.id,
            patient_id=self.patient_id,
            replaced_by=by.id,
            starts_at=by.starts_at,
        )

    def held(self, kind: ResourceKind) -> UUID | None:
        """Which resource of a kind it holds, if any."""
        return next(
            (claim.resource_id for claim in self.claims if claim.kind == kind), None
        )

    def arrive(self, *, escort_present: bool, at: datetime) -> PatientArrived:
        """The patient is here.

        Raises:
            TooEarlyError: it is not the day of the appointment yet.
        """
        self._demand(AHEAD)
        if at < self.starts_at - EARLIEST_ARRIVAL:
            raise TooEarlyError
        room_id = self.room_id
        self.status = AppointmentStatus.ARRIVED
        return PatientArrived(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            room_id=room_id,
            escort_present=escort_present,
        )

    def note_no_show(self, *, at: datetime) -> AppointmentNoShow:
        """The patient did not come."""
        self._demand(AHEAD)
        if at < self.starts_at:
            raise TooEarlyError
        self._give_back(AppointmentStatus.NO_SHOW)
        return AppointmentNoShow(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            appointment_type=self.type.value,
        )

    def fulfil(self, *, at: datetime) -> AppointmentFulfilled:
        """What it was for has been done; the room is free once it is made ready."""
        self._demand(AHEAD | PRESENT)
        self._give_back(AppointmentStatus.FULFILLED)
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

    def _give_back(self, status: AppointmentStatus) -> None:
        self.status = status
        for claim in self.claims:
            claim.active = False

    def _demand(self, allowed: frozenset[AppointmentStatus]) -> None:
        if self.status not in allowed:
            raise WrongStateError(
                f"this cannot be done to an appointment that is {self.status.value}",
                details={"state": self.status.value},
            )
