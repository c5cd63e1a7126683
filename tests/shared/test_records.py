"""A clinic sees its own records only, and decides on their present state."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import select

from services.scheduling.app import service
from services.scheduling.domain import Resource
from services.scheduling.models import resources
from shared.conflicts import ExpectedVersion
from shared.context import Context
from shared.database import Database
from shared.errors import NotFoundError, StaleError
from shared.ids import uuid7
from shared.reading import Reading
from shared.testing.lab import EVERYTHING
from tests.shared.noting import CLINIC
from tests.shared.rooms import (
    OTHER_CLINIC,
    Begin,
    add,
    begin_on,
    log,
    names,
    rename,
    room,
)


def test_who_decided_on_an_older_state_is_refused_by_postgresql(
    postgres: Database,
) -> None:
    begin = begin_on(postgres)
    resource = add(begin, room())

    with pytest.raises(StaleError), begin() as slow:
        seen = slow.get(Resource, resource.id)
        with begin() as fast:
            rename(fast, resource.id, "Fast")
        seen.name = "Slow"
        slow.publish(seen.add(), of=seen)

    assert names(postgres) == ["Fast"]
    assert log(postgres) == [(resource.id, 1), (resource.id, 2)]


def test_no_update_is_lost_when_many_change_one_record(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room(name="0"))
    together, counted = threading.Barrier(4), []

    def count_up() -> None:
        together.wait()
        for _ in range(8):
            with suppress(StaleError):
                with begin() as uow:
                    seen = uow.get(Resource, resource.id)
                    rename(uow, resource.id, str(int(seen.name) + 1))
                counted.append(1)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = [version for _, version in log(database)]
    assert told == list(range(1, len(counted) + 2))
    assert names(database) == [str(len(counted))]
    # On SQLite one writer waits for the other, so nobody ever sees an old state.
    assert len(counted) == 32 or not database.is_sqlite


def test_a_clinic_finds_its_own_records_and_no_other(begin: Begin) -> None:
    own, foreign = add(begin, room()), add(begin, room(OTHER_CLINIC, "Theirs"))

    with begin() as uow:
        assert uow.get(Resource, own.id).name == "Blue"
        assert uow.find(Resource, foreign.id) is None
        assert [each.id for each in uow.all(select(Resource))] == [own.id]
        with pytest.raises(NotFoundError) as unknown:
            uow.get(Resource, uuid7())
        with pytest.raises(NotFoundError) as theirs:
            uow.get(Resource, foreign.id)

    assert str(theirs.value) == str(unknown.value)


def test_the_network_finds_the_records_of_every_clinic(begin: Begin) -> None:
    add(begin, room())
    foreign = add(begin, room(OTHER_CLINIC, "Theirs"))

    with begin(None) as uow:
        assert uow.get(Resource, foreign.id).name == "Theirs"
        assert len(uow.all(select(Resource))) == 2
        with pytest.raises(NotFoundError, match="needs a clinic"):
            _ = uow.clinic_id


def test_a_reading_shows_a_clinic_its_own_rows_only(
    begin: Begin, database: Database
) -> None:
    add(begin, room())
    foreign = add(begin, room(OTHER_CLINIC, "Theirs"))

    with database.read(EVERYTHING) as connection:
        ours = Reading(connection, Context(actor=service.actor, clinic_id=CLINIC))
        network = Reading(connection, Context(actor=service.actor))

        assert [row["name"] for row in ours.rows(ours.select(resources))] == ["Blue"]
        assert len(network.rows(network.select(resources))) == 2
        query = ours.select(resources).where(resources.c.id == foreign.id)
        with pytest.raises(NotFoundError, match="no such room in this clinic"):
            ours.one(query, "room")


@pytest.fixture
def stale(begin: Begin) -> Iterator[tuple[UUID, ExpectedVersion]]:
    """A record of version 2, and a client that decided on version 1."""
    resource = add(begin, room())
    with begin() as uow:
        rename(uow, resource.id, "Green")
    yield resource.id, ExpectedVersion(resource.id, 1)


def test_a_client_that_decided_on_an_older_version_is_refused(
    begin: Begin, database: Database, stale: tuple[UUID, ExpectedVersion]
) -> None:
    resource_id, expected = stale

    with pytest.raises(StaleError) as refused, begin() as uow:
        uow.expected = expected
        rename(uow, resource_id, "Late")

    assert refused.value.details == {"version": 2}
    assert names(database) == ["Green"]


def test_a_client_that_decided_on_the_present_version_may_change_it_twice_over(
    begin: Begin, database: Database, stale: tuple[UUID, ExpectedVersion]
) -> None:
    resource_id, _ = stale

    with begin() as uow:
        uow.expected = ExpectedVersion(resource_id, 2)
        rename(uow, resource_id, "Red")
        rename(uow, resource_id, "Redder")

    assert names(database) == ["Redder"]


def test_what_a_client_expects_of_one_record_says_nothing_of_others(
    begin: Begin, stale: tuple[UUID, ExpectedVersion]
) -> None:
    other = add(begin, room(name="Other"))

    with begin() as uow:
        uow.expected = stale[1]
        assert uow.get(Resource, other.id).version == 1
