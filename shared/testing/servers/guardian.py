"""Ends the programs of a process that died, and removes their folder.

A test run can be killed at any moment, and a database left running would then hold its
port and its memory for ever. So a small process of its own session watches the owner:
when the owner's end of the pipe closes, or the owner is gone, it kills what the owner
had started and removes the folder. An orderly end takes the same way.

This file also runs as a program, with the standard library alone, so it starts in a few
milliseconds and does not depend on where the owner was started.
"""

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

_LOOK_AROUND_EVERY_SECONDS = 0.5
# How many numbers stand between the parent and the count of threads in /proc/PID/stat.
_THREADS = 15
_GONE_WITHIN = timedelta(seconds=15)


class Guardian:
    """The owner's side: tells the watching process what to end, and when."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, pid: int) -> None:
        """Have this process, and all it starts, killed when the owner is gone."""
        self._tell(f"watch {pid}")

    def forget(self, pid: int) -> None:
        """This process has ended; its number may soon belong to another."""
        self._tell(f"forget {pid}")

    def close(self) -> None:
        """Have what is still watched killed and the folder removed, now."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin is None:
            raise ValueError("the guardian was started without a pipe")
        self._process.stdin.write(f"{line}\n".encode())
        self._process.stdin.flush()


def process_tree(root: int) -> list[int]:
    """This process and everything it started that still lives; nothing if it is gone.

    A process that has ended but was not yet waited for counts as gone.
    """
    parents = _parents()
    tree = [root] if root in parents else []
    for pid in tree:
        tree += [child for child, parent in parents.items() if parent == pid]
    return tree


def kill_tree(root: int) -> None:
    """Kill this process and all it started, and wait until the last one is gone.

    The children of PostgreSQL lead sessions of their own, so a signal to the process
    group would miss them. The root is stopped first: it then starts no further child.

    Raises:
        TimeoutError: one of them would not go.
    """
    _signal(root, signal.SIGSTOP)
    tree = process_tree(root)
    for pid in tree:
        _signal(pid, signal.SIGKILL)
    deadline = time.monotonic() + _GONE_WITHIN.total_seconds()
    while set(tree) & _parents().keys():
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes {tree} were killed and are still there")
        time.sleep(0.01)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _parents() -> dict[int, int]:
    """Every living process and the one that started it."""
    table = _from_proc() if Path("/proc/self/stat").exists() else _from_ps()
    return {pid: parent for pid, parent, state in table if not state.startswith("Z")}


def _from_proc() -> list[tuple[int, int, str]]:
    table = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            stat = (entry / "stat").read_text(errors="replace")
        except (FileNotFoundError, ProcessLookupError):
            continue
        # The program's name stands in brackets and may itself hold any character.
        state, parent, *rest = stat.rpartition(")")[2].split()
        # Of a killed process with many threads the first may be done before the rest.
        still_ending = int(rest[_THREADS]) > 1
        table.append((int(entry.name), int(parent), "" if still_ending else state))
    return table


def _from_ps() -> list[tuple[int, int, str]]:
    listed = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,ppid=,stat="],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    rows = (line.split() for line in listed.stdout.splitlines())
    return [(int(pid), int(parent), state) for pid, parent, state in rows]


def _watched_until_alone(owner: int) -> set[int]:
    """Read what the owner says until it closes the pipe or dies.

    A process that the owner forked may hold the pipe open for long after the owner's
    death; that the owner is no longer our parent tells it then.
    """
    watched: set[int] = set()
    rest = b""
    while os.getppid() == owner:
        if not select.select([0], [], [], _LOOK_AROUND_EVERY_SECONDS)[0]:
            continue
        read = os.read(0, 4096)
        if not read:
            break
        *lines, rest = (rest + read).split(b"\n")
        for line in lines:
            word, pid = line.split()
            (watched.add if word == b"watch" else watched.discard)(int(pid))
    return watched


def main(owner: int, folder: Path) -> None:
    """Wait for the owner's end, then clean up after it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for pid in _watched_until_alone(owner):
        kill_tree(pid)
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
