"""An integrator's endpoint: a real HTTP server that keeps what it is posted."""

import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Posted:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers with the status `answers` names for a path, 204 if it names none, after
    `pause_seconds`.

    Some paths behave badly: `/hang` says nothing until the end, `/drip` one byte at a
    time, `/endless` never stops, `/away` leads elsewhere, `/cut` hangs up.
    """

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.answers: dict[str, int] = {}
        self.posted: list[Posted] = []
        self.sent_bytes = 0
        self.pause_seconds = 0.0
        self._ending = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        # A thread that still talks to a client that left must not keep the test.
        self._server.daemon_threads = True
        self._server.block_on_close = False
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def url(self, path: str = "/") -> str:
        """Where a path is."""
        return f"http://127.0.0.1:{self.port}{path}"

    def release(self) -> None:
        """Let every request that hangs go."""
        self._ending.set()

    def ids(self, path: str = "/") -> list[str]:
        """The ids that were posted to a path, in order."""
        return [p.headers["webhook-id"] for p in self.posted if p.path == path]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            """Speaks HTTP/1.1."""

            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.posted.append(
                    Posted(path=self.path, headers=headers, body=body)
                )
                receiver.answer(self)

            def log_message(self, *_: Any) -> None:
                """Tests are quiet."""

        return Handler

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, well or badly."""
        handler.close_connection = True
        time.sleep(self.pause_seconds)
        try:
            if handler.path == "/hang":
                self._ending.wait(30)
            elif handler.path == "/drip":
                self._drip(handler)
            elif handler.path == "/endless":
                self._talk_on(handler)
            elif handler.path != "/cut":
                self._say(handler, self.answers.get(handler.path, 204))
        except OSError:
            return

    def _say(self, handler: BaseHTTPRequestHandler, status: int) -> None:
        handler.send_response(status)
        if 300 <= status < 400:
            handler.send_header("Location", self.url("/elsewhere"))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        while not self._ending.wait(0.05):
            handler.wfile.write(b"H")
            handler.wfile.flush()

    def _talk_on(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        until = time.monotonic() + 30
        while not self._ending.is_set() and time.monotonic() < until:
            handler.wfile.write(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            self.sent_bytes += 4096
