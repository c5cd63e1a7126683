"""The keys that records are sealed with; remembered answers are sealed."""

import sqlalchemy as sa
from alembic import op

from shared.migrations.sealing import TEXT, Plain, batches, seal_columns
from shared.privacy.columns import vault_of
from shared.privacy.keys import NETWORK

revision = "mailbox_0003"
down_revision = "mailbox_0002"
branch_labels = None
depends_on = None

instant = sa.DateTime(timezone=True)

KEY = {"actor_id": sa.Uuid(), "key": sa.String()}
WAS = sa.Table(
    "idempotency_keys",
    sa.MetaData(),
    *(sa.Column(name, kind) for name, kind in KEY.items()),
    sa.Column("request_hash", sa.String()),
)


def make_key_tables() -> None:
    op.create_table(
        "data_keys",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(32), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("master_id", sa.String(64), nullable=False),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("retired_at", instant),
    )
    live = sa.text("retired_at is null")
    op.create_index(
        "uq_data_keys_clinic_id_purpose_live",
        "data_keys",
        ["clinic_id", "purpose"],
        unique=True,
        postgresql_where=live,
        sqlite_where=live,
    )
    op.create_table(
        "person_keys",
        sa.Column("patient_id", sa.Uuid(), primary_key=True),
        sa.Column("clinic_id", sa.Uuid(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary, nullable=False),
        sa.Column("data_key_id", sa.Uuid()),
        sa.Column("made_at", instant, nullable=False),
        sa.Column("destroyed_at", instant),
        sa.ForeignKeyConstraint(
            ["data_key_id"], ["data_keys.id"], name="fk_person_keys_data_key_id"
        ),
    )
    op.create_index("ix_person_keys_clinic_id", "person_keys", ["clinic_id"])


def hide_hashes() -> None:
    """What was asked can be guessed from a plain hash; by a key of ours it cannot."""
    connection = op.get_bind()
    for rows in batches(connection, WAS, KEY):
        for row in rows:
            marked = vault_of(connection).index(
                connection, NETWORK, "idempotency", row["request_hash"], exact=True
            )
            this = WAS.c.actor_id == row["actor_id"], WAS.c.key == row["key"]
            connection.execute(sa.update(WAS).where(*this).values(request_hash=marked))


def upgrade() -> None:
    make_key_tables()
    # Which clinic an old answer is of, nobody has noted: the network's key seals it.
    op.add_column(
        "idempotency_keys",
        sa.Column(
            "clinic_id", sa.Uuid(), nullable=False, server_default=NETWORK.hex
        ),
    )
    seal_columns("idempotency_keys", {"body": Plain(type=TEXT)}, key=KEY)
    hide_hashes()


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not written in plain again")
