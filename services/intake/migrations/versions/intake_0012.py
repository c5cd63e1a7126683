"""What other services tell of doses, and which clinics are compared."""

import sqlalchemy as sa
from alembic import op

revision = "intake_0012"
down_revision = "intake_0011"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("clinics") as clinics:
        clinics.add_column(
            sa.Column(
                "is_compared", sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
    op.create_table(
        "courses",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("route_class", sa.String(64)),
        sa.Column("first_dose_at", instant, nullable=False),
        sa.Column("last_dose_at", instant, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_courses"),
        sa.ForeignKeyConstraint(["id"], ["episodes.id"], name="fk_courses_id_episodes"),
    )
    op.create_index(
        "ix_courses_clinic_id_first_dose_at", "courses", ["clinic_id", "first_dose_at"]
    )
    op.create_table(
        "treatments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("patient_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("route_class", sa.String(64)),
        sa.Column("given_at", instant),
        sa.Column("doses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_treatments"),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name="fk_treatments_episode_id_episodes"
        ),
    )
    op.create_index("ix_treatments_episode_id", "treatments", ["episode_id"])
    op.create_table(
        "integrations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("episode_id", sa.Uuid(), nullable=False),
        sa.Column("late_at", instant, nullable=False),
        sa.Column("completed_at", instant),
        sa.PrimaryKeyConstraint("id", name="pk_integrations"),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name="fk_integrations_episode_id_episodes"
        ),
    )
    op.create_index("ix_integrations_episode_id", "integrations", ["episode_id"])


def downgrade() -> None:
    op.drop_table("integrations")
    op.drop_table("treatments")
    op.drop_table("courses")
    with op.batch_alter_table("clinics") as clinics:
        clinics.drop_column("is_compared")
