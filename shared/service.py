"""What a service is, and what a process needs to run one."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from flask import Blueprint, Flask
from sqlalchemy import Connection, MetaData

from shared import ids
from shared.access import Role
from shared.conflicts import translated
from shared.context import Actor, Context
from shared.database import Database
from shared.envelope import Envelope
from shared.errors import ConflictError
from shared.events import Event, catalogue
from shared.notifier import Notifier
from shared.peers import Peers
from shared.privacy.keyring import Keyring
from shared.privacy.vault import Vault
from shared.reach import MAILBOX, Reach
from shared.reading import Reading
from shared.settings import Settings
from shared.telemetry import Tracing
from shared.unit_of_work import UnitOfWork, transaction

Clock = Callable[[], datetime]
Handler = Callable[[Any, UnitOfWork], object]
Reminder = Callable[[UUID, UnitOfWork], object]


@dataclass(frozen=True, kw_only=True)
class Service:
    """One service, put together from its parts.

    `handlers` says what it does about an event, `reminders` what about a timer of its
    own, by name. `ordered` names aggregates whose events it takes strictly version by
    version; it then handles every event of them. `pumps` are called again and again by
    the worker to carry out what must happen outside a transaction; each returns how
    much it did. `conflicts` maps a database constraint to the error it stands for.
    `pages` are blueprints for people, outside the documented API.
    """

    name: str
    metadata: MetaData
    blueprint: Any = None
    pages: tuple[Blueprint, ...] = ()
    handlers: Mapping[type[Event], Handler] = field(default_factory=dict)
    reminders: Mapping[str, Reminder] = field(default_factory=dict)
    ordered: frozenset[str] = frozenset()
    pumps: Mapping[str, Callable[["Runtime"], int]] = field(default_factory=dict)
    conflicts: Mapping[str, type[ConflictError]] = field(default_factory=dict)
    prepare: Callable[[Flask, "Runtime"], None] | None = None

    def __post_init__(self) -> None:
        for event in catalogue().values():
            if event.aggregate in self.ordered and event not in self.handlers:
                raise TypeError(
                    f"{self.name} takes {event.aggregate} in order and must handle "
                    f"{event.name} too"
                )

    @property
    def subscriptions(self) -> tuple[str, ...]:
        """The event types this service is told of."""
        return tuple(sorted(event.type for event in self.handlers))

    @property
    def actor(self) -> Actor:
        """Who acts when the service does something by itself."""
        return Actor(
            id=uuid5(NAMESPACE_URL, f"kap:{self.name}"),
            network_roles=frozenset({Role.SERVICE}),
        )


@dataclass(kw_only=True)
class Runtime:
    """A service in a process: its database, its clock and its way to the others.

    `news` is set whenever a transaction has told something, `post` whenever something
    was put into the inbox, so that loops in this process need not wait for their poll.
    """

    service: Service
    settings: Settings
    database: Database
    tracing: Tracing
    peers: Peers
    clock: Clock = ids.utc_now
    news: threading.Event = field(default_factory=threading.Event)
    post: threading.Event = field(default_factory=threading.Event)
    notifier: Notifier | None = None
    work: type[UnitOfWork] = UnitOfWork

    @classmethod
    def start(
        cls, service: Service, settings: Settings, *, peers: Peers | None = None
    ) -> "Runtime":
        """A runtime for this process; call it after a fork, never before."""
        vault = Vault(Keyring(settings.master_keys))
        database = Database(settings.database_url, vault=vault)
        return cls(
            service=service,
            settings=settings,
            database=database,
            tracing=Tracing(service.name),
            peers=peers or Peers(service.name, settings),
            notifier=None if database.is_sqlite else Notifier(database),
        )

    @contextmanager
    def unit_of_work(
        self,
        context: Context,
        *,
        on: Connection | None = None,
        causing: Envelope | None = None,
    ) -> Iterator[UnitOfWork]:
        """One transaction; on a given connection it is part of that one's."""
        with transaction(
            self.database if on is None else on,
            context,
            now=self.clock(),
            tracing=self.tracing,
            conflicts=self.service.conflicts,
            causing=causing,
            kind=self.work,
        ) as uow:
            yield uow
        if on is None and uow.has_news:
            self.announce()

    @contextmanager
    def reading(self, context: Context, *, is_noted: bool = False) -> Iterator[Reading]:
        """A connection to read from: the rows of a clinic, or of all without one.

        `is_noted` makes it one transaction, where the audit trail gets its entry.
        """
        read = self.database.read_noted if is_noted else self.database.read
        with translated({}), read(Reach.of(context.clinic_id)) as connection:
            yield Reading(connection, context)

    @contextmanager
    def begin(self, reach: Reach) -> Iterator[Connection]:
        """A transaction without a unit of work."""
        with translated({}), self.database.begin(reach) as connection:
            yield connection

    def mailbox(self) -> AbstractContextManager[Connection]:
        """A transaction on the tables events and timers pass through, of all clinics.

        No clinic's records can be reached with it.
        """
        return self.begin(MAILBOX)

    def announce(self) -> None:
        """Wake whoever publishes: in this process at once, in others shortly."""
        self.news.set()
        if self.notifier:
            self.notifier.tell()

    def close(self) -> None:
        """Give everything back."""
        if self.notifier:
            self.notifier.close()
        self.tracing.close()
        self.peers.close()
        self.database.close()
