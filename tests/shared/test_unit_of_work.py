"""A change and its news stand or fall together."""

import pytest
from sqlalchemy import Column, Integer, Table, select, text

from services.scheduling.domain import Clinic
from shared.database import Database, new_metadata
from shared.errors import ConflictError, UnavailableError
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING
from tests.shared.noting import appointment
from tests.shared.rooms import (
    Begin,
    NameTakenError,
    add,
    begin_on,
    log,
    names,
    rename,
    room,
)


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


def test_an_attempt_that_fails_is_taken_back_and_the_rest_stays(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())

    with begin() as uow:
        rename(uow, resource.id, "Green")
        copy = room(name="Copy")
        copy.id = uuid7()
        with pytest.raises(ZeroDivisionError), uow.attempt():
            rename(uow, resource.id, "Red")
            uow.publish(copy.add(), of=uow.add(copy))
            raise ZeroDivisionError
        with uow.attempt():
            other = room(name="Other")
            uow.publish(other.add(), of=uow.add(other))

    assert sorted(names(database)) == ["Green", "Other"]
    assert log(database) == [(resource.id, 1), (resource.id, 2), (other.id, 1)]


def test_what_the_database_refuses_is_refused_at_the_end_of_an_attempt(
    begin: Begin, database: Database
) -> None:
    resource = add(begin, room())

    with begin() as uow:
        with pytest.raises(ConflictError), uow.attempt():
            copy = room(name="Copy")
            copy.id = resource.id
            uow.publish(copy.add(), of=copy)
            uow.db.add(copy)
        rename(uow, resource.id, "Green")

    assert names(database) == ["Green"]
    assert log(database) == [(resource.id, 1), (resource.id, 2)]


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

    with database.read(EVERYTHING) as connection:
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


def test_a_database_that_does_not_answer_is_said_to_be_away() -> None:
    begin = begin_on(Database("postgresql://kap@127.0.0.1:1/kap"))

    with pytest.raises(UnavailableError, match="does not answer"), begin() as uow:
        uow.connection.execute(text("select 1"))


def test_a_session_that_is_ended_before_the_commit_is_an_outage_and_keeps_nothing(
    postgres: Database,
) -> None:
    begin = begin_on(postgres)

    with pytest.raises(UnavailableError), begin() as uow:
        uow.publish(room().add(), of=appointment())
        own = uow.connection.execute(text("select pg_backend_pid()")).scalar()
        with postgres.read(EVERYTHING) as other:
            end = text("select pg_terminate_backend(:own, 5000)")
            other.execute(end, {"own": own})

    assert log(postgres) == []
    with begin() as uow:
        uow.publish(room().add(), of=appointment())
    assert len(log(postgres)) == 1
