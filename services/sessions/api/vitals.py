"""Routes of vital signs: taken, reversed, sent by devices, and their limits."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import routes
from services.sessions.commands import RecordVitals, ReverseVitals, SetLimits
from services.sessions.domain.bedside import BedsideDevice
from services.sessions.domain.limits import OwnLimits
from services.sessions.domain.vitals import Vitals
from services.sessions.handlers import bedside, limits
from services.sessions.handlers import vitals as handlers
from services.sessions.handlers.reversing import reverse_vitals as reverse
from services.sessions.schemas import limits as limit_schemas
from services.sessions.schemas import vitals as schemas
from shared import access
from shared.reading import Reading
from shared.rulepack import Measure
from shared.unit_of_work import UnitOfWork

_limits = limit_schemas.LimitsView()


@routes.post(
    "/sessions/<uuid:session_id>/vitals",
    scope=access.VITALS_WRITE,
    takes=schemas.VitalsBody(),
    gives=schemas.VitalsView(),
    status=201,
)
def record_vitals(uow: UnitOfWork, body: dict[str, Any], session_id: UUID) -> Vitals:
    """Vital signs were taken; abnormal ones are kept like any, and raise an alert."""
    values = _values(body)
    command = RecordVitals(session_id=session_id, values=values, **body)
    return handlers.record_vitals(command, uow)


@routes.post(
    "/sessions/<uuid:session_id>/vitals/<uuid:vitals_id>/reverse",
    scope=access.VITALS_WRITE,
    takes=schemas.ReverseBody(),
    gives=schemas.ReversalView(),
    status=201,
)
def reverse_vitals(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID, vitals_id: UUID
) -> dict[str, object]:
    """A reading was entered wrongly: it stays on the chart and no longer counts."""
    command = ReverseVitals(session_id=session_id, vitals_id=vitals_id, **body)
    return reverse(command, uow)


@routes.post(
    "/sessions/<uuid:session_id>/devices",
    scope=access.BEDSIDE_WRITE,
    takes=schemas.DeviceBody(),
    gives=schemas.NewDeviceView(),
    status=201,
)
def add_device(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> dict[str, Any]:
    """A device may send readings of this session until it ends, by a code told once."""
    device, code = bedside.add_device(session_id, body["name"], uow)
    return {**vars(device), "code": code}


@routes.post(
    "/sessions/<uuid:session_id>/devices/<uuid:device_id>/revoke",
    scope=access.BEDSIDE_WRITE,
    gives=schemas.DeviceView(),
)
def revoke_device(uow: UnitOfWork, session_id: UUID, device_id: UUID) -> BedsideDevice:
    """A device sends nothing more."""
    return bedside.revoke_device(session_id, device_id, uow)


@routes.post(
    "/device-readings",
    scope=access.DEVICE_READING,
    takes=schemas.DeviceVitalsBody(),
    gives=schemas.VitalsView(),
    status=201,
)
def record_device_vitals(uow: UnitOfWork, body: dict[str, Any]) -> Vitals:
    """A device sends what it measures; its code says which session it is of."""
    return bedside.record_device_vitals(body["code"], _values(body), uow)


@routes.post(
    "/patients/<uuid:patient_id>/limits",
    scope=access.ORDERS_SIGN,
    takes=limit_schemas.PatientLimitsBody(),
    gives=_limits,
    status=201,
)
def set_patient_limits(
    uow: UnitOfWork, body: dict[str, Any], patient_id: UUID
) -> OwnLimits:
    """A patient has limits of the own for a while."""
    return limits.set_limits(SetLimits(patient_id=patient_id, **body), uow)


@routes.post(
    "/orders/<uuid:order_id>/limits",
    scope=access.ORDERS_SIGN,
    takes=limit_schemas.OrderLimitsBody(),
    gives=_limits,
    status=201,
)
def set_order_limits(
    uow: UnitOfWork, body: dict[str, Any], order_id: UUID
) -> OwnLimits:
    """Limits count for the doses of one order."""
    return limits.set_limits(SetLimits(order_id=order_id, **body), uow)


@routes.post("/limits/<uuid:limits_id>/end", scope=access.ORDERS_SIGN, gives=_limits)
def end_limits(uow: UnitOfWork, limits_id: UUID) -> OwnLimits:
    """Limits of a patient's own are in force no longer."""
    return limits.end_limits(limits_id, uow)


@routes.get(
    "/patients/<uuid:patient_id>/limits",
    scope=access.CHART_READ,
    gives=limit_schemas.AllLimitsView(),
)
def list_limits(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """Limits a patient has or had of the own."""
    return {"items": queries.limits_of(reading, patient_id)}


def _values(body: dict[str, Any]) -> dict[str, float]:
    taken = {name: body.pop(name) for name in Measure}
    return {name.value: value for name, value in taken.items() if value is not None}
