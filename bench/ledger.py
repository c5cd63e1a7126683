"""Postings to one clinic's ledger from several sides at once, against bare rows.

Every posting wastes a little of an opened vial, so all of them wait for the same
registration: the worst that can happen to a ledger.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

import psycopg

from bench.at_once import rate_of_processes
from bench.deployment import Deployment
from bench.pipeline import Flow
from cli.services import load
from services.sessions.commands.ledger import OpenLedger, ReceiveStock, WasteStock
from services.sessions.domain.copies import Clinic
from services.sessions.domain.ledger.states import Schedule
from services.sessions.domain.order import Drug
from services.sessions.handlers.ledger import stock
from services.sessions.handlers.ledger.witnessing import make_code
from shared.context import Actor, Context
from shared.ids import uuid7
from shared.rulepack import Form
from shared.service import Runtime
from shared.settings import Settings
from shared.unit_of_work import UnitOfWork

AT_ONCE = 4
TABLES = """
    create table books (id uuid primary key, position bigint not null);
    create table vials (
        id uuid primary key, balance_ug integer not null check (balance_ug >= 0)
    );
    create table lines (
        id uuid primary key, book_id uuid not null references books,
        vial_id uuid not null references vials, position bigint not null,
        kind text not null, amount_ug integer not null, balance_ug integer not null,
        at timestamptz not null, actor_id uuid not null, witness_id uuid not null,
        hash text not null, unique (book_id, position)
    );
    create table told (id uuid primary key, type text not null, payload text not null);
    create table codes (id uuid primary key, used_at timestamptz);
    create table trail (id uuid primary key, action text not null, mac text not null);
"""
HASH = "0" * 64


def measure(deployment: Deployment, count: int) -> Flow:
    """Postings a second, with a witness each; and the floor's."""
    return Flow(ours=_ours(deployment, count), floor=_floor(deployment, count))


def _ours(deployment: Deployment, count: int) -> float:
    runtime = Runtime.start(load("sessions"), deployment.settings("sessions"))
    here = Context(actor=Actor(id=uuid7()), clinic_id=uuid7())
    witness = replace(here, actor=Actor(id=uuid7()))
    with runtime.unit_of_work(here) as uow:
        vial_id = _fill(uow)
    codes = []
    for _ in range(AT_ONCE * (count // AT_ONCE)):
        # A witness has one code at a time: each of these is somebody else.
        who = replace(witness, actor=Actor(id=uuid7()))
        with runtime.unit_of_work(who) as uow:
            codes.append(make_code(uow)[1])

    runtime.close()
    shares = [codes[number::AT_ONCE] for number in range(AT_ONCE)]
    return rate_of_processes(
        _wasting, deployment.settings("sessions"), here, vial_id, shares=shares
    )


@contextmanager
def _wasting(
    settings: Settings, here: Context, vial_id: UUID
) -> Iterator[Callable[[str], None]]:
    """A process of the service, and how it posts before a witness who has a code."""
    runtime = Runtime.start(load("sessions"), settings)

    def post(code: str) -> None:
        command = WasteStock(
            container_id=vial_id,
            reason="measured",
            witness_code=code,
            wasted_mg=Decimal("0.001"),
        )
        with runtime.unit_of_work(here) as uow:
            stock.waste_stock(command, uow)

    try:
        yield post
    finally:
        runtime.close()


def _fill(uow: UnitOfWork) -> UUID:
    """A ledger with one opened vial."""
    clinic_id = uow.clinic_id
    uow.add(Clinic(id=clinic_id, clinic_id=clinic_id, alert_response_seconds=120))
    stock.open_ledger(OpenLedger(number="RB0000001", schedule=Schedule.C3), uow)
    uow.flush()
    received = ReceiveStock(
        drug=Drug.RACEMIC_KETAMINE,
        form=Form.VIAL,
        lot="bench",
        strength_mg=Decimal(50),
        content_mg=Decimal(1_000),
        expires_on=date(2190, 1, 1),
        supplier="bench",
        invoice="bench",
    )
    container = stock.receive_stock(received, uow)
    container.opened_at = uow.now
    container.settle()
    return container.id


def _floor(deployment: Deployment, count: int) -> float:
    """The same rows with the bare driver: nobody checks, seals or ties anything."""
    url = deployment.postgres.create_database("bench_floor_ledger")
    book_id, vial_id = uuid4(), uuid4()
    codes = [str(uuid4()) for _ in range(AT_ONCE * (count // AT_ONCE))]
    with psycopg.connect(url, autocommit=True) as database:
        database.execute(TABLES)
        database.execute("insert into books values (%s, 0)", (book_id,))
        database.execute("insert into vials values (%s, 1000000)", (vial_id,))
        database.cursor().executemany(
            "insert into codes values (%s, null)", [(code,) for code in codes]
        )

    shares = [codes[number::AT_ONCE] for number in range(AT_ONCE)]
    return rate_of_processes(_posting_bare, url, book_id, vial_id, shares=shares)


@contextmanager
def _posting_bare(
    url: str, book_id: UUID, vial_id: UUID
) -> Iterator[Callable[[str], None]]:
    with psycopg.connect(url, autocommit=True) as database:
        yield lambda code: _post_bare(database, book_id, vial_id, code)


def _post_bare(
    database: "psycopg.Connection[tuple[object, ...]]",
    book_id: UUID,
    vial_id: UUID,
    code: str,
) -> None:
    with database.transaction():
        database.execute("select * from books where id = %s for update", (book_id,))
        database.execute("select * from vials where id = %s", (vial_id,))
        database.execute("update codes set used_at = now() where id = %s", (code,))
        database.execute(
            "update books set position = position + 2 where id = %s", (book_id,)
        )
        database.execute(
            "update vials set balance_ug = balance_ug - 1 where id = %s", (vial_id,)
        )
        for kind, back in (("draw", 1), ("waste", 0)):
            database.execute(
                "insert into lines select %s, id, %s, position - %s, %s, 1, 1, now(),"
                " %s, %s, %s from books where id = %s",
                (uuid4(), vial_id, back, kind, uuid4(), code, HASH, book_id),
            )
        database.execute(
            "insert into told values (%s, 'waste', %s)", (uuid4(), HASH * 3)
        )
        database.execute("insert into trail values (%s, 'waste', %s)", (uuid4(), HASH))
