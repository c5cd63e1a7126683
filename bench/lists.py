"""Lists at their start and at their end, with many patients in the network."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import ColumnElement, Table, func, literal_column, select, true

from bench.deployment import Deployment
from bench.filling import ascending_id
from bench.trials import fill
from cli.services import load
from services.intake import queries
from services.intake.models import episodes, patients
from shared.access import Role
from shared.context import Actor, Context
from shared.ids import uuid7
from shared.reach import NETWORK
from shared.reading import Reading
from shared.service import Runtime

PAGE = 50
TURNS = 60
OTHER_CLINICS = 1_000

Look = Callable[[Reading, UUID | None], Any]


@dataclass(frozen=True, kw_only=True)
class Paged:
    """How long a page of a list takes, at its start and its end, in milliseconds."""

    name: str
    rows: int
    start_ms: float
    end_ms: float

    @property
    def ratio(self) -> float:
        """The end against the start."""
        return self.end_ms / self.start_ms


def measure(deployment: Deployment, rows: int) -> list[Paged]:
    """Pages of a clinic that has half of so many patients of a network."""
    runtime = Runtime.start(load("intake"), deployment.settings("intake"))
    try:
        clinic_id = uuid7()
        fill(runtime, clinic_id, 1)
        _multiply(runtime, clinic_id, rows)
        # Only the tables' owner may; a server in use does so by itself.
        owner = deployment.url("intake")
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute("vacuum analyze patients, episodes")
        context = Context(
            actor=Actor(id=uuid7(), roles={clinic_id: frozenset({Role.CLINIC_ADMIN})}),
            clinic_id=clinic_id,
        )
        return [
            _paged(name, look, table, runtime, context, rows)
            for name, look, table in (
                ("patients", _patients, patients),
                ("episodes", _episodes, episodes),
            )
        ]
    finally:
        runtime.close()


def _patients(reading: Reading, after: UUID | None) -> Any:
    return queries.page_of_patients(reading, limit=PAGE, after=after)


def _episodes(reading: Reading, after: UUID | None) -> Any:
    return queries.page_of_episodes(reading, stage=None, limit=PAGE, after=after)


def _paged(
    name: str, look: Look, table: Table, runtime: Runtime, context: Context, rows: int
) -> Paged:
    """In turns, so that what disturbs one side disturbs the other."""
    with runtime.reading(context) as reading:
        oldest = reading.select(table, table.c.id).order_by(table.c.id)
        last = reading.rows(oldest.limit(PAGE + 1))[-1]["id"]
    took: dict[UUID | None, list[float]] = {None: [], last: []}
    for _ in range(TURNS):
        for after, times in took.items():
            began = time.perf_counter()
            with runtime.reading(context) as reading:
                found = look(reading, after)
            times.append((time.perf_counter() - began) * 1000)
            assert len(found["items"]) == PAGE
    return Paged(
        name=name,
        rows=rows,
        start_ms=statistics.median(took[None]),
        end_ms=statistics.median(took[last]),
    )


def _multiply(runtime: Runtime, clinic_id: UUID, rows: int) -> None:
    """Copies of one patient: half in the clinic, half in a thousand others."""
    with runtime.begin(NETWORK) as connection:
        for table, prefix, changed in (
            (patients, "01900000", {"episode_id": "01900001"}),
            (episodes, "01900001", {"patient_id": "01900000"}),
        ):
            columns = [column.name for column in table.c]
            said = {
                **{name: name for name in columns},
                **{name: ascending_id(other) for name, other in changed.items()},
                "id": ascending_id(prefix),
                "clinic_id": "case when n % 2 = 0 then clinic_id else"
                f" {ascending_id('01900002', f'(n % {OTHER_CLINICS})')} end",
            }
            one = select(table).where(table.c.clinic_id == clinic_id).subquery("one")
            numbers = func.generate_series(1, rows).alias("n")
            copied: list[ColumnElement[Any]] = [
                literal_column(said[name]) for name in columns
            ]
            copies = select(*copied).select_from(one.join(numbers, true()))
            connection.execute(table.insert().from_select(columns, copies))
