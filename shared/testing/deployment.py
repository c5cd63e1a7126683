"""Services as they are deployed: processes of their own on real servers."""

import os
import pwd
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from shared import migrations
from shared.broker import connect
from shared.errors import UnavailableError
from shared.identity import new_key, public_keys
from shared.platform import subscriptions
from shared.privacy.keyring import Keyring
from shared.privacy.vault import Vault
from shared.service import Service
from shared.settings import Settings
from shared.testing.keys import ring_in
from shared.testing.servers import PostgresServer, RabbitServer
from shared.testing.servers.postgres import service_url
from shared.testing.servers.process import Sandbox, free_port

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_SECONDS = 60.0
STOPPED_WITHIN_SECONDS = 45.0
RATES = ("KAP_RATE_PER_TOKEN", "KAP_RATE_PER_ADDRESS", "KAP_RATE_SIGN_INS")
_LOG_LINES_SHOWN = 25


class NotReadyError(UnavailableError):
    """A process that was started does not answer."""

    code = "process_not_ready"


class Processes:
    """Processes of this repository's code; they end with their owner, come what may.

    Each inherits nothing of our environment but the path, and writes a log of its own.
    """

    def __init__(self) -> None:
        self._sandbox = Sandbox(user=pwd.getpwuid(os.geteuid()).pw_name)
        self._logs: dict[subprocess.Popen[bytes], Path] = {}
        self._running: set[subprocess.Popen[bytes]] = set()

    @property
    def folder(self) -> Path:
        """A folder that is removed at the end."""
        return self._sandbox.folder

    def run(
        self, command: Sequence[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a program."""
        log = self.folder / f"{len(self._logs)}.log"
        process = self._sandbox.spawn(
            command, {**environment, "PYTHONPATH": str(ROOT)}, log=log
        )
        self._logs[process] = log
        self._running.add(process)
        return process

    def kap(
        self, *arguments: str, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a `kap` command."""
        command = [sys.executable, "-m", "cli.main", *arguments]
        return self.run(command, environment)

    def log(self, process: subprocess.Popen[bytes]) -> str:
        """What a process has said so far."""
        return self._logs[process].read_text(errors="replace")

    def wait_until_ready(self, process: subprocess.Popen[bytes], url: str) -> None:
        """Wait until a process answers well.

        Raises:
            NotReadyError: it ended, or does not answer, with the end of its log.
        """
        try:
            wait_for(url, seconds=READY_WITHIN_SECONDS, process=process)
        except TimeoutError as error:
            tail = "\n".join(self.log(process).splitlines()[-_LOG_LINES_SHOWN:])
            raise NotReadyError(f"{error}, status {process.poll()}:\n{tail}") from error

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """Ask a process to end and wait for it; its exit status.

        Raises:
            TimeoutExpired: it does not end.
        """
        if process.poll() is None:
            process.terminate()
        return self.ended(process)

    def ended(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for a process that ends by itself; its exit status.

        Raises:
            TimeoutExpired: it does not end.
        """
        status = process.wait(STOPPED_WITHIN_SECONDS)
        if process in self._running:
            self._running.remove(process)
            self._sandbox.ended(process)
        return status

    def close(self) -> None:
        """Kill what still runs."""
        self._sandbox.close()


class Deployment:
    """Databases, queues, keys and processes of some services."""

    def __init__(
        self,
        services: Sequence[Service],
        postgres: PostgresServer,
        rabbit: RabbitServer,
        *,
        name: str,
        **environment: str,
    ) -> None:
        """Args:
        name: what databases and the virtual host are called by.
        environment: what every process is told besides the usual.
        """
        self.postgres = postgres
        self.rabbit = rabbit
        self._services = services
        self._name = name
        self._more = environment
        self._ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.processes = Processes()
            stack.callback(self.processes.close)
            self.broker_url = self.rabbit.create_vhost(self._name)
            stack.callback(self.rabbit.delete_vhost, self._name)
            self._signing, self._public = self._make_keys()
            self.master_keys = ring_in(self.processes.folder)
            self._urls: dict[str, str] = {}
            for service in self._services:
                self._urls[service.name] = self._make_database(service.name, stack)
            connect(self.broker_url).declare(subscriptions(self._services))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    def url(self, service: str) -> str:
        """A service's database, as its owner."""
        return self._urls[service]

    def settings(self, service: str) -> Settings:
        """A service's settings, for code of the owner itself."""
        return Settings(
            database_url=service_url(self._urls[service]),
            owner_database_url=self._urls[service],
            broker_url=self.broker_url,
            signing_key=self._signing.read_text(),
            token_keys=self._public.read_text(),
            master_keys=f"@{self.master_keys}",
        )

    def environment(self, service: str, port: int) -> Mapping[str, str]:
        """What a process of a service is told."""
        return {
            "KAP_DATABASE_URL": service_url(self._urls[service]),
            "KAP_BROKER_URL": self.broker_url,
            "KAP_SIGNING_KEY": f"@{self._signing}",
            "KAP_TOKEN_KEYS": f"@{self._public}",
            "KAP_MASTER_KEYS": f"@{self.master_keys}",
            "KAP_HTTP_BIND": f"127.0.0.1:{port}",
            "KAP_WORKER_BIND": f"127.0.0.1:{port}",
            # All load comes from one address, and as few people.
            **dict.fromkeys(RATES, "off"),
            **self._more,
        }

    def start(
        self, what: str, service: str, **environment: str
    ) -> subprocess.Popen[bytes]:
        """`kap api SERVICE` or `kap worker SERVICE`, ready."""
        process = self.launch(what, service, **environment)
        self.wait_until_ready(process, what, service)
        return process

    def launch(
        self, what: str, service: str, **environment: str
    ) -> subprocess.Popen[bytes]:
        """The same, not waited for; it answers on the port it had before, if any."""
        if f"{what} {service}" not in self._ports:
            self._ports[f"{what} {service}"] = free_port()
        port = self.port(what, service)
        said = {**self.environment(service, port), **environment}
        if what == "api":
            metrics = self.processes.folder / f"metrics-{service}-{port}"
            said.setdefault("PROMETHEUS_MULTIPROC_DIR", str(metrics))
        return self.kap(what, service, said)

    def kap(
        self, what: str, service: str, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a process of a service."""
        return self.processes.kap(what, service, environment=environment)

    def wait_until_ready(
        self, process: subprocess.Popen[bytes], what: str, service: str
    ) -> None:
        """Wait until a launched process answers that it can work."""
        url = f"http://127.0.0.1:{self.port(what, service)}/readyz"
        self.processes.wait_until_ready(process, url)

    def run(
        self, command: list[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """A process that ends with this deployment."""
        return self.processes.run(command, environment)

    def port(self, what: str, service: str) -> int:
        """Where a started process answers."""
        return self._ports[f"{what} {service}"]

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """End a process before its time; its exit status."""
        return self.processes.stop(process)

    def _make_keys(self) -> tuple[Path, Path]:
        folder = self.processes.folder
        signing, public = folder / "signing-key.json", folder / "token-keys.json"
        signing.write_text(new_key())
        public.write_text(public_keys(signing.read_text()))
        return signing, public

    def _make_database(self, service: str, stack: ExitStack) -> str:
        name = f"{self._name}_{service}"
        url = self.postgres.create_database(name)
        stack.callback(self.postgres.drop_database, name)
        vault = Vault(Keyring(f"@{self.master_keys}"))
        migrations.migrate(service, service_url(url), owner_url=url, vault=vault)
        return url


def wait_for(
    url: str,
    *,
    seconds: float = 30,
    process: subprocess.Popen[bytes] | None = None,
) -> None:
    """Wait until something answers well.

    Raises:
        TimeoutError: it does not, or the process that should is gone.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process is not None and process.poll() is not None:
            break
        try:
            if httpx.get(url).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers at {url}")
