"""Clinics, and when they are open."""

from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.scheduling.commands import AddClosure, OnboardClinic
from services.scheduling.domain import Clinic, Closure, Opening
from shared.ids import uuid7
from shared.rulepack import load_pack
from shared.unit_of_work import UnitOfWork


def onboard_clinic(command: OnboardClinic, uow: UnitOfWork) -> Clinic:
    """A clinic joins the network."""
    clinic_id = uuid7()
    seconds = command.alert_response_seconds
    if seconds is None:
        seconds = int(load_pack().alerts.respond_within.total_seconds())
    clinic = Clinic(
        id=clinic_id,
        clinic_id=clinic_id,
        name=command.name,
        time_zone=command.time_zone,
        alert_response_seconds=seconds,
    )
    uow.publish(clinic.onboard(), of=clinic)
    return uow.add(clinic)


def set_hours(weekly: dict[str, list[list[str]]] | None, uow: UnitOfWork) -> Clinic:
    """The clinic is open at these hours; what is booked outside of them stays.

    Raises:
        InvalidError: the hours do not fit.
    """
    clinic = uow.get(Clinic, uow.clinic_id)
    uow.publish(clinic.open_at(weekly), of=clinic)
    return clinic


def add_closure(command: AddClosure, uow: UnitOfWork) -> Closure:
    """The clinic is closed on some days; what is booked then stays.

    Raises:
        InvalidError: the days do not fit.
    """
    closure = Closure(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        first_day=command.first_day,
        last_day=command.last_day,
        reason_code=command.reason_code,
    )
    zone = ZoneInfo(uow.get(Clinic, uow.clinic_id).time_zone)
    uow.publish(closure.add(zone), of=closure)
    return uow.add(closure)


def remove_closure(closure_id: UUID, uow: UnitOfWork) -> Closure:
    """The clinic is open after all."""
    closure = uow.get(Closure, closure_id)
    uow.publish(closure.remove(), of=closure)
    uow.db.delete(closure)
    return closure


def opening_of(uow: UnitOfWork) -> Opening:
    """When the clinic is open."""
    clinic = uow.get(Clinic, uow.clinic_id)
    return Opening(
        zone=ZoneInfo(clinic.time_zone),
        weekly=clinic.hours,
        closures=tuple(uow.all(select(Closure))),
    )
