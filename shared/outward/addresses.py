"""Where requests to the outside may go: never into a private network.

A person or an integrator names a URL, so without these checks a clinic's server could
be made to call its own neighbours. A name is checked when it is given, and every
address it resolves to is checked again by whoever connects.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from shared.errors import InvalidError

LONGEST_URL = 500
HTTPS_PORT = 443

_HOST = re.compile(r"[a-z0-9]([a-z0-9.\-]*[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_NEVER = tuple(
    map(
        ip_network,
        (
            "192.0.0.0/24",  # Protocol assignments; Python calls some of it global.
            "192.88.99.0/24",  # The way to 6to4 relays.
            "64:ff9b::/96",  # NAT64 leads to any IPv4 address, private ones too.
            "64:ff9b:1::/48",
            "2001::/23",  # Teredo and other protocol assignments.
            "2002::/16",  # 6to4 carries an IPv4 address.
            "3fff::/20",  # Documentation.
        ),
    )
)


class UrlRefusedError(InvalidError):
    """Nothing is sent to this URL, or fetched from it."""

    code = "url_refused"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="url")


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A URL in its parts; `is_listed`: its host may be on a private network."""

    scheme: str
    host: str
    port: int
    target: str
    authority: str
    is_listed: bool


def endpoint_of(url: str, *, listed: Set[str]) -> Endpoint:
    """The parts of a URL that requests may go to.

    Hosts in `listed` may be reached by plain HTTP, at any port and address: somebody
    who runs this deployment named them.

    Raises:
        UrlRefusedError: it is no such URL; says why.
    """
    if len(url) > LONGEST_URL or not re.fullmatch(r"[!-\[\]-~]+", url):
        raise UrlRefusedError(
            f"a URL has at most {LONGEST_URL} printable ASCII characters"
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UrlRefusedError("this is not a URL") from error
    if parts.scheme not in ("https", "http") or not host:
        raise UrlRefusedError("an https URL is needed")
    if "@" in parts.netloc or "#" in url:
        raise UrlRefusedError("a URL without credentials and fragment is needed")
    if port == 0:
        raise UrlRefusedError("there is no port 0")
    is_listed = host in {name.lower() for name in listed}
    if not is_listed:
        _check_unlisted(parts.scheme, host, port)
    default = HTTPS_PORT if parts.scheme == "https" else 80
    return Endpoint(
        scheme=parts.scheme,
        host=host,
        port=port or default,
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        authority=parts.netloc.lower(),
        is_listed=is_listed,
    )


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, and to nothing of ours."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return (
        ip.is_global
        and not ip.is_multicast
        and not ip.is_reserved
        and not _is_unusual(ip)
        and not any(ip in network for network in _NEVER)
    )


def _is_unusual(ip: IPv4Address | IPv6Address) -> bool:
    """IPv6 addresses that stand for others, or only count on one site."""
    return isinstance(ip, IPv6Address) and bool(
        ip.ipv4_mapped or ip.is_site_local or ip.scope_id
    )


def _check_unlisted(scheme: str, host: str, port: int | None) -> None:
    if scheme != "https":
        raise UrlRefusedError("an https URL is needed")
    if port not in (None, HTTPS_PORT):
        raise UrlRefusedError(f"only port {HTTPS_PORT} is allowed")
    if ":" in host or re.fullmatch(r"[0-9.]+", host):
        if not is_public(host):
            raise UrlRefusedError("this address is not on the public internet")
        return
    last = host.rpartition(".")[2]
    if "." not in host or not _HOST.fullmatch(host) or _NUMBER.fullmatch(last):
        raise UrlRefusedError("this host is not on the public internet")
