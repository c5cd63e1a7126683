"""Limits of a patient's own, and of an order."""

from typing import Any

from marshmallow import fields, post_load

from services.sessions.domain.limits import Origin
from shared.errors import InvalidError
from shared.http import Body, View
from shared.http.schemas import Instant, Number, TextField
from shared.rulepack import Limit, Measure, VitalsPhase


def _bound() -> Number:
    return Number(load_default=None, allow_none=True)


class LimitBody(Body):
    """Bounds; `below` and `above` leave the number out, the others take it in."""

    below = _bound()
    at_most = _bound()
    at_least = _bound()
    above = _bound()

    @post_load
    def _limit(self, said: dict[str, Any], **_: Any) -> Limit:
        try:
            return Limit(**said)
        except InvalidError as error:
            raise InvalidError(error.message, field="limits") from error


class OrderLimitsBody(Body):
    """Limits of one measure in one phase, by their names, and why."""

    measure = fields.Enum(Measure, by_value=True, required=True)
    phase = fields.Enum(VitalsPhase, by_value=True, required=True)
    limits = fields.Dict(
        keys=fields.String(), values=fields.Nested(LimitBody), required=True
    )
    reason = TextField(required=True)


class PatientLimitsBody(OrderLimitsBody):
    """The same, until a time."""

    until = Instant(required=True)


class LimitsView(View):
    """Limits of a patient's own, or of an order."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    order_id = fields.UUID(allow_none=True)
    origin = fields.Enum(Origin, by_value=True)
    measure = fields.Enum(Measure, by_value=True)
    phase = fields.Enum(VitalsPhase, by_value=True)
    limits = fields.Dict(keys=fields.String(), attribute="bounds")
    reason = fields.String()
    set_at = Instant()
    set_by = fields.UUID()
    until = Instant()
    ended_at = Instant(allow_none=True)
    ended_by = fields.UUID(allow_none=True)


class AllLimitsView(View):
    """Limits a patient has or had, the newest first."""

    items = fields.List(fields.Nested(LimitsView))
