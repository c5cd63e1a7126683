"""The JSON of readiness: whether a dose could be booked."""

from marshmallow import fields

from shared.http import Query, View
from shared.http.schemas import Instant
from shared.readiness import Gate


class ReadinessQuery(Query):
    """For which gate and moment; now if none is named."""

    gate = fields.Enum(Gate, by_value=True, load_default=Gate.BOOKING)
    at = Instant(load_default=None, allow_none=True)


class FactView(View):
    """A readiness fact, and why it does not hold."""

    fact = fields.String()
    holds = fields.Boolean()
    cause = fields.String(allow_none=True)
    valid_until = Instant(allow_none=True)


class ReadinessView(View):
    """Whether a patient is ready, and what speaks against it."""

    gate = fields.String()
    at = Instant()
    ready = fields.Boolean()
    facts = fields.List(fields.Nested(FactView))
