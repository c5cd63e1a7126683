"""Routes of a session's course: opened, read, ended early, signed."""

from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.api.base import drawn_from, routes
from services.sessions.commands import AbortSession, OpenSession
from services.sessions.domain.session import Session
from services.sessions.handlers import session as handlers
from services.sessions.schemas import session as schemas
from services.sessions.schemas.chart import ChartView, SessionsQuery, WallView
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

_session = schemas.SessionView()


@routes.post(
    "/sessions",
    scope=access.BEDSIDE_WRITE,
    takes=schemas.OpenSessionBody(),
    gives=_session,
    status=201,
)
def open_session(uow: UnitOfWork, body: dict[str, Any]) -> Session:
    """The right patient is in the right room."""
    return handlers.open_session(
        OpenSession(
            appointment_id=body["appointment_id"],
            identifiers_checked=tuple(dict.fromkeys(body["identifiers_checked"])),
        ),
        uow,
    )


@routes.get(
    "/sessions", scope=access.CHART_READ, query=SessionsQuery(), gives=WallView()
)
def list_sessions(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """Sessions as cards on the wall."""
    return {
        "items": queries.wall(
            reading,
            is_open=query["open"],
            after=query["after"],
            limit=query["limit"],
            now=current_runtime().clock(),
        )
    }


@routes.get("/sessions/<uuid:session_id>", scope=access.CHART_READ, gives=ChartView())
def show_session(reading: Reading, session_id: UUID) -> Any:
    """Everything about one session."""
    return queries.chart(reading, session_id, current_runtime().clock())


@routes.get(
    "/patients/<uuid:patient_id>/sessions",
    scope=access.CHART_READ,
    gives=schemas.SessionsView(),
    in_emergency=True,
)
def list_patient_sessions(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's sessions."""
    now = current_runtime().clock()
    return {"items": queries.sessions_of(reading, patient_id, now)}


@routes.post(
    "/sessions/<uuid:session_id>/phase",
    scope=access.PHASE_WRITE,
    takes=schemas.PhaseBody(),
    gives=_session,
)
def change_phase(uow: UnitOfWork, body: dict[str, Any], session_id: UUID) -> Session:  # noqa: ARG001 - recovery is the only one.
    """The experience fades, and recovery begins."""
    return handlers.begin_recovery(session_id, uow)


@routes.post(
    "/sessions/<uuid:session_id>/abort",
    scope=access.VITALS_WRITE,
    takes=schemas.AbortBody(),
    gives=_session,
)
def abort_session(uow: UnitOfWork, body: dict[str, Any], session_id: UUID) -> Session:
    """The session ends early."""
    draws = drawn_from(body.pop("draws"))
    command = AbortSession(session_id=session_id, draws=draws, **body)
    return handlers.abort_session(command, uow)


@routes.post(
    "/sessions/<uuid:session_id>/sign", scope=access.DOSE_AUTHORISE, gives=_session
)
def sign_record(uow: UnitOfWork, session_id: UUID) -> Session:
    """The record is signed and changes no more."""
    return handlers.sign_record(session_id, uow)
