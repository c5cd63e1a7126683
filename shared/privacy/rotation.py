"""New keys in the place of old ones, while the platform goes on.

A master key is replaced by wrapping every clinic's key anew; no record is touched. A
clinic's key is replaced by making a new one, which every process seals with before
long, and then sealing anew, some at a time, what the old one sealed. Both can be
stopped anywhere and run again: what is left to do is what still names an old key.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Select,
    Table,
    func,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)

from shared.database import Database
from shared.ids import utc_now
from shared.privacy.columns import (
    Sealed,
    SealedValue,
    seal,
    sealed_columns,
    unseal,
    vault_of,
)
from shared.privacy.keys import (
    HEADER_BYTES,
    Owner,
    Purpose,
    header_of,
    unwrap_person,
    wrap_person,
)
from shared.privacy.tables import data_keys, person_keys
from shared.privacy.vault import Vault
from shared.reach import NETWORK

BATCH = 100
MARGIN_SECONDS = 5.0
"""How long a transaction may take that began with an old key."""

PAUSE_SECONDS = 0.25

RENEWED = (Purpose.DATA, Purpose.PROCESS_NOTES)
"""Which keys are replaced: by the others, indexes and audit trails are compared."""

Progress = Callable[[int], object]


@dataclass(frozen=True, kw_only=True)
class Work:
    """What is left under keys that are retired: rows, and keys of persons."""

    keys: Sequence[Row[Any]]
    values: int
    persons: int

    @property
    def total(self) -> int:
        """How much there is to do."""
        return self.values + self.persons


def rewrap(database: Database) -> int:
    """Wrap the keys of clinics by the current master key; how many there were."""
    vault, done = _vault_of(database), 0
    while count := _rewrap_some(database, vault):
        done += count
    return done


def masters_in_use(database: Database) -> frozenset[str]:
    """The ids of the master keys that some key is wrapped by."""
    with database.begin(NETWORK) as connection:
        return frozenset(
            connection.execute(select(data_keys.c.master_id).distinct()).scalars()
        )


def renew(database: Database, *, clinic_id: UUID | None = None) -> int:
    """Make new keys for a clinic, or for all; how many."""
    vault = _vault_of(database)
    live = data_keys.c.retired_at.is_(None), data_keys.c.purpose.in_(RENEWED)
    query = select(data_keys.c.clinic_id, data_keys.c.purpose).where(*live)
    with database.begin(NETWORK) as connection:
        rows = connection.execute(_of_clinic(query, clinic_id)).all()
        for row in rows:
            vault.renew(connection, row.clinic_id, Purpose(row.purpose))
    return len(rows)


def left(
    database: Database, tables: Iterable[Table], *, clinic_id: UUID | None = None
) -> Work:
    """What retired keys still hold."""
    with database.begin(NETWORK) as connection:
        keys = _retired(connection, clinic_id)
        values = sum(
            connection.execute(
                select(func.count()).select_from(table).where(_under(columns, keys))
            ).scalar_one()
            for table, columns in _by_clinics(tables)
        )
        persons = select(func.count()).where(_persons_under(keys))
        count = connection.execute(persons).scalar_one()
    return Work(keys=keys, values=values, persons=count)


def finish(
    database: Database,
    tables: Iterable[Table],
    *,
    clinic_id: UUID | None = None,
    progress: Progress = lambda _: None,
    margin_seconds: float = MARGIN_SECONDS,
) -> int:
    """Seal anew what retired keys hold, until they hold nothing; how much it was.

    Processes go on with a retired key for a while, so that is waited for. What somebody
    else holds at this moment is left for the next round.
    """
    vault, known, done = _vault_of(database), list(tables), 0
    while True:
        work = left(database, known, clinic_id=clinic_id)
        if not work.keys:
            return done
        retired_at = max(row.retired_at for row in work.keys)
        quiet_at = retired_at + timedelta(seconds=vault.seconds + margin_seconds)
        is_quiet = utc_now() >= quiet_at
        if work.total == 0 and is_quiet:
            return done
        this_round = 0
        for count in _round(database, known, work):
            this_round += count
            progress(count)
        done += this_round
        if this_round == 0:
            time.sleep(PAUSE_SECONDS)


def _round(database: Database, tables: Iterable[Table], work: Work) -> Iterator[int]:
    """Go once over everything; how much was done, batch by batch."""
    if work.persons:
        yield from _batches(
            database, person_keys, _persons_under(work.keys), _rewrapped
        )
    if work.values:
        for table, columns in _by_clinics(tables):
            yield from _batches(
                database, table, _under(columns, work.keys), _resealer(columns, work)
            )


Change = Callable[[Connection, Row[Any]], dict[str, Any]]


def _batches(
    database: Database, table: Table, which: ColumnElement[bool], change: Change
) -> Iterator[int]:
    """Change rows some at a time, each batch a transaction that waits for nobody."""
    key = list(table.primary_key)
    query = select(table).where(which).order_by(*key).limit(BATCH)
    # Not the strongest lock: rows that refer to these are still written meanwhile.
    query = query.with_for_update(skip_locked=True, key_share=True)
    after: tuple[Any, ...] | None = None
    while True:
        here = query if after is None else query.where(tuple_(*key) > after)
        with database.begin(NETWORK) as connection:
            rows = list(connection.execute(here))
            for row in rows:
                this = [column == row._mapping[column.name] for column in key]
                values = change(connection, row)
                connection.execute(update(table).where(*this).values(values))
        if not rows:
            return
        yield len(rows)
        after = tuple(rows[-1]._mapping[column.name] for column in key)


def _resealer(columns: dict[str, Sealed], work: Work) -> Change:
    old = _headers(work.keys)

    def reseal(connection: Connection, row: Row[Any]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, kind in columns.items():
            value = row._mapping[name]
            if isinstance(value, SealedValue) and value[:HEADER_BYTES] in old:
                (plain,) = unseal(connection, [value])
                owner = row._mapping["clinic_id"]
                values[name] = seal(connection, kind, plain, clinic_id=owner)
        return values

    return reseal


def _rewrapped(connection: Connection, row: Row[Any]) -> dict[str, Any]:
    vault = vault_of(connection)
    old = vault.key_of(connection, row.data_key_id)
    new = vault.clinic_key(connection, row.clinic_id, Purpose.DATA)
    secret = unwrap_person(row.wrapped, row.patient_id, old)
    wrapped = wrap_person(secret, row.patient_id, new)
    return {"wrapped": wrapped, "data_key_id": new.id}


def _rewrap_some(database: Database, vault: Vault) -> int:
    current = vault.masters.current
    query = select(data_keys).where(data_keys.c.master_id != current).limit(BATCH)
    with database.begin(NETWORK) as connection:
        rows = list(connection.execute(query.with_for_update(key_share=True)))
        for row in rows:
            secret = vault.masters.unwrap(row.master_id, bytes(row.wrapped))
            master_id, wrapped = vault.masters.wrap(secret)
            connection.execute(
                update(data_keys)
                .where(data_keys.c.id == row.id)
                .values(master_id=master_id, wrapped=wrapped)
            )
    return len(rows)


def _retired(connection: Connection, clinic_id: UUID | None) -> Sequence[Row[Any]]:
    query = select(data_keys).where(
        data_keys.c.retired_at.is_not(None), data_keys.c.purpose.in_(RENEWED)
    )
    return connection.execute(_of_clinic(query, clinic_id)).all()


def _of_clinic(query: Select[Any], clinic_id: UUID | None) -> Select[Any]:
    return (
        query if clinic_id is None else query.where(data_keys.c.clinic_id == clinic_id)
    )


def _by_clinics(tables: Iterable[Table]) -> Iterator[tuple[Table, dict[str, Sealed]]]:
    """Tables with columns that a clinic's key seals, and those columns."""
    for table in tables:
        columns = {
            name: kind
            for name, kind in sealed_columns(table).items()
            if kind.person is None
        }
        if columns:
            yield table, columns


def _headers(keys: Sequence[Row[Any]]) -> list[bytes]:
    return [header_of(Owner.CLINIC, row.id) for row in keys]


def _under(columns: dict[str, Sealed], keys: Sequence[Row[Any]]) -> ColumnElement[bool]:
    """Whether a row has a value that one of these keys sealed."""
    headers = _headers(keys)
    return or_(
        *(
            func.substr(
                type_coerce(kind.column, LargeBinary),
                1,
                HEADER_BYTES,
                type_=LargeBinary,
            ).in_(headers)
            for kind in columns.values()
        )
    )


def _persons_under(keys: Sequence[Row[Any]]) -> ColumnElement[bool]:
    return person_keys.c.data_key_id.in_([row.id for row in keys])


def _vault_of(database: Database) -> Vault:
    assert database.vault is not None, "a database without keys has none to replace"
    return database.vault
