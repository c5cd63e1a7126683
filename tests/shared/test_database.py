"""Times are instants on both databases, and no connection crosses a fork."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, Table, insert, select, text
from sqlalchemy.exc import OperationalError, StatementError

from shared import migrations
from shared.database import Database, UtcDateTime, is_outage, new_metadata, words
from shared.testing.lab import EVERYTHING

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Colour(StrEnum):
    """Words for a column."""

    RED = "red"
    DEEP_BLUE = "deep_blue"


metadata = new_metadata()
things = Table(
    "things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcDateTime),
    Column("colour", words(Colour)),
)


@pytest.fixture
def bare(database_url: str) -> Iterator[Database]:
    """A database with one table for things."""
    made = Database(database_url)
    metadata.create_all(made.engine)
    yield made
    made.close()


def keep(bare: Database, **values: object) -> None:
    """Put a thing in."""
    with bare.begin(EVERYTHING) as connection:
        connection.execute(insert(things).values(**values))


def test_a_time_without_a_zone_is_refused(bare: Database) -> None:
    with pytest.raises(StatementError, match="an instant needs a time zone"):
        keep(bare, id=1, at=NOON.replace(tzinfo=None))

    with bare.read(EVERYTHING) as connection:
        assert connection.execute(select(things)).all() == []


@pytest.mark.parametrize("hours", [-11, 0, 5.75, 14])
def test_a_time_comes_back_as_the_same_instant_in_utc(
    bare: Database, hours: float
) -> None:
    there = NOON.astimezone(timezone(timedelta(hours=hours)))
    keep(bare, id=1, at=there.replace(microsecond=123456))

    with bare.read(EVERYTHING) as connection:
        found = connection.execute(select(things.c.at)).scalar_one()

    assert found == NOON.replace(microsecond=123456)
    assert found.utcoffset() == timedelta(0)


def test_a_time_comes_back_in_utc_from_a_server_that_lives_elsewhere(
    postgres_url: str,
) -> None:
    first = Database(postgres_url)
    with first.read(EVERYTHING) as connection:
        name = connection.execute(text("select current_database()")).scalar_one()
        connection.execute(text(f"alter database {name} set timezone = 'Asia/Tokyo'"))
    first.close()
    bare = Database(postgres_url)
    metadata.create_all(bare.engine)
    keep(bare, id=1, at=NOON)

    with bare.read(EVERYTHING) as connection:
        found = connection.execute(select(things.c.at)).scalar_one()
    bare.close()

    assert found.isoformat() == "2026-03-02T12:00:00+00:00"


def test_times_are_compared_as_instants(bare: Database) -> None:
    keep(bare, id=1, at=NOON.astimezone(timezone(timedelta(hours=9))))

    with bare.read(EVERYTHING) as connection:
        for at, expected in ((NOON, [1]), (NOON - timedelta(seconds=1), [])):
            found = connection.execute(select(things.c.id).where(things.c.at <= at))
            assert list(found.scalars()) == expected


def test_words_are_kept_as_text_and_others_are_refused(bare: Database) -> None:
    keep(bare, id=1, colour=Colour.DEEP_BLUE)

    with bare.read(EVERYTHING) as connection:
        assert connection.execute(select(things.c.colour)).scalar() is Colour.DEEP_BLUE
        plain = connection.execute(text("select colour from things")).scalar()
    assert plain == "deep_blue"
    with pytest.raises(StatementError):
        keep(bare, id=2, colour="green")


def test_migrations_run_once_and_say_whether_they_have_run(
    database_url: str,
) -> None:
    database = Database(database_url)
    with database.read(EVERYTHING) as connection:
        assert not migrations.is_current("scheduling", connection)

    migrations.upgrade("scheduling", database)
    migrations.upgrade("scheduling", database)

    with database.read(EVERYTHING) as connection:
        assert migrations.is_current("scheduling", connection)
        assert (
            connection.execute(text("select count(*) from appointments")).scalar() == 0
        )
    database.close()


def test_writers_of_one_file_wait_for_each_other_and_none_fails(
    tmp_path: Path,
) -> None:
    import threading

    database = Database(f"sqlite:///{tmp_path / 'kernel'}.db")
    metadata.create_all(database.engine)
    keep(database, id=1)

    def count_up() -> None:
        for _ in range(20):
            with database.begin(EVERYTHING) as connection:
                seen = connection.execute(text("select max(id) from things")).scalar()
                connection.execute(insert(things).values(id=(seen or 0) + 1))

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read(EVERYTHING) as connection:
        assert connection.execute(text("select count(*) from things")).scalar() == 81
    database.close()


def test_a_database_that_is_not_there_is_an_outage_and_a_mistake_is_none(
    bare: Database,
) -> None:
    nowhere = Database("postgresql://kap@127.0.0.1:1/kap")
    with pytest.raises(OperationalError) as away:
        nowhere.engine.connect()
    keep(bare, id=1)
    with pytest.raises(Exception, match=r"(?i)unique") as mistake:
        keep(bare, id=1)

    assert is_outage(away.value)
    assert not is_outage(mistake.value)
    assert not is_outage(ValueError("no"))


FORKING = """
import json, os, sys
from sqlalchemy import text
from services.scheduling.app import service
from shared.identity import new_key, public_keys
from shared.privacy.keyring import new_ring
from shared.service import Runtime
from shared.settings import Settings

key = new_key()
settings = Settings(
    database_url=sys.argv[1],
    broker_url="memory://fork",
    signing_key=key,
    token_keys=public_keys(key),
    master_keys=new_ring(),
)

def session(runtime):
    with runtime.mailbox() as connection:
        return connection.execute(text("select pg_backend_pid()")).scalar()

parent = Runtime.start(service, settings)
first = session(parent)
reader, writer = os.pipe()
if os.fork() == 0:
    child = Runtime.start(service, settings)
    os.write(writer, json.dumps([session(child) for _ in range(20)]).encode())
    child.close()
    os._exit(0)
mine = [session(parent) for _ in range(20)]
os.wait()
theirs = json.loads(os.read(reader, 4096))
parent.close()
print(json.dumps({"first": first, "mine": mine, "theirs": theirs}))
"""


def test_a_forked_process_has_a_connection_of_its_own(postgres_url: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", FORKING, postgres_url],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )

    sessions = json.loads(said.stdout)
    assert set(sessions["mine"]) == {sessions["first"]}
    assert len(set(sessions["theirs"])) == 1
    assert sessions["first"] not in sessions["theirs"]
