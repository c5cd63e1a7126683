"""The JSON of patients whom several clinics know, and of those handed on."""

from marshmallow import fields

from shared.http import Body, View
from shared.http.schemas import Instant, Truth


class MatchView(View):
    """A patient who may be known to another clinic of the network."""

    id = fields.UUID()
    patient_id = fields.UUID()
    found_at = Instant()


class MatchesView(View):
    """Patients who are still to be asked."""

    items = fields.List(fields.Nested(MatchView))


class MatchBody(Body):
    """What the patient said: whether it is the same person."""

    is_same = Truth(required=True)


class AnsweredMatchView(MatchView):
    """What the patient said; if it was yes, at which other clinic."""

    is_same = fields.Boolean()
    answered_at = Instant()
    other_clinic_id = fields.UUID(attribute="told_clinic_id", allow_none=True)


class TransferBody(Body):
    """At which clinic of the network the patient goes on."""

    to_clinic_id = fields.UUID(required=True)


class TransferView(View):
    """A patient who goes on at another clinic, which had the patient `received_at`."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    to_clinic_id = fields.UUID()
    consent_id = fields.UUID()
    sent_by = fields.UUID()
    sent_at = Instant()
    received_at = Instant(allow_none=True)


class TransfersView(View):
    """Patients this clinic has handed on, newest first."""

    items = fields.List(fields.Nested(TransferView))
