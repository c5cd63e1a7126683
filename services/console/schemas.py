"""The JSON the console gives."""

from marshmallow import fields

from shared.http import View
from shared.http.schemas import Instant


class EntryView(View):
    """An event on the timeline."""

    event_id = fields.UUID()
    name = fields.String()
    sensitivity = fields.String()
    patient_id = fields.UUID(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    appointment_id = fields.UUID(allow_none=True)
    aggregate_type = fields.String()
    aggregate_id = fields.UUID()
    aggregate_version = fields.Integer()
    occurred_at = Instant()
    correlation_id = fields.UUID(allow_none=True)
    causation_id = fields.UUID(allow_none=True)
    traceparent = fields.String(allow_none=True)


class TimelineView(View):
    """Events, newest first."""

    items = fields.List(fields.Nested(EntryView))
