"""The JSON about consents."""

from marshmallow import fields

from services.intake.domain import ConsentType, EndCause
from services.intake.schemas.consent_documents import DocumentView
from services.intake.schemas.values import LineField, codes
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant

LONGEST_SIGNATURE = 200


class OwnConsentBody(Body):
    """What a patient consents to: `items` are the sentences with a yes.

    `signed_name` is the name the patient types as a signature.
    """

    consent_type = fields.Enum(ConsentType, by_value=True, required=True)
    document_version = CodeField(required=True)
    items = codes()
    signed_name = LineField(required=True, longest=LONGEST_SIGNATURE)


class WitnessBody(Body):
    """The name a witness types as a signature."""

    witness_name = LineField(required=True, longest=LONGEST_SIGNATURE)


class ConsentBody(OwnConsentBody, WitnessBody):
    """What a patient consents to, before whoever sends this as the witness."""


class ConsentView(View):
    """A consent; it counts from `witnessed_at` on.

    `paper_digest` is the SHA-256 of the file that was kept of it, as PDF.
    """

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    consent_type = fields.Enum(ConsentType, by_value=True, attribute="type")
    document_version = fields.String()
    items = fields.List(fields.String(), allow_none=True)
    signed_name = fields.String(allow_none=True)
    signed_at = Instant()
    witness_id = fields.UUID(allow_none=True)
    witness_name = fields.String(allow_none=True)
    witnessed_at = Instant(allow_none=True)
    valid_until = Instant()
    file_id = fields.UUID(allow_none=True)
    paper_digest = fields.String(allow_none=True)
    withdrawn_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)
    end_cause = fields.Enum(EndCause, by_value=True, allow_none=True)


class LastingConsentView(ConsentView):
    """A consent, and whether it holds now."""

    holds = fields.Boolean()


class ConsentsView(View):
    """What a patient has consented to, and the documents that can be signed."""

    items = fields.List(fields.Nested(LastingConsentView))
    documents = fields.List(fields.Nested(DocumentView))
