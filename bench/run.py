"""Runs every measurement, prints a table and writes docs/benchmarks.md."""

import os
import platform
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template

from rich.console import Console
from rich.table import Table

from bench import (
    bookings,
    ledger,
    lists,
    memory,
    pipeline,
    requests,
    schedules,
    screens,
    trials,
)
from bench.bookings import Rush
from bench.busy_clinic import DAYS
from bench.deployment import ROOT, Deployment
from bench.lists import Paged
from bench.load import Load, Pair
from bench.memory import Growth
from bench.screens import Watching
from bench.trials import Walk

PAGE = Path("docs/benchmarks.md")
SERVICES = ("scheduling", "sessions", "console", "intake")
WORKERS, APIS = ("scheduling", "console"), ("scheduling", "sessions")
API_MB, EMBEDDED_MB, GROWTH_MB = 150, 250, 25
PAGE_GROWTH = 1.5
ON_SCREEN_MS, PAGE_MS = 500, 300
SEARCH, RUSH = 2.5, 0.5
"""How much longer than a bare search one may take, and how many answers to those who
want the same come for each to those who do not."""
SCREENS = {"running": 200, "seconds": 60, "rows": 10_000_000}
QUICK_SCREENS = {"running": 200, "seconds": 10, "rows": 100_000}
TRIAL_GROWTH = 1.2
"""How much longer than in proportion a trial on more episodes may take."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table: what came out, and what was asked for."""

    what: str
    ours: str
    floor: str
    ratio: str
    target: str
    good: bool


def run(*, quick: bool, write: bool) -> int:
    """Measure everything; 1 if a target is missed."""
    console = Console()
    figures = measure(quick=quick, say=console.print)
    console.print(as_table(figures))
    if write:
        (ROOT / PAGE).write_text(as_page(figures, quick=quick))
        console.print(f"written to {PAGE}")
    missed = [figure for figure in figures if not figure.good]
    return 1 if missed else 0


def measure(*, quick: bool, say: object) -> list[Figure]:
    """Every figure, on servers of our own."""
    tell = say if callable(say) else print
    with Deployment(*SERVICES) as deployment:
        tell("processes are starting")
        processes = _started(deployment)
        tell("commit to effect, light load")
        latency = pipeline.measure_latency(deployment, 60 if quick else 400)
        tell("commit to effect, as many as go through")
        flow = pipeline.measure_flow(deployment, 2_000 if quick else 12_000)
        tell("requests")
        apis = {name: processes[f"{name} api"].pid for name in APIS}
        write, read = requests.measure(deployment, apis, seconds=2 if quick else 6)
        tell("what trust costs")
        trust = requests.measure_trust(
            deployment, apis["sessions"], seconds=2 if quick else 6
        )
        tell("postings to one ledger at once")
        posted = ledger.measure(deployment, 200 if quick else 2_000)
        tell("a rule pack tried on every open episode")
        walks = trials.measure(
            deployment, *((500, 5_000) if quick else (10_000, 100_000))
        )
        many = _many(deployment, tell, quick=quick)
        tell("screens of sessions that run")
        seen = screens.measure(deployment, **(QUICK_SCREENS if quick else SCREENS))
        tell("memory over many events")
        grown = memory.measure_processes(
            deployment, processes, 5_000 if quick else 100_000
        )
    grown.append(memory.measure_embedded(5_000 if quick else 100_000))
    return [
        _rate("events a second, commit to effect", flow.ours, flow.floor, 0.4),
        _latency(latency),
        _requests("write requests (vital signs)", write, 0.5),
        _requests("read requests (a clinic)", read, 0.5),
        _requests("write with encryption, audit and row-level security", trust, 0.7),
        _rate("ledger postings a second, one clinic", posted.ours, posted.floor, 0.3),
        *_trials(*walks),
        *many,
        *_screens(*seen),
        *map(_memory, grown),
    ]


def _many(
    deployment: Deployment, tell: Callable[[str], object], *, quick: bool
) -> list[Figure]:
    """What is asked where there are many patients, bookings or appointments."""
    tell("lists of many patients")
    pages = lists.measure(deployment, 20_000 if quick else 1_000_000)
    tell("bookings at once")
    rush = bookings.measure(deployment, 200 if quick else 2_000)
    tell("free times and the day in a large network")
    sought, *grown = schedules.measure(deployment, 100_000 if quick else 10_000_000)
    return [*map(_paged, pages), _rush(rush), _sought(sought), *map(_among, grown)]


def _started(deployment: Deployment) -> dict[str, subprocess.Popen[bytes]]:
    return {
        f"{service} {what}": deployment.start(what, service)
        for what, services in (("worker", WORKERS), ("api", APIS))
        for service in services
    }


def _rate(what: str, ours: float, floor: float, target: float) -> Figure:
    return Figure(
        what=what,
        ours=f"{ours:,.0f}/s",
        floor=f"{floor:,.0f}/s",
        ratio=f"{ours / floor:.2f}",
        target=f"at least {target}",
        good=ours / floor >= target,
    )


def _requests(what: str, pair: Pair, target: float) -> Figure:
    return Figure(
        what=what,
        ours=_load(pair.ours),
        floor=_load(pair.other),
        ratio=f"{pair.ratio:.2f}",
        target=f"at least {target}",
        good=pair.ratio >= target,
    )


def _load(load: Load) -> str:
    return f"{load.per_second:,.0f}/s, {load.cpu_us / 1000:.2f} ms of CPU each"


def _latency(latency: pipeline.Latency) -> Figure:
    return Figure(
        what="latency, commit to effect, p50 and p99",
        ours=f"{latency.p50_ms:.0f} ms, {latency.p99_ms:.0f} ms",
        floor="",
        ratio="",
        target="p99 under 100 ms",
        good=latency.p99_ms < 100,
    )


def _trials(small: Walk, large: Walk) -> list[Figure]:
    growth, times = large.seconds / small.seconds, large.episodes / small.episodes
    return [
        Figure(
            what=f"rule pack tried on {large.episodes:,} open episodes",
            ours=f"{large.per_second:,.0f}/s, {large.grown_mb:.0f} MB more",
            floor=f"{small.per_second:,.0f}/s on {small.episodes:,}",
            ratio=f"{growth:.1f} times the time",
            target=f"at most {times * TRIAL_GROWTH:.0f} times, under {GROWTH_MB} MB",
            good=growth <= times * TRIAL_GROWTH and large.grown_mb < GROWTH_MB,
        )
    ]


def _paged(paged: Paged) -> Figure:
    return Figure(
        what=f"last page of {paged.name}, {paged.rows:,} in the network",
        ours=f"{paged.end_ms:.1f} ms",
        floor=f"{paged.start_ms:.1f} ms for the first",
        ratio=f"{paged.ratio:.2f}",
        target=f"at most {PAGE_GROWTH}",
        good=paged.ratio <= PAGE_GROWTH,
    )


def _rush(rush: Rush) -> Figure:
    return Figure(
        what="answers to bookings a second, all want the same times",
        ours=f"{rush.together:,.0f}/s, {rush.booked:,.0f}/s booked",
        floor=f"{rush.apart:,.0f}/s if each wants others",
        ratio=f"{rush.ratio:.2f}",
        target=f"at least {RUSH}",
        good=rush.ratio >= RUSH,
    )


def _sought(sought: schedules.Sought) -> Figure:
    return Figure(
        what=f"free times of {DAYS} days, {sought.claims:,} claims",
        ours=f"{sought.ours_ms:.0f} ms",
        floor=f"{sought.floor_ms:.0f} ms for a bare sweep",
        ratio=f"{sought.ratio:.2f}",
        target=f"at most {SEARCH}",
        good=sought.ratio <= SEARCH,
    )


def _among(grown: schedules.Grown) -> Figure:
    return Figure(
        what=f"{grown.name}, {grown.rows:,} appointments of others",
        ours=f"{grown.among_ms:.0f} ms",
        floor=f"{grown.alone_ms:.0f} ms without them",
        ratio=f"{grown.ratio:.2f}",
        target=f"at most {PAGE_GROWTH}",
        good=grown.ratio <= PAGE_GROWTH,
    )


def _screens(
    watching: Watching, paged: screens.Growth, charted: screens.Growth
) -> list[Figure]:
    return [_watching(watching), _many_readings(paged), _grown(charted)]


def _watching(watching: Watching) -> Figure:
    return Figure(
        what=f"commit to screen, {watching.running} sessions running, p50 and p99",
        ours=f"{watching.p50_ms:.0f} ms, {watching.p99_ms:.0f} ms,"
        f" {watching.per_second:.0f} readings/s",
        floor="",
        ratio="",
        target=f"p99 under {ON_SCREEN_MS} ms",
        good=watching.p99_ms < ON_SCREEN_MS,
    )


def _many_readings(paged: screens.Growth) -> Figure:
    return Figure(
        what=f"a session's page with {screens.MANY} readings",
        ours=f"{paged.much_ms:.0f} ms",
        floor=f"{paged.little_ms:.0f} ms with {screens.FEW}",
        ratio=f"{paged.ratio:.1f}",
        target=f"under {PAGE_MS} ms",
        good=paged.much_ms < PAGE_MS,
    )


def _grown(charted: screens.Growth) -> Figure:
    return Figure(
        what=f"a session's record, {charted.rows:,} readings of others",
        ours=f"{charted.much_ms:.1f} ms",
        floor=f"{charted.little_ms:.1f} ms without them",
        ratio=f"{charted.ratio:.2f}",
        target=f"at most {PAGE_GROWTH}",
        good=charted.ratio <= PAGE_GROWTH,
    )


def _memory(grown: Growth) -> Figure:
    most = EMBEDDED_MB if grown.process.startswith("embedded") else API_MB
    gain = grown.after_mb - grown.before_mb
    return Figure(
        what=f"memory, {grown.process}",
        ours=f"{grown.before_mb:.0f} MB, {grown.after_mb:.0f} MB after the events",
        floor="",
        ratio="",
        target=f"under {most} MB, growth under {GROWTH_MB} MB",
        good=grown.after_mb < most and gain < GROWTH_MB,
    )


def as_table(figures: list[Figure]) -> Table:
    """The figures for a terminal."""
    table = Table("what", "ours", "floor", "ratio", "target", "")
    for figure in figures:
        mark = "[green]ok[/]" if figure.good else "[red]missed[/]"
        table.add_row(
            figure.what, figure.ours, figure.floor, figure.ratio, figure.target, mark
        )
    return table


def as_page(figures: list[Figure], *, quick: bool) -> str:
    """The figures as a page of the documentation."""
    rows = "\n".join(
        f"| {f.what} | {f.ours} | {f.floor} | {f.ratio} | {f.target} |"
        f" {'yes' if f.good else 'no'} |"
        for f in figures
    )
    return Template((ROOT / "bench/page.md").read_text()).substitute(
        how="a quick run" if quick else "a full run",
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        python=platform.python_version(),
        cores=os.cpu_count(),
        rows=rows,
    )
