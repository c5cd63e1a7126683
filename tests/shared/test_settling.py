"""A laboratory leaves alone what has nothing to do, and misses no news."""

import threading

import pytest
from sqlalchemy import event

from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.shared.noting import Noting, appointment, scheduling, tell


@pytest.fixture
def noting() -> Noting:
    """A service that notes what it hears."""
    return Noting()


@pytest.fixture
def lab(make_lab: MakeLab, noting: Noting) -> Lab:
    """Scheduling, and a service that hears it; nothing is left to do."""
    made = make_lab([scheduling, noting.service])
    noting.prepare(made)
    made.settle()
    return made


def test_what_is_told_after_a_rest_is_heard_whoever_tells_it(
    lab: Lab, noting: Noting
) -> None:
    record = appointment()
    tell(lab, record)
    lab.settle()
    assert noting.versions(lab) == [1]

    teller = threading.Thread(target=tell, args=(lab, record))
    teller.start()
    teller.join()
    lab.settle()

    assert noting.versions(lab) == [1, 2]


@pytest.mark.parametrize("stack", ["memory"], indirect=True)
def test_a_service_at_rest_is_looked_at_again_once_time_passes(lab: Lab) -> None:
    commits: list[str] = []
    for name in lab.steps:
        engine = lab.runtime(name).database.engine
        event.listen(engine, "commit", lambda _, name=name: commits.append(name))

    def looked_at(*, everything: bool = False) -> list[str]:
        commits.clear()
        lab.settle(everything=everything)
        return sorted(set(commits))

    assert looked_at() == []
    lab.clock.advance(seconds=1)
    assert looked_at() == sorted(lab.steps)
    assert looked_at() == []
    assert looked_at(everything=True) == sorted(lab.steps)
