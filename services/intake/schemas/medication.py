"""The JSON about a patient's list of medication and allergies."""

from marshmallow import fields, validate

from services.intake.domain import EntrySource, EntryStatus
from services.intake.schemas.values import LineField
from shared.http import Body, View
from shared.http.schemas import Instant
from shared.rulepack import EntryKind, InteractionAction

LONGEST_NAME = 200
LONGEST_DETAIL = 500


class EntryBody(Body):
    """A medicine or an allergy; `detail` is the dose, or how the patient reacts."""

    kind = fields.Enum(EntryKind, by_value=True, required=True)
    name = LineField(required=True, longest=LONGEST_NAME)
    rxnorm = LineField(load_default=None, allow_none=True, longest=16)
    detail = LineField(load_default=None, allow_none=True, longest=LONGEST_DETAIL)
    since = fields.Date(load_default=None, allow_none=True)
    source = fields.Enum(
        EntrySource,
        by_value=True,
        required=True,
        validate=validate.NoneOf([EntrySource.REFERRAL]),
    )


class EntryStatusBody(Body):
    """What a clinician says of an entry."""

    status = fields.Enum(
        EntryStatus,
        by_value=True,
        required=True,
        validate=validate.NoneOf([EntryStatus.PROPOSED]),
    )


class InteractionView(View):
    """What speaks to an entry, and what it asks for; `fact` is one a rule weighs."""

    code = fields.String()
    label = fields.String()
    action = fields.Enum(InteractionAction, by_value=True)
    fact = fields.String(allow_none=True)
    advice = fields.String()
    source = fields.String()


class EntryView(View):
    """An entry of the list."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    kind = fields.Enum(EntryKind, by_value=True)
    name = fields.String()
    rxnorm = fields.String(allow_none=True)
    detail = fields.String(allow_none=True)
    since = fields.Date(allow_none=True)
    source = fields.Enum(EntrySource, by_value=True)
    status = fields.Enum(EntryStatus, by_value=True)
    recorded_by = fields.UUID()
    recorded_at = Instant()
    active_from = Instant(allow_none=True)
    active_until = Instant(allow_none=True)


class WeighedEntryView(EntryView):
    """An entry, and what the rule pack in force says of it."""

    interactions = fields.List(fields.Nested(InteractionView))


class ReconciliationView(View):
    """When a clinician went through the whole list with the patient."""

    id = fields.UUID()
    reconciled_by = fields.UUID()
    reconciled_at = Instant()


class MedicationListView(View):
    """The list, and when it was gone through last."""

    rule_pack = fields.String()
    reconciled = fields.Nested(ReconciliationView, allow_none=True)
    items = fields.List(fields.Nested(WeighedEntryView))
