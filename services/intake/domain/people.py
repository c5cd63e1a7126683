"""Patients, how they are reached, and the referrals that bring them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.intake import (
    PatientChanged,
    PatientCorrected,
    PatientErased,
    PatientMerged,
    PatientRegistered,
    ReferralReceived,
)

EARLIEST_BIRTH = date(1900, 1, 1)


class ReferralUnderWayError(ConflictError):
    """The same referral is being received right now; ask again."""

    code = "referral_under_way"


class AlreadyErasedError(ConflictError):
    """Nobody can tell any more who this patient was."""

    code = "already_erased"


class AlreadyMergedError(ConflictError):
    """This record was closed: the patient goes on under another one."""

    code = "already_merged"


class TreatedUnderBothError(ConflictError):
    """The record to be closed was treated on; close the other one, or neither."""

    code = "treated_under_both"


class Channel(StrEnum):
    """How a patient wants to be reached."""

    EMAIL = "email"
    NONE = "none"


class CodingKind(StrEnum):
    """What a code in a referral stands for."""

    CONDITION = "condition"
    MEDICATION = "medication"


class EmergencyContact(TypedDict):
    """Whom to call for a patient, and what they are to each other."""

    name: str
    relation: str
    phone: str


class ContactChanges(TypedDict, total=False):
    """What is to be different about how a patient is reached; the rest stays."""

    email: str | None
    phone: str | None
    time_zone: str
    channel: Channel
    emergency_contact: EmergencyContact | None


class IdentityChanges(TypedDict, total=False):
    """What was written down wrong of who a patient is; the rest stays."""

    given_name: str
    family_name: str
    birth_date: date


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who somebody says they are; without a time zone, the clinic's counts."""

    given_name: str
    family_name: str
    birth_date: date
    email: str | None = None
    phone: str | None = None
    time_zone: str | None = None
    emergency_contact: EmergencyContact | None = None


@dataclass(kw_only=True, eq=False)
class Clinic(Aggregate):
    """What intake knows of a clinic; its id is its clinic id.

    `is_compared` says that it takes part in the comparison of the network's clinics.
    """

    time_zone: str
    is_compared: bool = False


@dataclass(kw_only=True, eq=False)
class Patient(Aggregate):
    """A person who is, or may be, treated; `episode_id` is the open episode.

    The indexes are what the patient is found by; by `network_index` clinics of the
    network notice that they may know the same person, once `network_checked_at` says
    that they were compared. Of one who was erased nobody can say any more who it was:
    names, birth date and contact are gone.
    """

    episode_id: UUID
    given_name: str
    family_name: str
    birth_date: date
    email: str | None
    phone: str | None
    time_zone: str
    channel: Channel
    registered_at: datetime
    emergency_contact: EmergencyContact | None = None
    is_self_registered: bool = False
    name_index: str | None = None
    email_index: str | None = None
    phone_index: str | None = None
    network_index: str | None = None
    network_checked_at: datetime | None = None
    merged_into: UUID | None = None
    merged_by: UUID | None = None
    merged_at: datetime | None = None
    erased_at: datetime | None = None
    erased_by: UUID | None = None
    erased_because: str | None = None

    def register(self) -> PatientRegistered:
        """The patient is known to the clinic.

        Raises:
            InvalidError: nobody can be born then, there is no such time zone, or mail
                is wanted without an address.
        """
        self._demand_born()
        self._demand_reachable()
        return PatientRegistered(
            patient_id=self.id,
            episode_id=self.episode_id,
            time_zone=self.time_zone,
            channel=self.channel.value,
        )

    def change_contact(self, changes: ContactChanges) -> PatientChanged | None:
        """The patient is reached in another way from now on; None if it is the same.

        Raises:
            AlreadyErasedError: nothing is kept of this patient any more.
            InvalidError: there is no such time zone, or mail is wanted without an
                address.
        """
        self.demand_current()
        news = {
            name: value
            for name, value in changes.items()
            if getattr(self, name) != value
        }
        if not news:
            return None
        for name, value in news.items():
            setattr(self, name, value)
        self._demand_reachable()
        return PatientChanged(
            patient_id=self.id, time_zone=self.time_zone, channel=self.channel.value
        )

    def correct(self, changes: IdentityChanges) -> PatientCorrected | None:
        """What was written down wrong is put right; None if it is the same.

        Raises:
            AlreadyErasedError: nothing is kept of this patient any more.
            AlreadyMergedError: the patient goes on under another record.
            InvalidError: nobody can be born then.
        """
        self.demand_current()
        news = {
            name: value
            for name, value in changes.items()
            if getattr(self, name) != value
        }
        if not news:
            return None
        for name, value in news.items():
            setattr(self, name, value)
        self._demand_born()
        self.network_checked_at = None
        return PatientCorrected(patient_id=self.id)

    def merge_into(
        self, survivor: "Patient", *, by: UUID, at: datetime
    ) -> PatientMerged:
        """The patient was registered twice: this record is closed.

        Raises:
            AlreadyErasedError: nothing is kept of one of them any more.
            AlreadyMergedError: one of them was closed before.
        """
        for one in (self, survivor):
            one.demand_current()
        self.merged_into, self.merged_by, self.merged_at = survivor.id, by, at
        self.name_index = self.email_index = self.phone_index = None
        self.network_index = None
        self.channel = Channel.NONE
        return PatientMerged(patient_id=self.id, into_id=survivor.id)

    def demand_current(self) -> None:
        """Refuse a record that nothing is written on any more.

        Raises:
            AlreadyErasedError, AlreadyMergedError: it is such a one.
        """
        if self.erased_at is not None:
            raise AlreadyErasedError
        if self.merged_into is not None:
            raise AlreadyMergedError

    def _demand_born(self) -> None:
        if self.birth_date > self.registered_at.date():
            raise InvalidError("a birth date in the future", field="birth_date")
        if self.birth_date < EARLIEST_BIRTH:
            raise InvalidError("a birth date before 1900", field="birth_date")

    def _demand_reachable(self) -> None:
        if self.channel is Channel.EMAIL and self.email is None:
            raise InvalidError("no address to write to", field="email")
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidError("no such time zone", field="time_zone") from error

    def erase(self, *, by: UUID, because: str, at: datetime) -> PatientErased:
        """Nothing leads to the patient any more; nobody is to be written to.

        Raises:
            AlreadyErasedError: that was done before.
        """
        if self.erased_at is not None:
            raise AlreadyErasedError
        self.erased_at, self.erased_by, self.erased_because = at, by, because
        self.name_index = self.email_index = self.phone_index = None
        self.network_index = None
        self.channel = Channel.NONE
        return PatientErased(patient_id=self.id)


def age_years(birth_date: date, on: date) -> int:
    """The age in whole years on a day."""
    is_before_birthday = (on.month, on.day) < (birth_date.month, birth_date.day)
    return on.year - birth_date.year - is_before_birthday


@dataclass(kw_only=True, eq=False)
class Coding:
    """A condition or medication, in the words and code of whoever refers."""

    id: UUID
    clinic_id: UUID
    referral_id: UUID
    kind: CodingKind
    system: str
    code: str
    display: str


@dataclass(kw_only=True, eq=False)
class Coverage:
    """Who may pay, and the number the patient has there."""

    id: UUID
    clinic_id: UUID
    referral_id: UUID
    patient_id: UUID
    payer: str
    member_id: str | None


@dataclass(kw_only=True, eq=False)
class Referral(Aggregate):
    """A request from outside to see a patient, with what came along.

    The identifier is the one the sender knows the patient by; with the clinic it
    makes a referral one and the same. `sent_by` may ask how far it has come; of old
    referrals it is not known.
    """

    patient_id: UUID
    source_type: str
    identifier_system: str
    identifier_value: str
    identifier_index: str | None
    letter_reference: str | None
    received_at: datetime
    sent_by: UUID | None = None
    codings: list[Coding] = field(default_factory=list)
    coverages: list[Coverage] = field(default_factory=list)

    def receive(self) -> ReferralReceived:
        """Somebody outside asks for a patient to be seen."""
        return ReferralReceived(
            referral_id=self.id,
            patient_id=self.patient_id,
            source_type=self.source_type,
        )
