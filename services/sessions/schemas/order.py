"""Orders, preparations and weights."""

from marshmallow import fields, validate

from services.sessions.domain.order import Drug, OrderStatus
from services.sessions.schemas.fields import MOST_MG, Milligrams
from shared.http import Body, View
from shared.http.schemas import Instant, Number, TextField, Whole
from shared.rulepack import Route


class PlaceOrderBody(Body):
    """What, how, how much and how often."""

    patient_id = fields.UUID(required=True)
    drug = fields.Enum(Drug, by_value=True, required=True)
    route = fields.Enum(Route, by_value=True, required=True)
    dose_mg = Milligrams(required=True, above_zero=True)
    max_doses = Whole(required=True, validate=validate.Range(min=1, max=12))
    reason = TextField(load_default=None, allow_none=True)
    lowest_mg = Milligrams(load_default=None, allow_none=True, above_zero=True)
    highest_mg = Milligrams(load_default=None, allow_none=True, above_zero=True)
    concentration_mg_per_ml = Number(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=MOST_MG, min_inclusive=False),
    )


class OrderView(View):
    """An order; what is in mg/kg and mL follows from the weight and concentration."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    drug = fields.Enum(Drug, by_value=True)
    route = fields.Enum(Route, by_value=True)
    dose_mg = Milligrams()
    lowest_mg = Milligrams(allow_none=True)
    highest_mg = Milligrams(allow_none=True)
    weight_kg = fields.Float(allow_none=True)
    dose_mg_per_kg = fields.Float(allow_none=True)
    concentration_mg_per_ml = fields.Float(allow_none=True)
    dose_ml = fields.Float(allow_none=True)
    max_doses = fields.Integer()
    doses_given = fields.Integer()
    status = fields.Enum(OrderStatus, by_value=True)
    valid_until = Instant()
    reason = fields.String(allow_none=True)
    placed_at = Instant()
    placed_by = fields.UUID()


class OrdersView(View):
    """Orders, the newest first."""

    items = fields.List(fields.Nested(OrderView))


class PreparationBody(Body):
    """Who was prepared, and at which appointment."""

    patient_id = fields.UUID(required=True)
    appointment_id = fields.UUID(required=True)
    note = TextField(load_default=None, allow_none=True)


class PreparationView(View):
    """A preparation."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    appointment_id = fields.UUID()
    note = fields.String(allow_none=True)
    completed_at = Instant()
    completed_by = fields.UUID()
    valid_until = Instant()


class WeightBody(Body):
    """A weight."""

    weight_kg = Number(required=True)


class WeightView(View):
    """A weight."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    patient_id = fields.UUID()
    weight_kg = fields.Float()
    measured_at = Instant()
    measured_by = fields.UUID()
