"""The JSON of the forms that patients fill in themselves."""

from marshmallow import fields, validate

from services.intake.schemas.care import MOST_ANSWERS, CrisisResourceView
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, Whole


class OwnAnswersBody(Body):
    """Answers by item; a draft may lack some."""

    answers = fields.Dict(
        keys=CodeField(),
        values=Whole(),
        required=True,
        validate=validate.Length(max=MOST_ANSWERS),
    )


class ListedFormView(View):
    """A questionnaire of the screening."""

    code = fields.String()
    title = fields.String()
    is_answered = fields.Boolean()
    is_begun = fields.Boolean()


class OwnFormsView(View):
    """What is asked of a patient, and where help is in a crisis."""

    items = fields.List(fields.Nested(ListedFormView))
    crisis_resources = fields.List(fields.Nested(CrisisResourceView))


class AskedItemView(View):
    """A question, answered with a whole number from 0 to `highest`; 1 of 1 is yes.

    One with `asked_if` is asked after a yes to that item.
    """

    name = fields.String()
    label = fields.String()
    highest = fields.Integer()
    asked_if = fields.String(allow_none=True)


class OwnFormView(View):
    """A questionnaire, and what was answered so far."""

    code = fields.String()
    title = fields.String()
    items = fields.List(fields.Nested(AskedItemView))
    answers = fields.Dict()
    saved_at = Instant(allow_none=True)


class OwnDraftView(View):
    """What was kept of a questionnaire that is not sent yet."""

    instrument = fields.String()
    answers = fields.Dict()
    saved_at = Instant()


class SentFormView(View):
    """A questionnaire was sent; `follow_up` is the one to answer at once.

    After an alarming answer `crisis_resources` say where help is.
    """

    id = fields.UUID()
    follow_up = fields.String(allow_none=True)
    crisis_resources = fields.List(fields.Nested(CrisisResourceView))
