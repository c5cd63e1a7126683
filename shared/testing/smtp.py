"""A mail server that keeps what it is given, for tests that look at sent mail."""

import asyncio
import threading
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.smtp import SMTP, Envelope, Session

from shared.testing.arrivals import Arrivals

_ACCEPTED = "250 OK: kept"
_REFUSED = "451 4.3.0 Try again later"


class SmtpSink:
    """A real SMTP server on a loopback port while the `with` block runs."""

    def __init__(self) -> None:
        self.url = ""
        self._kept: Arrivals[EmailMessage] = Arrivals()
        self._refusals = 0
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-sink")

    def __enter__(self) -> Self:
        self._thread.start()
        port = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        self.url = f"smtp://127.0.0.1:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def messages(self) -> list[EmailMessage]:
        """What was accepted so far, oldest first."""
        return self._kept.so_far()

    def wait_for(
        self, count: int, *, within: timedelta = timedelta(seconds=10)
    ) -> list[EmailMessage]:
        """The messages, once at least `count` were accepted.

        Raises:
            TimeoutError: fewer came in time.
        """
        return self._kept.wait_for(count, within=within)

    def refuse_next(self, count: int) -> None:
        """Answer the next `count` messages with 451: not now, try again later."""
        with self._lock:
            self._refusals = count

    async def handle_DATA(  # noqa: N802  The library calls it by this name.
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep or refuse one message; the answer for its sender."""
        with self._lock:
            if self._refusals:
                self._refusals -= 1
                return _REFUSED
        # Lines end in CRLF on the wire only; a test compares with what was written.
        content = (envelope.original_content or b"").replace(b"\r\n", b"\n")
        self._kept.add([message_from_bytes(content, policy=policy.default)])
        return _ACCEPTED

    async def _open(self) -> int:
        self._server = await self._loop.create_server(
            lambda: SMTP(self, hostname="localhost", enable_SMTPUTF8=True),
            host="127.0.0.1",
            port=0,
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _shut(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        conversations = asyncio.all_tasks() - {asyncio.current_task()}
        for task in conversations:
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
