"""Integrations."""

from marshmallow import fields

from services.sessions.domain.integration import IntegrationStatus
from shared.http import Body, View
from shared.http.schemas import Instant, TextField


class CompleteIntegrationBody(Body):
    """What the therapist notes."""

    note = TextField(load_default=None, allow_none=True)


class IntegrationView(View):
    """Integration of one session's experience."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    due_at = Instant()
    late_at = Instant()
    status = fields.Enum(IntegrationStatus, by_value=True)
    completed_at = Instant(allow_none=True)
    completed_by = fields.UUID(allow_none=True)
    note = fields.String(allow_none=True)


class IntegrationsView(View):
    """Integrations, the newest first."""

    items = fields.List(fields.Nested(IntegrationView))
