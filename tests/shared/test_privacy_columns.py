"""What is sealed is sealed by every way in and opened by every way out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Column, Table, Uuid, insert, select, text, update
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import Session, registry

from shared import migrations
from shared.context import Actor, Context
from shared.database import Database, insert_rows, new_metadata
from shared.ids import utc_now, uuid7
from shared.privacy.columns import (
    Sealed,
    SealedValue,
    opened,
    seal,
    seal_row,
    sealed_columns,
)
from shared.privacy.keys import NoVaultError, PersonErasedError, SealBrokenError
from shared.reading import Reading
from shared.testing.keys import new_vault
from shared.testing.lab import EVERYTHING

CLINIC, ANN, BOB = uuid7(), uuid7(), uuid7()
BORN = date(1985, 4, 30)

metadata = new_metadata()
people = Table(
    "people",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    Column("name", Sealed(person="id")),
    Column("born", Sealed(person="id", of=date)),
    Column("note", Sealed()),
    Column("form", Sealed(of=dict)),
)


@dataclass(kw_only=True)
class Someone:
    """A person of whom all is sealed."""

    id: UUID
    name: str | None
    born: date | None = BORN
    note: str | None = None
    form: dict[str, Any] | None = None
    clinic_id: UUID = CLINIC


registry().map_imperatively(Someone, people)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database of either kind with a table for people."""
    made = Database(database_url, vault=new_vault())
    migrations.upgrade("console", made)
    metadata.create_all(made.engine)
    yield made
    made.close()


def keep(database: Database, *records: Someone) -> None:
    """Put records in by the ORM."""
    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        session.add_all(records)
        session.flush()


def raw(database: Database) -> bytes:
    """Everything of the table, as it lies there."""
    with database.read(EVERYTHING) as connection:
        rows = connection.execute(text("select name, born, note, form from people"))
        return b"|".join(bytes(each) for row in rows for each in row if each)


def read(database: Database) -> list[Any]:
    """The rows as queries read them."""
    with database.read(EVERYTHING) as connection:
        reading = Reading(connection, Context(actor=Actor(id=ANN), clinic_id=CLINIC))
        return reading.rows(reading.select(people).order_by(people.c.id))


def erase(database: Database, person_id: UUID) -> None:
    """Destroy a person's key."""
    assert database.vault
    with database.begin(EVERYTHING) as connection:
        database.vault.destroy(connection, CLINIC, person_id, at=utc_now())


def test_a_record_is_written_sealed_and_read_as_it_was(database: Database) -> None:
    ann = Someone(id=ANN, name="Ann", note="Sleeps badly.", form={"q1": 3, "at": None})

    keep(database, ann)

    for said in (b"Ann", b"Sleeps", b"q1", b"1985"):
        assert said not in raw(database)
    assert (ann.name, ann.born, ann.note) == ("Ann", BORN, "Sleeps badly.")
    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        again = session.get_one(Someone, ANN)
        assert (again.name, again.born, again.note, again.form) == (
            "Ann",
            BORN,
            "Sleeps badly.",
            {"q1": 3, "at": None},
        )


def test_a_changed_value_is_sealed_anew_and_another_is_left_alone(
    database: Database,
) -> None:
    keep(database, Someone(id=ANN, name="Ann", note="Old."))
    with database.read(EVERYTHING) as connection:
        before = connection.execute(select(people.c.name, people.c.note)).one()

    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        ann = session.get_one(Someone, ANN)
        ann.note = "New."
        session.flush()
        assert (ann.name, ann.note) == ("Ann", "New.")

    with database.read(EVERYTHING) as connection:
        after = connection.execute(select(people.c.name, people.c.note)).one()
    assert after.name == before.name
    assert after.note != before.note
    assert read(database)[0]["note"] == "New."


def test_a_value_set_to_what_it_was_is_not_written(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann", note="Old."))
    before = raw(database)

    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        ann = session.get_one(Someone, ANN)
        ann.note = "".join(["Old", "."])
        session.flush()

    assert raw(database) == before


def test_a_value_can_be_taken_away(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann", note="Old."))

    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        session.get_one(Someone, ANN).note = None
        session.flush()

    assert read(database)[0]["note"] is None


def test_a_record_that_is_refreshed_is_opened_again(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann"))

    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        ann = session.get_one(Someone, ANN)
        session.expire(ann)
        assert ann.name == "Ann"
        session.refresh(ann)
        assert (ann.name, ann.born) == ("Ann", BORN)


def test_rows_are_sealed_and_opened_too(database: Database) -> None:
    row = {"id": ANN, "clinic_id": CLINIC, "name": "Ann", "born": BORN, "note": None}
    with database.begin(EVERYTHING) as connection:
        insert_rows(connection, [(people, seal_row(connection, people, row))])

    assert b"Ann" not in raw(database)
    (found,) = read(database)
    assert {name: found[name] for name in row} == row


@pytest.mark.parametrize(
    "statement",
    [
        insert(people).values(id=ANN, clinic_id=CLINIC, note="plain"),
        update(people).values(note="plain"),
        select(people).where(people.c.note == "plain"),
        insert(people).values(id=ANN, clinic_id=CLINIC, note=b"plain"),
        insert(people).values(id=ANN, clinic_id=CLINIC, born=BORN),
    ],
    ids=["insert", "update", "select", "bytes", "date"],
)
def test_nothing_plain_gets_through_by_another_way(
    database: Database, statement: Any
) -> None:
    with (
        pytest.raises(StatementError, match="would be written unsealed") as refused,
        database.begin(EVERYTHING) as connection,
    ):
        connection.execute(statement)

    assert isinstance(refused.value.orig, TypeError)
    assert raw(database) == b""


def test_a_value_moved_to_another_column_does_not_open(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann", note="A note."))
    with database.begin(EVERYTHING) as connection:
        connection.execute(text("update people set form = note"))

    with pytest.raises(SealBrokenError, match=r"people\.form does not open with key"):
        read(database)
    with (
        pytest.raises(SealBrokenError, match=r"people\.form"),
        database.begin(EVERYTHING) as connection,
        Session(connection) as session,
    ):
        session.get(Someone, ANN)


def test_a_value_moved_to_another_clinic_does_not_open(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann", note="A note."))
    with database.begin(EVERYTHING) as connection:
        connection.execute(update(people).values(clinic_id=uuid7()))

    with (
        pytest.raises(SealBrokenError),
        database.begin(EVERYTHING) as connection,
        Session(connection) as session,
    ):
        session.get(Someone, ANN)


def test_of_an_erased_person_only_the_person_is_gone(database: Database) -> None:
    keep(
        database, Someone(id=ANN, name="Ann", note="Slept."), Someone(id=BOB, name="B")
    )

    erase(database, ANN)

    first, second = read(database)
    assert (first["name"], first["born"], first["note"]) == (None, None, "Slept.")
    assert second["name"] == "B"
    with database.begin(EVERYTHING) as connection, Session(connection) as session:
        ann = session.get_one(Someone, ANN)
        assert (ann.name, ann.born, ann.note) == (None, None, "Slept.")
        ann.note = "Slept well."
        session.flush()
    assert read(database)[0]["note"] == "Slept well."


def test_who_is_erased_gets_no_new_name(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann"))
    erase(database, ANN)

    with (
        pytest.raises(PersonErasedError),
        database.begin(EVERYTHING) as connection,
        Session(connection) as session,
    ):
        session.get_one(Someone, ANN).name = "Ann again"
        session.flush()


def test_a_database_without_a_vault_reads_and_writes_nothing_sealed(
    database: Database, database_url: str
) -> None:
    keep(database, Someone(id=ANN, name="Ann"))
    blind = Database(database_url)

    with pytest.raises(NoVaultError):
        keep(blind, Someone(id=BOB, name="Bob"))
    with pytest.raises(NoVaultError):
        read(blind)
    blind.close()


def test_each_column_knows_its_own_name() -> None:
    kinds = sealed_columns(people)

    assert {name: kind.where for name, kind in kinds.items()} == {
        name: f"people.{name}" for name in ("name", "born", "note", "form")
    }


def test_a_column_read_under_another_name_opens(database: Database) -> None:
    keep(database, Someone(id=ANN, name="Ann"))
    other = people.alias("other")
    query = select(people.c.name.label("called"), other.c.name, other.c.note).join(
        other, other.c.id == people.c.id
    )

    with database.read(EVERYTHING) as connection:
        rows = opened(connection, connection.execute(query))

    assert rows == [{"called": "Ann", "name": "Ann", "note": None}]


def test_what_is_sealed_by_hand_is_written_as_it_is(database: Database) -> None:
    with database.begin(EVERYTHING) as connection:
        kind = sealed_columns(people)["note"]
        note = seal(connection, kind, "By hand.", clinic_id=CLINIC)
        assert isinstance(note, SealedValue)
        row = {"id": ANN, "clinic_id": CLINIC, "note": note}
        insert_rows(connection, [(people, seal_row(connection, people, row))])

    assert read(database)[0]["note"] == "By hand."
