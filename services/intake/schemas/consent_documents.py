"""The JSON about consent documents."""

from marshmallow import fields, validate

from services.intake.domain import ConsentType
from services.intake.schemas.values import LineField
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, TextField, Whole
from shared.rulepack import Route

LONGEST_TITLE = 200
LONGEST_SECTION = 10_000
LONGEST_ITEM = 500


class SectionBody(Body):
    """A part of the text, under a heading."""

    heading = LineField(required=True, longest=LONGEST_TITLE)
    text = TextField(required=True, longest=LONGEST_SECTION)


class ItemBody(Body):
    """A sentence the patient says yes to."""

    name = CodeField(required=True)
    text = LineField(required=True, longest=LONGEST_ITEM)


class DocumentBody(Body):
    """A consent document; `code` and `edition` are told and name no drug."""

    code = CodeField(required=True)
    edition = CodeField(required=True)
    type = fields.Enum(
        ConsentType, by_value=True, required=True, data_key="consent_type"
    )
    title = LineField(required=True, longest=LONGEST_TITLE)
    valid_months = Whole(required=True)
    sections = fields.List(
        fields.Nested(SectionBody), required=True, validate=validate.Length(min=1)
    )
    items = fields.List(
        fields.Nested(ItemBody), required=True, validate=validate.Length(min=1)
    )
    drug = CodeField(load_default=None, allow_none=True)
    route = fields.Enum(Route, by_value=True, load_default=None, allow_none=True)
    protocol = CodeField(load_default=None, allow_none=True)
    notice = LineField(load_default=None, allow_none=True, longest=LONGEST_ITEM)


class PublishedView(View):
    """A consent document the clinic published; a consent names its version."""

    id = fields.UUID()
    version = fields.Integer()
    document_version = fields.String(attribute="reference")
    consent_type = fields.Enum(ConsentType, by_value=True, attribute="type")
    published_by = fields.UUID()
    published_at = Instant()
    retired_at = Instant(allow_none=True)


class SectionView(View):
    """A part of the text, under a heading."""

    heading = fields.String()
    text = fields.String()


class ItemView(View):
    """A sentence the patient says yes to."""

    name = fields.String()
    text = fields.String()


class DocumentHeadView(View):
    """A consent document without its text.

    `id` is there if the clinic published it; `in_force` says whether it can be signed.
    """

    id = fields.UUID(allow_none=True)
    document_version = fields.String(attribute="reference")
    code = fields.String()
    edition = fields.String()
    consent_type = fields.Enum(ConsentType, by_value=True, attribute="type")
    title = fields.String()
    valid_months = fields.Integer()
    drug = fields.String(allow_none=True)
    route = fields.Enum(Route, by_value=True, allow_none=True)
    protocol = fields.String(allow_none=True)
    is_own = fields.Boolean()
    in_force = fields.Boolean()


class DocumentView(DocumentHeadView):
    """A consent document as a patient reads it."""

    notice = fields.String(allow_none=True)
    sections = fields.List(fields.Nested(SectionView))
    items = fields.List(fields.Nested(ItemView))


class DocumentsView(View):
    """Consent documents."""

    items = fields.List(fields.Nested(DocumentHeadView))
