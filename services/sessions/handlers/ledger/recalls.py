"""A lot is recalled: its containers are held back, who got some of it is known."""

from sqlalchemy import func, select

from services.sessions.commands.ledger import RecallLot
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.recall import Recall
from services.sessions.handlers.ledger.book import find_book
from services.sessions.models.ledger import containers
from services.sessions.models.touched import touched_by
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def recall_lot(command: RecallLot, uow: UnitOfWork) -> Recall:
    """No more of a lot is given, with or without a ledger."""
    # Nobody draws from the lot between the look at its containers and the commit.
    find_book(uow)
    recall = Recall(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        drug=command.drug,
        lot=command.lot,
        note=command.note,
        recalled_at=uow.now,
        recalled_by=uow.actor_id,
    )
    held_back = uow.all(
        select(Container).where(
            containers.c.drug == command.drug,
            func.lower(containers.c.lot) == command.lot.strip().lower(),
        )
    )
    for container in held_back:
        container.recall_id = recall.id
        container.settle()
    touched = touched_by(command.drug, command.lot, clinic_id=uow.clinic_id)
    rows = uow.connection.execute(touched).all()
    uow.touch(patients={row.patient_id for row in rows})
    uow.publish(
        recall.recall(
            containers=sum(one.balance_ug > 0 for one in held_back),
            affected=len({row.session_id for row in rows}),
        ),
        of=recall,
    )
    return uow.add(recall)
