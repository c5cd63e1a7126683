"""The JSON of emergencies and private links."""

from marshmallow import fields, validate

from services.intake.domain import LINK_LASTS
from shared.http import Body, View
from shared.http.schemas import Instant, TextField, Whole


class BreakGlassBody(Body):
    """Why a record must be opened now."""

    reason = TextField(required=True, longest=1_000)


class EmergencyAccessView(View):
    """A record that is open to somebody for a while."""

    id = fields.UUID()
    patient_id = fields.UUID()
    person_id = fields.UUID()
    opened_at = Instant()
    until = Instant()


class NewLinkView(View):
    """A private link; its code is told this once."""

    id = fields.UUID()
    patient_id = fields.UUID()
    code = fields.String()
    expires_at = Instant()


class LinkView(View):
    """A private link."""

    id = fields.UUID()
    patient_id = fields.UUID()
    expires_at = Instant()
    ended_at = Instant(allow_none=True)


class InviteBody(Body):
    """For how many days an invitation is good."""

    days = Whole(
        load_default=LINK_LASTS.days,
        validate=validate.Range(min=1, max=LINK_LASTS.days),
    )


class NewInvitationView(View):
    """An invitation to register; its code is told this once."""

    id = fields.UUID()
    code = fields.String()
    expires_at = Instant()


class InvitationView(View):
    """An invitation to register; `patient_id` is who did, if anybody."""

    id = fields.UUID()
    patient_id = fields.UUID(allow_none=True)
    expires_at = Instant()
    ended_at = Instant(allow_none=True)


class OpenLinkBody(Body):
    """The code of a private link."""

    code = fields.String(required=True, validate=validate.Length(min=1, max=200))


class PatientTokenView(View):
    """What a patient goes on with: a token for the own record, good for an hour."""

    patient_id = fields.UUID()
    token = fields.String()
    expires_at = Instant()
