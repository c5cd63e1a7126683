"""Journeys to a time: booked before all is ready, held, and waited for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cli.api_client import RefusedError
from cli.demo import steps
from cli.demo.journeys import refused_any, status
from cli.demo.steps import Clinic, Patient, refused

Note = Callable[[str], None]

FAR = timedelta(days=9)
"""Far enough for a provisional booking, and for reminders to lie ahead."""


def planned_ahead(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A dose is booked before there is an order; it firms up when there is one."""
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    steps.consent(clinic, patient)
    note("consented")
    at = clinic.now() + FAR
    clinic.until(
        lambda: refused_any(lambda: _dose(clinic, patient, at)) == "not_ready",
        "scheduling has heard of the patient, who is not ready",
    )
    made = _dose(clinic, patient, at, provisional=True)
    if made["status"] != "provisional" or "order.active" not in made["missing"]:
        raise AssertionError("a patient without an order was booked for good")
    patient.appointment_id = made["id"]
    note("booked provisionally")
    steps.clear_and_order(clinic, patient)
    clinic.until(lambda: status(clinic, patient) == "booked", "the booking is firm")
    note("ordered: the booking is firm")


def earlier_time(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A time is held and booked for somebody, called off, and taken by who waited."""
    at = clinic.now() + FAR
    other = clinic.desk.post(
        "intake",
        "/patients",
        given_name="Otto",
        family_name="Fictional",
        birth_date="1977-05-06",
    )
    entry = _once_known(clinic, "/waitlist", patient_id=patient.id, type="preparation")
    wanted = _preparation(clinic, patient, at)
    held = _once_known(clinic, "/holds", **wanted | {"patient_id": other["id"]})
    refusal = refused(
        "double_booked",
        lambda: clinic.desk.post("scheduling", "/appointments", **wanted),
    )
    if not refusal.problem["alternatives"]:
        raise AssertionError("no other time was named")
    note("held: others are told other times")
    clinic.desk.post("scheduling", f"/holds/{held['id']}/book")
    note("hold booked")
    clinic.desk.post(
        "scheduling",
        f"/appointments/{held['id']}/cancel",
        by="patient",
        reason_code="travel",
    )
    clinic.until(lambda: _offer(clinic, entry["id"]) is not None, "it is offered")
    patient.appointment_id = _offer(clinic, entry["id"])["appointment_id"]
    note("called off: offered to who waits")
    clinic.desk.post("scheduling", f"/waitlist/{entry['id']}/accept")
    if status(clinic, patient) != "booked":
        raise AssertionError("what was accepted is not booked")
    note("accepted")


def _dose(clinic: Clinic, patient: Patient, at: datetime, **more: Any) -> Any:
    return steps.book(clinic, patient, "dosing", starts_at=at, minutes=100, **more)


def _preparation(clinic: Clinic, patient: Patient, at: datetime) -> dict[str, Any]:
    place = patient.slot % len(clinic.rooms)
    return {
        "patient_id": patient.id,
        "type": "preparation",
        "starts_at": at.isoformat(),
        "room_id": clinic.rooms[place],
        "therapist_id": clinic.therapists[place],
    }


def _once_known(clinic: Clinic, path: str, **said: Any) -> Any:
    """What scheduling answers, once it has heard of the patient."""
    made: list[Any] = []

    def done() -> bool:
        try:
            made.append(clinic.desk.post("scheduling", path, **said))
        except RefusedError as error:
            if error.code != "not_found":
                raise
        return bool(made)

    clinic.until(done, "scheduling has heard of the patient")
    return made[0]


def _offer(clinic: Clinic, entry_id: str) -> Any:
    """What somebody who waits is offered, if anything."""
    rows = clinic.desk.get("scheduling", "/waitlist")["items"]
    return next((row["offer"] for row in rows if row["id"] == entry_id), None)
