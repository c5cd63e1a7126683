"""What bodies, queries and answers have in common."""

from datetime import date, datetime
from typing import Any, Self

from marshmallow import EXCLUDE, RAISE, Schema, fields, validate

from shared.events.base import CODE
from shared.events.fields import Pattern

TEXT = 2_000
YEARS = range(1900, 2200)
"""The years a day or an instant may lie in: what is reckoned from it stays possible."""


class _Declared(Schema):
    """What is declared once and never changes."""

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Itself: flask-smorest copies what it documents, many times over."""
        return self


class Body(_Declared):
    """A request's body; a field it does not know is refused."""

    class Meta:
        """What is not asked for is refused."""

        unknown = RAISE


class Query(_Declared):
    """A request's query; a parameter it does not know is refused."""

    class Meta:
        """What is not asked for is refused."""

        unknown = RAISE


class View(_Declared):
    """An answer; readers leave aside what they do not know."""

    class Meta:
        """Answers may grow."""

        unknown = EXCLUDE
        ordered = True


class Page(Query):
    """Which part of a list: at most `limit` rows after the one named."""

    limit = fields.Integer(
        load_default=50, validate=validate.Range(min=1, max=500), strict=False
    )
    after = fields.UUID(load_default=None, allow_none=True)


class CodeField(fields.String):
    """A word for programs, as events carry it."""

    def __init__(self, **kwargs: Any) -> None:
        error = "Lower case, digits, . _ and - only."
        pattern = Pattern(CODE.regex.pattern, error=error)
        super().__init__(validate=pattern, **kwargs)


class TextField(fields.String):
    """Text a person wrote: trimmed, not empty, of a stated length."""

    def __init__(self, *, longest: int = TEXT, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(min=1, max=longest), **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(*args, **kwargs).strip()
        # Half of a surrogate pair is valid JSON, but no database can keep it.
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise self.make_error("invalid")
        return value


class Instant(fields.AwareDateTime):
    """An instant with its zone, RFC 3339; answered in UTC."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="iso", **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        instant = super()._deserialize(value, *args, **kwargs)
        if instant.year not in YEARS:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return instant


class Day(fields.Date):
    """A day of the calendar."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, *args, **kwargs)
        if day.year not in YEARS:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return day


class Number(fields.Float):
    """A JSON number; text that looks like one is refused."""

    def _validated(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self.make_error("invalid")
        return super()._validated(value)


class Whole(fields.Integer):
    """A JSON integer; text, fractions and booleans are refused."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.make_error("invalid")
        return super()._validated(value)


class Truth(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


__all__ = [
    "Body",
    "CodeField",
    "Day",
    "Instant",
    "Number",
    "Page",
    "Query",
    "TextField",
    "Truth",
    "View",
    "Whole",
]
