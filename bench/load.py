"""Asks one route as fast as it answers, from a few processes, and counts.

Two sides that are compared take turns: a machine that slows down slows both.
"""

import multiprocessing
import socket
import time
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.connection import Connection as Pipe
from statistics import median

from bench.processes import cpu_seconds

TURNS = 3
WARM_UP = 20
"""Requests of each asking process that come before the clock starts."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """One request, ready to be sent; a server that keeps no connection closes it."""

    port: int
    method: str
    path: str
    headers: dict[str, str]
    body: str = ""

    def text(self) -> bytes:
        """The request on the wire."""
        lines = [f"{self.method} {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += ["Connection: close", f"Content-Length: {len(self.body)}", "", ""]
        return ("\r\n".join(lines) + self.body).encode()


class BadAnswerError(Exception):
    """The server answered something else than success."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """Requests that take turns, and the process that answers, with its children."""

    asks: list[Ask]
    process_id: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """Answers a second, and what one cost in microseconds of CPU."""

    per_second: float
    cpu_us: float


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Ours, and what it is compared with."""

    ours: Load
    other: Load

    @property
    def ratio(self) -> float:
        """Our answers a second over the other's."""
        return self.ours.per_second / self.other.per_second


def compare(ours: Side, other: Side, *, seconds: float) -> Pair:
    """The middle one of a few turns of each side."""
    loads: tuple[list[Load], list[Load]] = ([], [])
    for _ in range(TURNS):
        for side, found in zip((other, ours), loads, strict=True):
            found.append(_load(side, seconds=seconds))
    return Pair(ours=_middle(loads[1]), other=_middle(loads[0]))


def _middle(loads: list[Load]) -> Load:
    return Load(
        per_second=median(load.per_second for load in loads),
        cpu_us=median(load.cpu_us for load in loads),
    )


def _load(side: Side, *, seconds: float, processes: int = 2) -> Load:
    """What a side answers in one turn.

    Raises:
        BadAnswerError: an answer is no success.
    """
    context = multiprocessing.get_context("spawn")
    before = cpu_seconds(side.process_id)
    pipes, children = [], []
    for number in range(processes):
        here, there = context.Pipe()
        child = context.Process(
            target=_ask, args=(side.asks[number::processes], seconds, there)
        )
        child.start()
        pipes.append(here)
        children.append(child)
    counts = [pipe.recv() for pipe in pipes]
    for child in children:
        child.join()
    for count in counts:
        if isinstance(count, str):
            raise BadAnswerError(count)
    answers = sum(counts)
    computed = cpu_seconds(side.process_id) - before
    return Load(
        per_second=answers / seconds,
        cpu_us=computed / (answers + processes * WARM_UP) * 1e6,
    )


def _ask(asks: list[Ask], seconds: float, pipe: Pipe) -> None:
    requests = cycle([(ask.port, ask.text()) for ask in asks])
    for _ in range(WARM_UP):
        once(*next(requests))
    done = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = once(*next(requests))
        if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201")):
            pipe.send(answer[:600].decode(errors="replace"))
            return
        done += 1
    pipe.send(done)


def once(port: int, request: bytes) -> bytes:
    """One request on a connection of its own; the whole answer."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)
