"""One address for every service, as the proxy in front of a deployment is."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "host"}
# The client has unpacked the body, so its length is another now.
NOT_HANDED_BACK = HOP_BY_HOP | {"content-length", "content-encoding"}


class Gateway:
    """Hands each request to the API its path names, on a port of this machine.

    Args:
        port_of: where a service answers; it is asked anew for each request.
        front: the service that answers paths that name none.
    """

    def __init__(self, port_of: Callable[[str], int], services: set[str], front: str):
        self._port_of = port_of
        self._services = services
        self._front = front
        # A connection kept open to a process that has died since would fail a request
        # that the one after it could have answered.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=60, limits=limits, trust_env=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Gateway":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def _forward(
        self, method: str, path: str, headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        name = path.lstrip("/").partition("/")[0]
        port = self._port_of(name if name in self._services else self._front)
        url = f"http://127.0.0.1:{port}{path}"
        try:
            return self._client.request(method, url, headers=headers, content=body)
        except httpx.HTTPError:
            return httpx.Response(502, text="the service does not answer")

    def _handler(gateway) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one(self) -> None:
                """Forward a request and hand the answer back."""
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {
                    name: value
                    for name, value in self.headers.items()
                    if name.lower() not in HOP_BY_HOP
                }
                answer = gateway._forward(self.command, self.path, headers, body)
                self.send_response(answer.status_code)
                for name, value in answer.headers.multi_items():
                    if name not in NOT_HANDED_BACK:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            def __getattr__(self, name: str) -> Callable[[], None]:
                # The base class asks for `do_GET`, `do_POST` and so on.
                if name.startswith("do_"):
                    return self.handle_one
                raise AttributeError(name)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
