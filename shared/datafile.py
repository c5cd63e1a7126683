"""From TOML to frozen dataclasses, by their annotations; all faults are told together.

A medical lead corrects a file in one go, so reading goes on after a fault. Durations
are written with their unit (`"24 h"`), which leaves nothing to guess.
"""

import dataclasses
import math
import re
import tomllib
import types
import typing
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from shared.errors import InvalidError

T = TypeVar("T")
Number = int | float | Decimal
Answer = bool | float
"""Yes or no, or a number."""

_DURATION = re.compile(r"([1-9][0-9]{0,5}) (s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def read(kind: type[T], text: str, what: str) -> T:
    """The dataclass that a TOML text tells.

    Raises:
        InvalidError: the text is no TOML, or does not fit; the message and
            `details["errors"]` name the path of every fault.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"The {what} is not TOML: {error}") from error
    return read_table(kind, table, what)


def read_table(kind: type[T], table: Mapping[str, Any], what: str) -> T:
    """The dataclass that tables, lists and single values tell.

    Raises:
        InvalidError: they do not fit; see `read`.
    """
    reader = _Reader(what)
    value = reader.read(kind, table, "")
    if reader.faults:
        told = "; ".join(f"{path}: {fault}" for path, fault in reader.faults.items())
        raise InvalidError(
            f"The {what} does not fit: {told}.",
            field=next(iter(reader.faults)),
            details={"errors": reader.faults},
        )
    return typing.cast(T, value)


def finite(value: object) -> float:
    """A finite number as a float.

    NaN is refused because it is neither above nor below any limit, so it would pass
    every one of them; true and false because they are answers, not measurements.

    Raises:
        ValueError: it is not a number, or not a finite one.
    """
    if isinstance(value, bool) or not isinstance(value, Number):
        raise ValueError("is not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("is not a finite number")
    return number


class _Reader:
    """Reads values by annotation and notes the path of what does not fit.

    What it returns for a faulty value is never used: `read` raises before.
    """

    def __init__(self, what: str) -> None:
        self.faults: dict[str, str] = {}
        self._what = what

    def read(self, hint: Any, value: object, path: str) -> Any:
        """The value as its annotation wants it."""
        origin, arguments = typing.get_origin(hint), typing.get_args(hint)
        if hint == Answer:
            return self._word(hint, value, path)
        if origin in (typing.Union, types.UnionType):
            inner = next(kind for kind in arguments if kind is not types.NoneType)
            return self.read(inner, value, path)
        if origin is Mapping:
            return self._mapping(arguments, value, path)
        if origin is tuple:
            return self._list(arguments[0], value, path)
        if dataclasses.is_dataclass(hint):
            return self._table(hint, value, path)
        return self._word(hint, value, path)

    def _fault(self, path: str, fault: str) -> None:
        self.faults.setdefault(path or self._what, fault)

    def _table(self, kind: Any, value: object, path: str) -> Any:
        """A TOML table as a dataclass, which may refuse the whole of it."""
        if not isinstance(value, dict):
            return self._fault(path, "is not a table")
        before = len(self.faults)
        hints = typing.get_type_hints(kind, include_extras=True)
        for name in sorted(value.keys() - hints.keys()):
            self._fault(_join(path, name), "is not known")
        read = {}
        for item in dataclasses.fields(kind):
            if item.name in value:
                where = _join(path, item.name)
                read[item.name] = self.read(hints[item.name], value[item.name], where)
            elif item.default is dataclasses.MISSING:
                self._fault(_join(path, item.name), "is missing")
        if len(self.faults) > before:
            return None
        try:
            return kind(**read)
        except InvalidError as error:
            return self._fault(_join(path, error.field or ""), error.message)

    def _mapping(self, hints: tuple[Any, ...], value: object, path: str) -> Any:
        if not isinstance(value, dict):
            return self._fault(path, "is not a table")
        read = {
            self.read(hints[0], key, _join(path, key)): self.read(
                hints[1], item, _join(path, key)
            )
            for key, item in value.items()
        }
        return types.MappingProxyType(read)

    def _list(self, hint: Any, value: object, path: str) -> Any:
        if not isinstance(value, list):
            return self._fault(path, "is not a list")
        return tuple(
            self.read(hint, item, f"{path}[{_place(item, number)}]")
            for number, item in enumerate(value)
        )

    def _word(self, hint: Any, value: object, path: str) -> Any:
        """A single value: a number, a text, a code, a duration."""
        try:
            return _word_reader(hint)(value)
        except ValueError as error:
            return self._fault(path, str(error))


def _place(item: object, number: int) -> str:
    """Where an item stands in a list: its code, if it has one, or its number."""
    code = item.get("code") if isinstance(item, dict) else None
    return code if isinstance(code, str) else str(number)


def _join(path: str, name: str) -> str:
    return ".".join(part for part in (path, name) if part)


def _word_reader(hint: Any) -> Callable[[object], object]:
    if typing.get_origin(hint) is Annotated:
        return lambda value: _code(value, typing.get_args(hint)[1].regex)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value: _member(value, hint)
    return _WORDS[hint]


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("is not a text")
    return value


def _code(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("is not a code")
    return value


def _member(value: object, kind: type[StrEnum]) -> StrEnum:
    if value not in list(kind):
        raise ValueError(f"is not one of {', '.join(kind)}")
    return kind(typing.cast(str, value))


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("is not a whole number")
    return value


def _yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("is not true or false")
    return value


def _answer(value: object) -> bool | float:
    return value if isinstance(value, bool) else finite(value)


def _duration(value: object) -> timedelta:
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('is not a duration like "24 h" (s, min, h or d)')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


_WORDS: dict[object, Callable[[object], object]] = {
    str: _text,
    int: _whole,
    bool: _yes_or_no,
    float: finite,
    timedelta: _duration,
    Answer: _answer,
}
