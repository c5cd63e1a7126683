"""What the record knows of one treatment that the REMS form asks for."""

from uuid import UUID

from sqlalchemy import Connection, exists, select

from services.sessions.domain.adverse_event import AdverseEventStatus
from services.sessions.domain.amounts import milligrams
from services.sessions.domain.rems import Pressure, Treatment
from services.sessions.models.tables import doses, sessions, vitals
from services.sessions.models.written import adverse_events


def treatment(session_id: UUID, clinic_id: UUID, connection: Connection) -> Treatment:
    """The treatment of a session of this clinic that had a dose."""
    own = connection.execute(
        select(
            sessions.c.patient_id,
            sessions.c.route,
            sessions.c.first_dose_at,
            sessions.c.ended_at,
            sessions.c.baseline,
        ).where(sessions.c.id == session_id, sessions.c.clinic_id == clinic_id)
    ).one()
    given = connection.execute(
        select(doses.c.given_ug, doses.c.lot)
        .where(doses.c.session_id == session_id, doses.c.clinic_id == clinic_id)
        .order_by(doses.c.seq)
    ).all()
    earlier = exists().where(
        sessions.c.clinic_id == clinic_id,
        sessions.c.patient_id == own.patient_id,
        sessions.c.route == own.route,
        sessions.c.first_dose_at < own.first_dose_at,
    )
    serious = exists().where(
        adverse_events.c.session_id == session_id,
        adverse_events.c.clinic_id == clinic_id,
        adverse_events.c.status == AdverseEventStatus.RECORDED,
        adverse_events.c.serious,
    )
    return Treatment(
        first_dose_at=own.first_dose_at,
        ended_at=own.ended_at,
        dose_mg=milligrams(sum(dose.given_ug for dose in given)),
        lots=tuple(dict.fromkeys(dose.lot for dose in given)),
        is_first=not connection.execute(select(earlier)).scalar_one(),
        had_serious_event=connection.execute(select(serious)).scalar_one(),
        baseline=own.baseline,
        pressures=_pressures(session_id, clinic_id, connection),
    )


def _pressures(
    session_id: UUID, clinic_id: UUID, connection: Connection
) -> list[Pressure]:
    """Readings that say both pressures, in the order they were taken in."""
    rows = connection.execute(
        select(vitals.c.taken_at, vitals.c.systolic_mmhg, vitals.c.diastolic_mmhg)
        .where(
            vitals.c.session_id == session_id,
            vitals.c.clinic_id == clinic_id,
            vitals.c.systolic_mmhg.is_not(None),
            vitals.c.diastolic_mmhg.is_not(None),
        )
        .order_by(vitals.c.taken_at, vitals.c.id)
    )
    return [Pressure(**row._mapping) for row in rows]
