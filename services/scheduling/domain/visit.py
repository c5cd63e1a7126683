"""The day of treatment: who comes, with whom, and what speaks against a dose then."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.scheduling.domain.risk import AtRisk
from services.scheduling.domain.states import (
    AHEAD,
    EXPECTED,
    PRESENT,
    WAITING,
    AppointmentStatus,
    AppointmentType,
    TooEarlyError,
    TooLateError,
)
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.scheduling import (
    AppointmentConfirmed,
    AppointmentNoShow,
    EscortConfirmed,
    EscortWithdrawn,
    PatientArrived,
    PatientRoomed,
    StepUndone,
)
from shared.rulepack.booking import FastingHours

EARLIEST_ARRIVAL = timedelta(hours=12)
"""Doses are kept apart by their planned times, so none may be given days ahead of its.
Source: project default."""

UNDO_WITHIN = timedelta(minutes=2)
"""How long a slip of the hand can be undone; later the record stands. Source: project
default."""


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What a patient says on arriving; None is what nobody asked."""

    ate_at: datetime | None = None
    drank_at: datetime | None = None
    alcohol: bool | None = None
    sedative: bool | None = None
    new_medication: bool | None = None

    def concerns(self, dose_at: datetime, hours: FastingHours) -> tuple[str, ...]:
        """What speaks against a dose at a time, each by its code."""
        found = {
            "ate": _is_recent(self.ate_at, dose_at, hours.solids),
            "drank": _is_recent(self.drank_at, dose_at, hours.fluids),
            "alcohol": self.alcohol,
            "sedative": self.sedative,
            "new_medication": self.new_medication,
        }
        return tuple(code for code, is_so in found.items() if is_so)

    def demand_past(self, now: datetime) -> None:
        """Refuse a meal that is still to come.

        Raises:
            InvalidError: `field` names it.
        """
        for name, at in (("ate_at", self.ate_at), ("drank_at", self.drank_at)):
            if at is not None and at > now:
                raise InvalidError("is still to come", field=name)


def _is_recent(at: datetime | None, dose_at: datetime, within: timedelta) -> bool:
    return at is not None and dose_at - at < within


@dataclass(kw_only=True, eq=False)
class Visit(Aggregate):
    """Whom a patient comes with, and what was answered; its id is the appointment's.

    `escort` has a name and a phone, `answers` what was said on arriving, `concerns`
    the codes of what spoke against a dose.
    """

    patient_id: UUID
    escort: dict[str, Any] | None = None
    answers: dict[str, Any] | None = None
    concerns: list[str] | None = None


class OnTheDay(AtRisk):
    """What happens to an appointment from the day before on."""

    def confirm_escort(self) -> EscortConfirmed:
        """Somebody will take the patient home."""
        self.demand(AHEAD | PRESENT)
        self.escort_confirmed = True
        return EscortConfirmed(appointment_id=self.id, patient_id=self.patient_id)

    def withdraw_escort(self) -> EscortWithdrawn:
        """Nobody will take the patient home; a dose is to be confirmed anew."""
        self.demand(AHEAD | PRESENT)
        self.escort_confirmed = False
        if self.type is AppointmentType.DOSING:
            self.confirmed_at = None
            if self.status is AppointmentStatus.CONFIRMED:
                self.status = AppointmentStatus.BOOKED
        return EscortWithdrawn(appointment_id=self.id, patient_id=self.patient_id)

    def confirm(self, *, fasting_told: bool, at: datetime) -> AppointmentConfirmed:
        """The patient will come.

        Raises:
            InvalidError: a dose, and the patient was not told about food, or names
                nobody to go home with.
        """
        self.demand(EXPECTED)
        if self.type is AppointmentType.DOSING:
            if not fasting_told:
                told = "must be told before a dose is confirmed"
                raise InvalidError(told, field="fasting_told")
            if not self.escort_confirmed:
                told = "somebody must take the patient home"
                raise InvalidError(told, field="escort_name")
        self.fasting_told = fasting_told
        self.confirmed_at = at
        if self.status is AppointmentStatus.BOOKED:
            self.status = AppointmentStatus.CONFIRMED
        return AppointmentConfirmed(appointment_id=self.id, patient_id=self.patient_id)

    def arrive(
        self, *, escort_present: bool, at: datetime, has_concerns: bool | None = None
    ) -> PatientArrived:
        """The patient is here.

        Args:
            has_concerns: whether an answer speaks against a dose; None if not asked.

        Raises:
            TooEarlyError: it is not the day of the appointment yet.
        """
        self.demand(EXPECTED)
        if at < self.starts_at - EARLIEST_ARRIVAL:
            raise TooEarlyError
        room_id = self.room_id
        self.status = AppointmentStatus.ARRIVED
        self.arrived_at, self.has_concerns = at, has_concerns
        return PatientArrived(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            room_id=room_id,
            escort_present=escort_present,
            has_concerns=has_concerns,
        )

    def enter_room(self, *, at: datetime) -> PatientRoomed:
        """The patient is in the room."""
        self.demand(frozenset({AppointmentStatus.ARRIVED}))
        self.status, self.roomed_at = AppointmentStatus.ROOMED, at
        return PatientRoomed(
            appointment_id=self.id, patient_id=self.patient_id, room_id=self.room_id
        )

    def undo_step(self, reason_code: str, *, at: datetime) -> StepUndone:
        """The last step was a slip: the patient is not in the room, or not here.

        Raises:
            TooLateError: it is longer ago than a slip is noticed.
        """
        self.demand(WAITING)
        undone = self.status
        since = (
            self.roomed_at if undone is AppointmentStatus.ROOMED else self.arrived_at
        )
        if since is None or at > since + UNDO_WITHIN:
            raise TooLateError("a step can be undone for two minutes only")
        if undone is AppointmentStatus.ROOMED:
            self.status, self.roomed_at = AppointmentStatus.ARRIVED, None
        else:
            self.status = self.expected_status
            self.arrived_at = self.has_concerns = None
        return StepUndone(
            appointment_id=self.id,
            patient_id=self.patient_id,
            step=undone.value,
            reason_code=reason_code,
        )

    def note_no_show(self, *, at: datetime, repeated: bool) -> AppointmentNoShow:
        """The patient did not come; `repeated` if it is a dose, and not the first."""
        self.demand(EXPECTED)
        if at < self.starts_at:
            raise TooEarlyError
        self.give_back(AppointmentStatus.NO_SHOW)
        return AppointmentNoShow(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            appointment_type=self.type.value,
            repeated=repeated,
        )
