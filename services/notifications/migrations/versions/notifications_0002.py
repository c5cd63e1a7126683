"""Kept mails, and where and how webhooks are sent, are sealed."""

from shared.migrations.sealing import TEXT, Plain, seal_columns

revision = "notifications_0002"
down_revision = "notifications_0001"
branch_labels = None
depends_on = "mailbox_0003"

TO_A_PATIENT = Plain(type=TEXT, required=True, person="patient_id")
OF_THE_CLINIC = Plain(type=TEXT, required=True)


def upgrade() -> None:
    seal_columns("outbox_mails", {"subject": TO_A_PATIENT, "body": TO_A_PATIENT})
    seal_columns("subscriptions", {"url": OF_THE_CLINIC, "secret": OF_THE_CLINIC})


def downgrade() -> None:
    raise NotImplementedError("what was sealed is not written in plain again")
