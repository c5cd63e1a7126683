"""What a clearance rests on and when it lapses; medication; who pays."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0009"
down_revision = "intake_0008"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("clearances", sa.Column("findings", sa.LargeBinary()))
    op.add_column("clearances", sa.Column("lapsed_at", instant))
    op.add_column("clearances", sa.Column("lapsed_by", sa.Uuid()))
    op.add_column("clearances", sa.Column("lapse_cause", sa.String(32)))
    op.create_table(
        "list_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("rxnorm", sa.LargeBinary()),
        sa.Column("detail", sa.LargeBinary()),
        sa.Column("since", sa.Date()),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("recorded_by", sa.Uuid(), nullable=False),
        sa.Column("recorded_at", instant, nullable=False),
        sa.Column("active_from", instant),
        sa.Column("active_until", instant),
        sa.Column("changed_by", sa.Uuid()),
        sa.PrimaryKeyConstraint("id", name="pk_list_entries"),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name="fk_list_entries_episode_id_episodes"
        ),
    )
    op.create_index("ix_list_entries_episode_id", "list_entries", ["episode_id"])
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("reconciled_by", sa.Uuid(), nullable=False),
        sa.Column("reconciled_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.id"],
            name="fk_reconciliations_episode_id_episodes",
        ),
    )
    op.create_index("ix_reconciliations_episode_id", "reconciliations", ["episode_id"])


    op.create_table(
        "episode_coverages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("payer", sa.String(32), nullable=False),
        sa.Column("insurer", sa.LargeBinary()),
        sa.Column("member_number", sa.LargeBinary()),
        sa.Column("authorisation_number", sa.LargeBinary()),
        sa.Column("units_granted", sa.Integer()),
        sa.Column("valid_until", instant),
        sa.Column("agreement_signed", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", instant, nullable=False),
        sa.Column("checked_at", instant),
        sa.Column("check_outcome", sa.String(32)),
        sa.Column("ended_at", instant),
        sa.Column("end_cause", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name="pk_episode_coverages"),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.id"],
            name="fk_episode_coverages_episode_id_episodes",
        ),
    )
    op.create_index(
        "ix_episode_coverages_episode_id", "episode_coverages", ["episode_id"]
    )
    op.create_table(
        "used_units",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("episode_coverage_id", sa.Uuid(), nullable=False),
        sa.Column("used_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_used_units"),
        sa.ForeignKeyConstraint(
            ["episode_coverage_id"],
            ["episode_coverages.id"],
            name="fk_used_units_episode_coverage_id_episode_coverages",
        ),
    )
    op.create_index(
        "ix_used_units_episode_coverage_id", "used_units", ["episode_coverage_id"]
    )


def downgrade() -> None:
    op.drop_table("used_units")
    op.drop_table("episode_coverages")
    op.drop_table("reconciliations")
    op.drop_table("list_entries")
    with op.batch_alter_table("clearances") as clearances:
        for name in ("findings", "lapsed_at", "lapsed_by", "lapse_cause"):
            clearances.drop_column(name)
