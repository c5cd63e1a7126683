"""Columns that can only be written sealed, and the doors where that happens.

Records are sealed as the ORM writes them and opened as it loads them; rows are sealed
by `seal_row` and opened by `opened`. In between, the database and its driver see
bytes. Whoever comes by another way and passes a plain value is refused.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import Column, Connection, Dialect, LargeBinary, Row, Table, event
from sqlalchemy import inspect as inspected
from sqlalchemy.orm import Mapper, QueryContext
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeDecorator

from shared.privacy.keys import NoVaultError, Purpose

if TYPE_CHECKING:
    from shared.privacy.vault import Vault

VAULT = "kap_vault"
"""The execution option under which a connection knows its vault."""


class SealedValue(bytes):
    """What a sealed column holds: sealed bytes, and for which column.

    `plain` is what was sealed, for as long as the record is being written.
    """

    kind: "Sealed"
    plain: Any = None

    @classmethod
    def of(cls, sealed: bytes, kind: "Sealed", plain: Any = None) -> "SealedValue":
        """Sealed bytes of a column."""
        made = cls(sealed)
        made.kind, made.plain = kind, plain
        return made


def encode(plain: Any) -> bytes:
    """A value as the bytes that are sealed: itself, text, a date, or JSON."""
    if isinstance(plain, bytes):
        return plain
    if isinstance(plain, str):
        return plain.encode()
    if isinstance(plain, date):
        return plain.isoformat().encode()
    return json.dumps(plain, separators=(",", ":")).encode()


def decode(said: bytes, of: type) -> Any:
    """The value of a kind that bytes stand for."""
    if of is bytes:
        return said
    if of is str:
        return said.decode()
    if of is date:
        return date.fromisoformat(said.decode())
    return json.loads(said)


class Sealed(TypeDecorator[Any]):
    """A column of sealed values; each such type belongs to one column.

    Args:
        person: the column that names the person whose key seals it; without one it is
            the key of the row's clinic.
        of: what the values are: `str`, `bytes`, `date`, or `dict` for a document.
        purpose: which key of the clinic.
    """

    impl = LargeBinary
    cache_ok = True

    def __init__(
        self,
        *,
        person: str | None = None,
        of: type = str,
        purpose: Purpose = Purpose.DATA,
    ) -> None:
        super().__init__()
        self.person = person
        self.of = of
        self.purpose = purpose
        self._column: Column[Any] | None = None

    @property
    def column(self) -> Column[Any]:
        """The column that it belongs to."""
        assert self._column is not None
        return self._column

    @property
    def where(self) -> str:
        """The column's name, which every value is bound to."""
        return f"{self.column.table.name}.{self.column.name}"

    def _set_parent(self, parent: Any, outer: bool = False, **kw: Any) -> None:
        if isinstance(parent, Column):
            self._column = parent
        super()._set_parent(parent, outer=outer, **kw)

    def process_bind_param(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's.
    ) -> bytes | None:
        """To the database, if it is sealed.

        Raises:
            TypeError: it is not.
        """
        if value is None or isinstance(value, SealedValue):
            return value
        raise TypeError(f"a plain value for {self.where} would be written unsealed")

    def process_result_value(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 - the signature is SQLAlchemy's.
    ) -> SealedValue | None:
        """From the database, still sealed."""
        return None if value is None else SealedValue.of(value, self)


def vault_of(connection: Connection) -> "Vault":
    """The vault of a connection's database.

    Raises:
        NoVaultError: it was opened without one.
    """
    vault: Vault | None = connection.get_execution_options().get(VAULT)
    if vault is None:
        raise NoVaultError
    return vault


def seal(
    connection: Connection,
    kind: Sealed,
    plain: Any,
    *,
    clinic_id: UUID | None,
    person_id: UUID | None = None,
) -> SealedValue:
    """Seal one value for a column.

    Raises:
        PersonErasedError: the person's key was destroyed.
    """
    sealed = vault_of(connection).seal(
        connection,
        encode(plain),
        kind.where,
        clinic_id=clinic_id,
        person_id=person_id,
        purpose=kind.purpose,
    )
    return SealedValue.of(sealed, kind, plain)


def unseal(
    connection: Connection,
    values: Sequence[SealedValue],
    *,
    clinic_id: UUID | None = None,
) -> list[Any]:
    """What sealed values say; None where the person was erased.

    Raises:
        SealBrokenError: one was altered, or is another clinic's.
    """
    sealed = [(value, value.kind.where) for value in values]
    plain = vault_of(connection).open_all(connection, sealed, clinic_id=clinic_id)
    return [
        None if said is None else decode(said, value.kind.of)
        for value, said in zip(values, plain, strict=True)
    ]


@cache
def sealed_columns(table: Table) -> Mapping[str, Sealed]:
    """The sealed columns of a table, by name."""
    return {
        column.name: column.type
        for column in table.c
        if isinstance(column.type, Sealed)
    }


def seal_row(
    connection: Connection, table: Table, row: Mapping[str, Any]
) -> Mapping[str, Any]:
    """A row as a table takes it: what is to be sealed, sealed."""
    columns = sealed_columns(table)
    return _sealed(connection, columns, row) if columns else row


def _sealed(
    connection: Connection, columns: Mapping[str, Sealed], row: Mapping[str, Any]
) -> Mapping[str, Any]:
    sealed = {
        name: seal(
            connection,
            kind,
            row[name],
            clinic_id=row["clinic_id"],
            person_id=row[kind.person] if kind.person else None,
        )
        for name, kind in columns.items()
        if row.get(name) is not None and not isinstance(row[name], SealedValue)
    }
    return {**row, **sealed} if sealed else row


def opened(
    connection: Connection,
    rows: Iterable[Row[Any]],
    *,
    clinic_id: UUID | None = None,
) -> list[Mapping[str, Any]]:
    """Rows with what is sealed in them opened.

    Raises:
        SealBrokenError: a value was altered, or is another clinic's.
    """
    found = list(rows)
    values = [each for row in found for each in row if type(each) is SealedValue]
    if not values:
        return [row._mapping for row in found]  # type: ignore[misc]
    plain = iter(unseal(connection, values, clinic_id=clinic_id))
    return [
        {
            name: next(plain) if type(value) is SealedValue else value
            for name, value in zip(row._fields, row, strict=True)
        }
        for row in found
    ]


@cache
def _attributes(mapper: Mapper[Any]) -> Mapping[str, Sealed]:
    """The sealed attributes of a mapped class, by name."""
    return {
        attribute.key: attribute.columns[0].type
        for attribute in mapper.column_attrs
        if isinstance(attribute.columns[0].type, Sealed)
    }


def _seal_new(mapper: Mapper[Any], connection: Connection, record: Any) -> None:
    for name, kind in _attributes(mapper).items():
        _put_sealed(connection, record, name, kind)


def _seal_changed(mapper: Mapper[Any], connection: Connection, record: Any) -> None:
    for name, kind in _attributes(mapper).items():
        if inspected(record).attrs[name].history.has_changes():
            _put_sealed(connection, record, name, kind)


def _put_sealed(connection: Connection, record: Any, name: str, kind: Sealed) -> None:
    """Put the sealed value where the ORM takes what it writes from."""
    plain = record.__dict__.get(name)
    if plain is None or isinstance(plain, SealedValue):
        return
    record.__dict__[name] = seal(
        connection,
        kind,
        plain,
        clinic_id=record.clinic_id,
        person_id=getattr(record, kind.person) if kind.person else None,
    )


def _restore(mapper: Mapper[Any], _connection: Connection, record: Any) -> None:
    """After it is written, the record has its plain values again."""
    for name in _attributes(mapper):
        value = record.__dict__.get(name)
        if isinstance(value, SealedValue):
            set_committed_value(record, name, value.plain)


def _open_loaded(record: Any, context: QueryContext, *_: Any) -> None:
    attributes = _attributes(inspected(record).mapper)
    if not attributes:
        return
    said = record.__dict__
    names = [name for name in attributes if isinstance(said.get(name), SealedValue)]
    if names:
        connection = context.session.connection()
        values = [said[name] for name in names]
        plain = unseal(connection, values, clinic_id=said.get("clinic_id"))
        for name, value in zip(names, plain, strict=True):
            set_committed_value(record, name, value)


event.listen(Mapper, "before_insert", _seal_new)
event.listen(Mapper, "before_update", _seal_changed)
event.listen(Mapper, "after_insert", _restore)
event.listen(Mapper, "after_update", _restore)
event.listen(Mapper, "load", _open_loaded)
event.listen(Mapper, "refresh", _open_loaded)
