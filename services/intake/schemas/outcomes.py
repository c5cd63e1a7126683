"""The JSON of how one patient's questionnaires went, beside the doses."""

from marshmallow import fields

from services.intake.domain import EpisodeStatus, MeasureContext
from shared.http import View
from shared.http.schemas import Instant
from shared.instruments import Trend


class ScaleView(View):
    """What a patient answered about the experience of a dose."""

    instrument = fields.String()
    title = fields.String()
    total = fields.Integer()
    highest = fields.Integer()
    recorded_at = Instant()


class TreatmentView(View):
    """A session in which a dose was given; `seq` counts those of the episode."""

    session_id = fields.UUID(attribute="id")
    seq = fields.Integer()
    given_at = Instant()
    route_class = fields.String(allow_none=True)
    doses = fields.Integer()
    scales = fields.List(fields.Nested(ScaleView))


class BandView(View):
    """A name for totals from a number up to the next band."""

    code = fields.String()
    lowest = fields.Integer()


class CutView(View):
    """A finding once a total is reached."""

    code = fields.String()
    at_least = fields.Integer()


class MissingView(View):
    """An answer that is not there: before a dose, or in a window after the course."""

    code = fields.String()
    from_at = Instant(data_key="from")
    until = Instant()


class PointView(View):
    """A total, and what it means beside others; `is_own` if the patient answered.

    `follows_gap` says that an answer is missing between the one before and this.
    """

    id = fields.UUID()
    recorded_at = Instant()
    context = fields.Enum(MeasureContext, by_value=True)
    total = fields.Integer()
    band = fields.String(allow_none=True)
    findings = fields.List(fields.String())
    trends = fields.List(fields.String(metadata={"enum": [*Trend]}))
    alert = fields.Boolean()
    answers = fields.Dict(keys=fields.String(), values=fields.Integer())
    is_own = fields.Boolean()
    days_since_dose = fields.Integer(allow_none=True)
    since_baseline = fields.Integer(allow_none=True)
    since_before = fields.Integer(allow_none=True)
    follows_gap = fields.Boolean()


class SeriesView(View):
    """A questionnaire's totals in order; lower is better.

    `response_at_most` and `remission_below` say which totals would be one.
    """

    instrument = fields.String()
    version = fields.String()
    title = fields.String()
    highest = fields.Integer()
    bands = fields.List(fields.Nested(BandView))
    cuts = fields.List(fields.Nested(CutView))
    meaningful_points = fields.Integer()
    response_at_most = fields.Integer(allow_none=True)
    remission_below = fields.Integer(allow_none=True)
    baseline_id = fields.UUID(allow_none=True)
    missing = fields.List(fields.Nested(MissingView))
    points = fields.List(fields.Nested(PointView))


class EpisodeOutcomesView(View):
    """The doses of an episode and every series; the course is over with a last dose."""

    episode_id = fields.UUID()
    opened_at = Instant()
    status = fields.Enum(EpisodeStatus, by_value=True)
    course_ended_at = Instant(allow_none=True)
    doses = fields.List(fields.Nested(TreatmentView))
    series = fields.List(fields.Nested(SeriesView))


class PatientOutcomesView(View):
    """How a patient's questionnaires went, the newest episode first."""

    patient_id = fields.UUID()
    episodes = fields.List(fields.Nested(EpisodeOutcomesView))
