"""The same done by several processes at once, as a deployment's do."""

import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, ExitStack
from multiprocessing.connection import Connection
from typing import TypeVar

T = TypeVar("T")


def rate_of_processes(
    begin: Callable[..., AbstractContextManager[Callable[[T], None]]],
    *arguments: object,
    shares: Sequence[Sequence[T]],
) -> float:
    """How many a second get done by processes at once, each of which has a share.

    Args:
        begin: what a process starts with, given the arguments; it gives what is then
            done for each of the share. Starting is not measured.

    Raises:
        RuntimeError: a process failed.
    """
    context = multiprocessing.get_context("spawn")
    pipes = []
    with ExitStack() as stack:
        for share in shares:
            here, there = context.Pipe()
            child = context.Process(
                target=_do_share, args=(begin, arguments, share, there)
            )
            child.start()
            there.close()
            stack.callback(child.join)
            stack.enter_context(here)
            pipes.append(here)
        _demand_well(pipes)
        began = time.perf_counter()
        for pipe in pipes:
            pipe.send(None)
        _demand_well(pipes)
        return sum(map(len, shares)) / (time.perf_counter() - began)


def _do_share(
    begin: Callable[..., AbstractContextManager[Callable[[T], None]]],
    arguments: Sequence[object],
    share: Sequence[T],
    pipe: Connection,
) -> None:
    try:
        with begin(*arguments) as do:
            pipe.send("")
            pipe.recv()
            for each in share:
                do(each)
            pipe.send("")
    except Exception as error:  # Whoever measures says it.
        pipe.send(repr(error))


def _demand_well(pipes: Sequence[Connection]) -> None:
    for failure in [pipe.recv() for pipe in pipes]:
        if failure:
            raise RuntimeError(failure)
