"""Asks one route as fast as it answers, from a few processes, and counts."""

import multiprocessing
import socket
import time
from dataclasses import dataclass
from itertools import cycle
from multiprocessing.connection import Connection as Pipe


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


def rate(asks: list[Ask], *, seconds: float, processes: int = 2) -> float:
    """Answers a second; the requests take turns.

    Raises:
        BadAnswerError: an answer is no success.
    """
    context = multiprocessing.get_context("spawn")
    pipes, children = [], []
    for number in range(processes):
        ours, theirs = context.Pipe()
        child = context.Process(
            target=_ask, args=(asks[number::processes], seconds, theirs)
        )
        child.start()
        pipes.append(ours)
        children.append(child)
    counts = [pipe.recv() for pipe in pipes]
    for child in children:
        child.join()
    for count in counts:
        if isinstance(count, str):
            raise BadAnswerError(count)
    return float(sum(counts)) / seconds


def _ask(asks: list[Ask], seconds: float, pipe: Pipe) -> None:
    requests = cycle([(ask.port, ask.text()) for ask in asks])
    for _ in range(20):
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
