"""One process publishes at a time, and who lost the lease cannot write any more."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from shared import migrations
from shared.database import Database
from shared.mailbox.tables import event_log
from shared.service import Runtime
from shared.testing.lab import EVERYTHING, Lab
from shared.worker.relay import Relay
from tests.conftest import MakeLab
from tests.shared.noting import Noting, appointment, scheduling, tell

on_servers = pytest.mark.parametrize("stack", ["real"], indirect=True)


@pytest.fixture
def noting() -> Noting:
    """A service that notes what it hears."""
    return Noting()


@pytest.fixture
def lab(make_lab: MakeLab, noting: Noting) -> Lab:
    """Scheduling, and a service that hears it."""
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    return lab


@pytest.fixture
def other(lab: Lab) -> Iterator[Runtime]:
    """Scheduling's runtime in a second process."""
    made = Runtime.start(scheduling, lab.runtime("scheduling").settings)
    yield made
    made.close()


def relay_of(lab: Lab, runtime: Runtime | None = None) -> Relay:
    """A relay of scheduling."""
    return Relay(runtime or lab.runtime("scheduling"), lab.platform.broker)


def states(lab: Lab) -> list[str]:
    """What the log says of every event."""
    with lab.runtime("scheduling").begin(EVERYTHING) as connection:
        rows = connection.execute(select(event_log).order_by(event_log.c.id))
        return [row.route_state for row in rows]


def end_sessions_with_a_lease(lab: Lab) -> int:
    """Let the database server end every session that holds an advisory lock."""
    ending = text(
        "select count(pg_terminate_backend(pid, 5000)) from pg_locks"
        " where locktype = 'advisory' and database ="
        " (select oid from pg_database where datname = current_database())"
    )
    with lab.runtime("scheduling").begin(EVERYTHING) as connection:
        found: int = connection.execute(ending).scalar_one()
        return found


def test_events_are_published_in_their_order_and_marked(
    lab: Lab, noting: Noting
) -> None:
    tell(lab, appointment(), times=5)
    relay = relay_of(lab)

    while relay.publish():
        pass
    assert states(lab) == ["routed"] * 5
    assert relay.publish() is False
    relay.close()
    lab.settle()

    assert noting.versions(lab) == [1, 2, 3, 4, 5]


def test_what_nobody_listens_to_is_noted_as_unrouted(make_lab: MakeLab) -> None:
    lab = make_lab([scheduling])
    tell(lab, appointment())

    lab.settle()

    assert states(lab) == ["unrouted"]


@on_servers
def test_of_two_relays_one_publishes_until_it_gives_the_lease_up(
    lab: Lab, other: Runtime
) -> None:
    first, second = relay_of(lab), relay_of(lab, other)
    tell(lab, appointment())
    assert first.publish() is True
    tell(lab, appointment())

    assert second.publish() is False
    assert states(lab) == ["routed", "pending"]
    first.close()
    assert second.publish() is True

    assert states(lab) == ["routed", "routed"]
    second.close()


@on_servers
def test_who_lost_the_session_can_write_no_more_and_another_takes_over(
    lab: Lab, other: Runtime, noting: Noting
) -> None:
    first, second = relay_of(lab), relay_of(lab, other)
    first.publish()
    tell(lab, appointment(), times=2)

    assert end_sessions_with_a_lease(lab) == 1
    with pytest.raises(Exception, match=r"(?i)terminat|closed"):
        first.publish()
    assert states(lab) == ["pending", "pending"]
    while second.publish():
        pass

    assert states(lab) == ["routed", "routed"]
    first.close()
    second.close()
    lab.settle()
    assert noting.versions(lab) == [1, 2]


@on_servers
def test_a_relay_that_lost_its_session_takes_the_lease_again(lab: Lab) -> None:
    relay = relay_of(lab)
    relay.publish()
    end_sessions_with_a_lease(lab)
    with pytest.raises(Exception, match=r"(?i)terminat|closed"):
        relay.publish()
    relay.close()

    tell(lab, appointment())
    assert relay.publish() is True

    assert states(lab) == ["routed"]
    relay.close()


@on_servers
def test_news_from_another_process_ends_a_relays_wait(lab: Lab, other: Runtime) -> None:
    relay = relay_of(lab)
    relay.step()

    def wait() -> float:
        started = time.monotonic()
        relay.step()
        return time.monotonic() - started

    quiet = wait()
    told = []
    for _ in range(3):
        other.announce()
        told.append(wait())

    assert quiet >= 0.09
    assert min(told) < 0.09
    relay.close()


@on_servers
def test_a_relay_that_starts_before_the_migrations_keeps_no_lease(
    lab: Lab, postgres_url: str
) -> None:
    settings = replace(lab.runtime("scheduling").settings, database_url=postgres_url)
    runtime = Runtime.start(scheduling, settings)
    relay = relay_of(lab, runtime)
    with pytest.raises(Exception, match="feed"):
        relay.publish()

    database = Database(postgres_url, vault=runtime.database.vault)
    with database.read(EVERYTHING) as connection:
        locks = text("select count(*) from pg_locks where locktype = 'advisory'")
        held = connection.execute(locks).scalar()
    migrations.upgrade("scheduling", database)

    assert held == 0
    assert relay.publish() is False
    assert relay._connection is not None
    relay.close()
    runtime.close()
    database.close()
