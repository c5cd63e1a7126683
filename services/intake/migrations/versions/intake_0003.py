"""Who patients are, and what is written about them, is sealed and found by indexes.

How an index is made is written out here and not asked of the service: an index of
another making would find nobody.
"""

import re

import sqlalchemy as sa
from alembic import op

from shared.migrations.sealing import DAY, ID, TEXT, Plain, batches, seal_columns
from shared.privacy.columns import vault_of

revision = "intake_0003"
down_revision = "intake_0002"
branch_labels = None
depends_on = "mailbox_0003"

INDEX = 64
OLD_REFERRAL = "uq_referrals_clinic_id_identifier_system_identifier_value"
NEW_REFERRAL = "uq_referrals_clinic_id_identifier_index"

THE_PATIENT = Plain(type=TEXT, person="id")
NAME = Plain(type=TEXT, required=True, person="id")
OF_A_PATIENT = Plain(type=TEXT, person="patient_id")
ALWAYS_OF_A_PATIENT = Plain(type=TEXT, required=True, person="patient_id")
WRITTEN = Plain(type=TEXT)
CODED = Plain(type=TEXT, required=True)

PATIENTS = sa.Table(
    "patients",
    sa.MetaData(),
    sa.Column("id", sa.Uuid()),
    sa.Column("clinic_id", sa.Uuid()),
    sa.Column("family_name", sa.Text),
    sa.Column("birth_date", sa.Date),
    sa.Column("email", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("name_index", sa.String),
    sa.Column("email_index", sa.String),
    sa.Column("phone_index", sa.String),
)
REFERRALS = sa.Table(
    "referrals",
    sa.MetaData(),
    sa.Column("id", sa.Uuid()),
    sa.Column("clinic_id", sa.Uuid()),
    sa.Column("identifier_system", sa.Text),
    sa.Column("identifier_value", sa.Text),
    sa.Column("identifier_index", sa.String),
)


def index_patients() -> None:
    connection = op.get_bind()
    for name in ("name_index", "email_index", "phone_index"):
        op.add_column("patients", sa.Column(name, sa.String(INDEX)))
        op.create_index(f"ix_patients_clinic_id_{name}", "patients", ["clinic_id", name])

    def mark(row: sa.RowMapping, label: str, *parts: str) -> str:
        vault = vault_of(connection)
        return vault.index(connection, row["clinic_id"], f"patients.{label}", *parts)

    for rows in batches(connection, PATIENTS, ID):
        for row in rows:
            born = row["birth_date"].isoformat()
            marks = {"name_index": mark(row, "name", row["family_name"], born)}
            if row["email"]:
                marks["email_index"] = mark(row, "email", row["email"])
            if digits := re.sub(r"\D", "", row["phone"] or ""):
                marks["phone_index"] = mark(row, "phone", digits)
            this = PATIENTS.c.id == row["id"]
            connection.execute(sa.update(PATIENTS).where(this).values(marks))


def index_referrals() -> None:
    connection = op.get_bind()
    op.add_column("referrals", sa.Column("identifier_index", sa.String(INDEX)))
    for rows in batches(connection, REFERRALS, ID):
        for row in rows:
            mark = vault_of(connection).index(
                connection,
                row["clinic_id"],
                "referrals.identifier",
                row["identifier_system"],
                row["identifier_value"],
                exact=True,
            )
            this = REFERRALS.c.id == row["id"]
            connection.execute(
                sa.update(REFERRALS).where(this).values(identifier_index=mark)
            )
    with op.batch_alter_table("referrals") as referrals:
        referrals.drop_constraint(OLD_REFERRAL, type_="unique")
        referrals.create_unique_constraint(
            NEW_REFERRAL, ["clinic_id", "identifier_index"]
        )


def say_whose_coverage() -> None:
    """A coverage names its patient itself, for it is the patient's key that seals it."""
    op.add_column("coverages", sa.Column("patient_id", sa.Uuid()))
    op.execute(
        "update coverages set patient_id = (select patient_id from referrals"
        " where referrals.id = coverages.referral_id)"
    )
    with op.batch_alter_table("coverages") as coverages:
        coverages.alter_column("patient_id", nullable=False)


def upgrade() -> None:
    index_patients()
    seal_columns(
        "patients",
        {
            "given_name": NAME,
            "family_name": NAME,
            "birth_date": Plain(type=DAY, required=True, person="id"),
            "email": THE_PATIENT,
            "phone": THE_PATIENT,
        },
    )
    op.add_column("patients", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.add_column("patients", sa.Column("erased_by", sa.Uuid()))
    op.add_column("patients", sa.Column("erased_because", sa.LargeBinary))
    index_referrals()
    seal_columns(
        "referrals",
        {
            "identifier_system": ALWAYS_OF_A_PATIENT,
            "identifier_value": ALWAYS_OF_A_PATIENT,
            "letter_reference": OF_A_PATIENT,
        },
    )
    say_whose_coverage()
    seal_columns(
        "coverages", {"payer": ALWAYS_OF_A_PATIENT, "member_id": OF_A_PATIENT}
    )
    seal_columns("codings", {"system": CODED, "code": CODED, "display": CODED})
    seal_columns("safety_flags", {"note": WRITTEN})
    seal_columns("decisions", {"override_reason": WRITTEN})
    seal_columns("clearances", {"note": WRITTEN})
    seal_columns("emergency_accesses", {"reason": Plain(type=TEXT, required=True)})


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not written in plain again")
