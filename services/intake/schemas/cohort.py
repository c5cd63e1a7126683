"""The JSON of how many patients fared how."""

from marshmallow import fields, validate

from services.intake.domain import FigureCode, LineKind
from shared.http import Body, View
from shared.http.months import MonthsQuery
from shared.http.schemas import YEARS, Instant, Query, Truth
from shared.rulepack import Route


class CohortQuery(MonthsQuery):
    """The same, and by which route it was given."""

    route = fields.Enum(Route, by_value=True, load_default=None)


class YearQuery(Query):
    """In which year the first dose was given; without any, this one."""

    year = fields.Integer(
        load_default=None, validate=validate.OneOf(YEARS, error="Not a year.")
    )


class FigureView(View):
    """So many of so many; what is not told is null."""

    code = fields.Enum(FigureCode, by_value=True)
    instrument = fields.String(allow_none=True)
    window = fields.String(allow_none=True)
    count = fields.Integer(allow_none=True)
    of = fields.Integer(allow_none=True)
    percent = fields.Float(allow_none=True)


class LineView(View):
    """The figures of a clinic or of several; `courses` is how many began."""

    kind = fields.Enum(LineKind, by_value=True)
    clinic_id = fields.UUID(allow_none=True)
    clinics = fields.Integer()
    courses = fields.Integer(allow_none=True)
    median_days_to_dose = fields.Integer(allow_none=True)
    figures = fields.List(fields.Nested(FigureView))


class CohortView(View):
    """How patients fared whose first dose lies in a span; counts under `least` lack."""

    begins_at = Instant()
    ends_at = Instant()
    route = fields.String(allow_none=True)
    least = fields.Integer()
    is_compared = fields.Boolean(allow_none=True)
    lines = fields.List(fields.Nested(LineView))


class ComparisonBody(Body):
    """Whether the clinic takes part in the comparison of the network's clinics."""

    is_compared = Truth(required=True)


class ComparisonView(View):
    """Whether the clinic takes part."""

    version = fields.Integer()
    is_compared = fields.Boolean()
