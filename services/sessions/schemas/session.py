"""Treatment sessions: what is asked of them, and how they stand."""

from collections.abc import Sequence

from marshmallow import ValidationError, fields, validate

from services.sessions.domain.states import Identifier, Phase, SessionStatus
from services.sessions.schemas.fields import Milligrams
from services.sessions.schemas.ledger import DrawBody
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, TextField, Truth
from shared.rulepack import Decision, Route

_LOT = 64
_CODE = 16


def _two_distinct(given: Sequence[Identifier]) -> None:
    if len(set(given)) < 2:
        raise ValidationError("Two different identifiers are checked.")


class OpenSessionBody(Body):
    """Whose record, and how it was made sure who that is."""

    appointment_id = fields.UUID(required=True)
    identifiers_checked = fields.List(
        fields.Enum(Identifier, by_value=True), required=True, validate=_two_distinct
    )


class PrecheckBody(Body):
    """The answers to what is asked before a dose."""

    fasting = Truth(required=True)
    pregnancy_excluded = Truth(required=True)
    medication_changed = Truth(required=True)
    sedative_taken = Truth(required=True)


class AuthoriseBody(Body):
    """Why a held dose may be given all the same, and why facts that may be old hold."""

    override_reason = TextField(load_default=None, allow_none=True)
    stale_reason = TextField(load_default=None, allow_none=True)
    prescriber_on_site = Truth(load_default=None, allow_none=True)


class DoseBody(Body):
    """What was drawn, given and wasted, out of which lot, who saw it, who verified.

    While the ledger is open: out of which containers, and a code of the witness.
    """

    given_mg = Milligrams(required=True, above_zero=True)
    drawn_mg = Milligrams(required=True, above_zero=True)
    wasted_mg = Milligrams(required=True)
    lot = TextField(load_default=None, allow_none=True, longest=_LOT)
    witness_id = fields.UUID(load_default=None, allow_none=True)
    draws = fields.List(fields.Nested(DrawBody), load_default=())
    witness_code = TextField(load_default=None, allow_none=True, longest=_CODE)
    verifier_code = TextField(load_default=None, allow_none=True, longest=_CODE)


class PhaseBody(Body):
    """The phase that begins; the others begin by themselves."""

    phase = fields.String(
        required=True, validate=validate.OneOf([Phase.RECOVERY.value])
    )


class AbortBody(Body):
    """Why it ends early, and what became of a drug that was drawn."""

    reason_code = CodeField(required=True)
    wasted_mg = Milligrams(load_default=None, allow_none=True)
    lot = TextField(load_default=None, allow_none=True, longest=_LOT)
    witness_id = fields.UUID(load_default=None, allow_none=True)
    draws = fields.List(fields.Nested(DrawBody), load_default=())
    witness_code = TextField(load_default=None, allow_none=True, longest=_CODE)


class SessionView(View):
    """How a session stands."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    appointment_id = fields.UUID()
    order_id = fields.UUID()
    route = fields.Enum(Route, by_value=True)
    status = fields.Enum(SessionStatus, by_value=True)
    phase = fields.Enum(Phase, by_value=True, allow_none=True)
    outcome = fields.Enum(Decision, by_value=True, allow_none=True)
    hold_reasons = fields.List(fields.String())
    opened_at = Instant()
    opened_by = fields.UUID()
    first_dose_at = Instant(allow_none=True)
    last_dose_at = Instant(allow_none=True)
    recovery_at = Instant(allow_none=True)
    ended_at = Instant(allow_none=True)
    ended_by = fields.UUID(allow_none=True)
    signed_at = Instant(allow_none=True)
    signed_by = fields.UUID(allow_none=True)
    signature_hash = fields.String(allow_none=True)
    criteria_met_at = Instant(allow_none=True)
    escort_missing_at = Instant(allow_none=True)


class SessionsView(View):
    """Sessions, the newest first."""

    items = fields.List(fields.Nested(SessionView))


class DoseView(View):
    """A dose."""

    id = fields.UUID()
    seq = fields.Integer()
    order_id = fields.UUID()
    given_mg = Milligrams()
    drawn_mg = Milligrams()
    wasted_mg = Milligrams()
    lot = fields.String()
    given_at = Instant()
    given_by = fields.UUID()
    witness_id = fields.UUID(allow_none=True)
    authorisation_id = fields.UUID(allow_none=True)
    verifier_id = fields.UUID(allow_none=True)


class GivenView(DoseView):
    """A dose that was just given, and how its session stands."""

    session = fields.Nested(SessionView)
