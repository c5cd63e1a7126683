"""The JSON about episodes of care: answers, decisions, consents, flags."""

from marshmallow import fields, validate

from services.intake.domain import (
    DecisionKind,
    Ending,
    EpisodeStatus,
    FlagLevel,
    MeasureContext,
    Stage,
)
from services.intake.schemas import clearances, consents
from services.intake.schemas.values import AnswerField, codes
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, Page, Query, TextField, Whole
from shared.instruments import Trend
from shared.rulepack import Outcome, Route, RuleClass, RuleState

MOST_ANSWERS = 200


class MeasureBody(Body):
    """A questionnaire with its answers, by item."""

    instrument = CodeField(required=True)
    context = fields.Enum(MeasureContext, by_value=True, required=True)
    answers = fields.Dict(
        keys=CodeField(),
        values=Whole(),
        required=True,
        validate=validate.Length(min=1, max=MOST_ANSWERS),
    )


class CrisisResourceView(View):
    """Where somebody in a crisis finds help at once."""

    name = fields.String()
    contact = fields.String()
    region = fields.String()


class MeasureView(View):
    """What answers come to; `follow_up` is the questionnaire to ask at once."""

    id = fields.UUID()
    instrument = fields.String()
    instrument_version = fields.String()
    context = fields.Enum(MeasureContext, by_value=True)
    total = fields.Integer(allow_none=True)
    band = fields.String(allow_none=True)
    level = fields.String(allow_none=True)
    findings = fields.List(fields.String())
    trends = fields.List(fields.String(metadata={"enum": [*Trend]}))
    alert = fields.Boolean()
    follow_up = fields.String(allow_none=True)
    recorded_at = Instant()
    safety_flag_id = fields.UUID(allow_none=True)


class AnsweredView(MeasureView):
    """What answers come to, and whom to turn to after an alarming one."""

    crisis_resources = fields.List(fields.Nested(CrisisResourceView))


class ScreenBody(Body):
    """The answers of a safety screen, by fact."""

    answers = fields.Dict(
        keys=CodeField(),
        values=AnswerField(),
        required=True,
        validate=validate.Length(min=1, max=MOST_ANSWERS),
    )


class ScreenView(View):
    """The answers of a safety screen."""

    id = fields.UUID()
    answers = fields.Dict()
    recorded_at = Instant()


class RuleView(View):
    """A rule, and what the answers say about it."""

    code = fields.String(attribute="rule.code")
    rule_class = fields.Enum(
        RuleClass, by_value=True, attribute="rule.rule_class", data_key="class"
    )
    state = fields.Enum(RuleState, by_value=True)
    fact = fields.String(attribute="rule.fact")
    label = fields.String(attribute="rule.label")
    reason_group = fields.String(attribute="rule.reason_group")
    source = fields.String(attribute="rule.source")
    routes = fields.List(fields.Enum(Route, by_value=True), attribute="rule.routes")
    answer = fields.Raw(allow_none=True)
    told_by = fields.String(
        allow_none=True,
        metadata={"enum": ["screen", "birth_date", "medication_list", None]},
    )


class VerdictQuery(Query):
    """For which moment; now, if none is named."""

    at = Instant(load_default=None)


class VerdictView(View):
    """What the rule pack says, rule by rule, and which answers it lacks."""

    at = Instant()
    screen_id = fields.UUID(allow_none=True)
    screened_at = Instant(allow_none=True)
    outcome = fields.Enum(Outcome, by_value=True)
    rule_pack = fields.String()
    missing = fields.List(fields.String())
    missing_forms = fields.List(fields.String())
    rules = fields.List(fields.Nested(RuleView))


class RouteView(View):
    """Whether a route may be ordered, and in coarse words what speaks against it."""

    route = fields.Enum(Route, by_value=True)
    is_allowed = fields.Boolean()
    reason_groups = fields.List(fields.String())


class RoutesView(View):
    """Every route, by the standing decision and the rule pack in force."""

    episode_id = fields.UUID()
    patient_id = fields.UUID()
    items = fields.List(fields.Nested(RouteView))


class DecisionBody(Body):
    """What a prescriber decides: why not, or what it waits for."""

    decision = fields.Enum(DecisionKind, by_value=True, required=True)
    reason_codes = codes()
    missing = codes()
    override_reason = TextField(load_default=None, allow_none=True)
    due_at = Instant(load_default=None, allow_none=True)


class DecisionView(View):
    """A signed decision; `is_intact` says whether it is still what was signed."""

    id = fields.UUID()
    decision = fields.Enum(DecisionKind, by_value=True, attribute="kind")
    reason_codes = fields.List(fields.String())
    missing = fields.List(fields.String())
    override_reason = fields.String(allow_none=True)
    outcome = fields.String()
    rule_pack = fields.String()
    signed_by = fields.UUID()
    signed_at = Instant()
    valid_until = Instant(allow_none=True)
    due_at = Instant(allow_none=True)
    signature_hash = fields.String()
    is_intact = fields.Boolean()


class PauseBody(Body):
    """Why there is no dose for a while."""

    reason_code = CodeField(required=True)


class MaintenanceBody(Body):
    """When a prescriber looks again."""

    review_due_at = fields.AwareDateTime(format="iso", required=True)


class EndBody(Body):
    """How an episode ended, and why."""

    outcome = fields.Enum(
        Ending,
        by_value=True,
        required=True,
        validate=validate.NoneOf([Ending.TRANSFERRED]),
    )
    reason_code = CodeField(required=True)


class ClearFlagBody(Body):
    """What a clinician did about a flag."""

    note = TextField(required=True)


class FlagView(View):
    """A safety flag."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    level = fields.Enum(FlagLevel, by_value=True)
    raised_at = Instant()
    due_at = Instant()
    cleared_at = Instant(allow_none=True)
    cleared_by = fields.UUID(allow_none=True)


class FlagsView(View):
    """Safety flags."""

    items = fields.List(fields.Nested(FlagView))


class EpisodeView(View):
    """How far an episode has come."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    status = fields.Enum(EpisodeStatus, by_value=True)
    stage = fields.Enum(Stage, by_value=True)
    opened_at = Instant()
    eligible_until = Instant(allow_none=True)
    ready_since = Instant(allow_none=True)
    crisis_since = Instant(allow_none=True)
    prepared_at = Instant(allow_none=True)
    paused_at = Instant(allow_none=True)
    pause_reason = fields.String(allow_none=True)
    maintenance_since = Instant(allow_none=True)
    review_due_at = Instant(allow_none=True)
    appealed_at = Instant(allow_none=True)
    not_by = fields.UUID(allow_none=True)
    ended_at = Instant(allow_none=True)


class EpisodesQuery(Page):
    """Which episodes: those at a stage, or all."""

    stage = fields.Enum(Stage, by_value=True, load_default=None)


class ListedEpisodeView(EpisodeView):
    """An episode, and whose it is."""

    given_name = fields.String(allow_none=True)
    family_name = fields.String(allow_none=True)


class EpisodesView(View):
    """Episodes, newest first; `next` is where the next page begins."""

    items = fields.List(fields.Nested(ListedEpisodeView))
    next = fields.UUID(allow_none=True)


class DecidedView(EpisodeView):
    """An episode after a decision, which comes first."""

    decision = fields.Nested(DecisionView, attribute="latest_decision")


class EpisodeDetailView(EpisodeView):
    """An episode with everything that was answered, decided and signed on it."""

    no_shows = fields.Integer()
    screen = fields.Nested(ScreenView, allow_none=True)
    verdict = fields.Nested(VerdictView)
    measures = fields.List(fields.Nested(MeasureView))
    safety_flags = fields.List(fields.Nested(FlagView))
    consents = fields.List(fields.Nested(consents.LastingConsentView))
    clearances = fields.List(fields.Nested(clearances.LastingClearanceView))
    decisions = fields.List(fields.Nested(DecisionView))
