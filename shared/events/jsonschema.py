"""An event's payload as JSON Schema (draft 2020-12)."""

from typing import Any

from marshmallow import fields, validate

from shared.events.base import Event, schema_of

_PLAIN: dict[type[fields.Field[Any]], dict[str, Any]] = {
    fields.UUID: {"type": "string", "format": "uuid"},
    fields.AwareDateTime: {"type": "string", "format": "date-time"},
    fields.Boolean: {"type": "boolean"},
    fields.Integer: {"type": "integer"},
}


def json_schema(event: type[Event]) -> dict[str, Any]:
    """The schema of what `data` holds; further fields may be added within a version."""
    declared = schema_of(event).fields
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:kap:event:{event.name}:{event.version}",
        "title": event.__name__,
        "description": (event.__doc__ or "").partition("\n")[0],
        "type": "object",
        "properties": {name: _of(field) for name, field in declared.items()},
        "required": [name for name, field in declared.items() if field.required],
    }


def _of(field: fields.Field[Any]) -> dict[str, Any]:
    if isinstance(field, fields.List):
        kind = ["array", "null"] if field.allow_none else "array"
        return {"type": kind, "items": _of(field.inner)}
    if isinstance(field, fields.Enum):
        return {"type": "string", "enum": [member.value for member in field.enum]}
    if isinstance(field, fields.String) and not isinstance(field, fields.UUID):
        patterns = [
            validator.regex.pattern
            for validator in field.validators
            if isinstance(validator, validate.Regexp)
        ]
        return {"type": "string"} | ({"pattern": patterns[0]} if patterns else {})
    known = next(value for kind, value in _PLAIN.items() if isinstance(field, kind))
    if field.allow_none:
        return {**known, "type": [known["type"], "null"]}
    return dict(known)
