"""A query that is built once reads what SQLAlchemy would, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    Column,
    Float,
    Integer,
    String,
    Table,
    Uuid,
    bindparam,
    insert,
    select,
    text,
)

from shared.database import Database, Document, UtcDateTime, new_metadata, words
from shared.errors import UnavailableError
from shared.reach import NETWORK
from shared.statements import ReadyQuery
from tests.shared.rooms import begin_on

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Colour(StrEnum):
    """Words for a column."""

    RED = "red"
    DEEP_BLUE = "deep_blue"


metadata = new_metadata()
things = Table(
    "things",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("number", Integer),
    Column("weight", Float),
    Column("name", String(64)),
    Column("at", UtcDateTime),
    Column("colour", words(Colour)),
    Column("papers", Document),
)
EVERYTHING = ReadyQuery(select(things).where(things.c.id == bindparam("which")))
LATER = ReadyQuery(
    select(things.c.id, things.c.colour)
    .where(things.c.at > bindparam("since"), things.c.colour == bindparam("colour"))
    .order_by(things.c.at)
)
PAPERS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | st.text("aé☃ '%"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.fixture
def bare(database_url: str) -> Iterator[Database]:
    """A database with one table for things."""
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.close()


def keep(bare: Database, **values: object) -> UUID:
    """Put a thing in; its id."""
    which = uuid4()
    with bare.begin(NETWORK) as connection:
        connection.execute(insert(things).values(id=which, **values))
    return which


def read(bare: Database, query: ReadyQuery, **values: Any) -> dict[str, Any] | None:
    """What a query finds first."""
    with bare.begin(NETWORK) as connection:
        return query.first(connection, **values)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    number=st.none() | st.integers(-(2**31), 2**31 - 1),
    weight=st.none() | st.floats(-1e9, 1e9),
    name=st.none() | st.text("abc %:'\"é☃", max_size=64),
    at=st.none()
    | st.datetimes(
        min_value=datetime(1950, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone.
        max_value=datetime(2150, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))]),
    ),
    colour=st.none() | st.sampled_from(Colour),
    papers=PAPERS,
)
def test_it_reads_what_sqlalchemy_reads(bare: Database, **values: Any) -> None:
    which = keep(bare, **values)

    found = read(bare, EVERYTHING, which=which)

    with bare.begin(NETWORK) as connection:
        theirs = connection.execute(select(things).where(things.c.id == which)).one()
    assert found == theirs._asdict()
    assert found is not None
    assert [type(value) for value in found.values()] == [type(v) for v in theirs]


def test_its_values_are_made_fit_for_the_database(bare: Database) -> None:
    keep(bare, at=NOON, colour=Colour.RED)
    blue = keep(bare, at=NOON + timedelta(hours=1), colour=Colour.DEEP_BLUE)
    elsewhere = NOON.astimezone(timezone(timedelta(hours=9)))

    found = read(bare, LATER, since=elsewhere, colour=Colour.DEEP_BLUE)

    assert found == {"id": blue, "colour": Colour.DEEP_BLUE}


def test_a_row_that_is_not_there_is_none(bare: Database) -> None:
    assert read(bare, EVERYTHING, which=uuid4()) is None


def test_it_reads_what_its_own_transaction_has_written(bare: Database) -> None:
    which = uuid4()
    with bare.begin(NETWORK) as connection:
        connection.execute(insert(things).values(id=which, number=7))

        found = EVERYTHING.first(connection, which=which)

        assert found is not None
        assert found["number"] == 7


def test_a_connection_that_died_is_an_outage_once_and_then_replaced(
    postgres: Database,
) -> None:
    metadata.create_all(postgres.engine)
    begin = begin_on(postgres)
    with pytest.raises(UnavailableError), begin() as uow:
        own = uow.connection.execute(text("select pg_backend_pid()")).scalar()
        with postgres.read(NETWORK) as other:
            end = text("select pg_terminate_backend(:own, 5000)")
            other.execute(end, {"own": own})
        EVERYTHING.first(uow.connection, which=uuid4())

    with begin() as uow:
        assert EVERYTHING.first(uow.connection, which=uuid4()) is None
