"""The JSON about questionnaires; what they ask is FHIR, inside `resource`."""

from marshmallow import fields

from services.intake.domain import MeasureContext
from shared.http import Body, View
from shared.http.schemas import Instant


class ResourceBody(Body):
    """A FHIR R4 resource."""

    resource = fields.Dict(keys=fields.String(), required=True)


class ResponseBody(ResourceBody):
    """A FHIR R4 `QuestionnaireResponse`, and when it was answered."""

    context = fields.Enum(MeasureContext, by_value=True, required=True)


class ResourceView(View):
    """A FHIR R4 resource."""

    resource = fields.Dict()


class InstrumentView(View):
    """A questionnaire that can be asked."""

    code = fields.String()
    version = fields.String()
    title = fields.String()
    loinc = fields.String(allow_none=True)
    follow_up = fields.String(allow_none=True)
    is_own = fields.Boolean()


class QuestionnairesView(View):
    """Questionnaires that can be asked."""

    items = fields.List(fields.Nested(InstrumentView))


class DefinedView(View):
    """A version of a questionnaire that a clinic defined."""

    id = fields.UUID()
    code = fields.String()
    edition = fields.String()
    made_by = fields.UUID()
    made_at = Instant()
