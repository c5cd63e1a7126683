"""Alerts."""

from marshmallow import fields, validate

from services.sessions.domain.alert import SAID, AlertOutcome, AlertStatus, Severity
from shared.http import Body, Query, View
from shared.http.schemas import Instant, TextField


class AcknowledgeBody(Body):
    """What the clinician found, if there is anything to say."""

    note = TextField(load_default=None, allow_none=True)


class ResolveBody(Body):
    """How it ended, as a clinician says."""

    outcome = fields.Enum(
        AlertOutcome, by_value=True, required=True, validate=validate.OneOf(SAID)
    )
    note = TextField(load_default=None, allow_none=True)


class AlertsQuery(Query):
    """Also those that somebody has taken on and that are not over."""

    acknowledged = fields.Boolean(load_default=False)


class AlertView(View):
    """An alert; `level` counts how often the next role was asked."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    severity = fields.Enum(Severity, by_value=True)
    rule_code = fields.String()
    status = fields.Enum(AlertStatus, by_value=True)
    level = fields.Integer()
    raised_at = Instant()
    due_at = Instant()
    acknowledged_at = Instant(allow_none=True)
    acknowledged_by = fields.UUID(allow_none=True)
    note = fields.String(allow_none=True)
    recheck_due_at = Instant(allow_none=True)
    resolution = fields.Enum(AlertOutcome, by_value=True, allow_none=True)
    resolved_at = Instant(allow_none=True)
    resolved_by = fields.UUID(allow_none=True)
    resolved_note = fields.String(allow_none=True)


class AlertsView(View):
    """Open alerts, the most urgent first."""

    items = fields.List(fields.Nested(AlertView))
