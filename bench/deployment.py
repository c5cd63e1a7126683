"""Real processes on real servers: what is measured is what is deployed."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.services import load
from shared.testing.deployment import ROOT, wait_for
from shared.testing.deployment import Deployment as AnyDeployment
from shared.testing.servers import PostgresServer, RabbitServer

__all__ = ["ROOT", "Deployment", "memory_mb", "wait_for"]


class Deployment(AnyDeployment):
    """PostgreSQL as durable as usual, RabbitMQ, and processes of some services.

    Nobody can be asked for what the broker lost: it is to be as it is without trouble.
    """

    def __init__(self, *services: str) -> None:
        super().__init__(
            [load(name) for name in services],
            PostgresServer(durable=True),
            RabbitServer(),
            name="bench",
            KAP_PEER_URL="http://127.0.0.1:1",
            KAP_HTTP_WORKERS="2",
            KAP_REPAIR_SECONDS="3600",
        )
        self._servers = ExitStack()

    def __enter__(self) -> Self:
        with self._servers:
            self._servers.enter_context(self.postgres)
            self._servers.enter_context(self.rabbit)
            super().__enter__()
            self._servers = self._servers.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._servers.close()


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
