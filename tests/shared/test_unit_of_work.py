"""A change and its news stand or fall together, in one clinic, on what was read."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from uuid import UUID

import pytest
from sqlalchemy import Column, Integer, Table, select, text

from services.scheduling.app import service
from services.scheduling.domain import Resource, ResourceKind
from services.scheduling.models import resources
from shared.context import Context
from shared.database import Database, new_metadata
from shared.errors import ConflictError, NotFoundError, StaleError, UnavailableError
from shared.ids import uuid7
from shared.mailbox.tables import event_log
from shared.telemetry import Tracing
from shared.testing.lab import StandingClock
from shared.unit_of_work import ExpectedVersion, Reading, UnitOfWork, transaction
from tests.shared.noting import CLINIC, appointment

OTHER_CLINIC = uuid7()
CLOCK = StandingClock()
TRACING = Tracing("scheduling")

Begin = Callable[..., AbstractContextManager[UnitOfWork]]


@pytest.fixture
def begin(database: Database) -> Begin:
    """Opens units of work on a database of either kind."""

    def begin(clinic_id: UUID | None = CLINIC) -> AbstractContextManager[UnitOfWork]:
        return transaction(
            database.engine,
            Context(actor=service.actor, clinic_id=clinic_id),
            now=CLOCK(),
            tracing=TRACING,
            conflicts={"uq_clinics_name": NameTakenError},
        )

    return begin


class NameTakenError(ConflictError):
    """There is a clinic of that name."""

    code = "name_taken"


def room(clinic_id: UUID = CLINIC, name: str = "Blue") -> Resource:
    """A room nobody has heard of."""
    return Resource(id=uuid7(), clinic_id=clinic_id, kind=ResourceKind.ROOM, name=name)


def add(begin: Begin, resource: Resource) -> Resource:
    """Keep a room, and tell of it."""
    with begin(resource.clinic_id) as uow:
        uow.add(resource)
        uow.publish(resource.add(), of=resource)
    return resource


def rename(uow: UnitOfWork, resource_id: UUID, name: str) -> None:
    """Change a room, and tell of it."""
    resource = uow.get(Resource, resource_id)
    resource.name = name
    uow.publish(resource.add(), of=resource)


def log(database: Database) -> list[tuple[UUID, int]]:
    """Aggregate and version of everything that was told."""
    with database.reading.connect() as connection:
        rows = connection.execute(select(event_log).order_by(event_log.c.id))
        return [(row.aggregate_id, row.aggregate_version) for row in rows]


def names(database: Database) -> list[str]:
    """The names of all rooms."""
    with database.reading.connect() as connection:
        return list(connection.execute(select(resources.c.name)).scalars())


def test_a_change_and_its_event_are_kept_together(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())

    assert names(database) == ["Blue"]
    assert log(database) == [(resource.id, 1)]


def test_an_exception_takes_both_back(begin: Begin, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), begin() as uow:
        resource = uow.add(room())
        uow.publish(resource.add(), of=resource)
        uow.flush()
        raise ZeroDivisionError

    assert names(database) == []
    assert log(database) == []


def test_what_the_database_refuses_takes_the_event_back(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())

    with pytest.raises(ConflictError), begin() as uow:
        copy = room(name="Copy")
        copy.id = resource.id
        uow.publish(copy.add(), of=copy)
        uow.add(copy)

    assert names(database) == ["Blue"]
    assert log(database) == [(resource.id, 1)]


def test_an_event_of_a_version_that_was_told_takes_the_change_back(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())
    twin = room(name="Twin")

    with pytest.raises(ConflictError), begin() as uow:
        uow.add(twin)
        same = appointment()
        same.id = resource.id
        uow.publish(resource.add(), of=same)

    assert names(database) == ["Blue"]
    assert log(database) == [(resource.id, 1)]


def test_news_alone_is_refused_whole_too(begin: Begin, database: Database) -> None:
    told = appointment()
    with begin() as uow:
        uow.publish(room().add(), of=told)
    late, fresh = appointment(), appointment()
    late.id = told.id

    # Without a record to write, events and commit go out in one round trip.
    with pytest.raises(ConflictError), begin() as uow:
        uow.publish(room().add(), of=fresh)
        uow.publish(room().add(), of=late)
    with begin() as uow:
        uow.publish(room().add(), of=appointment())

    assert len(log(database)) == 2
    assert fresh.id not in [aggregate_id for aggregate_id, _ in log(database)]


def test_a_row_without_a_record_is_kept_with_the_news(
    begin: Begin, database: Database
) -> None:
    metadata = new_metadata()
    notes = Table("notes", metadata, Column("id", Integer, primary_key=True))
    metadata.create_all(database.engine)

    with begin() as uow:
        uow.insert(notes, id=1)
        uow.publish(room().add(), of=appointment())
    with pytest.raises(ConflictError), begin() as uow:
        uow.insert(notes, id=1)
        uow.publish(room().add(), of=appointment())

    with database.reading.connect() as connection:
        assert list(connection.execute(select(notes.c.id)).scalars()) == [1]
    assert len(log(database)) == 1


def test_several_events_of_one_record_are_numbered_without_a_gap(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())

    with begin() as uow:
        rename(uow, resource.id, "Green")
        rename(uow, resource.id, "Red")

    assert log(database) == [(resource.id, 1), (resource.id, 2), (resource.id, 3)]


def test_a_constraint_is_told_as_the_error_it_stands_for(
    begin: Begin, database: Database
) -> None:
    from services.scheduling.domain import Clinic

    def onboard() -> None:
        with begin(None) as uow:
            clinic_id = uuid7()
            clinic = Clinic(
                id=clinic_id,
                clinic_id=clinic_id,
                name="One",
                time_zone="UTC",
                alert_response_seconds=60,
            )
            uow.publish(clinic.onboard(), of=uow.add(clinic))

    onboard()
    if database.is_sqlite:
        # SQLite names the columns and not the constraint.
        with pytest.raises(ConflictError):
            onboard()
    else:
        with pytest.raises(NameTakenError):
            onboard()


def test_who_decided_on_an_older_state_is_refused_by_postgresql(
    postgres_url: str,
) -> None:
    from shared import migrations

    database = Database(postgres_url)
    migrations.upgrade("scheduling", database)

    def begin(_: UUID = CLINIC) -> AbstractContextManager[UnitOfWork]:
        context = Context(actor=service.actor, clinic_id=CLINIC)
        return transaction(
            database.engine, context, now=CLOCK(), tracing=TRACING, conflicts={}
        )

    resource = add(begin, room())
    with pytest.raises(StaleError), begin() as slow:
        seen = slow.get(Resource, resource.id)
        with begin() as fast:
            rename(fast, resource.id, "Fast")
        seen.name = "Slow"
        slow.publish(seen.add(), of=seen)

    assert names(database) == ["Fast"]
    assert log(database) == [(resource.id, 1), (resource.id, 2)]
    database.close()


def test_no_update_is_lost_when_many_change_one_record(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room(name="0"))
    together, done = threading.Barrier(4), []

    def count_up() -> None:
        together.wait()
        for _ in range(8):
            with suppress(StaleError), begin() as uow:
                seen = uow.get(Resource, resource.id)
                rename(uow, resource.id, str(int(seen.name) + 1))
                done.append(uow)
            # A refused one was noted above before its commit was tried.

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    told = [version for _, version in log(database)]
    assert told == list(range(1, len(told) + 1))
    assert names(database) == [str(len(told) - 1)]
    assert len(told) - 1 <= len(done) == 32
    if database.is_sqlite:
        assert len(told) - 1 == 32


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

    with database.reading.connect() as connection:
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


def test_a_database_that_does_not_answer_is_said_to_be_away() -> None:
    nowhere = Database("postgresql://kap@127.0.0.1:1/kap")
    context = Context(actor=service.actor, clinic_id=CLINIC)

    with (
        pytest.raises(UnavailableError, match="does not answer"),
        transaction(
            nowhere.engine, context, now=CLOCK(), tracing=TRACING, conflicts={}
        ) as uow,
    ):
        uow.connection.execute(text("select 1"))


def test_a_session_that_is_ended_before_the_commit_is_an_outage_and_keeps_nothing(
    postgres_url: str,
) -> None:
    from shared import migrations

    database = Database(postgres_url)
    migrations.upgrade("scheduling", database)
    context = Context(actor=service.actor, clinic_id=CLINIC)

    with (
        pytest.raises(UnavailableError),
        transaction(
            database.engine, context, now=CLOCK(), tracing=TRACING, conflicts={}
        ) as uow,
    ):
        uow.publish(room().add(), of=appointment())
        own = uow.connection.execute(text("select pg_backend_pid()")).scalar()
        with database.reading.connect() as other:
            end = text("select pg_terminate_backend(:own, 5000)")
            other.execute(end, {"own": own})

    assert log(database) == []
    database.close()
