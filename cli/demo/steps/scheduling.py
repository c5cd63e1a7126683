"""Rooms, people, appointments, arrival."""

from datetime import date, datetime, timedelta
from typing import Any, Protocol

from cli.api_client import RefusedError
from cli.demo.steps.cast import Caller, Clinic, Patient


class Administrator(Caller, Protocol):
    """Somebody who also says how something is to be as a whole."""

    def put(self, service: str, path: str, /, **body: Any) -> Any:
        """What such a change answers."""


def add_people_and_rooms(clinic: Clinic, count: int) -> None:
    """Rooms, therapists and monitors that can be booked."""
    for kind, known, word in (
        ("room", clinic.rooms, "Room"),
        ("therapist", clinic.therapists, "Therapist"),
        ("monitor", clinic.monitors, "Monitor"),
    ):
        for number in range(1, count + 1):
            made = clinic.admin.post(
                "scheduling", "/resources", kind=kind, name=f"{word} {number}"
            )
            known.append(made["id"])


def add_prescriber(admin: Administrator, today: date) -> None:
    """A prescriber with hours of their own, a week's leave, and a licence to renew."""
    made = admin.post("scheduling", "/resources", kind="prescriber", name="Prescriber")
    path = f"/resources/{made['id']}"
    day = {"first_day": today.isoformat(), "starts": "09:00", "minutes": 480}
    shifts = [
        {"rrule": "FREQ=WEEKLY;BYDAY=MO,WE", **day},
        {"rrule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR", **day},
    ]
    admin.put("scheduling", f"{path}/roster", shifts=shifts)
    leave = [(today + timedelta(days=days)).isoformat() for days in (14, 20)]
    admin.post(
        "scheduling",
        f"{path}/absences",
        first_day=leave[0],
        last_day=leave[1],
        reason_code="leave",
    )
    admin.post(
        "scheduling",
        f"{path}/licences",
        code="dea",
        number="FICTIONAL-1",
        valid_until=(today + timedelta(days=20)).isoformat(),
    )
    listed = admin.get("scheduling", "/resources")["items"]
    if not any(one["expires_soon"] for row in listed for one in row["licences"]):
        raise AssertionError("nobody is told that a licence is to be renewed")


def is_ready_to_book(clinic: Clinic, patient: Patient) -> bool:
    """Whether a dose may be booked, by what scheduling knows."""
    path = f"/patients/{patient.id}/readiness"
    ready: bool = clinic.desk.get("scheduling", path, gate="booking")["ready"]
    return ready


def start_of(clinic: Clinic, patient: Patient) -> datetime:
    """When a patient's dose begins: in a few minutes, or in a later row of the day."""
    begin = clinic.now().replace(second=0, microsecond=0) + timedelta(minutes=4)
    row = patient.slot // len(clinic.rooms)
    return begin + row * timedelta(minutes=150) - patient.earlier


def book(
    clinic: Clinic,
    patient: Patient,
    kind: str,
    *,
    starts_at: datetime,
    minutes: int,
    **more: Any,
) -> Any:
    """The front desk books room, therapist, monitor and patient."""
    place = patient.slot % len(clinic.rooms)
    if kind == "dosing":
        more["monitor_id"] = clinic.monitors[place]
    return clinic.desk.post(
        "scheduling",
        "/appointments",
        patient_id=patient.id,
        type=kind,
        starts_at=starts_at.isoformat(),
        ends_at=(starts_at + timedelta(minutes=minutes)).isoformat(),
        room_id=clinic.rooms[place],
        therapist_id=clinic.therapists[place],
        **more,
    )


def prepare(clinic: Clinic, patient: Patient) -> None:
    """A preparation is booked, and held by the therapist."""
    starts_at = start_of(clinic, patient) - timedelta(minutes=45)
    made: list[Any] = []

    def booked() -> bool:
        try:
            made.append(
                book(clinic, patient, "preparation", starts_at=starts_at, minutes=40)
            )
        except RefusedError as error:
            if error.code != "not_found":
                raise
            return False
        return True

    clinic.until(booked, "scheduling has heard of the patient")

    def heard() -> bool:
        try:
            clinic.therapist.post(
                "sessions",
                "/preparations",
                patient_id=patient.id,
                appointment_id=made[0]["id"],
            )
        except RefusedError as error:
            if error.status in (404, 409):
                return False
            raise
        return True

    clinic.until(heard, "the preparation is known to sessions")


def book_dose(clinic: Clinic, patient: Patient) -> None:
    """A dose is booked, once scheduling knows that the patient is ready for it."""
    clinic.until(lambda: is_ready_to_book(clinic, patient), "scheduling has every fact")
    made = book(
        clinic,
        patient,
        "dosing",
        starts_at=start_of(clinic, patient),
        minutes=100,
    )
    patient.appointment_id = made["id"]


def arrive(clinic: Clinic, patient: Patient, *, escort: bool = True) -> None:
    """The patient comes, with an escort or without."""
    clinic.desk.post(
        "scheduling",
        f"/appointments/{patient.appointment_id}/arrive",
        escort_present=escort,
    )


def integrate(clinic: Clinic, patient: Patient) -> None:
    """Integration falls due, is booked, and takes place."""

    def due() -> list[Any]:
        needs = clinic.desk.get("scheduling", "/integrations")["items"]
        return [need for need in needs if need["patient_id"] == patient.id]

    clinic.until(lambda: bool(due()), "the integration has fallen due")
    need = due()[0]
    starts_at = start_of(clinic, patient) + timedelta(hours=26)
    book(
        clinic,
        patient,
        "integration",
        starts_at=starts_at,
        minutes=50,
        integration_id=need["id"],
    )
    patient.integration_id = need["id"]
    clinic.therapist.post("sessions", f"/integrations/{need['id']}/complete")
