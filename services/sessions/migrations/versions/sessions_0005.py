"""The controlled-substance ledger, and the clock a clinic lives by."""

import json

import sqlalchemy as sa
from alembic import op

revision = "sessions_0005"
down_revision = "sessions_0004"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)
word = sa.String(32)
serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")

ONBOARDED = "kap.scheduling.clinic.onboarded.v1"

# How an entry's words are sealed changes with the keys; nothing else ever does.
FIXED = (
    "id", "clinic_id", "registration_id", "position", "posting_id", "container_id",
    "kind", "amount_ug", "change_ug", "balance_ug", "at", "actor_id", "witness_id",
    "second_witness_id", "session_id", "patient_id", "dose_id", "cause_id",
    "reverses_id", "hash",
)  # fmt: skip
REFUSED = "'the ledger is append-only'"
POSTGRESQL_GUARDS = (
    f"""create function ledger_entries_stay() returns trigger language plpgsql as $$
    begin
        if tg_op = 'UPDATE' and (old.details is null) = (new.details is null)
           and to_jsonb(old) - 'details' = to_jsonb(new) - 'details' then
            return new;
        end if;
        raise exception {REFUSED};
    end $$""",
    """create trigger ledger_entries_stay before update or delete on ledger_entries
       for each row execute function ledger_entries_stay()""",
    """create trigger ledger_entries_are_kept before truncate on ledger_entries
       for each statement execute function ledger_entries_stay()""",
)
CHANGED = " or ".join(f"new.{name} is not old.{name}" for name in FIXED)
SQLITE_GUARDS = (
    f"""create trigger ledger_entries_stay before delete on ledger_entries
        begin select raise(abort, {REFUSED}); end""",
    f"""create trigger ledger_entries_stay_as_they_are before update on ledger_entries
        when {CHANGED} or (new.details is null) is not (old.details is null)
        begin select raise(abort, {REFUSED}); end""",
)


def needed(name: str, kind: object) -> sa.Column:
    return sa.Column(name, kind, nullable=False)


def refers(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{other}.id"], name=f"fk_{table}_{column}"
    )


def create(table: str, *rest: object) -> None:
    op.create_table(
        table,
        needed("id", sa.Uuid()),
        needed("clinic_id", sa.Uuid()),
        *rest,
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )


def record(table: str, *rest: object) -> None:
    create(table, needed("version", sa.Integer), *rest)


def goods() -> tuple[sa.Column, ...]:
    return (
        needed("drug", word),
        needed("form", word),
        needed("lot", sa.String(64)),
        needed("strength_ug", sa.Integer),
        needed("content_ug", sa.Integer),
        needed("expires_on", sa.Date),
        sa.Column("ndc", sa.String(16)),
    )


def index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def create_stock() -> None:
    record(
        "registrations",
        needed("number", sa.LargeBinary),
        needed("schedule", word),
        needed("opened_at", instant),
        needed("opened_by", sa.Uuid()),
        needed("containers", sa.Integer),
        needed("position", serial),
        needed("head", sa.String(64)),
        sa.UniqueConstraint("clinic_id", name="uq_registrations_clinic_id"),
    )
    record(
        "containers",
        needed("registration_id", sa.Uuid()),
        needed("number", sa.Integer),
        *goods(),
        needed("supplier", sa.LargeBinary),
        needed("received_at", instant),
        needed("balance_ug", sa.Integer),
        needed("tolerated_ug", sa.Integer),
        sa.Column("opened_at", instant),
        sa.Column("gone_as", word),
        sa.Column("case_id", sa.Uuid()),
        sa.Column("recall_id", sa.Uuid()),
        needed("status", word),
        refers("containers", "registration_id", "registrations"),
        sa.UniqueConstraint(
            "registration_id", "number", name="uq_containers_registration_id_number"
        ),
        sa.CheckConstraint("balance_ug >= 0", name="ck_containers_never_negative"),
    )
    index("containers", "clinic_id", "status")


def create_entries() -> None:
    create(
        "ledger_entries",
        needed("registration_id", sa.Uuid()),
        needed("position", serial),
        needed("posting_id", sa.Uuid()),
        needed("container_id", sa.Uuid()),
        needed("kind", word),
        needed("amount_ug", sa.Integer),
        needed("change_ug", sa.Integer),
        needed("balance_ug", sa.Integer),
        needed("at", instant),
        needed("actor_id", sa.Uuid()),
        sa.Column("witness_id", sa.Uuid()),
        sa.Column("second_witness_id", sa.Uuid()),
        sa.Column("session_id", sa.Uuid()),
        sa.Column("patient_id", sa.Uuid()),
        sa.Column("dose_id", sa.Uuid()),
        sa.Column("cause_id", sa.Uuid()),
        sa.Column("reverses_id", sa.Uuid()),
        sa.Column("details", sa.LargeBinary),
        needed("hash", sa.String(64)),
        refers("ledger_entries", "registration_id", "registrations"),
        refers("ledger_entries", "container_id", "containers"),
        refers("ledger_entries", "session_id", "sessions"),
        refers("ledger_entries", "reverses_id", "ledger_entries"),
        sa.UniqueConstraint("reverses_id", name="uq_ledger_entries_reverses_id"),
        sa.UniqueConstraint(
            "registration_id",
            "position",
            name="uq_ledger_entries_registration_id_position",
        ),
        sa.CheckConstraint(
            "amount_ug >= 0 and balance_ug >= 0", name="ck_ledger_entries_never_negative"
        ),
        sa.CheckConstraint(
            "witness_id <> actor_id", name="ck_ledger_entries_witnessed_by_another"
        ),
    )
    index("ledger_entries", "container_id", "position")
    index("ledger_entries", "clinic_id", "at")
    index("ledger_entries", "posting_id")
    index("ledger_entries", "dose_id")


def create_counting() -> None:
    record(
        "stock_counts",
        needed("registration_id", sa.Uuid()),
        needed("moment", word),
        needed("counted_at", instant),
        needed("counted_by", sa.Uuid()),
        needed("containers", sa.Integer),
        needed("variances", sa.Integer),
        refers("stock_counts", "registration_id", "registrations"),
    )
    index("stock_counts", "clinic_id", "counted_at")
    record(
        "discrepancy_cases",
        needed("registration_id", sa.Uuid()),
        needed("container_id", sa.Uuid()),
        needed("cause", word),
        needed("expected_ug", sa.Integer),
        needed("counted_ug", sa.Integer),
        needed("opened_at", instant),
        needed("opened_by", sa.Uuid()),
        needed("due_at", instant),
        sa.Column("report", sa.LargeBinary),
        sa.Column("owner_id", sa.Uuid()),
        needed("status", word),
        sa.Column("resolution", word),
        sa.Column("note", sa.LargeBinary),
        sa.Column("closed_at", instant),
        sa.Column("closed_by", sa.Uuid()),
        sa.Column("second_person_id", sa.Uuid()),
        sa.Column("notice_due_at", instant),
        sa.Column("notice_filed_at", instant),
        sa.Column("notice_filed_by", sa.Uuid()),
        sa.Column("notice_reference", sa.LargeBinary),
        refers("discrepancy_cases", "registration_id", "registrations"),
        refers("discrepancy_cases", "container_id", "containers"),
    )
    index("discrepancy_cases", "clinic_id", "status")


def create_transfers() -> None:
    record(
        "shipments",
        needed("registration_id", sa.Uuid()),
        needed("container_id", sa.Uuid()),
        needed("to_clinic_id", sa.Uuid()),
        needed("amount_ug", sa.Integer),
        needed("invoice", sa.LargeBinary),
        needed("sent_at", instant),
        needed("sent_by", sa.Uuid()),
        needed("status", word),
        sa.Column("carried_at", instant),
        sa.Column("answered_at", instant),
        refers("shipments", "registration_id", "registrations"),
        refers("shipments", "container_id", "containers"),
    )
    index("shipments", "clinic_id", "status")
    record(
        "deliveries",
        needed("shipment_id", sa.Uuid()),
        needed("from_clinic_id", sa.Uuid()),
        *goods(),
        needed("amount_ug", sa.Integer),
        needed("invoice", sa.LargeBinary),
        needed("from_number", sa.LargeBinary),
        needed("announced_at", instant),
        needed("due_at", instant),
        needed("status", word),
        sa.Column("container_id", sa.Uuid()),
        sa.Column("counted_ug", sa.Integer),
        sa.Column("reason", sa.LargeBinary),
        sa.Column("answered_at", instant),
        sa.Column("answered_by", sa.Uuid()),
        sa.Column("carried_at", instant),
        sa.UniqueConstraint("shipment_id", name="uq_deliveries_shipment_id"),
    )
    index("deliveries", "clinic_id", "status")


def create_the_rest() -> None:
    record(
        "recalls",
        needed("drug", word),
        needed("lot", sa.String(64)),
        needed("note", sa.LargeBinary),
        needed("recalled_at", instant),
        needed("recalled_by", sa.Uuid()),
    )
    index("recalls", "clinic_id")
    record(
        "witness_codes",
        needed("witness_id", sa.Uuid()),
        needed("digest", sa.String(64)),
        needed("made_at", instant),
        needed("expires_at", instant),
        sa.Column("used_at", instant),
        sa.UniqueConstraint("digest", name="uq_witness_codes_digest"),
    )
    index("witness_codes", "clinic_id", "witness_id")


def learn_clocks() -> None:
    """Clinics that were told of before said then by which clock they live."""
    op.add_column("clinics", sa.Column("time_zone", sa.String(64)))
    clinics = sa.table(
        "clinics", sa.column("id", sa.Uuid()), sa.column("time_zone", sa.String())
    )
    inbox = sa.table(
        "inbox",
        sa.column("id"),
        sa.column("type", sa.String()),
        sa.column("clinic_id", sa.Uuid()),
        sa.column("payload", sa.Text()),
    )
    connection = op.get_bind()
    told = sa.select(inbox.c.clinic_id, inbox.c.payload).where(
        inbox.c.type == ONBOARDED
    )
    for clinic_id, payload in connection.execute(told.order_by(inbox.c.id)).all():
        zone = json.loads(payload)["time_zone"]
        this = clinics.c.id == clinic_id
        connection.execute(sa.update(clinics).where(this).values(time_zone=zone))


def upgrade() -> None:
    create_stock()
    create_entries()
    create_counting()
    create_transfers()
    create_the_rest()
    learn_clocks()
    is_postgresql = op.get_bind().dialect.name == "postgresql"
    for guard in POSTGRESQL_GUARDS if is_postgresql else SQLITE_GUARDS:
        op.execute(guard)


def downgrade() -> None:
    raise NotImplementedError("the ledger is kept")
