"""An old database, filled, is brought up to date: all is sealed, and all is there."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Enum,
    Float,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    insert,
    inspect,
    text,
)

from cli.services import NAMES, load
from services.intake.commands import FindPatients, Identifier
from services.intake.handlers.finding import identifier_index, indexes_of
from shared import migrations
from shared.context import Context
from shared.database import Database, Document, UtcDateTime
from shared.ids import uuid7
from shared.mailbox.tables import idempotency_keys
from shared.privacy.columns import Sealed, opened, sealed_columns
from shared.privacy.keys import NETWORK, NoVaultError
from shared.telemetry import Tracing
from shared.testing.keys import new_vault
from shared.testing.lab import EVERYTHING
from shared.unit_of_work import UnitOfWork

CLINIC, PATIENT, EPISODE, SESSION = uuid7(), uuid7(), uuid7(), uuid7()
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)

OLD: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "intake": [
        (
            "patients",
            {
                "id": PATIENT,
                "episode_id": EPISODE,
                "given_name": "Canary-Ann",
                "family_name": "Canary-Example",
                "birth_date": date(1985, 4, 30),
                "email": "canary@example.org",
                "phone": "+1 312 555 0100",
                "time_zone": "America/Chicago",
                "channel": "email",
            },
        ),
        (
            "referrals",
            {
                "id": uuid7(),
                "patient_id": PATIENT,
                "identifier_system": "urn:mrn",
                "identifier_value": "Canary-4711",
                "letter_reference": "canary/letter.pdf",
            },
        ),
        (
            "codings",
            {
                "system": "Canary-system",
                "code": "Canary-code",
                "display": "Canary words",
            },
        ),
        ("coverages", {"payer": "Canary Health", "member_id": "Canary-77"}),
        ("episodes", {"id": EPISODE, "patient_id": PATIENT, "status": "in_review"}),
        ("safety_flags", {"patient_id": PATIENT, "note": "Canary note on a flag"}),
        ("decisions", {"override_reason": "Canary reason", "kind": "eligible"}),
        ("clearances", {"patient_id": PATIENT, "note": "Canary clearance"}),
    ],
    "scheduling": [("resources", {"kind": "therapist", "name": "Canary Dr. Bird"})],
    "sessions": [
        ("orders", {"patient_id": PATIENT, "reason": "Canary order", "status": "open"}),
        (
            "sessions",
            {
                "id": SESSION,
                "patient_id": PATIENT,
                "status": "discharged",
                "discharge_record": {"override_reason": "Canary discharge"},
            },
        ),
        ("preparations", {"patient_id": PATIENT, "note": "Canary preparation"}),
        ("authorisations", {"override_reason": "Canary authorised"}),
        ("vitals", {"patient_id": PATIENT, "late_reason": "Canary late"}),
        ("alerts", {"patient_id": PATIENT, "note": "Canary alert"}),
        ("integrations", {"patient_id": PATIENT, "note": "Canary integration"}),
    ],
    "notifications": [
        ("outbox_mails", {"subject": "Canary subject", "body": "Canary body"}),
        (
            "subscriptions",
            {"url": "https://canary.example", "secret": "whsec_canary"},
        ),
    ],
    "console": [],
}
"""Rows of the first release; what a table needs besides is made up."""

NEW = {
    ("authorisations", "stale_reason"),
    ("consents", "signed_name"),
    ("consents", "witness_name"),
    ("file_contents", "content"),
    ("files", "name"),
    ("files", "struck_because"),
    ("form_drafts", "answers"),
    ("patients", "erased_because"),
    ("patients", "emergency_contact"),
    ("clearances", "findings"),
    ("episode_coverages", "insurer"),
    ("episode_coverages", "member_number"),
    ("episode_coverages", "authorisation_number"),
    ("list_entries", "name"),
    ("list_entries", "rxnorm"),
    ("list_entries", "detail"),
    ("trial_findings", "details"),
    ("process_notes", "note"),
    ("note_drafts", "content"),
    ("notes", "content"),
    ("addenda", "text"),
    ("adverse_events", "details"),
    ("adverse_events", "review_note"),
    ("adverse_events", "dismissed_because"),
    ("adverse_event_revisions", "details"),
    ("adverse_event_revisions", "reason"),
    ("rems_forms", "said"),
    ("rems_forms", "content"),
    ("integration_tasks", "text"),
    ("emergency_accesses", "reason"),
    ("busy_feeds", "url"),
    ("calendar_links", "label"),
    ("licences", "number"),
    ("overbookings", "reason"),
    ("visits", "answers"),
    ("visits", "concerns"),
    ("visits", "escort"),
    ("alerts", "resolved_note"),
    ("containers", "supplier"),
    ("deliveries", "from_number"),
    ("deliveries", "invoice"),
    ("deliveries", "reason"),
    ("discrepancy_cases", "note"),
    ("discrepancy_cases", "notice_reference"),
    ("discrepancy_cases", "report"),
    ("emergency_entries", "note"),
    ("ledger_entries", "details"),
    ("own_limits", "reason"),
    ("recalls", "note"),
    ("registrations", "number"),
    ("shipments", "invoice"),
    ("vitals_reversals", "reason"),
}
"""What the first release did not have."""

ANSWER = {"key": "k", "body": '{"given_name": "Canary-Ann"}', "request_hash": "c" * 64}


def old_table(now: Table, connection: Connection) -> Table:
    """A table as it was: columns that are sealed now were plain then."""
    was = {column["name"] for column in inspect(connection).get_columns(now.name)}
    plain: dict[type, Any] = {str: Text(), date: Date(), dict: Document}
    return Table(
        now.name,
        MetaData(),
        *(
            Column(
                each.name,
                plain[each.type.of] if isinstance(each.type, Sealed) else each.type,
                nullable=each.nullable,
            )
            for each in now.c
            if each.name in was
        ),
    )


def made_up(column: Column[Any], parents: Mapping[str, UUID]) -> Any:
    """A value that a column takes."""
    if column.name == "clinic_id":
        return CLINIC
    if column.name in parents:
        return parents[column.name]
    if isinstance(column.type, Enum):
        return column.type.enums[0]
    kinds = {Uuid: uuid7(), UtcDateTime: NOW, Document: {}, Boolean: True, Float: 1.0}
    for kind, value in kinds.items():
        if kind is column.type or (
            isinstance(kind, type) and isinstance(column.type, kind)
        ):
            return value
    return 1 if isinstance(column.type, Integer) else "x"


def fill(connection: Connection, service: str) -> None:
    """Put a row into each table that holds something to be sealed."""
    parents: dict[str, UUID] = {}
    tables = load(service).metadata.tables
    for name, values in OLD[service]:
        table = old_table(tables[name], connection)
        row = {
            column.name: values.get(column.name, made_up(column, parents))
            for column in table.c
            if column.name in values or not column.nullable
        }
        parents[f"{name.removesuffix('s')}_id"] = row["id"]
        connection.execute(insert(table).values(row))
    answers = old_table(idempotency_keys, connection)
    row = {column.name: made_up(column, {}) for column in answers.c} | ANSWER
    connection.execute(insert(answers).values(row))


@pytest.fixture(params=NAMES)
def service(request: pytest.FixtureRequest) -> str:
    """Each service in turn."""
    name: str = request.param
    return name


@pytest.fixture
def database(database_url: str, service: str) -> Iterator[Database]:
    """A filled database of the first release of a service, brought up to date."""
    made = Database(database_url, vault=new_vault())
    migrations.upgrade(service, made, to="mailbox_0001")
    migrations.upgrade(service, made, to=f"{service}_0001")
    with made.begin(EVERYTHING) as connection:
        fill(connection, service)
    assert b"anary" in everything(made)
    migrations.upgrade(service, made)
    yield made
    made.close()


def everything(database: Database) -> bytes:
    """All that a database says, as whoever copied its files could read it."""
    with database.begin(EVERYTHING) as connection:
        if database.is_sqlite:
            path = Path(str(database.engine.url.database))
            files = path.parent.glob(f"{path.name}*")
            return b"".join(each.read_bytes() for each in files)
        names = sorted(inspect(connection).get_table_names())
        rows = [connection.execute(text(f'select * from "{name}"')) for name in names]
        return repr([[tuple(row) for row in found] for found in rows]).encode()


def test_everything_is_there_and_opens(database: Database, service: str) -> None:
    tables = load(service).metadata.tables

    with database.read(EVERYTHING) as connection:
        for name, values in OLD[service]:
            found = connection.execute(tables[name].select())
            (row,) = opened(connection, found, clinic_id=CLINIC)
            assert {column: row[column] for column in values} == values
        (answer,) = opened(connection, connection.execute(idempotency_keys.select()))

    assert answer["body"] == ANSWER["body"]
    assert answer["clinic_id"] == NETWORK


def test_nothing_of_it_is_left_in_plain(database: Database) -> None:
    said = everything(database)

    assert b"anary" not in said
    assert b"1985-04-30" not in said
    assert ANSWER["request_hash"].encode() not in said


def test_every_sealed_column_had_something_in_it(service: str) -> None:
    tables = load(service).metadata.tables.values()
    sealed = {(each.name, name) for each in tables for name in sealed_columns(each)}

    filled = {(table, name) for table, row in OLD[service] for name in row}

    assert sealed - filled <= NEW


def test_it_is_brought_up_to_date_once(database: Database, service: str) -> None:
    before = everything(database)

    migrations.upgrade(service, database)

    with database.read(EVERYTHING) as connection:
        assert migrations.is_current(service, connection)
    assert everything(database) == before


def test_rows_still_refer_to_what_they_did(database: Database, service: str) -> None:
    with database.begin(EVERYTHING) as connection:
        for table in tables_of(service).values():
            known = inspect(connection).get_foreign_keys(table.name)
            assert {
                (key["constrained_columns"][0], key["referred_table"]) for key in known
            } == {
                (key.parent.name, key.column.table.name) for key in table.foreign_keys
            }
        if database.is_sqlite:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


@pytest.mark.parametrize("service", ["intake"])
def test_old_patients_and_referrals_are_found(
    database: Database,
    service: str,
) -> None:
    assert service == "intake"
    context = Context(actor=load("intake").actor, clinic_id=CLINIC)
    asked = FindPatients(
        family_name="canary-example",
        birth_date=date(1985, 4, 30),
        email="CANARY@example.org",
        phone="+1 (312) 555-0100",
    )
    identifier = Identifier(system="urn:mrn", value="Canary-4711")

    with database.begin(EVERYTHING) as connection:
        uow = UnitOfWork(connection, context, now=NOW, tracing=Tracing("intake"))
        indexes = indexes_of(asked, uow)
        patient = connection.execute(tables_of("intake")["patients"].select()).one()
        referral = connection.execute(tables_of("intake")["referrals"].select()).one()

        assert {name: patient._mapping[name] for name in indexes} == indexes
        assert referral.identifier_index == identifier_index(identifier, uow)
    assert len(indexes) == 3


@pytest.mark.parametrize("service", ["intake"])
def test_a_migration_that_fails_leaves_all_as_it_was(
    database_url: str, service: str
) -> None:
    old = Database(database_url, vault=new_vault())
    migrations.upgrade(service, old, to="mailbox_0001")
    migrations.upgrade(service, old, to=f"{service}_0001")
    with old.begin(EVERYTHING) as connection:
        fill(connection, service)
    before = everything(old)
    blind = Database(database_url)

    with pytest.raises(NoVaultError):
        migrations.upgrade(service, blind)

    with old.read(EVERYTHING) as connection:
        assert not migrations.is_current(service, connection)
        row = connection.execute(text("select given_name from patients")).one()
    assert row.given_name == "Canary-Ann"
    assert (everything(old) == before) or old.is_sqlite
    migrations.upgrade(service, old)
    blind.close()
    old.close()


def tables_of(service: str) -> Mapping[str, Table]:
    """The tables of a service as they are now."""
    return load(service).metadata.tables
