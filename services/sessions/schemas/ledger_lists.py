"""What is asked for when the ledger is read, and the lists that it answers with."""

from marshmallow import ValidationError, fields, validate, validates_schema

from services.sessions.domain.ledger.states import CaseStatus, ContainerStatus
from services.sessions.schemas.ledger import (
    CaseView,
    ContainerView,
    CountView,
    DeliveryView,
    EntryView,
    RecallView,
    RegistrationView,
    ShipmentView,
)
from shared.http import Page, Query, View
from shared.http.schemas import Day, Instant

MOST_ENTRIES = 2**53
CSV, PDF = "csv", "pdf"
MEDIA_TYPES = {CSV: "text/csv", PDF: "application/pdf"}


class ContainersQuery(Page):
    """Containers of one state only, or all."""

    status = fields.Enum(ContainerStatus, by_value=True, load_default=None)


class CasesQuery(Page):
    """Cases that are open only, or closed only, or all."""

    status = fields.Enum(CaseStatus, by_value=True, load_default=None)


class EntriesQuery(Query):
    """Entries before a position, of one container or one posting."""

    limit = fields.Integer(load_default=50, validate=validate.Range(min=1, max=500))
    before = fields.Integer(
        load_default=None, validate=validate.Range(min=1, max=MOST_ENTRIES)
    )
    container_id = fields.UUID(load_default=None)
    posting_id = fields.UUID(load_default=None)


class PaperQuery(Query):
    """As what a paper is wanted, and whether with patients' names."""

    format = fields.String(load_default=CSV, validate=validate.OneOf([CSV, PDF]))


class ExportQuery(PaperQuery):
    """From which day to which, both included, by the clinic's calendar.

    `names` asks intake, in the caller's own name, for what the patients are called.
    """

    first = Day(required=True, data_key="from")
    last = Day(required=True, data_key="to")
    names = fields.Boolean(load_default=False)

    @validates_schema
    def _demand_order(self, data: dict[str, object], **_: object) -> None:
        if data["first"] > data["last"]:  # type: ignore[operator]
            raise ValidationError("That is before the first day.", "to")


class OverviewView(View):
    """How the ledger stands; without a registration the clinic keeps none here."""

    registration = fields.Nested(RegistrationView, allow_none=True)
    containers = fields.List(fields.Nested(ContainerView))
    cases = fields.List(fields.Nested(CaseView))
    shipments = fields.List(fields.Nested(ShipmentView))
    deliveries = fields.List(fields.Nested(DeliveryView))
    last_inventory_at = Instant(allow_none=True)
    inventory_due_at = Instant(allow_none=True)


class ContainersView(View):
    """Containers, the newest first."""

    items = fields.List(fields.Nested(ContainerView))


class EntriesView(View):
    """Entries, the newest first."""

    items = fields.List(fields.Nested(EntryView))


class CountsView(View):
    """Counts, the newest first."""

    items = fields.List(fields.Nested(CountView))


class CasesView(View):
    """Discrepancy cases, the newest first."""

    items = fields.List(fields.Nested(CaseView))


class RecallsView(View):
    """Recalls, the newest first."""

    items = fields.List(fields.Nested(RecallView))


class FindingView(View):
    """Something in the ledger that is not as it was written."""

    record_id = fields.UUID(allow_none=True)
    position = fields.Integer(allow_none=True)
    what = fields.String()


class LedgerVerificationView(View):
    """How many entries there are, the hash of the last one, and what is wrong."""

    clinic_id = fields.UUID()
    entries = fields.Integer()
    head = fields.String()
    findings = fields.List(fields.Nested(FindingView))
