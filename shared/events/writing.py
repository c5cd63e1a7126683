"""An event's values to the wire, checked on the way, in one pass.

The schema is the definition of what may be told. Dumping by it and then validating the
dump costs a multiple of the insert that keeps it. So each annotation has a writer here,
which takes only what the schema is known to take, and is unsure of everything else.
"""

import types
import typing
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

Writer = Callable[[Any], Any]


class UnsureError(Exception):
    """Perhaps right, perhaps wrong: the schema has to be asked."""


def writer_of(hint: Any) -> Writer:
    """What writes the values of an annotation."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        kind = next(kind for kind in arguments if kind is not types.NoneType)
        return _or_none(writer_of(kind))
    if origin is tuple:
        return _items(writer_of(arguments[0]))
    if origin is Annotated and arguments[0] is str:
        return _word(arguments[1].regex.fullmatch)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member(hint)
    return _PLAIN.get(hint, _unsure)


def _id(value: Any) -> str:
    if type(value) is not UUID:
        raise UnsureError
    return str(value)


def _instant(value: Any) -> str:
    # Other zones have offsets that RFC 3339 cannot write.
    if type(value) is not datetime or value.tzinfo is not UTC:
        raise UnsureError
    return value.isoformat()


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise UnsureError
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise UnsureError
    return value


def _unsure(_: Any) -> Any:
    raise UnsureError


def _word(fits: Callable[[str], object]) -> Writer:
    def write(value: Any) -> str:
        if not isinstance(value, str) or not fits(value):
            raise UnsureError
        return value

    return write


def _member(kind: type[StrEnum]) -> Writer:
    def write(value: Any) -> str:
        if type(value) is not kind:
            raise UnsureError
        return value.value

    return write


def _or_none(inner: Writer) -> Writer:
    return lambda value: None if value is None else inner(value)


def _items(inner: Writer) -> Writer:
    def write(value: Any) -> list[Any]:
        if type(value) is not tuple:
            raise UnsureError
        return [inner(item) for item in value]

    return write


_PLAIN: dict[Any, Writer] = {
    UUID: _id,
    bool: _truth,
    int: _whole,
    datetime: _instant,
}
