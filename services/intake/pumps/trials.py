"""Tries rule packs on open episodes, a step at a time."""

import time
from uuid import UUID

from sqlalchemy import select

from services.intake import handlers
from services.intake.models import trials
from shared.context import Context
from shared.service import Runtime

ROUND_SECONDS = 2.0


def try_packs(runtime: Runtime) -> int:
    """Go on with the trials that are under way; how many episodes were looked at."""
    ends_at, done = time.monotonic() + ROUND_SECONDS, 0
    while time.monotonic() < ends_at and (trial := _under_way(runtime)):
        trial_id, clinic_id = trial
        context = Context(actor=runtime.service.actor, clinic_id=clinic_id)
        with runtime.unit_of_work(context) as uow:
            done += handlers.try_some(trial_id, uow)
    return done


def _under_way(runtime: Runtime) -> tuple[UUID, UUID] | None:
    """The oldest trial that has not come to its end, and its clinic."""
    open_ones = select(trials).where(trials.c.ended_at.is_(None))
    with runtime.reading(Context(actor=runtime.service.actor)) as reading:
        rows = reading.rows(open_ones.order_by(trials.c.id).limit(1))
    return (rows[0]["id"], rows[0]["clinic_id"]) if rows else None
