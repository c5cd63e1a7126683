"""The JSON about rule packs."""

from marshmallow import fields, validate

from shared.http import Body, View
from shared.http.schemas import Instant
from shared.rulepack import Outcome
from shared.rulepack.extending import LONGEST_TEXT


class PackBody(Body):
    """A clinic's pack as TOML; it names in `extends` what it changes."""

    text = fields.String(
        required=True, validate=validate.Length(min=1, max=LONGEST_TEXT)
    )


class SignPackBody(Body):
    """When a pack takes effect."""

    effective_at = Instant(required=True)


class PackView(View):
    """A rule pack of the clinic; it is a draft until it is signed."""

    id = fields.UUID()
    version = fields.Integer()
    rule_pack = fields.String(attribute="reference")
    digest = fields.String()
    drafted_by = fields.UUID()
    drafted_at = Instant()
    signed_by = fields.UUID(allow_none=True)
    signed_at = Instant(allow_none=True)
    effective_at = Instant(allow_none=True)


class PacksView(View):
    """The clinic's own packs, the one it works by now, and what a new one extends."""

    in_force = fields.String()
    base = fields.String()
    items = fields.List(fields.Nested(PackView))


class DifferenceView(View):
    """A place in a pack, and what it says before and after."""

    path = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class CaseView(View):
    """A test case: what the rules must say, and what they say."""

    code = fields.String(attribute="case.code")
    answers = fields.Dict(attribute="case.answers")
    unanswered = fields.List(fields.String(), attribute="case.unanswered")
    wanted_outcome = fields.Enum(Outcome, by_value=True, attribute="case.outcome")
    wanted_rules = fields.List(fields.String(), attribute="case.met")
    outcome = fields.Enum(Outcome, by_value=True)
    rules = fields.List(fields.String(), attribute="met")
    passes = fields.Boolean()


class OutcomesView(View):
    """How many episodes come out otherwise in one way."""

    before = fields.Enum(Outcome, by_value=True)
    after = fields.Enum(Outcome, by_value=True)
    episodes = fields.Integer()


class TrialView(View):
    """How far a pack was tried on the open episodes, and what came of it."""

    id = fields.UUID()
    digest = fields.String()
    is_binding = fields.Boolean()
    begun_at = Instant()
    ended_at = Instant(allow_none=True)
    total = fields.Integer()
    seen = fields.Integer()
    changed = fields.Integer()


class TrialReportView(TrialView):
    """The same with the outcomes that change."""

    outcomes = fields.List(fields.Nested(OutcomesView))


class LiftView(View):
    """A rule that is left out, and why."""

    code = fields.String()
    reason = fields.String()


class PackDetailView(PackView):
    """What a pack says and changes, its cases, and the latest trial."""

    title = fields.String(attribute="pack.title")
    source = fields.String(attribute="pack.source")
    jurisdiction = fields.String(attribute="pack.jurisdiction", allow_none=True)
    extends = fields.String(attribute="pack.extends")
    lifted = fields.List(fields.Nested(LiftView), attribute="pack.lifted")
    text = fields.String()
    is_intact = fields.Boolean()
    compared_with = fields.String()
    differences = fields.List(fields.Nested(DifferenceView))
    cases = fields.List(fields.Nested(CaseView))
    untested_rules = fields.List(fields.String())
    trial = fields.Nested(TrialReportView, allow_none=True)


class FindingView(View):
    """An episode that comes out otherwise: rules newly met, no longer, facts lacked."""

    id = fields.UUID()
    episode_id = fields.UUID()
    before = fields.Enum(Outcome, by_value=True)
    after = fields.Enum(Outcome, by_value=True)
    met = fields.List(fields.String())
    no_longer = fields.List(fields.String())
    missing = fields.List(fields.String())
    has_lapsed = fields.Boolean()


class FindingsView(View):
    """A page of findings."""

    items = fields.List(fields.Nested(FindingView))
