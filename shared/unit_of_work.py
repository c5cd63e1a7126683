"""One transaction: what a command changes and what it tells stand or fall together."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import (
    Connection,
    Select,
    Table,
    event,
)
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from shared import crash
from shared.aggregate import Aggregate
from shared.audit.tables import audit_log
from shared.audit.trail import Entry, Outcome, row_of
from shared.conflicts import ExpectedVersion, translated
from shared.context import Context
from shared.database import Database, insert_and_commit, insert_rows, narrow
from shared.envelope import Envelope
from shared.errors import (
    KapError,
    NotFoundError,
)
from shared.events import Event
from shared.ids import uuid7
from shared.mailbox import outbox, timers
from shared.privacy.columns import seal_row
from shared.reach import Reach
from shared.telemetry import Tracing

A = TypeVar("A", bound=Aggregate)


class UnitOfWork:
    """What a handler works with: records of its clinic, and a place to tell events.

    `db` is the SQLAlchemy session, filtered to the clinic, `connection` what it runs
    on; `now` is the one instant of
    this transaction; `causing` is the envelope being handled, or None for a request.
    Handlers never commit: the edge that opened it does.
    """

    def __init__(
        self,
        connection: Connection,
        context: Context,
        *,
        now: datetime,
        tracing: Tracing,
        causing: Envelope | None = None,
    ) -> None:
        self.connection = connection
        self.context = context
        self.now = now
        self.causing = causing
        self.expected: ExpectedVersion | None = None
        self._tracing = tracing
        self._session: Session | None = None
        self._rows: list[tuple[Table, Mapping[str, Any]]] = []
        self._told: list[Envelope] = []
        self._about: tuple[str, UUID] | None = None
        self._patients: set[UUID | str] = set()
        self._has_changed = False
        self.conflicts: Mapping[str, type[KapError]] = {}

    @property
    def db(self) -> Session:
        """The SQLAlchemy session, made when it is first used."""
        if self._session is None:
            self._session = Session(
                self.connection,
                expire_on_commit=False,
                join_transaction_mode="rollback_only",
            )
            event.listen(self._session, "after_flush", self._note_change)
            if self.context.clinic_id is not None:
                event.listen(self._session, "do_orm_execute", self._only_this_clinic)
        return self._session

    @property
    def clinic_id(self) -> UUID:
        """The clinic this work is for.

        Raises:
            NotFoundError: the work is for the network, not for a clinic.
        """
        if self.context.clinic_id is None:
            raise NotFoundError("this needs a clinic")
        return self.context.clinic_id

    @property
    def actor_id(self) -> UUID:
        """Who does it."""
        return self.context.actor.id

    @property
    def has_news(self) -> bool:
        """Whether anything was told."""
        return bool(self._told)

    def get(self, kind: type[A], record_id: UUID, *, held: bool = False) -> A:
        """A record of this clinic, held or not: see `find`.

        Raises:
            NotFoundError: there is none; one of another clinic counts as none.
            StaleError: the client decided on an older version of it.
        """
        record = self.find(kind, record_id, held=held)
        if record is None:
            raise NotFoundError(
                f"there is no such {kind.__name__.lower()} in this clinic"
            )
        return record

    def find(self, kind: type[A], record_id: UUID, *, held: bool = False) -> A | None:
        """A record of this clinic, or None.

        Args:
            held: read it as it is now, and let nobody else change it until this
                transaction ends.

        Raises:
            StaleError: the client decided on an older version of it.
        """
        lock = {"key_share": True} if held else None
        record = self.db.get(kind, record_id, with_for_update=lock)
        if record is None or record.clinic_id != (
            self.context.clinic_id or record.clinic_id
        ):
            return None
        if self.expected is not None:
            self.expected.check(record)
        return record

    def all(self, query: Select[A]) -> list[A]:
        """The records of this clinic a query finds."""
        return list(self.db.scalars(query))

    def add(self, record: A) -> A:
        """Keep a new record."""
        self.db.add(record)
        return record

    def insert(self, table: Table, **values: Any) -> None:
        """Keep a row that is no record of its own, or of a path where time counts.

        It is written with the events at the end, in one round trip if nothing else is.
        """
        # Sealed now: a key may have to be read, which the last round trip cannot do.
        self._rows.append((table, seal_row(self.connection, table, values)))

    def publish(self, event: Event, *, of: Aggregate) -> None:
        """Tell that something happened to a record; its version counts it."""
        of.version += 1
        self.touch(record=(event.aggregate, of.id))
        if patient_id := getattr(event, "patient_id", None):
            self.touch(patients=[patient_id])
        self._told.append(
            Envelope(
                id=uuid7(),
                type=event.type,
                clinic_id=of.clinic_id,
                aggregate_type=event.aggregate,
                aggregate_id=of.id,
                aggregate_version=of.version,
                payload=json.dumps(event.to_payload(), separators=(",", ":")),
                occurred_at=self.now,
                actor_id=self.context.actor.id,
                correlation_id=self.context.correlation_id,
                causation_id=self.context.causation_id,
                traceparent=self._tracing.created(event.name),
            )
        )

    def touch(
        self,
        *,
        record: tuple[str, UUID] | None = None,
        patients: Iterable[UUID | str] = (),
    ) -> None:
        """Say what this work is about, and whose records it touches, for the audit.

        The record named first counts.
        """
        self._about = self._about or record
        self._patients.update(patients)

    def remind(self, name: str, *, about: UUID, at: datetime) -> None:
        """Have the service's reminder `name` called about a record at a time."""
        timer = timers.Timer(name=name, about=about, due_at=at)
        timers.set_timer(self.connection, timer, self.context)

    def forget(self, *names: str, about: UUID) -> None:
        """Take reminders back; nothing happens if there are none."""
        timers.cancel(self.connection, *names, about=about)

    def flush(self) -> None:
        """Write changes now, so that what the database refuses is refused here."""
        if self._session is not None:
            self._session.flush()

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """A part that is done wholly, or taken back if an exception leaves it.

        What it wrote, told and reminded of is taken back; the rest of the work goes on.
        What the database refuses is refused here, and not at the end.
        """
        before = len(self._rows), len(self._told)
        about, patients = self._about, set(self._patients)
        try:
            with translated(self.conflicts), self.db.begin_nested():
                yield
        except BaseException:
            del self._rows[before[0] :], self._told[before[1] :]
            self._about, self._patients = about, patients
            raise

    def prepare(self) -> list[tuple[Table, Mapping[str, Any]]]:
        """Write changes of records; the rows that are left to insert.

        What changed a record leaves an entry in the audit trail, and so does every
        request, whatever came of it. It is signed here: once the rows are on their
        way, no key can be asked for before all are there.
        """
        self.flush()
        if self.context.is_request or self._told or self._has_changed:
            entry = Entry.of(
                self.context,
                Outcome.DONE,
                at=self.now,
                record=self._about,
                patients=self._patients,
            )
            self._rows.append((audit_log, row_of(self.connection, entry)))
        return [*self._rows, *outbox.rows_of(self._told)]

    def write(self) -> None:
        """Write changes, rows and events, leaving the commit to whoever began."""
        insert_rows(self.connection, self.prepare())

    def close(self) -> None:
        """Let go of the records; they keep what was read of them."""
        if self._session is not None:
            self._session.close()

    def _note_change(self, *_: object) -> None:
        self._has_changed = True

    def _only_this_clinic(self, state: ORMExecuteState) -> None:
        if not state.is_select:
            return
        for mapper in state.all_mappers:
            own = mapper.columns.get("clinic_id")
            if own is not None:
                only = with_loader_criteria(mapper, own == self.context.clinic_id)
                state.statement = state.statement.options(only)


@contextmanager
def transaction(
    bind: Database | Connection,
    context: Context,
    *,
    now: datetime,
    tracing: Tracing,
    conflicts: Mapping[str, type[KapError]],
    causing: Envelope | None = None,
    kind: type[UnitOfWork] = UnitOfWork,
) -> Iterator[UnitOfWork]:
    """A unit of work; leaving it commits, an exception rolls everything back.

    It reaches the rows of its context's clinic; work without a clinic those of all. On
    a connection that is already in a transaction it only writes: whoever began that
    transaction commits it, and it keeps this reach until another is set.
    """
    reach = Reach.of(context.clinic_id)
    with (
        translated(conflicts),
        tracing.span("transaction", attributes={"db.operation.name": "write"}),
    ):
        if isinstance(bind, Connection):
            narrow(bind, reach)
            uow = kind(bind, context, now=now, tracing=tracing, causing=causing)
            uow.conflicts = conflicts
            yield uow
            uow.write()
            uow.close()
            return
        with bind.begin(reach) as connection:
            uow = kind(connection, context, now=now, tracing=tracing, causing=causing)
            uow.conflicts = conflicts
            try:
                yield uow
                _commit(uow)
            finally:
                uow.close()


def _commit(uow: UnitOfWork) -> None:
    begun = uow.connection.get_transaction()
    assert begun is not None
    insert_and_commit(uow.connection, uow.prepare())
    begun.commit()
    crash.point("unit_of_work.after_commit")
