"""The JSON about who pays for an episode of care."""

from marshmallow import fields, validate

from services.intake.domain import CheckOutcome, CoverageEnd, Payer
from services.intake.schemas.values import LineField
from shared.http import Body, View
from shared.http.schemas import Instant, Whole

LONGEST_NAME = 200
LONGEST_NUMBER = 64
MOST_UNITS = 1_000


class EpisodeCoverageBody(Body):
    """Who pays; an authorisation has as many units as sessions are paid for."""

    payer = fields.Enum(Payer, by_value=True, required=True)
    insurer = LineField(load_default=None, allow_none=True, longest=LONGEST_NAME)
    member_number = LineField(
        load_default=None, allow_none=True, longest=LONGEST_NUMBER
    )
    authorisation_number = LineField(
        load_default=None, allow_none=True, longest=LONGEST_NUMBER
    )
    units_granted = Whole(
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=1, max=MOST_UNITS),
    )
    valid_until = Instant(load_default=None, allow_none=True)
    agreement_signed = fields.Boolean(load_default=False)


class CheckBody(Body):
    """What an insurer said when it was asked."""

    outcome = fields.Enum(CheckOutcome, by_value=True, required=True)


class EpisodeCoverageView(View):
    """Who pays, how many units are left, and whether it has come to its end."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    payer = fields.Enum(Payer, by_value=True)
    insurer = fields.String(allow_none=True)
    member_number = fields.String(allow_none=True)
    authorisation_number = fields.String(allow_none=True)
    units_granted = fields.Integer(allow_none=True)
    units_left = fields.Integer(allow_none=True)
    valid_until = Instant(allow_none=True)
    agreement_signed = fields.Boolean()
    confirmed_by = fields.UUID()
    confirmed_at = Instant()
    checked_at = Instant(allow_none=True)
    check_outcome = fields.Enum(CheckOutcome, by_value=True, allow_none=True)
    ended_at = Instant(allow_none=True)
    end_cause = fields.Enum(CoverageEnd, by_value=True, allow_none=True)


class EpisodeCoveragesView(View):
    """Who pays and paid for an episode, newest first."""

    items = fields.List(fields.Nested(EpisodeCoverageView))
