"""The platform as processes that can be made to die: one, or ten on real servers."""

import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self
from uuid import UUID

from sqlalchemy import func, select, update

from cli.services import FRONT, NAMES, load_all
from services.notifications.domain.messages import MessageStatus
from services.notifications.models import messages, outbox_mails
from shared.database import Database
from shared.ids import utc_now
from shared.settings import DEVELOPMENT_SECRET
from shared.testing.deployment import Deployment, Processes
from shared.testing.lab import EVERYTHING
from shared.testing.servers import PostgresServer, RabbitServer
from shared.testing.servers.guardian import kill_tree
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


_API = Death(process="api scheduling", passes=5, passes_of_all=7)
_RELAY = Death(process="worker scheduling", passes=2, passes_of_all=4)
_INBOX = Death(process="worker notifications", passes=2, passes_of_all=5)
_TIMER = Death(process="worker scheduling", passes=1, passes_of_all=1)
_SENDING = Death(process="worker notifications", passes=2, passes_of_all=2)

DEATHS = {
    "unit_of_work.before_commit": _API,
    "unit_of_work.after_commit": _API,
    "relay.after_sequencing": _RELAY,
    "relay.after_publishing": _RELAY,
    "relay.after_marking": _RELAY,
    "receiver.before_commit": _INBOX,
    "receiver.before_acknowledging": _INBOX,
    "handling.before_commit": _INBOX,
    "handling.after_commit": _INBOX,
    "timers.before_commit": _TIMER,
    "delivery.before_sending": _SENDING,
    "delivery.before_recording": _SENDING,
}


class MortalPlatform(Protocol):
    """A platform of which a process can be made to die, and brought back."""

    @property
    def url(self) -> str:
        """Where it answers."""

    def die_at(self, point: str) -> None:
        """Start anew the process that comes by this point, to die there.

        It is not waited for: it may die before it answers anybody.
        """

    def wait_for_death(self) -> int:
        """The exit status of the process that was to die."""

    def let_leases_run_out(self) -> None:
        """Let the time pass after which a message is sent by somebody else."""

    def revive(self) -> None:
        """Start what died again, to live, and wait until it answers.

        Nothing happens if everything lives.
        """

    def copies_sent(self, message_id: str) -> int:
        """How often a message has left for the patient."""


class EmbeddedProcess:
    """`kap up` on a folder of its own, or on a given one."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1") -> None:
        self.folder = folder
        self._host = host
        self._processes = Processes()
        self._port = free_port()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{self._host}:{self._port}"

    def launch(self, **environment: str) -> None:
        """Start it, with this in its environment."""
        environment = {"KAP_DEVELOPMENT_SECRET": DEVELOPMENT_SECRET, **environment}
        options = ["--no-seed", "--port", str(self._port), "--data", str(self.folder)]
        options += ["--host", self._host]
        self.process = self._processes.kap("up", *options, environment=environment)

    def start(self, **environment: str) -> None:
        """Start it, with this in its environment, and wait until it answers."""
        self.launch(**environment)
        self._processes.wait_until_ready(self.process, f"{self.url}/readyz")

    def signal(self, number: signal.Signals) -> int:
        """Send it a signal that ends it; its exit status."""
        self.process.send_signal(number)
        return self._processes.ended(self.process)

    def log(self) -> str:
        """What it has said."""
        return self._processes.log(self.process)

    def die_at(self, point: str) -> None:
        """Start it anew, to die at this point."""
        if hasattr(self, "process"):
            self.signal(signal.SIGKILL)
        self.launch(KAP_CRASH_AT=f"{point}#{DEATHS[point].passes_of_all}")

    def wait_for_death(self) -> int:
        """Its exit status."""
        return self._processes.ended(self.process)

    def let_leases_run_out(self) -> None:
        """Let the time pass after which a message is sent by somebody else."""
        try_messages_now(f"sqlite:///{self.folder}/notifications.db")

    def revive(self) -> None:
        """Start it again, to live, and wait until it answers."""
        if self.process.poll() is not None:
            self.start()

    def copies_sent(self, message_id: str) -> int:
        """How often a message was put where the console shows it."""
        query = select(func.count()).where(outbox_mails.c.id == UUID(message_id))
        database = Database(f"sqlite:///{self.folder}/notifications.db")
        with database.begin(EVERYTHING) as connection:
            count: int = connection.execute(query).scalar_one()
        database.close()
        return count


class RealProcesses:
    """An API and a worker of each service, on PostgreSQL and RabbitMQ.

    A process is named by what it is and its service, such as `worker console`.
    """

    def __init__(self, postgres: PostgresServer, rabbit: RabbitServer) -> None:
        self.postgres = postgres
        self.rabbit = rabbit
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._dying = ""
        self._stack = ExitStack()
        self._mail = SmtpSink()

    def __enter__(self) -> Self:
        with self._stack:
            self._stack.enter_context(self._mail)
            gateway = Gateway(self._port_of, services=set(NAMES), front=FRONT)
            self.url = self._stack.enter_context(gateway).url
            self.deployment = self._stack.enter_context(
                Deployment(
                    load_all(),
                    self.postgres,
                    self.rabbit,
                    name="processes",
                    KAP_PEER_URL=self.url,
                    KAP_MAIL_URL=self._mail.url,
                    KAP_HTTP_WORKERS="1",
                    KAP_DEVELOPMENT_ISSUER="true",
                    KAP_PUBLIC_URL=self.url,
                    # What the broker loses is not to be healed before it is seen.
                    KAP_REPAIR_SECONDS="3600",
                )
            )
            self.heal()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def heal(self) -> None:
        """See that both servers run and every process does, and can work."""
        self.postgres.start()
        self.rabbit.start()
        names = [f"{what} {name}" for name in NAMES for what in ("api", "worker")]
        for name in names:
            if name not in self._processes or not self.lives(name):
                self.launch(name)
        for name in names:
            process, (what, service) = self._processes[name], name.split()
            self.deployment.wait_until_ready(process, what, service)

    def launch(self, name: str, **environment: str) -> None:
        """Start a process, with this in its environment besides the usual."""
        self._processes[name] = self.deployment.launch(*name.split(), **environment)

    def kill(self, name: str) -> None:
        """End a process, and those it started, without a word."""
        process = self._processes[name]
        if process.poll() is None:
            kill_tree(process.pid)
        self.deployment.processes.ended(process)

    def stop(self, name: str) -> int:
        """Ask a process to end; its exit status."""
        return self.deployment.stop(self._processes[name])

    def lives(self, name: str) -> bool:
        """Whether a process has not ended."""
        return self._processes[name].poll() is None

    def pids(self) -> dict[str, int]:
        """Every process's number: another one if it was started again."""
        return {name: process.pid for name, process in self._processes.items()}

    def address(self, name: str) -> str:
        """Where a process answers by itself."""
        return f"http://127.0.0.1:{self.deployment.port(*name.split())}"

    def die_at(self, point: str) -> None:
        """Start anew the one process that is to die at this point, and no other."""
        death = DEATHS[point]
        if self._dying and self._dying != death.process:
            self.kill(self._dying)
            self.launch(self._dying)
        self._dying = death.process
        self.kill(death.process)
        self.launch(death.process, KAP_CRASH_AT=f"{point}#{death.passes}")

    def wait_for_death(self) -> int:
        """The exit status of the process that was to die.

        Of an API it is that of a process that gunicorn started, by gunicorn's word.
        """
        process = self._processes[self._dying]
        if self._dying.startswith("worker"):
            return self.deployment.processes.ended(process)
        deadline = time.monotonic() + DIES_WITHIN_SECONDS
        # What gunicorn says of SIGKILL alone; which process it was is not in the log.
        while "Perhaps out of memory?" not in self.deployment.processes.log(process):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._dying} did not die")
            time.sleep(0.05)
        return -signal.SIGKILL

    def let_leases_run_out(self) -> None:
        """Let the time pass after which a message is sent by somebody else."""
        try_messages_now(self.deployment.url("notifications"))

    def revive(self) -> None:
        """Start what died again, to live, and wait until it answers."""
        if self._dying:
            self.kill(self._dying)
        self._dying = ""
        self.heal()

    def copies_sent(self, message_id: str) -> int:
        """How often the mail server was given a message."""
        ids = [mail["Message-ID"] for mail in self._mail.messages]
        return sum(message_id in each for each in ids)

    def _port_of(self, service: str) -> int:
        return self.deployment.port("api", service)


def try_messages_now(database_url: str) -> None:
    """Bring the time at which planned messages are tried again to the present.

    What waits for two minutes after a death need not be waited for to see what comes
    of it.
    """
    now = utc_now()
    waiting = messages.c.status == MessageStatus.PLANNED, messages.c.planned_for <= now
    database = Database(database_url)
    with database.begin(EVERYTHING) as connection:
        connection.execute(
            update(messages).where(*waiting).values(leased_until=None, next_try_at=now)
        )
    database.close()
