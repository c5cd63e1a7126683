"""Routes of patients whom several clinics know, and of those handed on."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import TransferPatient
from services.intake.domain import Match, Transfer
from services.intake.schemas import network
from shared import access
from shared.context import Context
from shared.errors import InvalidError
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get("/matches", scope=access.DUPLICATES, gives=network.MatchesView())
def list_matches(reading: Reading) -> dict[str, Any]:
    """Patients who may be known to another clinic of the network, to be asked."""
    return {"items": queries.open_matches(reading)}


@routes.post(
    "/matches/<uuid:match_id>/answer",
    scope=access.DUPLICATES,
    takes=network.MatchBody(),
    gives=network.AnsweredMatchView(),
)
def answer_match(uow: UnitOfWork, body: dict[str, Any], match_id: UUID) -> Match:
    """The patient was asked; after a yes the answer names the other clinic."""
    return handlers.answer_match(match_id, is_same=body["is_same"], uow=uow)


@routes.get("/transfers", scope=access.TRANSFERS, gives=network.TransfersView())
def list_transfers(reading: Reading) -> dict[str, Any]:
    """Patients this clinic has handed on."""
    return {"items": queries.transfers_of(reading)}


@routes.post(
    "/episodes/<uuid:episode_id>/transfer",
    scope=access.TRANSFERS,
    takes=network.TransferBody(),
    gives=network.TransferView(),
    status=201,
)
def transfer_patient(
    uow: UnitOfWork, body: dict[str, Any], episode_id: UUID
) -> Transfer:
    """A patient goes on at another clinic, which is sent what may be shared."""
    runtime = current_runtime()
    with runtime.reading(Context(actor=runtime.service.actor)) as everywhere:
        if not queries.knows_clinic(everywhere, body["to_clinic_id"]):
            raise InvalidError("is no clinic of the network", field="to_clinic_id")
    return handlers.transfer_patient(
        TransferPatient(episode_id=episode_id, **body), uow
    )
