"""Leaving: what was seen, how each criterion stands, how the patient left."""

from collections.abc import Sequence
from typing import Any

from marshmallow import fields, validate

from services.sessions.domain.discharge import Checklist, Criterion, How
from shared.http import Body, View
from shared.http.schemas import TextField, Truth, Whole

_NAME = 200


def _part() -> Whole:
    return Whole(validate=validate.Range(min=0, max=2))


class AldreteBody(Body):
    """The parts of the modified Aldrete score, 0 to 2 each; it needs all of them."""

    activity = _part()
    breathing = _part()
    circulation = _part()
    consciousness = _part()
    oxygen = _part()


def _seen() -> Truth:
    return Truth(load_default=None, allow_none=True)


class CheckDischargeBody(Body):
    """What was seen so far of a patient who may leave; the rest stays as it was."""

    oriented = _seen()
    walks_unaided = _seen()
    nausea_tolerable = _seen()
    dissociation_settled = _seen()
    mood_safe = _seen()
    instructions_given = _seen()
    next_contact_booked = _seen()
    line_removed = _seen()
    escort_present = _seen()
    aldrete = fields.Nested(AldreteBody, load_default=None, allow_none=True)


class DischargeBody(CheckDischargeBody):
    """What was seen and done before the patient leaves, and with whom.

    `override_reason` is said of every criterion that is not met, `overrides` of single
    ones, by their codes.
    """

    oriented = Truth(required=True)
    walks_unaided = Truth(required=True)
    nausea_tolerable = Truth(required=True)
    instructions_given = Truth(required=True)
    escort_present = Truth(required=True)
    escort_name = TextField(load_default=None, allow_none=True, longest=_NAME)
    override_reason = TextField(load_default=None, allow_none=True)
    overrides = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=64)),
        values=TextField(),
        load_default=dict,
    )


class CriterionView(View):
    """One criterion: whether it is met, by what, and what it needs."""

    code = fields.String()
    met = fields.Boolean()
    value = fields.Raw(allow_none=True)
    needed = fields.Raw(allow_none=True)
    how = fields.Enum(How, by_value=True)


class SeenView(View):
    """What was said so far of a patient who may leave; null is not known."""

    oriented = fields.Boolean(allow_none=True)
    walks_unaided = fields.Boolean(allow_none=True)
    nausea_tolerable = fields.Boolean(allow_none=True)
    dissociation_settled = fields.Boolean(allow_none=True)
    mood_safe = fields.Boolean(allow_none=True)
    instructions_given = fields.Boolean(allow_none=True)
    next_contact_booked = fields.Boolean(allow_none=True)
    line_removed = fields.Boolean(allow_none=True)
    escort_present = fields.Boolean(allow_none=True)
    aldrete = fields.Dict(keys=fields.String(), allow_none=True)


class ChecklistView(View):
    """Every criterion of a discharge but the escort, as it stands now.

    `seen` is what was said so far, whoever said it.
    """

    ready = fields.Boolean()
    seen = fields.Nested(SeenView)
    items = fields.List(fields.Nested(CriterionView))


class DischargeView(SeenView):
    """How the patient left."""

    escort_name = fields.String(allow_none=True)
    unmet = fields.List(fields.String())
    override_reason = fields.String(allow_none=True)
    overrides = fields.Dict(keys=fields.String(), values=fields.String())


def checklist_view(seen: Checklist, criteria: Sequence[Criterion]) -> dict[str, Any]:
    """The checklist as it is answered."""
    ready = all(one.met for one in criteria)
    return {"ready": ready, "seen": seen, "items": list(criteria)}
