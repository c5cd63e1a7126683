"""A webhook receiver, as an integrator would write one."""

import base64
import hashlib
import hmac
import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Takes webhooks on a free port and checks every signature.

    `seen` counts each event by id, `forged` what was not signed with a known secret.
    """

    def __init__(self, *, reachable_from_outside: bool) -> None:
        self.seen: Counter[str] = Counter()
        self.forged = 0
        self._secrets: list[bytes] = []
        self._lock = threading.Lock()
        host = "0.0.0.0" if reachable_from_outside else "127.0.0.1"  # noqa: S104
        self._server = ThreadingHTTPServer((host, 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Receiver":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def trust(self, secret: str) -> None:
        """Accept what is signed with a subscription's secret."""
        self._secrets.append(base64.b64decode(secret.removeprefix("whsec_")))

    def _handler(receiver) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = 204 if receiver._take(self.headers, body) else 401
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _take(self, headers: Any, body: bytes) -> bool:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode()
        given = headers.get("webhook-signature", "").split()
        for secret in self._secrets:
            digest = hmac.new(secret, signed + body, hashlib.sha256).digest()
            if f"v1,{base64.b64encode(digest).decode()}" in given:
                with self._lock:
                    self.seen[json.loads(body)["id"]] += 1
                return True
        with self._lock:
            self.forged += 1
        return False
