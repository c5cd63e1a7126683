"""The ledger's tables.

Entries are not mapped: they are written once, at the end of their transaction, and the
database itself refuses to change or delete them. Of an entry only how its words are
sealed may change, which changes with the keys.
"""

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    Uuid,
)

from services.sessions.domain.ledger.states import (
    CaseStatus,
    Cause,
    ContainerStatus,
    Kind,
    Moment,
    Resolution,
    Schedule,
    TransferStatus,
)
from services.sessions.domain.order import Drug
from services.sessions.models.tables import metadata
from shared.database import Serial, UtcDateTime, words
from shared.privacy.columns import Sealed
from shared.rulepack import Form

ONE_LEDGER = "uq_registrations_clinic_id"
ONE_REVERSAL = "uq_ledger_entries_reverses_id"


def _record(name: str, *rest: Any) -> Table:
    """A table of aggregates."""
    return Table(
        name,
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
        Column("version", Integer, nullable=False),
        *rest,
    )


def _goods() -> tuple[Column[Any], ...]:
    """What a label says."""
    return (
        Column("drug", words(Drug), nullable=False),
        Column("form", words(Form), nullable=False),
        Column("lot", String(64), nullable=False),
        Column("strength_ug", Integer, nullable=False),
        Column("content_ug", Integer, nullable=False),
        Column("expires_on", Date, nullable=False),
        Column("ndc", String(16)),
    )


def _registration() -> Column[Any]:
    return Column(
        "registration_id", Uuid(), ForeignKey("registrations.id"), nullable=False
    )


def _container() -> Column[Any]:
    return Column("container_id", Uuid(), ForeignKey("containers.id"), nullable=False)


registrations = _record(
    "registrations",
    Column("number", Sealed(), nullable=False),
    Column("schedule", words(Schedule), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_by", Uuid(), nullable=False),
    Column("containers", Integer, nullable=False),
    Column("position", Serial, nullable=False),
    Column("head", String(64), nullable=False),
    UniqueConstraint("clinic_id"),
)

containers = _record(
    "containers",
    _registration(),
    Column("number", Integer, nullable=False),
    *_goods(),
    Column("supplier", Sealed(), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("balance_ug", Integer, nullable=False),
    Column("tolerated_ug", Integer, nullable=False),
    Column("opened_at", UtcDateTime),
    Column("gone_as", words(ContainerStatus)),
    Column("case_id", Uuid()),
    Column("recall_id", Uuid()),
    Column("status", words(ContainerStatus), nullable=False),
    UniqueConstraint("registration_id", "number"),
    CheckConstraint("balance_ug >= 0", "never_negative"),
    Index("ix_containers_clinic_id_status", "clinic_id", "status"),
)

entries = Table(
    "ledger_entries",
    metadata,
    Column("id", Uuid(), primary_key=True),
    Column("clinic_id", Uuid(), nullable=False),
    _registration(),
    Column("position", Serial, nullable=False),
    Column("posting_id", Uuid(), nullable=False),
    _container(),
    Column("kind", words(Kind), nullable=False),
    Column("amount_ug", Integer, nullable=False),
    Column("change_ug", Integer, nullable=False),
    Column("balance_ug", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", Uuid(), nullable=False),
    Column("witness_id", Uuid()),
    Column("second_witness_id", Uuid()),
    Column("session_id", Uuid(), ForeignKey("sessions.id")),
    Column("patient_id", Uuid()),
    Column("dose_id", Uuid()),
    Column("cause_id", Uuid()),
    Column("reverses_id", Uuid(), ForeignKey("ledger_entries.id"), unique=True),
    Column("details", Sealed(of=dict)),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("registration_id", "position"),
    CheckConstraint("amount_ug >= 0 and balance_ug >= 0", "never_negative"),
    CheckConstraint("witness_id <> actor_id", "witnessed_by_another"),
    Index("ix_ledger_entries_container_id_position", "container_id", "position"),
    Index("ix_ledger_entries_clinic_id_at", "clinic_id", "at"),
    Index("ix_ledger_entries_posting_id", "posting_id"),
    Index("ix_ledger_entries_dose_id", "dose_id"),
)

counts = _record(
    "stock_counts",
    _registration(),
    Column("moment", words(Moment), nullable=False),
    Column("counted_at", UtcDateTime, nullable=False),
    Column("counted_by", Uuid(), nullable=False),
    Column("containers", Integer, nullable=False),
    Column("variances", Integer, nullable=False),
    Index("ix_stock_counts_clinic_id_counted_at", "clinic_id", "counted_at"),
)

cases = _record(
    "discrepancy_cases",
    _registration(),
    _container(),
    Column("cause", words(Cause), nullable=False),
    Column("expected_ug", Integer, nullable=False),
    Column("counted_ug", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("opened_by", Uuid(), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("report", Sealed()),
    Column("owner_id", Uuid()),
    Column("status", words(CaseStatus), nullable=False),
    Column("resolution", words(Resolution)),
    Column("note", Sealed()),
    Column("closed_at", UtcDateTime),
    Column("closed_by", Uuid()),
    Column("second_person_id", Uuid()),
    Column("notice_due_at", UtcDateTime),
    Column("notice_filed_at", UtcDateTime),
    Column("notice_filed_by", Uuid()),
    Column("notice_reference", Sealed()),
    Index("ix_discrepancy_cases_clinic_id_status", "clinic_id", "status"),
)

shipments = _record(
    "shipments",
    _registration(),
    _container(),
    Column("to_clinic_id", Uuid(), nullable=False),
    Column("amount_ug", Integer, nullable=False),
    Column("invoice", Sealed(), nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("sent_by", Uuid(), nullable=False),
    Column("status", words(TransferStatus), nullable=False),
    Column("carried_at", UtcDateTime),
    Column("answered_at", UtcDateTime),
    Index("ix_shipments_clinic_id_status", "clinic_id", "status"),
)

deliveries = _record(
    "deliveries",
    Column("shipment_id", Uuid(), nullable=False, unique=True),
    Column("from_clinic_id", Uuid(), nullable=False),
    *_goods(),
    Column("amount_ug", Integer, nullable=False),
    Column("invoice", Sealed(), nullable=False),
    Column("from_number", Sealed(), nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("status", words(TransferStatus), nullable=False),
    Column("container_id", Uuid()),
    Column("counted_ug", Integer),
    Column("reason", Sealed()),
    Column("answered_at", UtcDateTime),
    Column("answered_by", Uuid()),
    Column("carried_at", UtcDateTime),
    Index("ix_deliveries_clinic_id_status", "clinic_id", "status"),
)

recalls = _record(
    "recalls",
    Column("drug", words(Drug), nullable=False),
    Column("lot", String(64), nullable=False),
    Column("note", Sealed(), nullable=False),
    Column("recalled_at", UtcDateTime, nullable=False),
    Column("recalled_by", Uuid(), nullable=False),
    Index("ix_recalls_clinic_id", "clinic_id"),
)

witness_codes = _record(
    "witness_codes",
    Column("witness_id", Uuid(), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Index("ix_witness_codes_clinic_id_witness_id", "clinic_id", "witness_id"),
)
