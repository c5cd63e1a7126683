"""What notifications does about each command and each event, a module for each kind."""

from datetime import datetime

from shared.unit_of_work import UnitOfWork


def told_at(uow: UnitOfWork) -> datetime:
    """When what is being handled happened: the same at every try to handle it."""
    return uow.causing.occurred_at if uow.causing else uow.now
