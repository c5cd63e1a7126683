"""What was asked and answered about the day of treatment."""

from uuid import UUID

from services.scheduling.models import appointments, visits
from shared.reading import Reading, Row


def visit(reading: Reading, appointment_id: UUID) -> Row:
    """Who takes the patient home, what was answered, what speaks against a dose.

    Raises:
        NotFoundError: there is no such appointment in this clinic.
    """
    query = (
        reading.select(
            appointments,
            appointments.c.id.label("appointment_id"),
            appointments.c.patient_id,
            appointments.c.escort_confirmed,
            appointments.c.fasting_told,
            visits.c.escort,
            visits.c.answers,
            visits.c.concerns,
        )
        .outerjoin(visits, visits.c.id == appointments.c.id)
        .where(appointments.c.id == appointment_id)
    )
    row = reading.one(query, "appointment")
    escort = row["escort"] or {}
    return {
        **row,
        "escort_name": escort.get("name"),
        "escort_phone": escort.get("phone"),
        "arrival_concerns": row["concerns"] or [],
    }
