"""An event's values on the wire: exactly what its JSON Schema lets pass, no more.

Marshmallow's own fields are kinder than any schema can say: "yes" for true, an id
without dashes. Who checks with the schema and who reads here must agree.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import ValidationError, fields, validate

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII
)


class Pattern(validate.Regexp):
    """What the whole text must look like; Python's `$` alone lets a last break pass."""

    def __call__(self, value: Any) -> Any:
        """The text, if it fits."""
        if not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


class Id(fields.UUID):
    """A UUID with its dashes."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> UUID:
        found: UUID = super()._deserialize(value, *args, **kwargs)
        if value != found and str(value).lower() != str(found):
            raise self.make_error("invalid_uuid")
        return found


class Instant(fields.AwareDateTime):
    """A date and time with its zone, as RFC 3339 writes it."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        return super()._deserialize(value, *args, **kwargs)


class Truth(fields.Boolean):
    """true or false, and nothing that merely looks like it."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Whole(fields.Integer):
    """A number without a fraction; `5.0` is one too, in JSON."""

    def _validated(self, value: Any) -> int:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if is_whole or (isinstance(value, float) and value.is_integer()):
            return int(value)
        raise self.make_error("invalid", input=value)

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """As it is: `validate` is to see what was told, not what it can be made."""
        return value


class Word(fields.String):
    """A word for programs; what it may look like is declared with it."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> Any:
        """As it is."""
        return value

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        # Marshmallow would take bytes too, which no JSON can hold.
        if not isinstance(value, str):
            raise self.make_error("invalid")
        return super()._deserialize(value, *args, **kwargs)


class Items(fields.List[Any]):
    """A list on the wire, a tuple in the frozen dataclass."""

    def _serialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        """One by one; what is no list stays as it is, to be refused."""
        if not isinstance(value, tuple | list):
            return value
        return super()._serialize(value, *args, **kwargs)

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        return tuple(super()._deserialize(value, *args, **kwargs))
