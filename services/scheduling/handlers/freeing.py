"""What an appointment held is free again: what else then happens."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import exists, select

from services.scheduling.domain import (
    Appointment,
    AppointmentStatus,
    AppointmentType,
    EntryStatus,
    IntegrationNeed,
    WaitlistEntry,
)
from services.scheduling.models import appointments, claims, waitlist_entries
from shared.unit_of_work import UnitOfWork

RELEASE = "release_if_not_ready"
SWEEP = "sweep"
EXPIRE = "expire_hold"
OFFER = "offer_slot"


def let_go(appointment: Appointment, uow: UnitOfWork) -> None:
    """Nothing is left to remind of, and who waits is offered the time.

    The offer is made by a reminder, in a transaction of its own: whatever keeps it from
    being made must not keep an appointment from being called off.
    """
    uow.forget(RELEASE, SWEEP, EXPIRE, about=appointment.id)
    if appointment.starts_at > uow.now and _somebody_waits(appointment.type, uow):
        uow.remind(OFFER, about=appointment.id, at=uow.now)


def want_another(appointment: Appointment, uow: UnitOfWork) -> None:
    """An integration that will not take place now wants another appointment."""
    if appointment.integration_id:
        uow.get(IntegrationNeed, appointment.integration_id).reopen()


def end_hold(appointment: Appointment, cause_code: str, uow: UnitOfWork) -> None:
    """What was held is not wanted any more."""
    uow.publish(appointment.end_hold(cause_code), of=appointment)
    _after_hold(appointment, cause_code, uow)


def expire_hold(appointment_id: UUID, uow: UnitOfWork) -> None:
    """The time limit of a hold: give it back unless somebody has booked it."""
    appointment = uow.find(Appointment, appointment_id)
    if appointment and appointment.status is AppointmentStatus.HELD:
        _expire(appointment, uow)


def expire_holds_of(ids: Collection[UUID], uow: UnitOfWork) -> None:
    """Give back what is held of these and is over, though no reminder has come yet.

    Whoever wants them next does so in the same transaction: two who come at once see
    one after the other what became of it, and so does a reminder.
    """
    is_wanted = exists().where(
        claims.c.appointment_id == appointments.c.id, claims.c.resource_id.in_(ids)
    )
    over = select(Appointment).where(
        appointments.c.status == AppointmentStatus.HELD,
        appointments.c.expires_at <= uow.now,
        is_wanted,
    )
    for appointment in uow.all(over.order_by(appointments.c.id).with_for_update()):
        _expire(appointment, uow)
    # Before others claim the same: at no time may both hold it.
    uow.flush()


def _expire(appointment: Appointment, uow: UnitOfWork) -> None:
    uow.publish(appointment.expire_hold(), of=appointment)
    _after_hold(appointment, "expired", uow)


def end_waiting(patient_id: UUID, cause_code: str, uow: UnitOfWork) -> None:
    """A patient waits for nothing any longer; what is offered goes to the next."""
    waits = select(WaitlistEntry).where(
        waitlist_entries.c.patient_id == patient_id,
        waitlist_entries.c.status.in_([EntryStatus.WAITING, EntryStatus.OFFERED]),
    )
    for entry in uow.all(waits):
        leave(entry, cause_code, uow)


def leave(entry: WaitlistEntry, cause_code: str, uow: UnitOfWork) -> None:
    """Somebody waits no longer; what is offered goes to the next."""
    if entry.status is EntryStatus.OFFERED:
        end_hold(uow.get(Appointment, entry.demand_offer()), cause_code, uow)
    uow.publish(entry.leave(), of=entry)


def _after_hold(appointment: Appointment, cause_code: str, uow: UnitOfWork) -> None:
    if appointment.waitlist_entry_id:
        entry = uow.find(WaitlistEntry, appointment.waitlist_entry_id)
        if entry is not None and entry.offer_id == appointment.id:
            uow.publish(entry.end_offer(cause_code), of=entry)
    want_another(appointment, uow)
    let_go(appointment, uow)


def _somebody_waits(kind: AppointmentType, uow: UnitOfWork) -> bool:
    waiting = select(WaitlistEntry).where(
        waitlist_entries.c.type == kind,
        waitlist_entries.c.status == EntryStatus.WAITING,
    )
    return bool(uow.all(waiting.limit(1)))
