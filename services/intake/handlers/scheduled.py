"""What intake does about what scheduling tells."""

from services.intake.domain import Clinic, Episode
from services.intake.handlers.assessing import hold
from shared.events.scheduling import (
    AppointmentFulfilled,
    AppointmentNoShow,
    ClinicOnboarded,
)
from shared.unit_of_work import UnitOfWork

DOSING = "dosing"
PREPARATION = "preparation"


def know_clinic(event: ClinicOnboarded, uow: UnitOfWork) -> None:
    """Patients can be registered in a clinic."""
    if uow.find(Clinic, uow.clinic_id) is None:
        uow.add(
            Clinic(id=uow.clinic_id, clinic_id=uow.clinic_id, time_zone=event.time_zone)
        )


def note_no_show(event: AppointmentNoShow, uow: UnitOfWork) -> None:
    """A patient did not come; missed doses are counted."""
    if event.appointment_type != DOSING:
        return
    hold(event.episode_id, uow)
    if episode := uow.find(Episode, event.episode_id):
        for news in episode.note_no_show(event.appointment_id, at=uow.now):
            uow.publish(news, of=episode)


def note_preparation(event: AppointmentFulfilled, uow: UnitOfWork) -> None:
    """A preparation took place: treatment has begun."""
    if event.appointment_type != PREPARATION:
        return
    hold(event.episode_id, uow)
    if episode := uow.find(Episode, event.episode_id):
        for news in episode.note_preparation(at=uow.now):
            uow.publish(news, of=episode)
