"""The platform as processes that can be made to die: one, or ten on real servers."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from sqlalchemy import create_engine, func, text

from cli.services import FRONT, NAMES, load_all
from services.notifications.models import messages
from shared.testing.deployment import Deployment, Processes
from shared.testing.servers import PostgresServer, RabbitServer
from shared.testing.servers.process import free_port
from shared.testing.smtp import SmtpSink

from tests.system.gateway import Gateway

DIES_WITHIN_SECONDS = 60.0
"""How long work may take to reach a crash point on a busy machine."""


@dataclass(frozen=True, kw_only=True)
class Death:
    """When a process dies: at the n-th pass of its crash point.

    The numbers are such that work is in flight, and that the work of `work.py` is
    certain to come by so often; one process of everything comes by more often.
    """

    process: str
    passes: int
    passes_of_all: int


DEATHS = {
    "unit_of_work.before_commit": Death(
        process="api scheduling", passes=5, passes_of_all=7
    ),
    "unit_of_work.after_commit": Death(
        process="api scheduling", passes=5, passes_of_all=7
    ),
    "relay.after_sequencing": Death(
        process="worker scheduling", passes=2, passes_of_all=4
    ),
    "relay.after_publishing": Death(
        process="worker scheduling", passes=2, passes_of_all=4
    ),
    "relay.after_marking": Death(
        process="worker scheduling", passes=2, passes_of_all=4
    ),
    "receiver.before_commit": Death(
        process="worker notifications", passes=2, passes_of_all=5
    ),
    "receiver.before_acknowledging": Death(
        process="worker notifications", passes=2, passes_of_all=5
    ),
    "handling.before_commit": Death(
        process="worker notifications", passes=2, passes_of_all=5
    ),
    "handling.after_commit": Death(
        process="worker notifications", passes=2, passes_of_all=5
    ),
    "timers.before_commit": Death(
        process="worker scheduling", passes=1, passes_of_all=1
    ),
    "delivery.before_sending": Death(
        process="worker notifications", passes=2, passes_of_all=2
    ),
    "delivery.before_recording": Death(
        process="worker notifications", passes=2, passes_of_all=2
    ),
}


class MortalPlatform(Protocol):
    """A platform of which a process can be made to die, and brought back."""

    url: str

    def die_at(self, point: str) -> None:
        """Start anew the process that comes by this point, to die there."""

    def wait_for_death(self) -> int:
        """The exit status of the process that was to die."""

    def revive(self) -> None:
        """Start it again, to live."""

    def copies_sent(self, message_id: str) -> int:
        """How often a message has left for the patient."""

    def let_leases_run_out(self) -> None:
        """Bring the time at which messages are tried again to the present."""
