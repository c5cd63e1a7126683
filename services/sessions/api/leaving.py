"""Routes of a session's end: may the patient leave, with whom, and emergencies."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import routes
from services.sessions.commands import (
    CheckDischarge,
    DischargePatient,
    NoteEmergency,
)
from services.sessions.domain.discharge import Checklist
from services.sessions.domain.emergency import EmergencyEntry
from services.sessions.domain.leaving import EVERY_CRITERION
from services.sessions.domain.session import Session
from services.sessions.handlers import emergency
from services.sessions.handlers import leaving as handlers
from services.sessions.schemas import discharge as schemas
from services.sessions.schemas.emergency import (
    EmergencyBody,
    EmergencyEntryView,
    EmergencyView,
)
from services.sessions.schemas.session import SessionView
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_session, _checklist = SessionView(), schemas.ChecklistView()


@routes.get(
    "/sessions/<uuid:session_id>/discharge-checklist",
    scope=access.CHART_READ,
    gives=_checklist,
)
def show_checklist(reading: Reading, session_id: UUID) -> dict[str, Any]:
    """How every criterion of a discharge stands now."""
    now = current_runtime().clock()
    return schemas.checklist_view(
        *queries.discharge_checklist(reading, session_id, now)
    )


@routes.post(
    "/sessions/<uuid:session_id>/discharge-checklist",
    scope=access.BEDSIDE_WRITE,
    takes=schemas.CheckDischargeBody(),
    gives=_checklist,
)
def check_discharge(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> dict[str, Any]:
    """Keep what was seen so far of a patient who may leave."""
    command = CheckDischarge(session_id=session_id, checklist=Checklist(**body))
    return schemas.checklist_view(*handlers.check_discharge(command, uow))


@routes.post(
    "/sessions/<uuid:session_id>/discharge",
    scope=access.BEDSIDE_WRITE,
    takes=schemas.DischargeBody(),
    gives=_session,
)
def discharge_patient(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> Session:
    """The patient leaves with the escort."""
    overrides, of_all = body.pop("overrides"), body.pop("override_reason")
    if of_all:
        overrides = {**overrides, EVERY_CRITERION: of_all}
    command = DischargePatient(
        session_id=session_id, checklist=Checklist(**body), overrides=overrides
    )
    return handlers.discharge_patient(command, uow)


@routes.post(
    "/sessions/<uuid:session_id>/escort-missing",
    scope=access.BEDSIDE_WRITE,
    gives=_session,
)
def note_escort_missing(uow: UnitOfWork, session_id: UUID) -> Session:
    """Nobody is there to take the patient home; the patient stays."""
    return handlers.note_escort_missing(session_id, uow)


@routes.post(
    "/sessions/<uuid:session_id>/emergency",
    scope=access.VITALS_WRITE,
    takes=EmergencyBody(),
    gives=EmergencyEntryView(),
    status=201,
)
def note_emergency(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> EmergencyEntry:
    """Write down what was done in an emergency, and when."""
    return emergency.note_emergency(NoteEmergency(session_id=session_id, **body), uow)


@routes.get(
    "/sessions/<uuid:session_id>/emergency",
    scope=access.CHART_READ,
    gives=EmergencyView(),
)
def show_emergency(reading: Reading, session_id: UUID) -> Any:
    """The emergency card: whom to call, who is there, what was done."""
    return queries.emergency_card(reading, session_id, current_runtime().clock())
