"""What is given back when a patient's episode of care is over."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from services.scheduling.app import service
from services.scheduling.domain import AppointmentType
from services.scheduling.handlers.readiness import release_all
from services.scheduling.models import appointments
from shared.events.intake import EpisodeClosed
from shared.ids import uuid7
from tests.conftest import MakeLab
from tests.scheduling.test_api import NAME, Place


@pytest.fixture
def place(make_lab: MakeLab) -> Place:
    """A clinic in New York."""
    return Place(make_lab([service]), "Fictional Harbour")


def book(place: Place, kind: AppointmentType) -> UUID:
    """An appointment of a kind, whatever it would have taken to book it."""
    made = place.desk.post(NAME, "/appointments", **place.talk(place.lab.clock()))
    with place.lab.unit_of_work(NAME, place.id) as uow:
        this = appointments.c.id == UUID(made["id"])
        uow.connection.execute(update(appointments).where(this).values(type=kind))
    return UUID(made["id"])


def close(place: Place, outcome: str) -> None:
    """Intake tells that the patient's episode is over."""
    with place.lab.unit_of_work(NAME, place.id) as uow:
        told = EpisodeClosed(
            patient_id=place.patient_id,
            episode_id=uuid7(),
            outcome=outcome,
            reason_code="agreed",
        )
        release_all(told, uow)


def status(place: Place, appointment_id: UUID) -> Any:
    return place.desk.get(NAME, f"/appointments/{appointment_id}")["status"]


@pytest.mark.parametrize(
    ("outcome", "kind", "becomes"),
    [
        ("completed", AppointmentType.DOSING, "released"),
        ("withdrawn", AppointmentType.DOSING, "released"),
        ("withdrawn", AppointmentType.INTEGRATION, "booked"),
        ("deceased", AppointmentType.DOSING, "released"),
        ("deceased", AppointmentType.INTEGRATION, "released"),
    ],
)
def test_doses_are_given_back_and_of_who_died_everything(
    place: Place, outcome: str, kind: AppointmentType, becomes: str
) -> None:
    appointment_id = book(place, kind)

    close(place, outcome)

    assert status(place, appointment_id) == becomes


def test_another_patients_appointments_stay(place: Place) -> None:
    appointment_id = book(place, AppointmentType.DOSING)
    place.patient_id = place.patient()

    close(place, "deceased")

    assert status(place, appointment_id) == "booked"
