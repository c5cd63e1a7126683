"""What intake keeps of treatment, as sessions tells of it: when, never how much."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, update

from services.intake.handlers.assessing import hold
from services.intake.handlers.coverage import use_unit
from services.intake.models import courses, episodes, integrations, patients, treatments
from shared.events.sessions import (
    DoseAdministered,
    IntegrationCompleted,
    IntegrationFellDue,
    RecordOpened,
)
from shared.reading import Row
from shared.unit_of_work import UnitOfWork


def note_opened(event: RecordOpened, uow: UnitOfWork) -> None:
    """A session began."""
    if episode_id := _held_episode_of(event.patient_id, uow):
        _treatment(event.session_id, event.patient_id, episode_id, uow)
        same = treatments.c.id == event.session_id
        uow.connection.execute(
            update(treatments).where(same).values(route_class=event.route_class)
        )


def note_dose(event: DoseAdministered, uow: UnitOfWork) -> None:
    """A dose was given: it has its place in the course, and what pays is used up."""
    use_unit(event, uow)
    if episode_id := _held_episode_of(event.patient_id, uow):
        told_at = _told_at(uow)
        known = _treatment(event.session_id, event.patient_id, episode_id, uow)
        uow.connection.execute(
            update(treatments)
            .where(treatments.c.id == event.session_id)
            .values(
                given_at=known["given_at"] or told_at,
                doses=max(known["doses"], event.seq),
            )
        )
        _place(known, episode_id, told_at, uow)


def note_integration_due(event: IntegrationFellDue, uow: UnitOfWork) -> None:
    """An integration should take place."""
    same = select(integrations.c.id).where(integrations.c.id == event.integration_id)
    is_ours = select(episodes.c.id).where(
        episodes.c.id == event.episode_id, episodes.c.clinic_id == uow.clinic_id
    )
    is_known = uow.connection.execute(same).first() is not None
    if is_known or uow.connection.execute(is_ours).first() is None:
        return
    uow.connection.execute(
        insert(integrations).values(
            id=event.integration_id,
            clinic_id=uow.clinic_id,
            episode_id=event.episode_id,
            late_at=event.late_at,
        )
    )


def note_integration(event: IntegrationCompleted, uow: UnitOfWork) -> None:
    """An integration took place, in time or not."""
    same = integrations.c.id == event.integration_id
    uow.connection.execute(
        update(integrations).where(same).values(completed_at=_told_at(uow))
    )


def _held_episode_of(patient_id: UUID, uow: UnitOfWork) -> UUID | None:
    """The episode a patient is in, which nobody else changes meanwhile."""
    query = select(patients.c.episode_id).where(
        patients.c.id == patient_id, patients.c.clinic_id == uow.clinic_id
    )
    episode_id: UUID | None = uow.connection.execute(query).scalar()
    if episode_id is not None:
        hold(episode_id, uow)
    return episode_id


def _treatment(
    session_id: UUID, patient_id: UUID, episode_id: UUID, uow: UnitOfWork
) -> Row:
    """The row of a session, made if it is not there."""
    same = select(treatments).where(treatments.c.id == session_id)
    found = uow.connection.execute(same).first()
    if found is None:
        made = {
            "id": session_id,
            "clinic_id": uow.clinic_id,
            "patient_id": patient_id,
            "episode_id": episode_id,
            "doses": 0,
        }
        uow.connection.execute(insert(treatments).values(made))
        found = uow.connection.execute(same).one()
    return dict(found._mapping)


def _place(known: Row, episode_id: UUID, given_at: datetime, uow: UnitOfWork) -> None:
    """Put a dose in its course; those of a maintenance do not prolong it."""
    same = courses.c.id == episode_id
    course = uow.connection.execute(select(courses).where(same)).first()
    if course is None:
        row = {
            "id": episode_id,
            "clinic_id": uow.clinic_id,
            "patient_id": known["patient_id"],
            "route_class": known["route_class"],
            "first_dose_at": given_at,
            "last_dose_at": given_at,
        }
        uow.connection.execute(insert(courses).values(row))
        return
    changed: dict[str, object] = {}
    if given_at < course.first_dose_at:
        changed = {"first_dose_at": given_at, "route_class": known["route_class"]}
    query = select(episodes.c.maintenance_since).where(episodes.c.id == episode_id)
    maintained = uow.connection.execute(query).scalar()
    if given_at > course.last_dose_at and (maintained is None or given_at < maintained):
        changed["last_dose_at"] = given_at
    if changed:
        uow.connection.execute(update(courses).where(same).values(changed))


def _told_at(uow: UnitOfWork) -> datetime:
    """When it happened, whenever it is heard of."""
    return uow.causing.occurred_at if uow.causing else uow.now
