"""A mail server that answers as a test tells it to."""

import asyncio
import ssl
import threading
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import Self

from tests.notifications.clinic_lab import Clinic

_USUAL = {
    "EHLO": "250-localhost\r\n250 AUTH PLAIN",
    "DATA": "354 go on",
    "QUIT": "221 bye",
    "AUTH": "235 welcome",
    "STARTTLS": "220 go ahead",
}


class ScriptedMailServer:
    """Speaks SMTP on a loopback port; `answers` says how it answers a command.

    `written` is no command: it is what a message that was written is answered. With
    `tls` it offers to encrypt the conversation.
    """

    def __init__(
        self, answers: Mapping[str, str], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.said: list[str] = []
        self.is_encrypted = False
        self._tls = tls
        self._answers = {**_USUAL, **answers}
        if tls is not None:
            self._answers["EHLO"] = "250-localhost\r\n250 STARTTLS"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted")

    def __enter__(self) -> Self:
        self._thread.start()
        opening = asyncio.start_server(self._talk, "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(opening, self._loop).result()
        self.port: int = self._server.sockets[0].getsockname()[1]
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

    def serve(self, clinic: Clinic, url: str = "smtp://127.0.0.1:{port}") -> None:
        """Have a clinic's mail sent here."""
        runtime = clinic.lab.runtime("notifications")
        mail_url = url.format(port=self.port)
        runtime.settings = replace(runtime.settings, mail_url=mail_url)

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
        try:
            await self._answer(reader, writer)
        except (OSError, EOFError):
            # A client that does not trust us hangs up in the middle.
            return
        finally:
            writer.close()

    async def _answer(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"220 ready\r\n")
        word = ""
        while word != "QUIT" and (line := (await reader.readline()).decode()):
            word = line.partition(" ")[0].strip().upper()
            self.said.append(line.strip())
            said = self._answers.get(word, "250 fine")
            writer.write(f"{said}\r\n".encode())
            await writer.drain()
            if word == "DATA" and said.startswith("354"):
                await reader.readuntil(b"\r\n.\r\n")
                kept = self._answers.get("written", "250 kept")
                writer.write(f"{kept}\r\n".encode())
            if word == "STARTTLS" and self._tls is not None:
                await writer.start_tls(self._tls)
                self.is_encrypted = True
