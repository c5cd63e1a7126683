"""The JSON about medical clearances and what they rest on."""

from typing import Any

from marshmallow import fields, post_load, validate

from services.intake.domain import LapseCause, PdmpOutcome
from services.intake.schemas.values import LineField
from shared.http import Body, View
from shared.http.schemas import CodeField, Instant, TextField

MOST_LABS = 50
LONGEST_UNIT = 32
MOST_FILES = 20


class LabBody(Body):
    """A laboratory value; `code` is LOINC where there is one."""

    code = LineField(required=True, longest=64)
    name = LineField(required=True, longest=120)
    value = fields.Float(required=True)
    unit = LineField(required=True, longest=LONGEST_UNIT)
    taken_on = fields.Date(required=True)
    is_abnormal = fields.Boolean(required=True)


class PdmpBody(Body):
    """What was asked of a prescription monitoring program, and what it said."""

    state = CodeField(required=True)
    asked_on = fields.Date(required=True)
    outcome = fields.Enum(PdmpOutcome, by_value=True, required=True)


class ClearanceBody(Body):
    """A prescriber's note, if any, and what the clearance rests on."""

    note = TextField(load_default=None, allow_none=True)
    vitals = fields.Dict(keys=CodeField(), values=fields.Float(), load_default=dict)
    labs = fields.List(
        fields.Nested(LabBody),
        load_default=list,
        validate=validate.Length(max=MOST_LABS),
    )
    pdmp = fields.Nested(PdmpBody, load_default=None, allow_none=True)
    file_ids = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=MOST_FILES)
    )

    @post_load
    def gather(self, said: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Put together what was found, as JSON values."""
        found = {
            "vitals": said["vitals"],
            "labs": [LabBody().dump(lab) for lab in said["labs"]],
            "pdmp": PdmpBody().dump(said["pdmp"]) if said["pdmp"] else None,
        }
        return {
            "note": said["note"],
            "findings": found,
            "file_ids": said["file_ids"],
        }


class ClearanceView(View):
    """A medical clearance."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    note = fields.String(allow_none=True)
    granted_by = fields.UUID()
    granted_at = Instant()
    valid_until = Instant()
    findings = fields.Dict()
    lapsed_at = Instant(allow_none=True)
    lapse_cause = fields.Enum(LapseCause, by_value=True, allow_none=True)


class LastingClearanceView(ClearanceView):
    """A medical clearance, and whether it holds now."""

    holds = fields.Boolean()


class LapseBody(Body):
    """Why a clearance does not hold any more."""

    cause = fields.Enum(
        LapseCause,
        by_value=True,
        required=True,
        validate=validate.NoneOf([LapseCause.EXPIRED]),
    )
