"""A process that dies at any named point, by SIGKILL, loses and doubles nothing."""

import signal
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from subprocess import TimeoutExpired

import pytest

from shared.crash import CRASH_POINTS
from tests.system.processes import DEATHS, EmbeddedProcess, MortalPlatform
from tests.system.work import Work, give_a_dose_back, take_bookings

WAYS = {
    "request": ("unit_of_work",),
    "outbox": ("relay",),
    "inbox": ("receiver", "handling"),
    "later": ("timers", "delivery"),
}


@pytest.fixture(scope="module", params=["embedded", "real"])
def platform(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MortalPlatform]:
    """One process with files in a folder, or ten processes on real servers."""
    if request.param == "real":
        yield request.getfixturevalue("all_processes")
        return
    folder: Path = tmp_path_factory.mktemp("embedded")
    with EmbeddedProcess(folder) as embedded:
        yield embedded


def points_on(way: str) -> list[str]:
    """The crash points on a way."""
    return [name for name in CRASH_POINTS if name.partition(".")[0] in WAYS[way]]


def death_while(working: Future[None], platform: MortalPlatform) -> int:
    """The exit status of a process that dies while somebody works.

    If it does not, what kept them from working tells more than that.
    """
    try:
        return platform.wait_for_death()
    except (TimeoutError, TimeoutExpired):
        if working.done():
            working.result()
        raise


def test_every_crash_point_is_on_one_way_and_somebody_dies_there() -> None:
    points = [point for way in WAYS for point in points_on(way)]

    assert sorted(points) == sorted(CRASH_POINTS) == sorted(DEATHS)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_lost_or_doubled_when_a_process_dies_at_each_point_of_a_way(
    platform: MortalPlatform, way: str
) -> None:
    points = points_on(way)
    deaths: dict[str, int] = {}
    with ExitStack() as stack:
        stack.callback(platform.revive)
        people = stack.enter_context(ThreadPoolExecutor(len(points)))
        works = [stack.enter_context(Work(platform.url)) for _ in points]

        working = []
        for point, work in zip(points, works, strict=True):
            story = give_a_dose_back if point.startswith("timers") else take_bookings
            platform.die_at(point)
            working.append(people.submit(story, work))
            deaths[point] = death_while(working[-1], platform)
            platform.let_leases_run_out()
        platform.revive()
        for person in working:
            person.result()

        assert deaths == dict.fromkeys(points, -signal.SIGKILL)
        for work in works:
            work.assert_done_once()
        copies = [
            platform.copies_sent(message["id"])
            for work in works
            for message in work.messages()
        ]
        told = sum(work.expected["notifications.message.sent"] for work in works)
        assert len(copies) == told
        assert min(copies) == 1
        # Whatever a process dies at, it may just have sent one message that it has
        # not noted yet: that one is sent again, under the same Message-ID.
        assert sum(copies) <= told + len(points)
