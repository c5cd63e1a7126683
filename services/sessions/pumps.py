"""Carries stock's papers between clinics: what is sent, and what came of it.

It sees the whole network, a step at a time; what it writes, it writes in one clinic.
"""

import logging
from uuid import UUID

from services.sessions.commands.ledger import AnnounceDelivery, NoteAnswer
from services.sessions.domain.ledger.states import TransferStatus
from services.sessions.domain.ledger.transfer import Delivery, Goods, Shipment
from services.sessions.handlers.ledger import transfers
from services.sessions.queries import ledger as queries
from shared.context import Context
from shared.errors import KapError
from shared.reading import Row
from shared.service import Runtime

log = logging.getLogger(__name__)


def carry_stock(runtime: Runtime) -> int:
    """Announce what was sent, and bring the answers back; how many there were."""
    with runtime.reading(_in(runtime, None)) as reading:
        sent, answered = queries.to_carry(reading), queries.answered(reading)
    return sum(_announce(row, runtime) for row in sent) + sum(
        _answer(row, runtime) for row in answered
    )


def _in(runtime: Runtime, clinic_id: UUID | None) -> Context:
    return Context(actor=runtime.service.actor, clinic_id=clinic_id)


def _announce(row: Row, runtime: Runtime) -> bool:
    """Whether the receiver knows of a shipment; if not now, then in the next round."""
    with runtime.reading(_in(runtime, row["clinic_id"])) as reading:
        goods = Goods(**queries.goods_of(reading, row["id"]))
    command = AnnounceDelivery(
        shipment_id=row["id"], from_clinic_id=row["clinic_id"], goods=goods
    )
    try:
        with runtime.unit_of_work(_in(runtime, row["to_clinic_id"])) as uow:
            transfers.announce_delivery(command, uow)
        with runtime.unit_of_work(_in(runtime, row["clinic_id"])) as uow:
            transfers.note_carried(Shipment, row["id"], uow)
    except KapError as error:
        told = {"record_id": row["id"], "code": error.code}
        log.warning("a shipment cannot be announced and is tried again", extra=told)
        return False
    return True


def _answer(row: Row, runtime: Runtime) -> bool:
    """Whether the sender knows what came of a shipment."""
    with runtime.reading(_in(runtime, row["clinic_id"])) as reading:
        said = queries.answer_of(reading, row["id"])
    command = NoteAnswer(
        shipment_id=row["shipment_id"],
        accepted=said["status"] is TransferStatus.ACCEPTED,
        counted_ug=said["counted_ug"],
        reason=said["reason"],
    )
    try:
        with runtime.unit_of_work(_in(runtime, row["from_clinic_id"])) as uow:
            transfers.note_answer(command, uow)
        with runtime.unit_of_work(_in(runtime, row["clinic_id"])) as uow:
            transfers.note_carried(Delivery, row["id"], uow)
    except KapError as error:
        told = {"record_id": row["id"], "code": error.code}
        log.warning("an answer cannot be carried back and is tried again", extra=told)
        return False
    return True
