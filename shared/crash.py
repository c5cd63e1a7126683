"""Named places where a process can be made to die, to prove that nothing is lost."""

import os
import signal

CRASH_POINTS = (
    "unit_of_work.before_commit",
    "unit_of_work.after_commit",
    "relay.after_sequencing",
    "relay.after_publishing",
    "relay.after_marking",
    "receiver.before_commit",
    "receiver.before_acknowledging",
    "handling.before_commit",
    "handling.after_commit",
    "timers.before_commit",
    "delivery.before_sending",
    "delivery.before_recording",
)

_wanted, _, _times = os.environ.get("KAP_CRASH_AT", "").partition("#")
_left = int(_times or "1")


def point(name: str) -> None:
    """Die by SIGKILL here if `KAP_CRASH_AT` is `name`, or `name#n` at the n-th pass."""
    global _left
    if name == _wanted:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
