"""A time kept for one patient, with everything it holds."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduling.domain.states import (
    AppointmentMode,
    AppointmentStatus,
    AppointmentType,
    NoRoomError,
    WrongStateError,
)
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.readiness import Gate
from shared.rulepack import ResourceKind, Route

LONGEST = timedelta(days=1)
"""No appointment takes longer. Source: project default."""


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
class Slot(Aggregate):
    """A time for one patient, and everything it holds.

    `replaces` is the appointment it was moved from, `waitlist_entry_id` whose turn on
    the waitlist it is; `route` is how a dose is planned to be given, if it is said.
    `expires_at` is when a hold, or a provisional booking, ends by itself. `gate` is the
    last at which readiness was asked for; `missing` what it lacks, `owner_role` who
    should see to it, `cutoff_at` when it is released.
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
    waitlist_entry_id: UUID | None = None
    expires_at: datetime | None = None
    gate: Gate = Gate.BOOKING
    missing: list[str] = field(default_factory=list)
    owner_role: str | None = None
    cutoff_at: datetime | None = None
    fasting_told: bool = False
    confirmed_at: datetime | None = None
    arrived_at: datetime | None = None
    roomed_at: datetime | None = None
    has_concerns: bool | None = None
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
            InvalidError: it ends before it starts or takes more than a day, or has a
                route and is no dose.
        """
        if self.ends_at <= self.starts_at:
            raise InvalidError("it must end after it starts", field="ends_at")
        if self.ends_at - self.starts_at > LONGEST:
            raise InvalidError("it must end within a day", field="ends_at")
        if self.route is not None and self.type is not AppointmentType.DOSING:
            raise InvalidError("only a dose has a route", field="route")

    def held(self, kind: ResourceKind) -> UUID | None:
        """Which resource of a kind it holds, if any."""
        return next(
            (claim.resource_id for claim in self.claims if claim.kind == kind), None
        )

    def give_back(self, status: AppointmentStatus) -> None:
        """Everything it holds is free, whatever it is now."""
        self.status = status
        for claim in self.claims:
            claim.active = False

    def demand(self, allowed: frozenset[AppointmentStatus]) -> None:
        """Refuse what its present state does not allow.

        Raises:
            WrongStateError: it is in none of these states.
        """
        if self.status not in allowed:
            raise WrongStateError(
                f"this cannot be done to an appointment that is {self.status.value}",
                details={"state": self.status.value},
            )
