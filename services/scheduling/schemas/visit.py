"""The day of treatment as JSON."""

from marshmallow import fields

from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, TextField, Truth

NAME, PHONE = 120, 40


class EscortBody(Body):
    """Who takes the patient home: both or neither."""

    escort_name = TextField(longest=NAME, load_default=None, allow_none=True)
    escort_phone = TextField(longest=PHONE, load_default=None, allow_none=True)


class ConfirmBody(EscortBody):
    """Whom the patient goes home with, and whether food was talked about."""

    fasting_told = Truth(load_default=False)


class ArrivalBody(EscortBody):
    """Whether somebody who takes the patient home is here or named; what was answered.

    What nobody asked is left out, or null.
    """

    escort_present = Truth(required=True)
    ate_at = Instant(load_default=None, allow_none=True)
    drank_at = Instant(load_default=None, allow_none=True)
    alcohol = Truth(load_default=None, allow_none=True)
    sedative = Truth(load_default=None, allow_none=True)
    new_medication = Truth(load_default=None, allow_none=True)


class UndoBody(Body):
    """Why a step was none."""

    reason_code = CodeField(required=True)


class AnswersView(View):
    """What was answered on arriving; null is what nobody asked."""

    ate_at = fields.String(allow_none=True)
    drank_at = fields.String(allow_none=True)
    alcohol = fields.Boolean(allow_none=True)
    sedative = fields.Boolean(allow_none=True)
    new_medication = fields.Boolean(allow_none=True)


class VisitView(View):
    """Who takes the patient home, what was answered, what speaks against a dose."""

    appointment_id = fields.UUID()
    patient_id = fields.UUID()
    escort_confirmed = fields.Boolean()
    escort_name = fields.String(allow_none=True)
    escort_phone = fields.String(allow_none=True)
    fasting_told = fields.Boolean()
    answers = fields.Nested(AnswersView, allow_none=True)
    arrival_concerns = fields.List(fields.String())
