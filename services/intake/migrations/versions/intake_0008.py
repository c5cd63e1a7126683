"""Rule packs of a clinic's own; where an episode stands, and second opinions."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0008"
down_revision = "intake_0007"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "signed_rule_packs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("effective_at", instant, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_signed_rule_packs"),
    )
    op.create_index(
        "ix_signed_rule_packs_clinic_id_effective_at",
        "signed_rule_packs",
        ["clinic_id", "effective_at"],
    )
    op.create_table(
        "pack_editions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("drafted_at", instant, nullable=False),
        sa.Column("signed_by", sa.Uuid()),
        sa.Column("signed_at", instant),
        sa.Column("effective_at", instant),
        sa.Column("signature_hash", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_pack_editions"),
        sa.UniqueConstraint(
            "clinic_id", "reference", name="uq_pack_editions_clinic_id_reference"
        ),
    )
    op.create_table(
        "trials",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("pack_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("is_binding", sa.Boolean(), nullable=False),
        sa.Column("beside_at", instant, nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("begun_at", instant, nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("after", sa.Uuid()),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("ended_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_trials"),
    )
    op.create_index("ix_trials_pack_id", "trials", ["pack_id"])
    op.create_index("ix_trials_ended_at", "trials", ["ended_at"])
    op.create_table(
        "trial_findings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("trial_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(32), nullable=False),
        sa.Column("after", sa.String(32), nullable=False),
        sa.Column("details", sa.LargeBinary(), nullable=False),
        sa.Column("has_lapsed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_trial_findings"),
        sa.ForeignKeyConstraint(
            ["trial_id"], ["trials.id"], name="fk_trial_findings_trial_id_trials"
        ),
    )
    op.create_index("ix_trial_findings_trial_id", "trial_findings", ["trial_id"])
    op.create_index("ix_episodes_clinic_id_id", "episodes", ["clinic_id", "id"])
    op.create_index(
        "ix_episodes_clinic_id_status_id", "episodes", ["clinic_id", "status", "id"]
    )
    op.add_column(
        "episodes",
        sa.Column("reminders", sa.Integer(), nullable=False, server_default="3"),
    )
    with op.batch_alter_table("episodes") as episodes:
        episodes.alter_column("reminders", server_default=None)
    for name in ("ready_since", "crisis_since", "appealed_at"):
        op.add_column("episodes", sa.Column(name, instant))
    op.add_column("episodes", sa.Column("not_by", sa.Uuid()))
    op.add_column("decisions", sa.Column("due_at", instant))
    op.execute(
        """
        update episodes set crisis_since = (
            select min(raised_at) from safety_flags
            where safety_flags.episode_id = episodes.id
            and safety_flags.level = 'high' and safety_flags.cleared_at is null
        )
        where ended_at is null
        """
    )


def downgrade() -> None:
    op.drop_index("ix_episodes_clinic_id_status_id", "episodes")
    op.drop_index("ix_episodes_clinic_id_id", "episodes")
    with op.batch_alter_table("decisions") as decisions:
        decisions.drop_column("due_at")
    with op.batch_alter_table("episodes") as episodes:
        for name in ("reminders", "ready_since", "crisis_since", "appealed_at", "not_by"):
            episodes.drop_column(name)
    op.drop_table("trial_findings")
    op.drop_table("trials")
    op.drop_table("pack_editions")
    op.drop_table("signed_rule_packs")
