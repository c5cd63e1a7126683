"""Clinics, and what can be booked in them."""

from services.scheduling.commands import (
    AddResource,
    OnboardClinic,
)
from services.scheduling.domain import (
    Clinic,
    Resource,
)
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


def add_resource(command: AddResource, uow: UnitOfWork) -> Resource:
    """A room or a member of staff can be booked."""
    resource = Resource(
        id=uuid7(), clinic_id=uow.clinic_id, kind=command.kind, name=command.name
    )
    uow.publish(resource.add(), of=resource)
    return uow.add(resource)
