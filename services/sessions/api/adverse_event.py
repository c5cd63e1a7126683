"""Routes of adverse events."""

from typing import Any
from uuid import UUID

from services.sessions.api.base import routes
from services.sessions.commands import (
    DescribeAdverseEvent,
    FileReport,
    RecordAdverseEvent,
    ReviewAdverseEvent,
)
from services.sessions.domain.adverse_event import AdverseEvent
from services.sessions.handlers import adverse_event as handlers
from services.sessions.queries import adverse_event as queries
from services.sessions.queries import pack_at_hand
from services.sessions.schemas import adverse_event as schemas
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_kept = schemas.KeptEventView()


@routes.get(
    "/adverse-events", scope=access.CHART_READ, gives=schemas.AdverseEventsView()
)
def list_adverse_events(reading: Reading) -> dict[str, Any]:
    """What somebody has yet to confirm or to review, and what stopped treatment."""
    return {"items": queries.open_adverse_events(reading)}


@routes.get("/adverse-event-terms", scope=access.CHART_READ, gives=schemas.TermsView())
def list_adverse_event_terms(reading: Reading) -> dict[str, Any]:
    """What adverse events may be called in this clinic."""
    pack = pack_at_hand(reading, current_runtime().clock())
    return {"items": list(pack.adverse_events.terms)}


@routes.get(
    "/adverse-events/<uuid:adverse_event_id>",
    scope=access.CHART_READ,
    gives=schemas.FullEventView(),
)
def show_adverse_event(reading: Reading, adverse_event_id: UUID) -> dict[str, Any]:
    """An adverse event, with everything that was ever recorded of it."""
    return queries.adverse_event(reading, adverse_event_id)


@routes.get(
    "/sessions/<uuid:session_id>/adverse-events",
    scope=access.CHART_READ,
    gives=schemas.AdverseEventsView(),
)
def list_session_adverse_events(reading: Reading, session_id: UUID) -> dict[str, Any]:
    """The adverse events of a session."""
    return {"items": queries.adverse_events_of(reading, session_id)}


@routes.get(
    "/patients/<uuid:patient_id>/adverse-events",
    scope=access.CHART_READ,
    gives=schemas.AdverseEventsView(),
    in_emergency=True,
)
def list_patient_adverse_events(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """The adverse events of a patient."""
    return {"items": queries.adverse_events_of_patient(reading, patient_id)}


@routes.post(
    "/sessions/<uuid:session_id>/adverse-events",
    scope=access.ADVERSE_EVENTS_WRITE,
    takes=schemas.DetailsBody(),
    gives=_kept,
    status=201,
)
def record_adverse_event(
    uow: UnitOfWork, body: dict[str, Any], session_id: UUID
) -> AdverseEvent:
    """It happened; what is grave or serious holds the next dose until a review."""
    command = RecordAdverseEvent(session_id=session_id, **body)
    return handlers.record_adverse_event(command, uow)


@routes.post(
    "/adverse-events/<uuid:adverse_event_id>/confirm",
    scope=access.ADVERSE_EVENTS_WRITE,
    takes=schemas.DetailsBody(),
    gives=_kept,
)
def confirm_adverse_event(
    uow: UnitOfWork, body: dict[str, Any], adverse_event_id: UUID
) -> AdverseEvent:
    """What readings suggested did happen."""
    command = DescribeAdverseEvent(adverse_event_id=adverse_event_id, **body)
    return handlers.confirm_adverse_event(command, uow)


@routes.post(
    "/adverse-events/<uuid:adverse_event_id>/dismiss",
    scope=access.ADVERSE_EVENTS_WRITE,
    takes=schemas.DismissBody(),
    gives=_kept,
)
def dismiss_adverse_event(
    uow: UnitOfWork, body: dict[str, Any], adverse_event_id: UUID
) -> AdverseEvent:
    """What readings suggested did not happen."""
    return handlers.dismiss_adverse_event(adverse_event_id, body["reason"], uow)


@routes.post(
    "/adverse-events/<uuid:adverse_event_id>/correct",
    scope=access.ADVERSE_EVENTS_WRITE,
    takes=schemas.AdverseEventCorrectionBody(),
    gives=_kept,
)
def correct_adverse_event(
    uow: UnitOfWork, body: dict[str, Any], adverse_event_id: UUID
) -> AdverseEvent:
    """It is described anew; what was said before is kept."""
    command = DescribeAdverseEvent(adverse_event_id=adverse_event_id, **body)
    return handlers.correct_adverse_event(command, uow)


@routes.post(
    "/adverse-events/<uuid:adverse_event_id>/review",
    scope=access.ADVERSE_EVENTS_REVIEW,
    takes=schemas.ReviewBody(),
    gives=_kept,
)
def review_adverse_event(
    uow: UnitOfWork, body: dict[str, Any], adverse_event_id: UUID
) -> AdverseEvent:
    """A prescriber says what it means for the next dose."""
    command = ReviewAdverseEvent(adverse_event_id=adverse_event_id, **body)
    return handlers.review_adverse_event(command, uow)


@routes.post(
    "/adverse-events/<uuid:adverse_event_id>/reports",
    scope=access.ADVERSE_EVENTS_WRITE,
    takes=schemas.AdverseEventReportBody(),
    gives=_kept,
    status=201,
)
def file_report(
    uow: UnitOfWork, body: dict[str, Any], adverse_event_id: UUID
) -> AdverseEvent:
    """Note that it was reported to an authority; nothing is sent by this."""
    return handlers.file_report(
        FileReport(adverse_event_id=adverse_event_id, **body), uow
    )
