"""A process that waits to be told to stop."""

import signal
import subprocess
import sys

import pytest

BEFORE = """
import os, signal
from cli.stopping import Stopping
stopping = Stopping()
os.kill(os.getpid(), signal.{name})
stopping.wait()
print("stopped")
"""

# The second signal is looked for between short sleeps: one that comes just before a
# long sleep begins is handled when that sleep is over.
WAITING = """
from cli.stopping import Stopping
stopping = Stopping()
print("waits", flush=True)
stopping.wait()
print("stopped", flush=True)
import time
for _ in range(6000):
    time.sleep(0.01)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_a_signal_that_comes_before_the_wait_is_not_missed(name: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c", BEFORE.format(name=name)],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )

    assert said.stdout == "stopped\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_ends_the_wait_and_the_second_the_process(
    number: signal.Signals,
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WAITING], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "waits\n"
        process.send_signal(number)
        assert process.stdout.readline() == "stopped\n"
        process.send_signal(number)

        assert process.wait(30) == 1
