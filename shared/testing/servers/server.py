"""What PostgreSQL and RabbitMQ servers have in common: whose they are, up and down."""

import os
from abc import ABC, abstractmethod
from types import TracebackType
from typing import ClassVar, Self

from shared.errors import ConflictError
from shared.testing.servers.process import Daemon, Sandbox


class ServerNotOursError(ConflictError):
    """This server was named by the environment, so it is not ours to take down."""

    code = "server_not_ours"


class Server(ABC):
    """A server of our own while the `with` block runs, or one the environment names.

    What was made on a server that is not ours is removed at the end; a server of our
    own is removed whole, without a shutdown in good order: nobody needs its data.
    """

    url_variable: ClassVar[str]
    account: ClassVar[str]

    def __init__(self) -> None:
        self.url = ""
        self._made: list[str] = []
        self._sandbox: Sandbox | None = None
        self._daemon: Daemon | None = None

    def __enter__(self) -> Self:
        given = os.environ.get(self.url_variable)
        if given:
            self._use(given)
            return self
        self._sandbox = Sandbox(user=self.account)
        try:
            self._daemon = self._prepare(self._sandbox)
            self._daemon.start()
        except BaseException:
            self._sandbox.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._sandbox is not None:
            self._sandbox.close()
            return
        for name in list(self._made):
            self._remove(name)

    def start(self) -> None:
        """Bring the server up with the data and the ports it had."""
        self._ours().start()

    def stop(self) -> None:
        """Shut the server down in good order, ending its clients' connections."""
        self._ours().stop()

    def kill(self) -> None:
        """End every process of the server at once, as a crash would."""
        self._ours().kill()

    def restart(self) -> None:
        """Shut the server down in good order and bring it up again."""
        self.stop()
        self.start()

    @abstractmethod
    def _use(self, url: str) -> None:
        """Take the server the environment names."""

    @abstractmethod
    def _prepare(self, sandbox: Sandbox) -> Daemon:
        """Make everything ready for a server of our own, and set `url`."""

    @abstractmethod
    def _remove(self, name: str) -> None:
        """Remove what was made on a server that is not ours."""

    def _ours(self) -> Daemon:
        if self._daemon is None:
            raise ServerNotOursError(
                f"The server of {self.url_variable} is not ours to start or stop; "
                "unset the variable to run this on a private one."
            )
        return self._daemon
