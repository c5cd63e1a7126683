"""Readiness."""

from marshmallow import fields

from shared.http import Query, View
from shared.http.schemas import Instant
from shared.readiness import Gate


class ReadinessQuery(Query):
    """For which gate, appointment and moment; no escort counts without the second."""

    gate = fields.Enum(Gate, by_value=True, load_default=Gate.AUTHORISATION)
    appointment_id = fields.UUID(load_default=None, allow_none=True)
    at = Instant(load_default=None, allow_none=True)


class FactView(View):
    """A readiness fact, and why it does not hold."""

    fact = fields.String()
    holds = fields.Boolean()
    cause = fields.String(allow_none=True)
    valid_until = Instant(allow_none=True)


class StaleView(View):
    """Facts of one service that may have changed since a moment, or at any time."""

    producer = fields.String()
    since = Instant(allow_none=True)
    facts = fields.List(fields.String())


class WarningView(View):
    """What is no fact and still to be thought of; some clinics let it block a dose."""

    code = fields.String()
    integration_id = fields.UUID()
    since = Instant()
    blocks = fields.Boolean()


class ReadinessView(View):
    """Whether a patient is ready, and what speaks against it.

    `stale` says of which facts newer news may be under way. `warnings` are told where
    readiness is asked for, not where an answer was kept.
    """

    gate = fields.String()
    at = Instant()
    ready = fields.Boolean()
    facts = fields.List(fields.Nested(FactView))
    stale = fields.List(fields.Nested(StaleView))
    warnings = fields.List(fields.Nested(WarningView))
