"""The JSON about patients who may be registered twice."""

from marshmallow import fields

from services.intake.domain import Likeness
from shared.http import View
from shared.http.schemas import Instant


class AlikeView(View):
    """One of two patients who may be one."""

    patient_id = fields.UUID()
    registered_at = Instant()


class DuplicateView(View):
    """Two patients who may be one, the newer first, and what they have in common."""

    patients = fields.List(fields.Nested(AlikeView))
    in_common = fields.List(fields.Enum(Likeness, by_value=True))


class DuplicatesView(View):
    """The newest such pairs; others follow as these are decided."""

    items = fields.List(fields.Nested(DuplicateView))


class DistinctionView(View):
    """Two patients of whom somebody said that they are two persons."""

    first_id = fields.UUID()
    second_id = fields.UUID()
    decided_at = Instant()
