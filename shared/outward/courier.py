"""Asks servers of others, and connects only to addresses that were checked.

A name is resolved here, at every try, and the connection goes to the very address that
passed the check: a name that means something else a moment later gains nothing. A try
ends after ten seconds however slowly the other side talks.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import httpcore

from shared.outward.addresses import UrlRefusedError, endpoint_of, is_public
from shared.tls import trusted

TIMEOUT_SECONDS = 10.0
MOST_ANSWER_BYTES = 65_536

Resolver = Callable[[str, int], Sequence[str]]


class UnknownHostError(Exception):
    """The name has no address."""


class AddressRefusedError(Exception):
    """The name leads to where no request may go."""


def resolve(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, by the system's resolver.

    Raises:
        UnknownHostError: it has none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a server said: a status and what it sent, or the code of why neither."""

    status: int | None = None
    reason: str | None = None
    content: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Courier:
    """Asks servers that people of a clinic or integrators named.

    Args:
        resolver: how a name becomes addresses.
        tls: which certificates count.
        timeout_seconds: how long a whole try may take.
    """

    resolver: Resolver = resolve
    tls: Callable[[], ssl.SSLContext] = trusted
    timeout_seconds: float = TIMEOUT_SECONDS

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes = b"",
        *,
        listed: Set[str],
        most_bytes: int = MOST_ANSWER_BYTES,
    ) -> Reply:
        """What a server answers; redirects are not followed.

        Of an answer longer than `most_bytes` no more than that is read.
        """
        try:
            return self._send(method, url, headers, body, listed, most_bytes)
        except (UrlRefusedError, AddressRefusedError):
            return Reply(reason="address_refused")
        except UnknownHostError:
            return Reply(reason="unknown_host")
        except (httpcore.TimeoutException, TimeoutError):
            return Reply(reason="timed_out")
        except httpcore.NetworkError:
            return Reply(reason="connection_failed")
        except httpcore.ProtocolError:
            return Reply(reason="not_http")

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        listed: Set[str],
        most_bytes: int,
    ) -> Reply:
        endpoint = endpoint_of(url, listed=listed)
        way = _Way(
            self.resolver,
            any_address=endpoint.is_listed,
            until=time.monotonic() + self.timeout_seconds,
        )
        with (
            httpcore.ConnectionPool(
                ssl_context=self.tls() if endpoint.scheme == "https" else None,
                network_backend=way,
            ) as pool,
            pool.stream(
                method,
                httpcore.URL(
                    scheme=endpoint.scheme.encode(),
                    host=endpoint.host.encode(),
                    port=endpoint.port,
                    target=endpoint.target.encode(),
                ),
                headers=[("host", endpoint.authority), *headers.items()],
                content=body,
            ) as answer,
        ):
            content = _read_a_little(answer.iter_stream(), most_bytes)
            return Reply(status=answer.status, content=content)


def _read_a_little(body: Iterable[bytes], most_bytes: int) -> bytes:
    """Let the other side finish its answer, unless it is a long one."""
    read = bytearray()
    for part in body:
        read += part
        if len(read) >= most_bytes:
            break
    return bytes(read[:most_bytes])


class _Way(httpcore.NetworkBackend):
    """Connects to checked addresses, and lets nothing last beyond `until`."""

    def __init__(self, resolver: Resolver, *, any_address: bool, until: float) -> None:
        self._resolver = resolver
        self._any_address = any_address
        self._until = until
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours counts.
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address that answers; all must be allowed."""
        addresses = self._resolver(host, port)
        if not self._any_address and not all(map(is_public, addresses)):
            raise AddressRefusedError
        failure: Exception = UnknownHostError()
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, _left(self._until), local_address, socket_options
                )
                return _Bounded(stream, self._until)
            except (httpcore.NetworkError, httpcore.TimeoutException) as error:
                failure = error
        raise failure


class _Bounded(httpcore.NetworkStream):
    """A connection that ends at a time, not after so long without a byte."""

    def __init__(self, stream: httpcore.NetworkStream, until: float) -> None:
        self._stream = stream
        self._until = until

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002
        """Some bytes."""
        return self._stream.read(max_bytes, _left(self._until))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002
        """Send bytes."""
        self._stream.write(buffer, _left(self._until))

    def close(self) -> None:
        """End it."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002
    ) -> httpcore.NetworkStream:
        """Go on encrypted; the certificate must be of the name in the URL."""
        secured = self._stream.start_tls(
            ssl_context, server_hostname, _left(self._until)
        )
        return _Bounded(secured, self._until)

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks of the stream."""
        return self._stream.get_extra_info(info)


def _left(until: float) -> float:
    """The seconds that are left.

    Raises:
        TimeoutError: none are.
    """
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
