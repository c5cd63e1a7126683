"""A platform under a test's control: its clock stands still, its loops step by hand."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared import migrations
from shared.access import Role
from shared.context import Actor, Context
from shared.envelope import Envelope
from shared.identity import TokenIssuer, new_key, public_keys
from shared.ids import uuid7
from shared.mailbox import outbox
from shared.peers import Peers
from shared.platform import Platform
from shared.reach import Reach
from shared.service import Runtime, Service
from shared.settings import Settings
from shared.testing.caller import Caller
from shared.testing.keys import ring_in
from shared.testing.servers.postgres import service_url
from shared.testing.settling import Settling
from shared.testing.statements import share_compiled
from shared.testing.templates import sqlite_database
from shared.unit_of_work import UnitOfWork
from shared.worker.repair import Repair

MORNING = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""When a laboratory's clock starts: a Monday, before any change of the clocks."""

EVERYTHING = Reach("*", mailbox=True)
"""What a test looks at and changes by hand."""

ALONE = {"repair_seconds": 0.0, "facts_seconds": inf}
"""Feeds are walked whenever a test says so, and facts of services that are not there
never grow old."""

UNLIMITED = dict.fromkeys(("rate_per_token", "rate_per_address", "rate_sign_ins"), "")
"""A laboratory's requests take no time, so that many seem to come at once."""


class StandingClock:
    """A clock that moves only when it is told to."""

    def __init__(self, now: datetime = MORNING) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        """Move it on by a timedelta's arguments; the new time."""
        self.now += timedelta(**by)
        return self.now


class Lab:
    """Services in one process, stepped by hand.

    Args:
        services: which services run.
        folder: where SQLite files go.
        database_url: the database of a service, by name, as its owner; the service
            runs as another role. SQLite files if not given.
        broker_url: RabbitMQ; a memory space of its own if not given.
        settings: further settings of every service.
    """

    def __init__(
        self,
        services: Sequence[Service],
        folder: Path,
        *,
        database_url: Callable[[str], str] | None = None,
        broker_url: str | None = None,
        front: str | None = None,
        **settings: Any,
    ) -> None:
        self.clock = StandingClock()
        self._key = new_key()
        self.issuer = TokenIssuer(self._key, issuer="kap")
        url = database_url or (lambda name: f"sqlite:///{folder / name}.db")
        broker = broker_url or f"memory://{uuid4().hex}"

        def own(name: str) -> Settings:
            own_url = url(name)
            is_ours = own_url.startswith("sqlite")
            return Settings(
                database_url=own_url if is_ours else service_url(own_url),
                owner_database_url=None if is_ours else own_url,
                broker_url=broker,
                signing_key=self._key,
                token_keys=public_keys(self._key),
                master_keys=f"@{ring_in(folder)}",
                **{**ALONE, **UNLIMITED, **settings},
            )

        self.platform = Platform(services, own, clock=self.clock, front=front)
        for runtime in self.platform.runtimes.values():
            share_compiled(runtime.database)
        if all(_is_ready(runtime) for runtime in self.platform.runtimes.values()):
            self.platform.declare()
        else:
            self.platform.migrate()
        self.platform.open()
        self._settling = Settling(
            self.platform.runtimes,
            self.platform.broker,
            is_remote=broker_url is not None,
        )
        self.steps = self._settling.steps
        self.settle = self._settling.settle

    def runtime(self, service: str) -> Runtime:
        """A service's runtime."""
        return self.platform.runtimes[service]

    def silence(self, service: str, *silent: str) -> None:
        """From now on these refuse to be asked by a service; nobody else does."""
        runtime = self.runtime(service)

        def way(name: str) -> httpx.BaseTransport:
            if name in silent:
                return httpx.MockTransport(_refuse)
            return httpx.WSGITransport(app=self.platform.wsgi)

        runtime.peers = Peers(service, runtime.settings, transport=way)

    def repair(self) -> None:
        """Let every service pull what it missed."""
        for runtime in self.platform.runtimes.values():
            Repair(runtime).step()

    def caller(
        self,
        *roles: Role,
        clinic_id: UUID | str | None = None,
        actor_id: UUID | None = None,
    ) -> Caller:
        """Somebody with roles in a clinic, or in the network if no clinic is named."""
        where = UUID(str(clinic_id)) if clinic_id else None
        actor = Actor(
            id=actor_id or uuid7(),
            roles={where: frozenset(roles)} if where else {},
            network_roles=frozenset() if where else frozenset(roles),
        )
        return Caller(self, self.issuer.issue(actor), where)

    def nobody(self, clinic_id: UUID | None = None) -> Caller:
        """Somebody without a token."""
        return Caller(self, None, clinic_id)

    def fetch(self, service: str, path: str) -> TestResponse:
        """What a browser without a token is answered at a whole path."""
        return self.platform.apps[service].test_client().get(path)

    @contextmanager
    def unit_of_work(
        self, service: str, clinic_id: UUID, *, causing: Envelope | None = None
    ) -> Iterator[UnitOfWork]:
        """A unit of work as a handler gets it."""
        runtime = self.runtime(service)
        context = Context(actor=runtime.service.actor, clinic_id=clinic_id)
        with runtime.unit_of_work(context, causing=causing) as uow:
            yield uow

    def told(self, service: str) -> list[Envelope]:
        """Every event a service has told, in order."""
        with self.runtime(service).mailbox() as connection:
            outbox.open_feed(connection)
            outbox.sequence(connection)
            return outbox.read_feed(connection, after=0, types=(), limit=100_000)

    def names(self, service: str) -> list[str]:
        """The names of the events a service has told, in order."""
        return [envelope.name for envelope in self.told(service)]

    def inbox(self, service: str) -> list[Mapping[str, Any]]:
        """Every row of a service's inbox, in order."""
        with self.runtime(service).mailbox() as connection:
            rows = connection.execute(text("select * from inbox order by id"))
            return [row._mapping for row in rows]  # type: ignore[misc]

    def close(self) -> None:
        """End it."""
        self._settling.close()
        self.platform.close()


def _is_ready(runtime: Runtime) -> bool:
    """Whether a service's database is up to date; a SQLite file that is not there yet
    is copied from a template.
    """
    name, database = runtime.service.name, runtime.database
    path = database.engine.url.database or ""
    if database.is_sqlite and not Path(path).exists():
        sqlite_database(name, Path(path))
        return True
    with database.session() as connection:
        return migrations.is_current(name, connection)


def _refuse(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused", request=request)
