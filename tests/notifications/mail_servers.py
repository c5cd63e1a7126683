"""A mail server that says no to one command."""

import asyncio
import threading
from dataclasses import replace
from types import TracebackType
from typing import Self

from shared.settings import Settings
from tests.notifications.clinic_lab import Clinic


class RefusingServer:
    """Speaks SMTP on a loopback port; one command gets the answer it is told to give.

    `after_data` instead of a command's name refuses the message once it was written.
    """

    def __init__(self, command: str, answer: str, *, banner: str = "220 ready") -> None:
        self.said: list[str] = []
        self._command, self._answer, self._banner = command, answer, banner
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="refusing")

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.start_server(self._talk, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        self.url = f"smtp://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
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

    def settings_like(self, clinic: Clinic, *, url: str | None = None) -> Settings:
        """A clinic's settings, with this server for its mail."""
        settings = clinic.lab.runtime("notifications").settings
        return replace(settings, mail_url=url or self.url)

    async def _shut(self) -> None:
        self._server.close()
        await self._server.wait_closed()
        talks = asyncio.all_tasks() - {asyncio.current_task()}
        for talk in talks:
            talk.cancel()
        await asyncio.gather(*talks, return_exceptions=True)

    async def _talk(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(f"{self._banner}\r\n".encode())
        while line := (await reader.readline()).decode():
            word = line.partition(" ")[0].strip().upper()
            self.said.append(line.strip())
            if word == self._command:
                writer.write(f"{self._answer}\r\n".encode())
            elif word == "DATA":
                writer.write(b"354 go on\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                refused = self._command == "after_data"
                writer.write(f"{self._answer if refused else '250 kept'}\r\n".encode())
            else:
                writer.write(b"221 bye\r\n" if word == "QUIT" else b"250 fine\r\n")
            await writer.drain()
            if word == "QUIT":
                break
        writer.close()
