"""Who waits for an earlier time."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event


@dataclass(frozen=True, kw_only=True)
class WaitlistJoined(
    Event, name="scheduling.waitlist.joined", aggregate="waitlist_entry"
):
    """A patient waits for an earlier time."""

    entry_id: UUID
    patient_id: UUID
    appointment_type: Code


@dataclass(frozen=True, kw_only=True)
class WaitlistOffered(
    Event, name="scheduling.waitlist.offered", aggregate="waitlist_entry"
):
    """A time that became free is held for a patient until an answer comes."""

    entry_id: UUID
    patient_id: UUID
    appointment_id: UUID
    starts_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class WaitlistAccepted(
    Event, name="scheduling.waitlist.accepted", aggregate="waitlist_entry"
):
    """A patient comes at the time that was offered."""

    entry_id: UUID
    patient_id: UUID
    appointment_id: UUID


@dataclass(frozen=True, kw_only=True)
class WaitlistOfferEnded(
    Event, name="scheduling.waitlist.offer_ended", aggregate="waitlist_entry"
):
    """A time is not offered any longer; the patient waits for another."""

    entry_id: UUID
    patient_id: UUID
    appointment_id: UUID
    cause_code: Code


@dataclass(frozen=True, kw_only=True)
class WaitlistLeft(Event, name="scheduling.waitlist.left", aggregate="waitlist_entry"):
    """A patient does not wait any longer."""

    entry_id: UUID
    patient_id: UUID
