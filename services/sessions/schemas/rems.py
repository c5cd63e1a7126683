"""REMS forms."""

from marshmallow import fields

from services.sessions.domain.rems import RemsFormStatus
from services.sessions.schemas.fields import Milligrams
from services.sessions.schemas.note import AnswersField, SectionView
from shared.http import Body, View
from shared.http.schemas import Day, Instant


class FillBody(Body):
    """What people answer; what is left out, the record answers if it can."""

    answers = AnswersField()


class SubmitBody(Body):
    """The day on which a person sent the form."""

    submitted_on = Day(required=True)


class RemsFormView(View):
    """How far a form has come."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    form = fields.String()
    status = fields.Enum(RemsFormStatus, by_value=True)
    due_at = Instant()
    submitted_on = fields.Date(allow_none=True)
    submitted_at = Instant(allow_none=True)
    submitted_by = fields.UUID(allow_none=True)


class TreatmentView(View):
    """What the record says of the treatment."""

    first_dose_at = Instant()
    ended_at = Instant(allow_none=True)
    dose_mg = Milligrams()
    lots = fields.List(fields.String())
    monitored_minutes = fields.Integer(allow_none=True)


class FilledFormView(RemsFormView):
    """A form, filled as far as is known.

    `from_record` are answers that nobody gave: the record did.
    """

    title = fields.String()
    treatment = fields.Nested(TreatmentView)
    sections = fields.List(fields.Nested(SectionView))
    answers = fields.Dict(keys=fields.String())
    from_record = fields.List(fields.String())
    missing = fields.List(fields.String())


class RemsFormsView(View):
    """Forms that were not submitted, the most urgent first."""

    items = fields.List(fields.Nested(RemsFormView))
