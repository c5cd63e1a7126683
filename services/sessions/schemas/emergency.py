"""Emergencies: what was done, and what is at hand."""

from marshmallow import fields

from services.sessions.domain.emergency import EmergencyStep
from services.sessions.schemas.vitals import ReadingView
from shared.http import Body, View
from shared.http.schemas import Instant, TextField
from shared.rulepack import Route


class EmergencyBody(Body):
    """What was done: now, unless a time is said."""

    step = fields.Enum(EmergencyStep, by_value=True, required=True)
    done_at = Instant(load_default=None, allow_none=True)
    note = TextField(load_default=None, allow_none=True)


class EmergencyEntryView(View):
    """One line of the log."""

    id = fields.UUID()
    session_id = fields.UUID()
    step = fields.Enum(EmergencyStep, by_value=True)
    done_at = Instant()
    noted_at = Instant()
    noted_by = fields.UUID()
    note = fields.String(allow_none=True)


class CallView(View):
    """Whom to call."""

    name = fields.String()
    contact = fields.String()
    region = fields.String()


class TeamView(View):
    """Somebody who has acted in the session."""

    staff_id = fields.UUID()
    did = fields.List(fields.String())


class EmergencyView(View):
    """The emergency card of a session; it recommends nothing."""

    session_id = fields.UUID()
    patient_id = fields.UUID()
    route = fields.Enum(Route, by_value=True)
    first_dose_at = Instant(allow_none=True)
    last_dose_at = Instant(allow_none=True)
    call = fields.List(fields.Nested(CallView))
    team = fields.List(fields.Nested(TeamView))
    last_vitals = fields.Nested(ReadingView, allow_none=True)
    entries = fields.List(fields.Nested(EmergencyEntryView))
