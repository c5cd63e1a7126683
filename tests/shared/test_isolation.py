"""What PostgreSQL refuses to the role services run as, without our code in between."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from cli.services import NAMES, load
from shared import migrations
from shared.database import Database
from shared.errors import UnavailableError
from shared.isolation import APPEND_ONLY, demand_restricted
from shared.reach import Reach
from shared.settings import SettingsError
from shared.testing.servers import PostgresServer
from shared.testing.servers.postgres import service_url

ONE, OTHER = uuid4(), uuid4()
INSERT = (
    "insert into clinics"
    " (id, clinic_id, version, name, time_zone, alert_response_seconds)"
    " values (%s, %s, 0, gen_random_uuid()::text, 'UTC', 120)"
)


@pytest.fixture(scope="module")
def owner_url(postgres_server: PostgresServer) -> Iterator[str]:
    """Scheduling's database, migrated, as its owner knows it."""
    load("scheduling")
    name = f"isolation_{uuid4().hex}"
    url = postgres_server.create_database(name)
    migrations.migrate("scheduling", service_url(url), owner_url=url)
    yield url
    postgres_server.drop_database(name)


@pytest.fixture
def raw(owner_url: str) -> Iterator[psycopg.Connection]:
    """A bare connection of the service's role; two clinics have a row each."""
    with psycopg.connect(owner_url, autocommit=True) as owner:
        owner.execute("truncate clinics cascade")
        for clinic in (ONE, OTHER):
            owner.execute("set kap.clinic = '*'")
            owner.execute(INSERT, (clinic, clinic))
    with psycopg.connect(service_url(owner_url), autocommit=True) as connection:
        yield connection


def seen(raw: psycopg.Connection, clinic: object = None) -> set[UUID]:
    """The clinics a transaction sees that says it is for one, or says nothing."""
    with raw.transaction():
        if clinic is not None:
            raw.execute(f"set local kap.clinic = '{clinic}'")
        return {row[0] for row in raw.execute("select clinic_id from clinics")}


def test_a_transaction_sees_the_rows_of_its_clinic_only(
    raw: psycopg.Connection,
) -> None:
    assert seen(raw, ONE) == {ONE}
    assert seen(raw, OTHER) == {OTHER}
    assert seen(raw, "*") == {ONE, OTHER}


@pytest.mark.parametrize("clinic", ["", "nonsense", "' or true --"[1:], "%"])
def test_who_says_nothing_or_nonsense_sees_nothing(
    raw: psycopg.Connection, clinic: str
) -> None:
    assert seen(raw) == set()
    assert seen(raw, clinic.replace("'", "''")) == set()


def test_what_a_transaction_said_ends_with_it(raw: psycopg.Connection) -> None:
    assert seen(raw, ONE) == {ONE}

    assert seen(raw) == set()


def test_another_clinics_rows_cannot_be_written(raw: psycopg.Connection) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
        raw.execute(f"set local kap.clinic = '{ONE}'")
        raw.execute(INSERT, (uuid4(), OTHER))

    with raw.transaction():
        raw.execute(f"set local kap.clinic = '{ONE}'")
        renamed = raw.execute("update clinics set time_zone = 'X'").rowcount
        moved = raw.execute(
            "update clinics set time_zone = 'X' where clinic_id = %s", (OTHER,)
        ).rowcount
        gone = raw.execute("delete from clinics where clinic_id = %s", (OTHER,))
    assert (renamed, moved, gone.rowcount) == (1, 0, 0)

    with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
        raw.execute(f"set local kap.clinic = '{ONE}'")
        raw.execute("update clinics set clinic_id = %s", (OTHER,))


@pytest.mark.parametrize(
    "statement",
    [
        "alter table clinics disable row level security",
        "alter table clinics no force row level security",
        "drop policy clinic on clinics",
        "truncate clinics",
        "create table mine (id int)",
        "update audit_log set actor_id = id",
        "update audit_log set mac = ''",
        "delete from audit_log",
        "truncate audit_log",
        "delete from audit_anchors",
        "update audit_anchors set seal = ''",
        "update alembic_version set version_num = ''",
        "set role postgres",
    ],
)
def test_the_role_can_neither_lift_the_rules_nor_rewrite_the_trail(
    raw: psycopg.Connection, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        raw.execute(statement)


def test_workers_reach_the_mailbox_of_every_clinic_and_no_records(
    owner_url: str, raw: psycopg.Connection
) -> None:
    del raw
    database = Database(service_url(owner_url))
    with database.begin(Reach(mailbox=True)) as connection:
        records = connection.execute(text("select count(*) from clinics")).scalar()
        connection.execute(
            text(
                "insert into timers (key, due_at, type, payload, clinic_id,"
                " aggregate_id) values (:key, now(), 't', '{}', :clinic, :clinic)"
            ),
            {"key": uuid4().hex, "clinic": OTHER},
        )
        timers = connection.execute(text("select count(*) from timers")).scalar()
    database.close()

    assert (records, timers) == (0, 1)


@pytest.mark.parametrize("service", NAMES)
def test_every_table_with_clinics_rows_is_under_row_level_security(
    postgres_server: PostgresServer, service: str
) -> None:
    load(service)
    name = f"isolation_{service}_{uuid4().hex}"
    url = postgres_server.create_database(name)
    migrations.migrate(service, service_url(url), owner_url=url)

    with psycopg.connect(url) as owner:
        bare = owner.execute("""
            select c.relname from pg_class c
            join pg_attribute a on a.attrelid = c.oid and a.attname = 'clinic_id'
            where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace
              and not (c.relrowsecurity and c.relforcerowsecurity)
        """).fetchall()
        without = owner.execute("""
            select tablename from pg_policies
            where schemaname = 'public' and (qual is null or with_check is null)
        """).fetchall()
        definers = owner.execute(
            "select proname from pg_proc where prosecdef"
            " and pronamespace = 'public'::regnamespace"
        ).fetchall()
        held = {row[0] for row in owner.execute("select tablename from pg_policies")}
    postgres_server.drop_database(name)

    assert (bare, without, definers) == ([], [], [])
    assert held >= {"event_log", "inbox", "timers", *APPEND_ONLY}


def test_a_service_does_not_work_as_a_role_that_no_policy_holds(
    owner_url: str,
) -> None:
    restricted, owner = Database(service_url(owner_url)), Database(owner_url)
    nowhere = Database("postgresql://nobody:x@127.0.0.1:1/nothing")

    demand_restricted(restricted)
    with pytest.raises(SettingsError, match="neither owns the tables nor bypasses"):
        demand_restricted(owner)
    with pytest.raises(UnavailableError):
        demand_restricted(nowhere)

    for database in (restricted, owner, nowhere):
        database.close()
