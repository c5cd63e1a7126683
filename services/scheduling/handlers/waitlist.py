"""Who waits is offered what becomes free, in order, one after the other."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.scheduling.commands import BookAppointment, JoinWaitlist
from services.scheduling.domain import (
    HOLDING,
    Appointment,
    AppointmentType,
    Clinic,
    EntryStatus,
    Patient,
    ResourceKind,
    WaitlistEntry,
)
from services.scheduling.handlers import holding
from services.scheduling.handlers.appointment import plan
from services.scheduling.handlers.freeing import end_hold, leave
from services.scheduling.models import appointments, claims, packs, waitlist_entries
from shared.errors import ConflictError, InvalidError, NotFoundError
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

MOST_ASKED = 200
"""How many of those who wait are looked at for one time that is free."""


def join_waitlist(command: JoinWaitlist, uow: UnitOfWork) -> WaitlistEntry:
    """A patient waits for an earlier time, behind those who wait already.

    Raises:
        InvalidError: a route is named for what is no dose, or no time would suit.
    """
    patient = uow.get(Patient, command.patient_id)
    if command.route and command.type is not AppointmentType.DOSING:
        raise InvalidError("is for doses only", field="route")
    entry = WaitlistEntry(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=patient.id,
        type=command.type,
        route=command.route,
        weekdays=sorted(set(command.weekdays)),
        opens=command.opens,
        closes=command.closes,
        earliest_day=command.earliest_day or uow.now.astimezone(_zone(uow)).date(),
        notice_hours=command.notice_hours,
        since=uow.now,
    )
    uow.publish(entry.join(), of=entry)
    return uow.add(entry)


def leave_waitlist(entry_id: UUID, uow: UnitOfWork) -> WaitlistEntry:
    """A patient does not wait any longer; what is offered goes to the next."""
    entry = uow.get(WaitlistEntry, entry_id)
    leave(entry, "withdrawn", uow)
    return entry


def accept_offer(
    entry_id: UUID, uow: UnitOfWork, *, of: UUID | None = None
) -> WaitlistEntry:
    """The patient comes: what is held for the offer is booked, in the same commit.

    Args:
        of: the patient who answers, if it is not the desk.

    Raises:
        NotFoundError: it is another patient's.
        NoOfferError: nothing is offered.
        HoldExpiredError, NotReadyError: see `holding.book_held`.
    """
    entry = _entry(entry_id, of, uow)
    holding.book_held(entry.demand_offer(), uow)
    return entry


def decline_offer(
    entry_id: UUID, uow: UnitOfWork, *, of: UUID | None = None
) -> WaitlistEntry:
    """The patient does not come then, and waits for another time.

    Args:
        of: the patient who answers, if it is not the desk.

    Raises:
        NotFoundError: it is another patient's.
        NoOfferError: nothing is offered.
    """
    entry = _entry(entry_id, of, uow)
    end_hold(uow.get(Appointment, entry.demand_offer()), "declined", uow)
    return entry


def _entry(entry_id: UUID, of: UUID | None, uow: UnitOfWork) -> WaitlistEntry:
    entry = uow.get(WaitlistEntry, entry_id)
    if of not in (None, entry.patient_id):
        raise NotFoundError("there is no such entry of yours")
    return entry


def offer_slot(appointment_id: UUID, uow: UnitOfWork) -> None:
    """Offer what an appointment has given back to the first whom it suits.

    Nothing happens if it was booked meanwhile, or suits nobody who is ready for it.
    """
    freed = uow.find(Appointment, appointment_id)
    if freed is None or freed.status in HOLDING or freed.starts_at <= uow.now:
        return
    waiting = _whom_it_suits(freed, uow)
    taken = _taken(freed, {one.patient_id for one in waiting}, uow)
    if any(claim.resource_id in taken for claim in freed.claims):
        return
    for entry in waiting:
        if entry.patient_id not in taken and _offer(entry, freed, uow):
            return


def _offer(entry: WaitlistEntry, freed: Appointment, uow: UnitOfWork) -> bool:
    """Hold a time for somebody who waits; whether that was possible."""
    rules = packs.of(uow).booking
    until = entry.answer_by(freed.starts_at, at=uow.now, within=rules.offer_for)
    if until < uow.now + rules.hold_for:
        return False
    command = BookAppointment(
        patient_id=entry.patient_id,
        type=freed.type,
        starts_at=freed.starts_at,
        ends_at=freed.ends_at,
        room_id=freed.held(ResourceKind.ROOM),
        device_id=freed.held(ResourceKind.DEVICE),
        therapist_id=freed.held(ResourceKind.THERAPIST),
        monitor_id=freed.held(ResourceKind.MONITOR),
        prescriber_id=freed.held(ResourceKind.PRESCRIBER),
        mode=freed.mode,
        route=freed.route,
    )
    try:
        hold = plan(command, uow)
    except ConflictError:
        return False
    hold.waitlist_entry_id = entry.id
    holding.keep(hold, until, uow)
    event = entry.offer(hold.id, starts_at=hold.starts_at, until=until)
    uow.publish(event, of=entry)
    return True


def _whom_it_suits(freed: Appointment, uow: UnitOfWork) -> list[WaitlistEntry]:
    """Those who wait for such a time and were not offered it yet, in order."""
    zone = _zone(uow)
    asked = _offered_before(freed.starts_at, uow)
    waiting = select(WaitlistEntry).where(
        waitlist_entries.c.type == freed.type,
        waitlist_entries.c.status == EntryStatus.WAITING,
        waitlist_entries.c.patient_id != freed.patient_id,
    )
    in_order = waiting.order_by(waitlist_entries.c.since, waitlist_entries.c.id)
    return [
        entry
        for entry in uow.all(in_order.limit(MOST_ASKED))
        if entry.id not in asked and entry.suits(freed, zone)
    ]


def _offered_before(starts_at: datetime, uow: UnitOfWork) -> set[UUID]:
    """To whom that time was offered already, whatever came of it."""
    rows = uow.connection.execute(
        select(appointments.c.waitlist_entry_id).where(
            appointments.c.clinic_id == uow.clinic_id,
            appointments.c.starts_at == starts_at,
            appointments.c.waitlist_entry_id.is_not(None),
        )
    )
    return set(rows.scalars())


def _taken(freed: Appointment, patients: Iterable[UUID], uow: UnitOfWork) -> set[UUID]:
    """Who and what is taken during the time that each is wanted for."""
    wanted = {one.resource_id: (one.starts_at, one.ends_at) for one in freed.claims}
    del wanted[freed.patient_id]
    wanted |= dict.fromkeys(patients, (freed.starts_at, freed.ends_at))
    rows = uow.connection.execute(
        select(claims.c.resource_id, claims.c.starts_at, claims.c.ends_at).where(
            claims.c.clinic_id == uow.clinic_id,
            claims.c.resource_id.in_(list(wanted)),
            claims.c.active,
            claims.c.starts_at < max(ends for _, ends in wanted.values()),
            claims.c.ends_at > freed.starts_at,
        )
    )
    return {
        who
        for who, starts_at, ends_at in rows
        if starts_at < wanted[who][1] and wanted[who][0] < ends_at
    }


def _zone(uow: UnitOfWork) -> ZoneInfo:
    return ZoneInfo(uow.get(Clinic, uow.clinic_id).time_zone)
