"""The ledger: what is asked of it, and what it shows."""

from marshmallow import fields, validate

from services.sessions.domain.ledger.states import (
    CaseStatus,
    Cause,
    ContainerStatus,
    DestructionMethod,
    Kind,
    Moment,
    Origin,
    Resolution,
    Schedule,
    TransferStatus,
)
from services.sessions.domain.order import Drug
from services.sessions.schemas.fields import Milligrams
from shared.events.fields import Pattern
from shared.http import Body, View
from shared.http.schemas import Day, Instant, TextField
from shared.rulepack import Form

_LOT, _NAME, _REFERENCE = 64, 200, 100
_CODE = 16
NDC = Pattern(r"\d{4,5}-\d{3,4}-\d{1,2}", error="An NDC is like 0143-9508-10.")
REPORTED = (Cause.BROKEN, Cause.MISSING, Cause.SEAL_BROKEN)
"""What somebody reports; the other causes come of counts and deliveries."""


class OpenLedgerBody(Body):
    """Under which registration the clinic keeps its ledger."""

    number = TextField(required=True, longest=_REFERENCE)
    schedule = fields.Enum(Schedule, by_value=True, required=True)


class ReceiptBody(Body):
    """What came in, and on which invoice."""

    drug = fields.Enum(Drug, by_value=True, required=True)
    form = fields.Enum(Form, by_value=True, required=True)
    lot = TextField(required=True, longest=_LOT)
    strength_mg = Milligrams(required=True, above_zero=True)
    content_mg = Milligrams(required=True, above_zero=True)
    expires_on = Day(required=True)
    supplier = TextField(required=True, longest=_NAME)
    origin = fields.Enum(Origin, by_value=True, load_default=Origin.SUPPLIER)
    amount_mg = Milligrams(load_default=None, allow_none=True)
    supplier_number = TextField(load_default=None, allow_none=True, longest=_REFERENCE)
    invoice = TextField(load_default=None, allow_none=True, longest=_REFERENCE)
    ndc = fields.String(load_default=None, allow_none=True, validate=NDC)


class DrawBody(Body):
    """So much out of a container; the note explains overfill."""

    container_id = fields.UUID(required=True)
    drawn_mg = Milligrams(required=True, above_zero=True)
    note = TextField(load_default=None, allow_none=True)


class CountLineBody(Body):
    """What was counted in a container; the note explains a small variance."""

    container_id = fields.UUID(required=True)
    counted_mg = Milligrams(required=True)
    note = TextField(load_default=None, allow_none=True)


class CountBody(Body):
    """A count of every container on hand; a spot count of some."""

    moment = fields.Enum(Moment, by_value=True, required=True)
    lines = fields.List(fields.Nested(CountLineBody), required=True)


class WasteBody(Body):
    """The rest of an opened container; all of it, if no amount is said."""

    wasted_mg = Milligrams(load_default=None, allow_none=True, above_zero=True)
    reason = TextField(required=True)
    witness_code = TextField(required=True, longest=_CODE)


class DestroyBody(Body):
    """How it was destroyed: before two witnesses, or handed over to be."""

    how = fields.Enum(DestructionMethod, by_value=True, required=True)
    form_reference = TextField(required=True, longest=_REFERENCE)
    witness_codes = fields.List(
        TextField(longest=_CODE), load_default=(), validate=validate.Length(max=2)
    )


class ReportBody(Body):
    """What is wrong with a container, and what is still in it."""

    cause = fields.Enum(
        Cause, by_value=True, required=True, validate=validate.OneOf(REPORTED)
    )
    counted_mg = Milligrams(required=True)
    note = TextField(required=True)


class CloseCaseBody(Body):
    """What it turned out to be, before a second person."""

    resolution = fields.Enum(Resolution, by_value=True, required=True)
    note = TextField(required=True)
    witness_code = TextField(required=True, longest=_CODE)


class NoticeBody(Body):
    """Under which reference the authority was told of a loss."""

    reference = TextField(required=True, longest=_REFERENCE)


class TransferBody(Body):
    """Which container goes where, on which invoice."""

    container_id = fields.UUID(required=True)
    to_clinic_id = fields.UUID(required=True)
    invoice = TextField(required=True, longest=_REFERENCE)


class AcceptBody(Body):
    """What was counted in what came."""

    counted_mg = Milligrams(required=True)


class RefuseBody(AcceptBody):
    """Why it goes back."""

    reason = TextField(required=True)


class RecallBody(Body):
    """Which lot is not to be given any more, and on whose word."""

    drug = fields.Enum(Drug, by_value=True, required=True)
    lot = TextField(required=True, longest=_LOT)
    note = TextField(required=True)


class CorrectionBody(Body):
    """Why a posting was a mistake; a session's is posted anew from containers."""

    posting_id = fields.UUID(required=True)
    reason = TextField(required=True)
    witness_code = TextField(required=True, longest=_CODE)
    draws = fields.List(fields.Nested(DrawBody), load_default=())


class RegistrationView(View):
    """A registration; `position` and `head` are those of its last entry."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    number = fields.String()
    schedule = fields.Enum(Schedule, by_value=True)
    opened_at = Instant()
    opened_by = fields.UUID()
    position = fields.Integer()
    head = fields.String()


class ContainerView(View):
    """A container, and how much is left in it."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    number = fields.Integer()
    drug = fields.Enum(Drug, by_value=True)
    form = fields.Enum(Form, by_value=True)
    lot = fields.String()
    strength_mg = Milligrams()
    content_mg = Milligrams()
    balance_mg = Milligrams()
    expires_on = Day()
    ndc = fields.String(allow_none=True)
    supplier = fields.String()
    received_at = Instant()
    opened_at = Instant(allow_none=True)
    status = fields.Enum(ContainerStatus, by_value=True)
    case_id = fields.UUID(allow_none=True)
    recall_id = fields.UUID(allow_none=True)


class EntryView(View):
    """An entry; the container's number, drug and lot stand beside it."""

    id = fields.UUID()
    position = fields.Integer()
    posting_id = fields.UUID()
    container_id = fields.UUID()
    number = fields.Integer()
    drug = fields.Enum(Drug, by_value=True)
    form = fields.Enum(Form, by_value=True)
    lot = fields.String()
    kind = fields.Enum(Kind, by_value=True)
    amount_mg = Milligrams()
    change_mg = fields.Float()
    balance_mg = Milligrams()
    at = Instant()
    actor_id = fields.UUID()
    witness_id = fields.UUID(allow_none=True)
    second_witness_id = fields.UUID(allow_none=True)
    session_id = fields.UUID(allow_none=True)
    patient_id = fields.UUID(allow_none=True)
    dose_id = fields.UUID(allow_none=True)
    cause_id = fields.UUID(allow_none=True)
    reverses_id = fields.UUID(allow_none=True)
    details = fields.Dict(keys=fields.String(), values=fields.String(), allow_none=True)
    hash = fields.String()


class CountView(View):
    """A count."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    moment = fields.Enum(Moment, by_value=True)
    counted_at = Instant()
    counted_by = fields.UUID()
    containers = fields.Integer()
    variances = fields.Integer()


class CaseView(View):
    """A discrepancy case, and, if something was lost, the notice of it."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    container_id = fields.UUID()
    cause = fields.Enum(Cause, by_value=True)
    expected_mg = Milligrams()
    counted_mg = Milligrams()
    report = fields.String(allow_none=True)
    opened_at = Instant()
    opened_by = fields.UUID()
    due_at = Instant()
    owner_id = fields.UUID(allow_none=True)
    status = fields.Enum(CaseStatus, by_value=True)
    resolution = fields.Enum(Resolution, by_value=True, allow_none=True)
    note = fields.String(allow_none=True)
    closed_at = Instant(allow_none=True)
    closed_by = fields.UUID(allow_none=True)
    second_person_id = fields.UUID(allow_none=True)
    notice_due_at = Instant(allow_none=True)
    notice_filed_at = Instant(allow_none=True)
    notice_reference = fields.String(allow_none=True)


class ShipmentView(View):
    """What was sent to another registration."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    container_id = fields.UUID()
    to_clinic_id = fields.UUID()
    amount_mg = Milligrams()
    invoice = fields.String()
    sent_at = Instant()
    sent_by = fields.UUID()
    status = fields.Enum(TransferStatus, by_value=True)
    answered_at = Instant(allow_none=True)


class DeliveryView(View):
    """What another registration has sent; how much, the receiver counts."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    from_clinic_id = fields.UUID()
    drug = fields.Enum(Drug, by_value=True)
    form = fields.Enum(Form, by_value=True)
    lot = fields.String()
    strength_mg = Milligrams()
    expires_on = Day()
    invoice = fields.String()
    announced_at = Instant()
    due_at = Instant()
    status = fields.Enum(TransferStatus, by_value=True)
    container_id = fields.UUID(allow_none=True)
    answered_at = Instant(allow_none=True)


class RecallView(View):
    """A recall."""

    id = fields.UUID()
    clinic_id = fields.UUID()
    version = fields.Integer()
    drug = fields.Enum(Drug, by_value=True)
    lot = fields.String()
    note = fields.String()
    recalled_at = Instant()
    recalled_by = fields.UUID()


class TouchedView(View):
    """A dose that came out of a recalled lot."""

    dose_id = fields.UUID()
    session_id = fields.UUID()
    patient_id = fields.UUID()
    given_at = Instant()


class RecallDetailView(RecallView):
    """A recall, its containers, and everybody who got some of the lot."""

    containers = fields.List(fields.Nested(ContainerView))
    doses = fields.List(fields.Nested(TouchedView))


class CorrectedView(View):
    """The posting that reverses another."""

    posting_id = fields.UUID()


class WitnessCodeView(View):
    """A code to be typed where the other one works; it is shown once."""

    id = fields.UUID()
    code = fields.String()
    expires_at = Instant()
