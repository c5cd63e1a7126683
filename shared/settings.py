"""What the environment says, read once where a process starts."""

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Self

from shared.errors import KapError

Network = IPv4Network | IPv6Network


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
    return frozenset(ip_network(name) for name in _names(value))


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
    """A secret as it is said, a file's name included: the file may change later."""
    _secret(value)
    return value


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
        "KAP_TOKEN_KEYS", "JWK set that bearer tokens are verified with", _secret
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
        "hosts on private networks that webhooks may be sent to",
        _names,
        default=frozenset(),
    )
    development_issuer: bool = _from(
        "KAP_DEVELOPMENT_ISSUER",
        "issue tokens to anybody who asks; for trying the platform only",
        _flag,
        default=False,
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
        if problems:
            raise SettingsError("\n".join(problems))
        return cls(**values)
