"""Integrations."""

from marshmallow import fields

from services.sessions.domain.integration import IntegrationStatus
from shared.http import Body, View
from shared.http.schemas import Day, Instant, TextField


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


class TaskBody(Body):
    """What the patient does, and until which day."""

    text = TextField(required=True)
    due_on = Day(required=True)


class TaskView(View):
    """Something small the patient does."""

    id = fields.UUID()
    version = fields.Integer()
    integration_id = fields.UUID()
    patient_id = fields.UUID()
    text = fields.String()
    due_on = fields.Date()
    set_at = Instant()
    set_by = fields.UUID()
    done_at = Instant(allow_none=True)
    done_by = fields.UUID(allow_none=True)


class ListedIntegrationView(IntegrationView):
    """An integration, and what the patient does about it."""

    tasks = fields.List(fields.Nested(TaskView))


class IntegrationsView(View):
    """Integrations, the newest first."""

    items = fields.List(fields.Nested(ListedIntegrationView))
