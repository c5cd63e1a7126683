"""What screens read of integrations: what the patient does, what is overdue."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions import queries
from services.sessions.domain.integration import IntegrationStatus
from services.sessions.models import integration_tasks, integrations
from shared.reading import Reading, Row
from shared.rulepack import NextDose


def integrations_of(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's integrations with their tasks, the newest first.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    found = queries.integrations_of(reading, patient_id)
    tasks = reading.rows(
        reading.select(integration_tasks)
        .where(integration_tasks.c.patient_id == patient_id)
        .order_by(integration_tasks.c.due_on, integration_tasks.c.id)
    )
    return [
        {
            **row,
            "tasks": [one for one in tasks if one["integration_id"] == row["id"]],
        }
        for row in found
    ]


def overdue(reading: Reading, patient_id: UUID, now: datetime) -> list[dict[str, Any]]:
    """Integrations that a patient missed: warnings, or blocks if the clinic says so."""
    rules = queries.pack_at_hand(reading, now).integration
    rows = reading.rows(
        reading.select(integrations, integrations.c.id, integrations.c.late_at)
        .where(
            integrations.c.patient_id == patient_id,
            integrations.c.status != IntegrationStatus.COMPLETED,
            integrations.c.late_at <= now,
        )
        .order_by(integrations.c.late_at)
    )
    return [
        {
            "code": "integration_overdue",
            "integration_id": row["id"],
            "since": row["late_at"],
            "blocks": rules.before_next_dose is NextDose.BLOCK,
        }
        for row in rows
    ]
