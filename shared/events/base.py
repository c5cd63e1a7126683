"""What an event is: a frozen dataclass whose annotations are its schema.

An event tells a fact in the past tense with ids, codes, times and booleans only. There
is no field type for free text, so a name or a note cannot get onto the bus by mistake.
"""

import dataclasses
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from marshmallow import EXCLUDE, Schema, ValidationError, fields

from shared.errors import InvalidError
from shared.events.fields import Id, Instant, Items, Pattern, Truth, Whole, Word
from shared.events.writing import UnsureError, Writer, writer_of

CODE = Pattern(r"^[a-z0-9][a-z0-9_.\-]{0,63}$")

Code = Annotated[str, CODE]
"""A word for programs: lower case, digits, dots, dashes and underscores, at most 64."""

Zone = Annotated[str, Pattern(r"^[A-Za-z0-9_+\-]+(/[A-Za-z0-9_+\-]+){0,2}$")]
"""The name of an IANA time zone."""


class Sensitivity(StrEnum):
    """How much the mere fact discloses; who receives an event outside depends on it."""

    ROUTINE = "routine"
    CLINICAL = "clinical"
    BEHAVIOURAL_HEALTH = "behavioural_health"
    SUD = "sud"


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact other services may rely on.

    A subclass is declared with its `name` (`<service>.<aggregate>.<past tense>`), the
    `aggregate` whose versions number it, its `sensitivity` and its major `version`.
    """

    name: ClassVar[str]
    aggregate: ClassVar[str]
    sensitivity: ClassVar[Sensitivity]
    version: ClassVar[int]
    type: ClassVar[str]
    producer: ClassVar[str]

    def __init_subclass__(
        cls,
        *,
        name: str,
        aggregate: str,
        sensitivity: Sensitivity = Sensitivity.ROUTINE,
        version: int = 1,
    ) -> None:
        super().__init_subclass__()
        cls.name, cls.aggregate = name, aggregate
        cls.sensitivity, cls.version = sensitivity, version
        cls.type = f"kap.{name}.v{version}"
        cls.producer = name.partition(".")[0]
        if cls.type in _catalogue:
            raise TypeError(f"{cls.type} is declared twice")
        _catalogue[cls.type] = cls

    def to_payload(self) -> dict[str, Any]:
        """The event as JSON values.

        Raises:
            InvalidError: a value does not fit the event's own schema.
        """
        try:
            return {
                name: write(getattr(self, name))
                for name, write in _writers_of(type(self)).items()
            }
        except UnsureError:
            return self._dumped()

    def _dumped(self) -> dict[str, Any]:
        """The same by the schema, which also says what does not fit."""
        schema = schema_of(type(self))
        try:
            payload: dict[str, Any] = schema.dump(self)
        except (TypeError, ValueError, AttributeError) as error:
            raise InvalidError(f"{self.name} does not fit its schema") from error
        if problems := schema.validate(payload):
            raise InvalidError(f"{self.name} does not fit its schema: {problems}")
        return payload

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Self:
        """The event told by JSON values; fields it does not know are left aside.

        Raises:
            InvalidError: a field is missing or does not fit.
        """
        try:
            return cls(**schema_of(cls).load(payload))
        except ValidationError as error:
            raise InvalidError(
                f"{cls.name} does not fit its schema: {error.messages}"
            ) from error


_catalogue: dict[str, type[Event]] = {}
_schemas: dict[type[Event], Schema] = {}
_writers: dict[type[Event], Mapping[str, Writer]] = {}

_FIELDS: dict[type, type[fields.Field[Any]]] = {
    UUID: Id,
    bool: Truth,
    int: Whole,
    datetime: Instant,
}


def catalogue() -> Mapping[str, type[Event]]:
    """Every event by its type, in the order of their declaration."""
    return types.MappingProxyType(_catalogue)


def schema_of(event: type[Event]) -> Schema:
    """The Marshmallow schema made from an event's annotations; unknown fields pass."""
    if event not in _schemas:
        declared = {name: _field(hint) for name, hint in _hints(event)}
        meta = type("Meta", (), {"unknown": EXCLUDE})
        cls = type(f"{event.__name__}Schema", (Schema,), {**declared, "Meta": meta})
        _schemas[event] = cls()
    return _schemas[event]


def _writers_of(event: type[Event]) -> Mapping[str, Writer]:
    if event not in _writers:
        _writers[event] = {name: writer_of(hint) for name, hint in _hints(event)}
    return _writers[event]


def _hints(event: type[Event]) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(event, include_extras=True)
    return ((item.name, hints[item.name]) for item in dataclasses.fields(event))


def _field(hint: Any) -> fields.Field[Any]:
    """The Marshmallow field for an annotation; free text has none, on purpose."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = _field(next(kind for kind in arguments if kind is not types.NoneType))
        inner.allow_none, inner.required, inner.load_default = True, False, None
        return inner
    if origin is tuple:
        return Items(_field(arguments[0]), required=True)
    if origin is Annotated and arguments[0] is str:
        return Word(required=True, validate=arguments[1])
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return fields.Enum(hint, by_value=True, required=True)
    if hint in _FIELDS:
        return _FIELDS[hint](required=True)
    raise TypeError(f"an event cannot carry {hint!r}; use a Code, an id or a time")
