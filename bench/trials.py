"""A rule pack tried on every open episode of a clinic: how fast, how it grows."""

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Table, insert

from bench.deployment import Deployment
from bench.processes import memory_mb
from cli.services import load
from services.intake import handlers
from services.intake.domain import EpisodeStatus
from services.intake.models import episodes, patients, screens
from shared.access import Role
from shared.context import Actor, Context
from shared.ids import utc_now, uuid7
from shared.privacy.columns import seal_row
from shared.reach import Reach
from shared.rulepack import BASE, load_pack
from shared.service import Runtime

PORTION = 1_000
TEXT = f"""
version = "bench-1"
title = "From 21 years on"
source = "A measurement"
extends = "{BASE}"

[[rules]]
code = "under_age"
rule_class = "absolute"
label = "Younger than 21 years"
fact = "age_years"
limit = {{ below = 21 }}
reason_group = "general"
source = "A measurement"
"""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One trial over all open episodes of a clinic, and what memory it added, in MB."""

    episodes: int
    seconds: float
    grown_mb: float

    @property
    def per_second(self) -> float:
        """Episodes a second."""
        return self.episodes / self.seconds


def measure(deployment: Deployment, *counts: int) -> list[Walk]:
    """A trial in a clinic of its own for each number of open episodes."""
    runtime = Runtime.start(load("intake"), deployment.settings("intake"))
    try:
        return [_walk(runtime, count) for count in counts]
    finally:
        runtime.close()


def _walk(runtime: Runtime, count: int) -> Walk:
    clinic_id = uuid7()
    for begun in range(0, count, PORTION):
        fill(runtime, clinic_id, min(PORTION, count - begun))
    context = Context(
        actor=Actor(id=uuid7(), roles={clinic_id: frozenset({Role.MEDICAL_LEAD})}),
        clinic_id=clinic_id,
    )
    with runtime.unit_of_work(context) as uow:
        draft = handlers.draft_rule_pack(TEXT, uow)
        trial_id = handlers.begin_trial(draft, uow).id
    before, begun_at, seen = memory_mb(os.getpid()), time.perf_counter(), 0
    while True:
        with runtime.unit_of_work(context) as uow:
            some = handlers.try_some(trial_id, uow)
        seen += some
        if not some:
            break
    seconds = time.perf_counter() - begun_at
    assert seen == count, (seen, count)
    return Walk(
        episodes=count, seconds=seconds, grown_mb=memory_mb(os.getpid()) - before
    )


def fill(runtime: Runtime, clinic_id: UUID, count: int) -> None:
    """So many patients, each with an open episode and a safety screen."""
    answers = {**load_pack().eligibility.nothing_said_against}
    with runtime.begin(Reach.of(clinic_id)) as connection:
        for _ in range(count):
            for table, row in _somebody(clinic_id, answers):
                connection.execute(insert(table), seal_row(connection, table, row))


def _somebody(
    clinic_id: UUID, answers: Mapping[str, Any]
) -> Iterator[tuple[Table, Mapping[str, Any]]]:
    """The rows of a patient whom nothing is said against, and who waits for a word."""
    patient_id, episode_id, now = uuid7(), uuid7(), utc_now()
    own = {"id": patient_id, "clinic_id": clinic_id, "version": 1}
    yield (
        patients,
        own
        | {
            "episode_id": episode_id,
            "given_name": "Testa",
            "family_name": "Fictional",
            "birth_date": date(1985, 4, 30),
            "time_zone": "UTC",
            "channel": "none",
            "registered_at": now,
        },
    )
    yield (
        episodes,
        own
        | {
            "id": episode_id,
            "patient_id": patient_id,
            "status": EpisodeStatus.IN_REVIEW,
            "opened_at": now,
            "reminders": 0,
        },
    )
    yield (
        screens,
        {
            "id": uuid7(),
            "clinic_id": clinic_id,
            "episode_id": episode_id,
            "answers": answers,
            "recorded_by": patient_id,
            "recorded_at": now,
        },
    )
