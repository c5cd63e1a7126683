"""Real processes on real servers: what is measured is what is deployed."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType

import httpx

from cli.deploy import make_keys
from cli.services import load
from shared import migrations
from shared.broker import connect
from shared.database import Database
from shared.platform import subscriptions
from shared.settings import Settings
from shared.testing.servers import PostgresServer, RabbitServer
from shared.testing.servers.process import free_port

ROOT = Path(__file__).resolve().parents[1]


class Deployment:
    """PostgreSQL as durable as usual, RabbitMQ, and processes of some services."""

    def __init__(self, *services: str) -> None:
        self._names = services
        self._stack = ExitStack()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._ports: dict[str, int] = {}

    def __enter__(self) -> "Deployment":
        self.postgres = self._stack.enter_context(PostgresServer(durable=True))
        self.rabbit = self._stack.enter_context(RabbitServer())
        self.broker_url = self.rabbit.create_vhost("bench")
        self._folder = Path(self._stack.enter_context(TemporaryDirectory()))
        self._signing, self._public = make_keys(self._folder)
        self._urls = {
            name: self.postgres.create_database(f"bench_{name}") for name in self._names
        }
        for name, url in self._urls.items():
            database = Database(url)
            migrations.upgrade(name, database)
            database.close()
        services = [load(name) for name in self._names]
        connect(self.broker_url).declare(subscriptions(services))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.wait(30)
        self._stack.__exit__(kind, error, trace)

    def url(self, service: str) -> str:
        """A service's database."""
        return self._urls[service]

    def settings(self, service: str) -> Settings:
        """A service's settings, for code of the benchmark itself."""
        return Settings(
            database_url=self._urls[service],
            broker_url=self.broker_url,
            signing_key=self._signing.read_text(),
            token_keys=self._public.read_text(),
        )

    def environment(self, service: str, port: int) -> Mapping[str, str]:
        """What a process of a service is told."""
        return {
            **os.environ,
            "KAP_DATABASE_URL": self._urls[service],
            "KAP_BROKER_URL": self.broker_url,
            "KAP_SIGNING_KEY": f"@{self._signing}",
            "KAP_TOKEN_KEYS": f"@{self._public}",
            "KAP_PEER_URL": "http://127.0.0.1:1",
            "KAP_HTTP_BIND": f"127.0.0.1:{port}",
            "KAP_WORKER_BIND": f"127.0.0.1:{port}",
            "KAP_HTTP_WORKERS": "2",
            "KAP_REPAIR_SECONDS": "3600",
        }

    def start(self, what: str, service: str) -> subprocess.Popen[bytes]:
        """`kap api SERVICE` or `kap worker SERVICE`, ready."""
        port = free_port()
        process = self.run(
            [sys.executable, "-m", "cli.main", what, service],
            self.environment(service, port),
        )
        self._ports[f"{what} {service}"] = port
        wait_for(f"http://127.0.0.1:{port}/readyz")
        return process

    def run(
        self, command: list[str], environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """A process that ends with this deployment."""
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
        )
        self._processes.append(process)
        return process

    def port(self, what: str, service: str) -> int:
        """Where a started process answers."""
        return self._ports[f"{what} {service}"]

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """End a process before its time."""
        process.terminate()
        process.wait(30)
        self._processes.remove(process)


def wait_for(url: str, *, seconds: float = 30) -> None:
    """Wait until something answers well.

    Raises:
        TimeoutError: it does not.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(url).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"nothing answers at {url}")


def memory_mb(process_id: int) -> float:
    """Resident memory of a process and its children, the largest of them, in MB."""
    sizes = [_resident_mb(child) for child in _family(process_id)]
    return max(sizes)


def _resident_mb(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _family(process_id: int) -> list[int]:
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    found = [process_id]
    for child in children.split():
        found += _family(int(child))
    return found
