"""Catches up on facts while somebody waits: pulls what may be missing, handles it.

A request does so before its own transaction, which then judges by what is known. It
refuses nothing itself: a producer that does not answer leaves its facts as old as they
are.
"""

from shared.context import Context
from shared.errors import NotFoundError, UnavailableError
from shared.freshness import unseen
from shared.service import Runtime
from shared.worker.handling import Handling
from shared.worker.repair import Repair

PATIENCE_SECONDS = 1.5
"""How long one producer may take to answer: a person at the bedside waits."""


def catch_up(runtime: Runtime, asked: Context) -> None:
    """Look at feeds that were not seen lately, and handle what waits of a clinic."""
    repair = Repair(runtime, patience_seconds=PATIENCE_SECONDS)
    with runtime.mailbox() as connection:
        due = unseen(
            connection,
            own=runtime.service.name,
            at=runtime.clock(),
            seconds=runtime.settings.facts_seconds,
        )
    for producer in due:
        try:
            repair.pull(producer)
        except (NotFoundError, UnavailableError):
            # How old its facts are is judged where they are needed.
            continue
    if asked.clinic_id is not None:
        Handling(runtime).settle(asked.clinic_id)
