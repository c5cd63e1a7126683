"""Which facts may be out of date when somebody looks or acts."""

from datetime import datetime

from services.sessions.models import packs
from shared.errors import NotFoundError
from shared.freshness import Stale, stale
from shared.readiness import Gate
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


def stale_facts(
    work: Reading | UnitOfWork, gate: Gate, *, at: datetime, seconds: float
) -> tuple[Stale, ...]:
    """Which of the facts a gate asks for may be out of date.

    Args:
        seconds: how long facts count when nobody has looked for newer ones.
    """
    clinic_id = work.context.clinic_id
    if clinic_id is None:
        raise NotFoundError("this needs a clinic")
    asked = packs.at_hand(work.connection, clinic_id, at).readiness.gates[gate]
    return stale(
        work.connection, clinic_id, asked, own="sessions", at=at, seconds=seconds
    )
