"""What is to be done at a time is done then, once, whatever stops meanwhile."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.context import Context
from shared.database import Database
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.mailbox import inbox, timers
from shared.mailbox.timers import Timer
from shared.service import Service
from shared.testing.lab import EVERYTHING, MORNING, Lab
from shared.unit_of_work import UnitOfWork
from tests.conftest import MakeLab
from tests.shared.noting import CLINIC, Noting, scheduling

RECORD = uuid7()


class Reminded:
    """A service whose reminders note when and about what they came."""

    def __init__(self) -> None:
        self.came: list[tuple[str, UUID]] = []
        self.fails = False
        self.noting = Noting(
            reminders={
                "look_again": lambda about, uow: self._note("look_again", about, uow),
                "give_up": lambda about, uow: self._note("give_up", about, uow),
            }
        )

    @property
    def service(self) -> Service:
        """The service."""
        return self.noting.service

    def _note(self, name: str, about: UUID, uow: UnitOfWork) -> None:
        assert uow.clinic_id == CLINIC
        if self.fails:
            raise InvalidError
        self.came.append((name, about))


@pytest.fixture
def reminded() -> Reminded:
    """A service that notes what it is reminded of."""
    return Reminded()


@pytest.fixture
def lab(make_lab: MakeLab, reminded: Reminded) -> Lab:
    """That service, beside scheduling."""
    return make_lab([scheduling, reminded.service])


def remind(lab: Lab, name: str = "look_again", **after: float) -> None:
    """Ask to be reminded of the record."""
    with lab.unit_of_work("console", CLINIC) as uow:
        uow.remind(name, about=RECORD, at=uow.now + timedelta(**after))


def test_a_reminder_comes_at_its_time_and_once(lab: Lab, reminded: Reminded) -> None:
    remind(lab, hours=2)
    lab.clock.advance(hours=1, minutes=59)
    lab.settle()
    assert reminded.came == []

    lab.clock.advance(minutes=1)
    lab.settle()
    lab.clock.advance(days=9)
    lab.settle()

    assert reminded.came == [("look_again", RECORD)]


memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


@memory
def test_a_reminder_that_is_set_again_moves(lab: Lab, reminded: Reminded) -> None:
    remind(lab, hours=1)
    remind(lab, hours=5)
    remind(lab, "give_up", hours=3)

    lab.clock.advance(hours=4)
    lab.settle()
    assert reminded.came == [("give_up", RECORD)]
    lab.clock.advance(hours=1)
    lab.settle()

    assert reminded.came == [("give_up", RECORD), ("look_again", RECORD)]


@memory
def test_a_reminder_can_be_taken_back(lab: Lab, reminded: Reminded) -> None:
    remind(lab, hours=1)
    with lab.unit_of_work("console", CLINIC) as uow:
        uow.forget("look_again", about=RECORD)
        uow.forget("never_set", about=RECORD)

    lab.clock.advance(hours=2)
    lab.settle()

    assert reminded.came == []


@memory
def test_a_reminder_falls_with_the_change_it_belongs_to(
    lab: Lab, reminded: Reminded
) -> None:
    with pytest.raises(ZeroDivisionError), lab.unit_of_work("console", CLINIC) as uow:
        uow.remind("look_again", about=RECORD, at=uow.now)
        raise ZeroDivisionError

    lab.settle()

    assert reminded.came == []


def test_what_fell_due_while_nothing_ran_comes_at_the_next_start(
    make_lab: MakeLab, reminded: Reminded
) -> None:
    lab = make_lab([scheduling, reminded.service])
    remind(lab, hours=1)
    lab.close()

    again = make_lab([scheduling, reminded.service])
    again.clock.advance(days=3)
    again.settle()

    assert reminded.came == [("look_again", RECORD)]


@memory
def test_a_reminder_that_fails_waits_for_a_person_like_an_event(
    lab: Lab, reminded: Reminded
) -> None:
    reminded.fails = True
    remind(lab, hours=0)
    lab.settle()
    dead = lab.inbox("console")[0]
    assert (dead["state"], dead["type"]) == ("dead", "timer.look_again")

    reminded.fails = False
    with lab.runtime("console").begin(EVERYTHING) as connection:
        inbox.retry(connection, UUID(str(dead["event_id"])), at=lab.clock())
    lab.settle()

    assert reminded.came == [("look_again", RECORD)]


@memory
def test_a_reminder_nobody_knows_any_more_waits_for_a_person(
    lab: Lab, reminded: Reminded
) -> None:
    remind(lab, "of_an_older_version", hours=0)

    for _ in range(len(inbox.RETRY_AFTER) + 1):
        lab.settle()
        lab.clock.advance(hours=3)

    row = lab.inbox("console")[0]
    assert (row["state"], row["reason"]) == ("dead", "KeyError")


def test_no_more_timers_fire_at_once_than_asked_for_the_earliest_first(
    database: Database,
) -> None:
    context = Context(actor=scheduling.actor, clinic_id=CLINIC)
    records = [uuid7() for _ in range(5)]
    with database.begin(EVERYTHING) as connection:
        for hours, record in zip((4, 2, 5, 1, 3), records, strict=True):
            due_at = MORNING + timedelta(hours=hours)
            timer = Timer(name="wake", about=record, due_at=due_at)
            timers.set_timer(connection, timer, context)

    later = MORNING + timedelta(hours=4)
    with database.begin(EVERYTHING) as connection:
        assert timers.overdue(connection) == MORNING + timedelta(hours=1)
        counts = [timers.fire_due(connection, now=later, most=3) for _ in range(3)]
        assert timers.overdue(connection) == MORNING + timedelta(hours=5)

    with database.read(EVERYTHING) as connection:
        rows = connection.execute(text("select aggregate_id from inbox order by id"))
        fired = [UUID(str(found)) for found in rows.scalars()]
    assert counts == [3, 1, 0]
    assert fired == [records[3], records[1], records[4], records[0]]


def test_two_processes_never_fire_one_timer_twice(postgres: Database) -> None:
    context = Context(actor=scheduling.actor, clinic_id=CLINIC)
    with postgres.begin(EVERYTHING) as connection:
        timer = Timer(name="wake", about=RECORD, due_at=MORNING)
        timers.set_timer(connection, timer, context)

    with postgres.begin(EVERYTHING) as first, postgres.begin(EVERYTHING) as second:
        assert timers.fire_due(first, now=MORNING) == 1
        assert timers.fire_due(second, now=MORNING) == 0

    with postgres.begin(EVERYTHING) as connection:
        assert timers.fire_due(connection, now=MORNING) == 0
        assert connection.execute(text("select count(*) from inbox")).scalar() == 1
