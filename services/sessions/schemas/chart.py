"""Everything a chart of one session shows, and the wall of running ones."""

from marshmallow import fields

from services.sessions.domain.checks import CheckStatus
from services.sessions.domain.states import Phase, SessionStatus
from services.sessions.schemas.alert import AlertView
from services.sessions.schemas.discharge import DischargeView
from services.sessions.schemas.fields import Milligrams
from services.sessions.schemas.order import OrderView, WeightView
from services.sessions.schemas.readiness import ReadinessView
from services.sessions.schemas.session import DoseView, SessionView
from services.sessions.schemas.vitals import ChartedView, DeviceView, ReadingView
from shared.http import Page, View
from shared.http.schemas import Instant
from shared.rulepack import Decision, Route


class SessionsQuery(Page):
    """Only those that go on, or only those that ended; all, if neither is said."""

    open = fields.Boolean(load_default=None, allow_none=True)


class CardView(View):
    """A session on the wall."""

    id = fields.UUID()
    patient_id = fields.UUID()
    appointment_id = fields.UUID()
    route = fields.Enum(Route, by_value=True)
    status = fields.Enum(SessionStatus, by_value=True)
    phase = fields.Enum(Phase, by_value=True, allow_none=True)
    opened_at = Instant()
    first_dose_at = Instant(allow_none=True)
    earliest_discharge_at = Instant(allow_none=True)
    last_vitals = fields.Nested(ReadingView, allow_none=True)
    previous_vitals = fields.Nested(ReadingView, allow_none=True)
    open_alerts = fields.Integer()
    next_check_at = Instant(allow_none=True)
    check_status = fields.Enum(CheckStatus, by_value=True, allow_none=True)


class CheckView(View):
    """A check after the dose, and whether it was done."""

    due_at = Instant()
    missed_at = Instant()
    status = fields.Enum(CheckStatus, by_value=True)
    done_at = Instant(allow_none=True)


class WallView(View):
    """Sessions, the oldest first."""

    items = fields.List(fields.Nested(CardView))


class PrecheckView(View):
    """One round of the checks before a dose."""

    id = fields.UUID()
    checked_at = Instant()
    checked_by = fields.UUID()
    fasting = fields.Boolean()
    pregnancy_excluded = fields.Boolean()
    medication_changed = fields.Boolean()
    sedative_taken = fields.Boolean()
    escort_confirmed = fields.Boolean()
    outcome = fields.Enum(Decision, by_value=True)
    reasons = fields.List(fields.String())
    rule_codes = fields.List(fields.String())


class AuthorisationView(View):
    """A prescriber's word that a dose may be given."""

    id = fields.UUID()
    order_id = fields.UUID()
    ordered_mg = Milligrams()
    authorised_at = Instant()
    authorised_by = fields.UUID()
    outcome = fields.Enum(Decision, by_value=True)
    override_reason = fields.String(allow_none=True)
    stale_reason = fields.String(allow_none=True)
    prescriber_on_site = fields.Boolean(allow_none=True)


class PhaseView(View):
    """A phase and when it began."""

    phase = fields.Enum(Phase, by_value=True)
    at = Instant()


class AbortView(View):
    """Why the session ended early, and what was wasted."""

    reason_code = fields.String()
    wasted_mg = Milligrams()
    lot = fields.String(allow_none=True)
    witness_id = fields.UUID(allow_none=True)


class ChartView(SessionView):
    """One session with all that belongs to it.

    `limits` are those in force in the present phase, `limit_origins` says of each
    measure where they come from. `readiness` is that of the last
    authorisation. `signature_holds` says whether the record is still what was signed.
    """

    identifiers_checked = fields.List(fields.String())
    baseline = fields.Dict(keys=fields.String(), values=fields.Float())
    earliest_discharge_at = Instant(allow_none=True)
    order = fields.Nested(OrderView)
    weight = fields.Nested(WeightView, allow_none=True)
    vitals = fields.List(fields.Nested(ChartedView))
    devices = fields.List(fields.Nested(DeviceView))
    checks = fields.List(fields.Nested(CheckView))
    next_check_at = Instant(allow_none=True)
    check_status = fields.Enum(CheckStatus, by_value=True, allow_none=True)
    prechecks = fields.List(fields.Nested(PrecheckView))
    authorisations = fields.List(fields.Nested(AuthorisationView))
    doses = fields.List(fields.Nested(DoseView))
    alerts = fields.List(fields.Nested(AlertView))
    phases = fields.List(fields.Nested(PhaseView))
    limits = fields.Dict(keys=fields.String())
    limit_origins = fields.Dict(keys=fields.String(), values=fields.String())
    readiness = fields.Nested(ReadinessView, allow_none=True)
    discharge = fields.Nested(DischargeView, allow_none=True)
    abort = fields.Nested(AbortView, allow_none=True)
    signature_holds = fields.Boolean(allow_none=True)
