"""Real processes on real servers: what is measured is what is deployed."""

from contextlib import ExitStack
from types import TracebackType
from typing import Self

from cli.services import load
from shared.testing.deployment import ROOT, wait_for
from shared.testing.deployment import Deployment as AnyDeployment
from shared.testing.servers import PostgresServer, RabbitServer

__all__ = ["ROOT", "Deployment", "wait_for"]


class Deployment(AnyDeployment):
    """PostgreSQL as durable as usual, RabbitMQ, and processes of some services.

    Nobody can be asked for what the broker lost: it is to be as it is without trouble.
    """

    def __init__(self, *services: str, name: str = "bench", **environment: str) -> None:
        super().__init__(
            [load(name) for name in services],
            PostgresServer(durable=True),
            RabbitServer(),
            name=name,
            KAP_PEER_URL="http://127.0.0.1:1",
            KAP_HTTP_WORKERS="2",
            KAP_REPAIR_SECONDS="3600",
            **environment,
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
