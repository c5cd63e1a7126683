"""What `kap bench` counts is what was answered, and what answering took."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, nullcontext
from pathlib import Path

import httpx
import pytest

from bench.at_once import rate_of_processes
from bench.load import Ask, BadAnswerError, Side, compare
from bench.processes import cpu_seconds, memory_mb
from shared.testing.servers.process import free_port

SERVER = """
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

port, work, status = map(int, sys.argv[1:])

class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        sum(range(work))
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass

HTTPServer(("127.0.0.1", port), Answer).serve_forever()
"""
BUSY = """
import subprocess, sys, time
if len(sys.argv) > 1:
    child = subprocess.Popen([sys.executable, __file__])
    time.sleep(60)
while True:
    pass
"""


@pytest.fixture
def processes() -> Iterator[ExitStack]:
    """Kills what a test starts."""
    with ExitStack() as stack:
        yield stack


def serve(processes: ExitStack, *, work: int = 0, status: int = 200) -> Side:
    """A server that answers after some work."""
    port = free_port()
    command = [sys.executable, "-c", SERVER, str(port), str(work), str(status)]
    process = subprocess.Popen(command)
    processes.callback(process.wait)
    processes.callback(process.kill)
    wait_until_it_answers(port)
    ask = Ask(port=port, method="GET", path="/", headers={})
    return Side(asks=[ask] * 2, process_id=process.pid)


def wait_until_it_answers(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/")
        except httpx.TransportError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        else:
            return


def test_the_side_that_works_more_answers_less_and_computes_more(
    processes: ExitStack,
) -> None:
    light, heavy = serve(processes), serve(processes, work=200_000)

    pair = compare(heavy, light, seconds=0.4)

    assert pair.ratio < 1
    assert pair.ours.cpu_us > pair.other.cpu_us > 0


def test_an_answer_that_is_no_success_ends_the_measurement(
    processes: ExitStack,
) -> None:
    good, bad = serve(processes), serve(processes, status=409)

    with pytest.raises(BadAnswerError, match="409"):
        compare(bad, good, seconds=0.2)


def test_what_the_children_of_a_process_take_counts_with_it(
    processes: ExitStack, tmp_path_factory: pytest.TempPathFactory
) -> None:
    program = tmp_path_factory.mktemp("busy") / "busy (with) spaces.py"
    program.write_text(BUSY)
    parent = subprocess.Popen([sys.executable, program, "parent"], process_group=0)
    processes.callback(parent.wait)
    processes.callback(subprocess.run, ["kill", "-9", "--", f"-{parent.pid}"])
    deadline = time.monotonic() + 20

    while cpu_seconds(parent.pid) < 0.5:
        assert time.monotonic() < deadline
        time.sleep(0.1)

    assert memory_mb(parent.pid) > 1


def test_processes_at_once_do_all_of_every_share(tmp_path: Path) -> None:
    shares = [[tmp_path / "a", tmp_path / "b"], [tmp_path / "c"]]

    rate = rate_of_processes(nullcontext, Path.touch, shares=shares)

    assert rate > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_a_process_that_fails_ends_the_measurement() -> None:
    with pytest.raises(RuntimeError, match="ValueError"):
        rate_of_processes(nullcontext, int, shares=[["1"], ["no number"]])
