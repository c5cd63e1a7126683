"""What tests of courses share: a clinic, and a patient whose facts last a course."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.events.intake import (
    ClearanceGranted,
    ConsentSigned,
    PatientEligible,
    PatientRegistered,
)
from shared.events.sessions import (
    OrderPlaced,
    PatientDischarged,
    PreparationCompleted,
)
from shared.ids import uuid7
from shared.rulepack import ResourceKind
from tests.scheduling.test_bookings import NAME, Clinic, Patient

MONDAY = date(2026, 3, 9)
"""A week after the laboratory's clock starts."""
WEEKDAYS = [0, 1, 2, 3, 4]


class Course:
    """A course of one patient, as the front desk sees it."""

    def __init__(self, clinic: Clinic, *, lasts_days: int = 120) -> None:
        self.clinic = clinic
        self.who = ready_patient(clinic, timedelta(days=lasts_days))
        self.of_patient = f"/patients/{self.who.id}/course-plans"
        self.plan: dict[str, Any] = {}

    def preview(self, **more: Any) -> Any:
        """What could be."""
        return self.clinic.desk.post(
            NAME, f"{self.of_patient}/preview", **self.body(**more)
        )

    def body(self, **more: Any) -> dict[str, Any]:
        """A KAP-6 from Monday on working days, unless something else is said."""
        said = {
            "protocol": "kap-6",
            "first_day": MONDAY.isoformat(),
            "wishes": {"weekdays": WEEKDAYS},
        }
        return said | more

    def book(self, previewed: Any, **more: Any) -> Any:
        """What was previewed, booked."""
        self.plan = self.clinic.desk.post(
            NAME, self.of_patient, **self.body(**more), steps=chosen(previewed)
        )
        return self.plan

    def show(self) -> Any:
        """The course as it is now."""
        return self.clinic.desk.get(NAME, f"/course-plans/{self.plan['id']}")

    def step(self, code: str) -> Any:
        """A step as it is now."""
        return by_step(self.show())[code]

    def path(self, rest: str) -> str:
        """A route of this course."""
        return f"/course-plans/{self.plan['id']}{rest}"

    def take(self, code: str) -> None:
        """A step takes place at its time."""
        step = self.step(code)
        at = datetime.fromisoformat(step["starts_at"])
        self.clinic.lab.clock.now = at
        ids = {"patient_id": self.who.id, "appointment_id": step["appointment_id"]}
        if step["kind"] == "preparation":
            self.clinic.tell(
                PreparationCompleted(
                    preparation_id=uuid7(),
                    patient_id=self.who.id,
                    episode_id=self.who.episode_id,
                    appointment_id=UUID(step["appointment_id"]),
                    valid_until=at + timedelta(days=90),
                )
            )
        elif step["kind"] == "dosing":
            self.arrive(ids["appointment_id"])
            self.clinic.tell(
                PatientDischarged(
                    session_id=uuid7(),
                    patient_id=self.who.id,
                    appointment_id=UUID(step["appointment_id"]),
                    discharged_at=at + timedelta(hours=3),
                )
            )

    def arrive(self, appointment_id: str) -> None:
        """The patient is here."""
        path = f"/appointments/{appointment_id}/arrive"
        self.clinic.desk.post(NAME, path, escort_present=True)


def ready_patient(clinic: Clinic, lasts: timedelta) -> Patient:
    """A patient whose facts hold for a while."""
    who, until = Patient(clinic), clinic.lab.clock() + lasts
    clinic.tell(
        PatientRegistered(**who.ids, time_zone="UTC", channel="email"),
        PatientEligible(**who.ids, rule_pack="kap-base", valid_until=until),
        ConsentSigned(
            **who.ids,
            consent_id=who.consent_id,
            consent_type="treatment",
            document_version="1",
            valid_until=until,
        ),
        ClearanceGranted(**who.ids, clearance_id=uuid7(), valid_until=until),
        OrderPlaced(**who.ids, order_id=uuid7(), valid_until=until),
    )
    return who


def chosen(previewed: Any) -> list[dict[str, Any]]:
    """Every step of a preview that has a time, as it is booked."""
    names = {"step", "starts_at", *(f"{kind}_id" for kind in ResourceKind)}
    return [
        {name: step[name] for name in sorted(names) if name in step}
        for step in previewed["steps"]
        if step["starts_at"]
    ]


def by_step(course: Any) -> dict[str, Any]:
    """The steps of a course or a preview by their codes."""
    return {step["step"]: step for step in course["steps"]}
