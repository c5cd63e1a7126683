"""What the environment says, read once where a process starts."""

import ipaddress
import math
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from shared.errors import KapError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

DEVELOPMENT_SECRET = "development-only"  # noqa: S105 - known to everybody.
"""It guards nothing that one click on the development issuer's page would not give."""


class SettingsError(KapError):
    """The environment does not say all that is needed."""

    code = "settings"


def _flag(value: str) -> bool:
    if value.lower() in ("1", "true", "yes", "on"):
        return True
    if value.lower() in ("", "0", "false", "no", "off"):
        return False
    raise ValueError(value)


def _rate(value: str) -> str:
    """A limit as `limits` reads it, such as 1200/minute; empty for none."""
    if value.lower() == "off":
        return ""
    from limits import parse

    parse(value)
    return value


def _networks(value: str) -> frozenset[Network]:
    return frozenset(ipaddress.ip_network(name) for name in _names(value))


def _names(value: str) -> frozenset[str]:
    return frozenset(name for name in value.replace(",", " ").split() if name)


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("it must be at least 1")
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < math.inf:
        raise ValueError("it must be more than 0")
    return number


def _secret(value: str) -> str:
    """A value, or what a file holds if the value starts with an `@`."""
    if value.startswith("@"):
        value = Path(value[1:]).read_text().strip()
    if not value:
        raise ValueError("it is empty")
    return value


def _reference(value: str) -> str:
    """What it says, or where that is: a file that may change, an address."""
    _secret(value)
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value.rstrip("/"))
    rest = parts.path, parts.query, parts.fragment
    if parts.scheme not in ("http", "https") or not parts.hostname or any(rest):
        raise ValueError("scheme, host and port are expected, and nothing behind")
    return parts.geturl()


def is_loopback(host: str) -> bool:
    """Whether a host, as an address or a `Host` header names it, is this machine."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _from(
    name: str, about: str, read: Callable[[str], Any] = str, default: Any = MISSING
) -> Any:
    meta = {"name": name, "about": about, "read": read}
    is_secret = read in (_secret, _reference)
    return field(metadata=meta, default=default, repr=not is_secret)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of a process; each names the environment variable it comes from."""

    database_url: str = _from(
        "KAP_DATABASE_URL", "the service's database, a PostgreSQL URL", _secret
    )
    owner_database_url: str | None = _from(
        "KAP_OWNER_DATABASE_URL",
        "the same database as its owner, for migrations; services run as another role",
        _secret,
        default=None,
    )
    broker_url: str = _from(
        "KAP_BROKER_URL", "RabbitMQ, an amqp URL; memory:// within one process", _secret
    )
    signing_key: str = _from(
        "KAP_SIGNING_KEY", "private JWK of this deployment's machine tokens", _secret
    )
    token_keys: str = _from(
        "KAP_TOKEN_KEYS", "JWK set that bearer tokens are verified with", _reference
    )
    master_keys: str = _from(
        "KAP_MASTER_KEYS",
        "ring of master keys that wraps the keys of clinics; a file is read again",
        _reference,
    )
    token_issuer: str = _from(
        "KAP_TOKEN_ISSUER", "who issues bearer tokens", default="kap"
    )
    peer_url: str = _from(
        "KAP_PEER_URL",
        "where a service's API answers; {service} stands for its name",
        default="http://{service}:8000",
    )
    mail_url: str = _from(
        "KAP_MAIL_URL",
        "smtp://host:port, or outbox: to keep messages for the console",
        default="outbox:",
    )
    mail_from: str = _from(
        "KAP_MAIL_FROM", "sender of messages to patients", default="clinic@kap.example"
    )
    webhook_hosts: frozenset[str] = _from(
        "KAP_WEBHOOK_HOSTS",
        "hosts on private networks for webhooks and for calendars of others",
        _names,
        default=frozenset(),
    )
    public_url: str = _from(
        "KAP_PUBLIC_URL",
        "where browsers find the console, such as https://kap.clinics.example",
        _origin,
        default="http://127.0.0.1:8080",
    )
    oidc_issuer: str = _from(
        "KAP_OIDC_ISSUER",
        "the OpenID provider that signs people in, by its `iss`",
        default="",
    )
    oidc_discovery: str = _from(
        "KAP_OIDC_DISCOVERY",
        "where the provider's configuration is, if not below its issuer's address",
        default="",
    )
    oidc_keys: str = _from(
        "KAP_OIDC_KEYS",
        "the provider's JWK set, if it is not to be found by its configuration",
        _reference,
        default="",
    )
    oidc_client_id: str = _from(
        "KAP_OIDC_CLIENT_ID", "the console's name at the provider", default=""
    )
    oidc_client_secret: str = _from(
        "KAP_OIDC_CLIENT_SECRET",
        "the console's secret at the provider",
        _secret,
        default="",
    )
    development_issuer: bool = _from(
        "KAP_DEVELOPMENT_ISSUER",
        "sign in anybody as anybody; for trying the platform on one machine only",
        _flag,
        default=False,
    )
    development_secret: str = _from(
        "KAP_DEVELOPMENT_SECRET",
        "what the secrets of the development issuer's programs are made from",
        _secret,
        default=DEVELOPMENT_SECRET,
    )
    callback_host: str = _from(
        "KAP_CALLBACK_HOST",
        "name under which this deployment reaches the machine a demo runs on",
        default="127.0.0.1",
    )
    http_bind: str = _from(
        "KAP_HTTP_BIND",
        "address the API listens on",
        default="0.0.0.0:8000",
    )
    http_workers: int = _from(
        "KAP_HTTP_WORKERS", "processes of the API", _count, default=2
    )
    worker_bind: str = _from(
        "KAP_WORKER_BIND",
        "address the worker's health and metrics answer on",
        default="0.0.0.0:9000",
    )
    rate_storage: str = _from(
        "KAP_RATE_STORAGE",
        "where requests are counted, a URL; memory:// counts each process by itself",
        _secret,
        default="memory://",
    )
    rate_per_token: str = _from(
        "KAP_RATE_PER_TOKEN",
        "how much one token may ask of a service, or off",
        _rate,
        default="1200/minute",
    )
    rate_per_address: str = _from(
        "KAP_RATE_PER_ADDRESS",
        "how much one address may ask of a service, or off",
        _rate,
        default="6000/minute",
    )
    rate_sign_ins: str = _from(
        "KAP_RATE_SIGN_INS",
        "how often one address may sign in, or come with a bad token, or off",
        _rate,
        default="60/minute",
    )
    trusted_proxies: frozenset[Network] = _from(
        "KAP_TRUSTED_PROXIES",
        "networks of our own proxies and services, whose X-Forwarded-For is believed",
        _networks,
        default=frozenset(),
    )
    repair_seconds: float = _from(
        "KAP_REPAIR_SECONDS",
        "how often what the broker may have lost is asked for",
        _seconds,
        default=30.0,
    )
    facts_seconds: float = _from(
        "KAP_FACTS_SECONDS",
        "how long facts count when nobody has looked for newer ones",
        _seconds,
        default=60.0,
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """The settings the environment gives.

        Raises:
            SettingsError: names every variable that is missing or makes no sense.
        """
        values: dict[str, Any] = {}
        problems: list[str] = []
        for item in fields(cls):
            name, about = item.metadata["name"], item.metadata["about"]
            given = environ.get(name)
            if not given and item.default is MISSING:
                problems.append(f"{name} is missing: {about}")
                continue
            if given is None:
                continue
            try:
                values[item.name] = item.metadata["read"](given)
            except (ValueError, OSError) as error:
                problems.append(f"{name} makes no sense ({error}): {about}")
        if not problems:
            settings = cls(**values)
            problems = list(settings.contradictions())
        if problems:
            raise SettingsError("\n".join(problems))
        return settings

    def contradictions(self) -> Iterator[str]:
        """What does not go together in how people are signed in."""
        is_here = is_loopback(urlsplit(self.public_url).netloc)
        if self.development_issuer and not is_here:
            yield (
                "KAP_DEVELOPMENT_ISSUER signs in anybody as anybody, so KAP_PUBLIC_URL "
                "must be on this machine, such as http://127.0.0.1:8080"
            )
        if self.development_issuer and self.oidc_issuer:
            yield "KAP_DEVELOPMENT_ISSUER and KAP_OIDC_ISSUER exclude each other"
        if self.token_issuer in (self.oidc_issuer, self.public_url):
            yield "KAP_TOKEN_ISSUER is the deployment's own name, and nobody else's"
        if self.oidc_issuer and "://" not in self.oidc_issuer:
            yield "KAP_OIDC_ISSUER must be a URL, exactly as the provider says it"
        if self.oidc_issuer and self.oidc_client_id and not self.oidc_client_secret:
            yield "KAP_OIDC_CLIENT_SECRET is missing: the console cannot ask without it"
        believed = self.oidc_issuer, self.oidc_discovery, self.oidc_keys
        for url in (*believed, self.token_keys):
            if url.startswith("http://") and not is_here:
                yield f"{url} must be an https URL: who answers there is believed"
