"""A page that waits hears what is told of its session, and nothing else."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from uuid import UUID

import pytest

from services.console.bell import MOST_WAITING_EMBEDDED, Bell
from shared.errors import UnavailableError
from shared.events.sessions import VitalsRecorded
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.console.test_timeline import note

LONG, SHORT = 20.0, 0.01


def tell(lab: Lab, clinic_id: UUID, session_id: UUID) -> None:
    """The console hears of a reading, and says that there is news."""
    event = VitalsRecorded(
        vitals_id=uuid7(), session_id=session_id, patient_id=uuid7(), status="ok"
    )
    note(lab, event, clinic_id)
    lab.runtime("console").announce()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    """Where something waits meanwhile."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def bell(on_both: Lab) -> Bell:
    """The bell of a console on either database."""
    return Bell(on_both.runtime("console"))


def test_it_rings_for_the_session_of_which_something_is_told(
    on_both: Lab, bell: Bell, threads: ThreadPoolExecutor
) -> None:
    clinic_id, mine, other = uuid7(), uuid7(), uuid7()
    with (
        bell.listening(clinic_id, mine) as one,
        bell.listening(clinic_id, mine) as another,
        bell.listening(clinic_id, other) as beside,
        bell.listening(uuid7(), mine) as elsewhere,
    ):
        heard: list[Future[bool]] = [
            threads.submit(wait, LONG) for wait in (one, another)
        ]
        tell(on_both, clinic_id, mine)

        assert [rang.result() for rang in heard] == [True, True]
        assert not beside(SHORT)
        assert not elsewhere(SHORT)
        assert not one(SHORT), "it rings once"

        tell(on_both, clinic_id, other)
        assert beside(LONG)


def test_it_can_be_listened_to_again_after_a_rest(on_both: Lab, bell: Bell) -> None:
    clinic_id, session_id = uuid7(), uuid7()
    for _ in range(2):
        with bell.listening(clinic_id, session_id) as rings:
            tell(on_both, clinic_id, session_id)
            assert rings(LONG)


def test_only_so_many_may_wait(lab: Lab) -> None:
    bell, session_id = Bell(lab.runtime("console")), uuid7()

    with ExitStack() as waiting:
        for _ in range(MOST_WAITING_EMBEDDED):
            waiting.enter_context(bell.listening(uuid7(), session_id))
        with pytest.raises(UnavailableError):
            waiting.enter_context(bell.listening(uuid7(), session_id))

    with bell.listening(uuid7(), session_id) as rings:
        assert not rings(SHORT)


def test_who_waits_is_not_left_waiting_when_nobody_can_look(lab: Lab) -> None:
    runtime = lab.runtime("console")
    bell = Bell(runtime)
    with runtime.database.engine.begin() as connection:
        connection.exec_driver_sql("drop table timeline")

    with bell.listening(uuid7(), uuid7()) as rings:
        assert rings(LONG)
