"""What a request says of itself, as far as it is believed."""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from flask import request

from shared.ids import uuid7
from shared.settings import Network

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NOWHERE = "nowhere"
"""Where a request comes from that came by no network."""

IPV6_HOME_BITS = 64
"""Whoever has one address of IPv6 has all that begin alike."""

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def method() -> str:
    """The method for labels and spans; one that a client made up adds no series."""
    return request.method if request.method in METHODS else "_OTHER"


def request_id() -> str:
    """The id a caller gave this request, if it is a UUID; else one of our own."""
    given = request.headers.get("X-Request-Id", "")
    return given.lower() if _UUID.fullmatch(given) else str(uuid7())


def is_secure() -> bool:
    """Whether the caller speaks TLS, to us or to the proxy in front."""
    forwarded = request.headers.get("X-Forwarded-Proto", "")
    return request.is_secure or forwarded.lower() == "https"


def header_bytes() -> int:
    """How long this request's headers are together, names and values."""
    given = request.environ.items()
    return sum(len(name) - 5 + len(said) for name, said in given if name[:5] == "HTTP_")


class Senders:
    """Tells where requests come from.

    Args:
        trusted: networks of our own proxies and services. Only what comes from there
            may say, in the last hop of `X-Forwarded-For`, for whom it asks.
    """

    def __init__(self, trusted: Iterable[Network] = ()) -> None:
        self._trusted = tuple(trusted)
        # The few addresses that are there at a time are not read again and again.
        self._known = lru_cache(maxsize=4096)(self._read)

    def address(self) -> str | None:
        """The address this request is counted for; None for one of our own services.

        Addresses of IPv6 are counted by their network, in which a sender may choose.
        """
        forwarded = request.headers.get("X-Forwarded-For", "")
        return self._known(request.remote_addr or "", forwarded)

    def _read(self, peer: str, forwarded: str) -> str | None:
        came_from = _parsed(peer)
        if came_from is None or not self._trusts(came_from):
            return _counted(came_from) or peer or NOWHERE
        last = forwarded.rpartition(",")[2].strip()
        if not last:
            return None
        # A proxy of ours that says something else than an address is counted itself.
        return _counted(_parsed(last)) or peer

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _counted(address: Address | None) -> str | None:
    if isinstance(address, ipaddress.IPv6Address):
        home = ipaddress.ip_network((address, IPV6_HOME_BITS), strict=False)
        return str(home)
    return str(address) if address else None
