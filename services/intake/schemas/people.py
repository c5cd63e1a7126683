"""The JSON about patients and referrals."""

from typing import Any

from marshmallow import (
    ValidationError,
    fields,
    post_load,
    validate,
    validates_schema,
)

from services.intake.commands import Identifier, ReferredCode, ReferredCoverage
from services.intake.domain import Channel, EpisodeStatus, Person, ReferralStatus
from services.intake.schemas.access import PatientTokenView
from services.intake.schemas.values import AddressField, LineField
from shared.http import Body, View
from shared.http.schemas import CodeField, Day, Instant, TextField

MOST_ENTRIES = 200


class EmergencyContactBody(Body):
    """Whom to call for a patient."""

    name = LineField(required=True, longest=120)
    relation = LineField(required=True, longest=60)
    phone = LineField(required=True, longest=40)


class PersonBody(Body):
    """Who somebody is."""

    given_name = LineField(required=True, longest=120)
    family_name = LineField(required=True, longest=120)
    birth_date = fields.Date(required=True)
    email = AddressField(load_default=None, allow_none=True, longest=254)
    phone = LineField(load_default=None, allow_none=True, longest=40)
    time_zone = LineField(load_default=None, allow_none=True, longest=64)
    emergency_contact = fields.Nested(
        EmergencyContactBody, load_default=None, allow_none=True
    )


class RegisterPatientBody(PersonBody):
    """A patient to be; without a channel, mail if there is an address."""

    channel = fields.Enum(Channel, by_value=True, load_default=None, allow_none=True)


class AcceptBody(RegisterPatientBody):
    """Who accepts an invitation, and its code."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=200))


class ContactBody(Body):
    """What is to be different about how a patient is reached; the rest stays."""

    email = AddressField(allow_none=True, longest=254)
    phone = LineField(allow_none=True, longest=40)
    time_zone = LineField(longest=64)
    channel = fields.Enum(Channel, by_value=True)
    emergency_contact = fields.Nested(EmergencyContactBody, allow_none=True)

    @validates_schema
    def is_some(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to change nothing."""
        if not data:
            raise ValidationError("Say what is to be different.")


class ReferredPersonBody(PersonBody):
    """Who is referred."""

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Person:
        """The value the body stands for."""
        return Person(**data)


class IdentifierBody(Body):
    """The number another system knows the patient by."""

    system = LineField(required=True, longest=200)
    value = LineField(required=True, longest=200)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> Identifier:
        """The value the body stands for."""
        return Identifier(**data)


class CodeBody(Body):
    """A condition or a medication."""

    system = LineField(required=True, longest=500)
    code = LineField(required=True, longest=500)
    display = LineField(required=True, longest=1000)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> ReferredCode:
        """The value the body stands for."""
        return ReferredCode(**data)


class CoverageBody(Body):
    """Who may pay."""

    payer = LineField(required=True, longest=500)
    member_id = LineField(load_default=None, allow_none=True, longest=500)

    @post_load
    def made(self, data: dict[str, Any], **_: Any) -> ReferredCoverage:
        """The value the body stands for."""
        return ReferredCoverage(**data)


def entries(kind: type[Body]) -> fields.List[Any]:
    """A list of bodies; empty if not given."""
    return fields.List(
        fields.Nested(kind),
        load_default=list,
        validate=validate.Length(max=MOST_ENTRIES),
    )


class ReferralBody(Body):
    """A referral, as an export of another system tells it."""

    source_type = CodeField(required=True)
    identifier = fields.Nested(IdentifierBody, required=True)
    patient = fields.Nested(ReferredPersonBody, required=True)
    conditions = entries(CodeBody)
    medications = entries(CodeBody)
    coverages = entries(CoverageBody)
    letter_reference = LineField(load_default=None, allow_none=True, longest=500)


class FindReferralBody(Body):
    """By which number of which system a referral is looked for."""

    identifier = fields.Nested(IdentifierBody, required=True)


class ReferralProgressView(View):
    """How far a referral has come, and never why.

    Beside the word of ours stand the status of a FHIR R4 `ServiceRequest` and `Task`.
    """

    referral_id = fields.UUID()
    received_at = Instant()
    status = fields.Enum(ReferralStatus, by_value=True)
    service_request_status = fields.String(
        validate=validate.OneOf(["active", "revoked", "completed"])
    )
    task_status = fields.String(
        validate=validate.OneOf(["received", "accepted", "rejected", "completed"])
    )


class ReferralOutcomeView(View):
    """What became of a referral."""

    outcome = fields.String(validate=validate.OneOf(["created", "already_known"]))
    referral_id = fields.UUID()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    possible_duplicates = fields.List(
        fields.UUID(),
        metadata={"description": "Told to the desk only, of a patient who is new"},
    )


class SearchBody(Body):
    """Name and birth date, address or telephone; who fits one of them is found."""

    family_name = LineField(load_default=None, longest=120)
    birth_date = Day(load_default=None)
    email = AddressField(load_default=None, longest=254)
    phone = LineField(load_default=None, longest=40)

    @validates_schema
    def is_enough(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to look for everybody, or for half a name."""
        if (data["family_name"] is None) is not (data["birth_date"] is None):
            raise ValidationError("A name is looked for with the birth date.")
        if all(value is None for value in data.values()):
            raise ValidationError("Say whom to look for.")


class EraseBody(Body):
    """Why who a patient was is to be forgotten."""

    reason = TextField(required=True)


class MergedView(View):
    """A record that was closed, and under which one the patient goes on."""

    patient_id = fields.UUID(attribute="id")
    merged_into = fields.UUID()
    merged_at = Instant()


class IdentityBody(Body):
    """What was written down wrong of who a patient is; the rest stays."""

    given_name = LineField(longest=120)
    family_name = LineField(longest=120)
    birth_date = fields.Date()

    @validates_schema
    def is_some(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to change nothing."""
        if not data:
            raise ValidationError("Say what is to be different.")


class ErasedView(View):
    """A patient of whom nobody can tell any more who it was."""

    id = fields.UUID()
    version = fields.Integer()
    erased_at = Instant()


class EmergencyContactView(View):
    """Whom to call for a patient."""

    name = fields.String()
    relation = fields.String()
    phone = fields.String()


class PatientView(View):
    """A patient; of one who was erased, who it was is null."""

    id = fields.UUID()
    version = fields.Integer()
    episode_id = fields.UUID()
    given_name = fields.String(allow_none=True)
    family_name = fields.String(allow_none=True)
    birth_date = fields.Date(allow_none=True)
    email = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)
    time_zone = fields.String()
    channel = fields.Enum(Channel, by_value=True)
    registered_at = Instant()
    is_self_registered = fields.Boolean()
    erased_at = Instant(allow_none=True)


class FullPatientView(PatientView):
    """A patient, and whom to call for that patient."""

    emergency_contact = fields.Nested(EmergencyContactView, allow_none=True)


class AcceptedView(FullPatientView):
    """A new patient, and what the patient goes on with."""

    visit = fields.Nested(PatientTokenView)


class RegisteredView(FullPatientView):
    """A new patient, and who was registered before and may be the same person."""

    possible_duplicates = fields.List(fields.UUID())


class ListedPatientView(PatientView):
    """A patient, and how far the episode has come."""

    status = fields.Enum(EpisodeStatus, by_value=True)


class PatientsView(View):
    """A part of a list of patients; `next` asks for the part after it."""

    items = fields.List(fields.Nested(ListedPatientView))
    next = fields.UUID(allow_none=True)


class CodeView(View):
    """A condition or a medication."""

    system = fields.String()
    code = fields.String()
    display = fields.String()


class CoverageView(View):
    """Who may pay."""

    payer = fields.String(allow_none=True)
    member_id = fields.String(allow_none=True)


class ReferralView(View):
    """Where a patient came from."""

    id = fields.UUID()
    source_type = fields.String()
    identifier_system = fields.String()
    identifier_value = fields.String(allow_none=True)
    letter_reference = fields.String(allow_none=True)
    received_at = Instant()


class EpisodeOfView(View):
    """An episode of a patient, perhaps on a record that was closed for this one."""

    episode_id = fields.UUID(attribute="id")
    patient_id = fields.UUID()
    status = fields.Enum(EpisodeStatus, by_value=True)
    opened_at = Instant()
    ended_at = Instant(allow_none=True)


class PatientDetailView(ListedPatientView):
    """A patient, with all that came along with referrals.

    `merged` are records that were closed because they were of this patient too; of
    such a record, `merged_into` is the one that goes on.
    """

    emergency_contact = fields.Nested(EmergencyContactView, allow_none=True)
    merged_into = fields.UUID(allow_none=True)
    merged = fields.List(fields.UUID())
    episodes = fields.List(fields.Nested(EpisodeOfView))
    referrals = fields.List(fields.Nested(ReferralView))
    conditions = fields.List(fields.Nested(CodeView))
    medications = fields.List(fields.Nested(CodeView))
    coverages = fields.List(fields.Nested(CoverageView))


class ContactView(View):
    """How a patient is reached at this moment."""

    patient_id = fields.UUID()
    given_name = fields.String(allow_none=True)
    channel = fields.Enum(Channel, by_value=True)
    email = fields.String(allow_none=True)
    time_zone = fields.String()
