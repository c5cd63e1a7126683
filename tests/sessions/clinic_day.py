"""A clinic to treat patients in: what others would have told, and who works there."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.sessions.app import service
from shared.access import Role
from shared.events import Event
from shared.events.intake import (
    ClearanceGranted,
    ConsentSigned,
    MeasureRecorded,
    PatientEligible,
    PatientRegistered,
)
from shared.events.scheduling import (
    AppointmentBooked,
    ClinicOnboarded,
    EscortConfirmed,
    PatientArrived,
)
from shared.ids import uuid7
from shared.testing.caller import Caller
from shared.testing.lab import Lab

NAME = "sessions"
RESPONSE_SECONDS = 90
CALM: dict[str, Any] = {
    "systolic_mmhg": 120,
    "diastolic_mmhg": 78,
    "heart_rate_bpm": 66,
    "spo2_percent": 98,
    "respiratory_rate_bpm": 14,
    "moaas": 5,
}
ANSWERS: dict[str, Any] = {
    "fasting": True,
    "pregnancy_excluded": True,
    "medication_changed": False,
    "sedative_taken": False,
}
CHECKLIST: dict[str, Any] = {
    "oriented": True,
    "walks_unaided": True,
    "nausea_tolerable": True,
    "dissociation_settled": True,
    "mood_safe": True,
    "instructions_given": True,
    "next_contact_booked": True,
    "line_removed": True,
    "aldrete": {
        "activity": 2,
        "breathing": 2,
        "circulation": 2,
        "consciousness": 2,
        "oxygen": 1,
    },
    "escort_present": True,
    "escort_name": "Fict Escort",
}


class Day:
    """One clinic of a laboratory, with somebody to call for each role."""

    def __init__(self, lab: Lab, clinic_id: UUID | None = None) -> None:
        self.lab = lab
        self.clinic_id = clinic_id or uuid7()
        self.ids = {role: uuid7() for role in Role}
        self.front_desk = self.caller(Role.FRONT_DESK)
        self.therapist = self.caller(Role.THERAPIST)
        self.prescriber = self.caller(Role.PRESCRIBER)
        self.monitor = self.caller(Role.MONITOR)
        self.admin = self.caller(Role.CLINIC_ADMIN)
        self.tell(
            ClinicOnboarded(time_zone="UTC", alert_response_seconds=RESPONSE_SECONDS)
        )

    def caller(self, role: Role) -> Caller:
        """Somebody with one role."""
        return self.lab.caller(role, clinic_id=self.clinic_id, actor_id=self.ids[role])

    def tell(self, *events: Event) -> None:
        """Have the service hear of events of this clinic."""
        for event in events:
            with self.lab.unit_of_work(NAME, self.clinic_id) as uow:
                service.handlers[type(event)](event, uow)

    def patient(self, *, but: Iterable[type[Event] | str] = ()) -> "Patient":
        """A patient who is ready, as far as others tell, but for some of it."""
        found = Patient(self)
        self.tell(*(event for event in found.facts() if not _is_one_of(event, but)))
        return found

    def names(self) -> list[str]:
        """The names of the events told for this clinic, without the service's."""
        return [
            envelope.name.partition(".")[2]
            for envelope in self.lab.told(NAME)
            if envelope.clinic_id == self.clinic_id
        ]

    def told(self, name: str) -> list[Any]:
        """The events of one name told for this clinic."""
        return [
            envelope.event()
            for envelope in self.lab.told(NAME)
            if envelope.clinic_id == self.clinic_id
            and envelope.name == f"{NAME}.{name}"
        ]


class Patient:
    """A patient on the way through a session."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.id = uuid7()
        self.episode_id = uuid7()
        self.appointment_id = uuid7()
        self.consents = {kind: uuid7() for kind in ("treatment", "offlabel")}
        self.order_id = ""
        self.session_id = ""
        day.tell(
            PatientRegistered(
                patient_id=self.id,
                episode_id=self.episode_id,
                time_zone="UTC",
                channel="email",
            )
        )

    def facts(self) -> list[Event]:
        """What intake and scheduling tell of a patient who is ready."""
        who = {"patient_id": self.id, "episode_id": self.episode_id}
        until = self.day.lab.clock() + timedelta(days=60)
        return [
            PatientEligible(**who, rule_pack="kap-base-2026.1", valid_until=until),
            *(
                ConsentSigned(
                    **who,
                    consent_id=consent_id,
                    consent_type=kind,
                    document_version=f"{kind}-2026.1",
                    valid_until=until,
                )
                for kind, consent_id in self.consents.items()
            ),
            ClearanceGranted(**who, clearance_id=uuid7(), valid_until=until),
            *(
                MeasureRecorded(
                    **who,
                    response_id=uuid7(),
                    instrument=instrument,
                    context="pre_dose",
                    alert=False,
                )
                for instrument in ("phq9", "gad7", "cssrs")
            ),
            EscortConfirmed(appointment_id=self.appointment_id, patient_id=self.id),
        ]

    def book(self, kind: str = "dosing", *, appointment_id: UUID | None = None) -> UUID:
        """An appointment; the dosing one, unless something else is said."""
        own = appointment_id or (self.appointment_id if kind == "dosing" else uuid7())
        now = self.day.lab.clock()
        self.day.tell(
            AppointmentBooked(
                appointment_id=own,
                patient_id=self.id,
                episode_id=self.episode_id,
                appointment_type=kind,
                starts_at=now,
                ends_at=now + timedelta(hours=3),
                resource_ids=(),
            )
        )
        return own

    def arrive(self, appointment_id: UUID | None = None) -> None:
        """The patient is here."""
        self.day.tell(
            PatientArrived(
                appointment_id=appointment_id or self.appointment_id,
                patient_id=self.id,
                episode_id=self.episode_id,
                room_id=uuid7(),
                escort_present=True,
            )
        )

    def weigh(self, weight_kg: float = 80.0) -> Any:
        """The monitor weighs the patient."""
        path = f"/patients/{self.id}/weights"
        return self.day.monitor.post(NAME, path, weight_kg=weight_kg)

    def order(self, **said: Any) -> Any:
        """The prescriber orders a usual IM dose, unless something else is said."""
        made = self.day.prescriber.post(NAME, "/orders", **self.order_body(**said))
        self.order_id = made["id"]
        return made

    def order_body(self, **said: Any) -> dict[str, Any]:
        """The body of an order."""
        usual = {
            "drug": "racemic_ketamine",
            "route": "im",
            "dose_mg": 60,
            "max_doses": 6,
        }
        return {"patient_id": self.id, **usual, **said}

    def prepare(self) -> Any:
        """The therapist prepares the patient."""
        return self.day.therapist.post(
            NAME,
            "/preparations",
            patient_id=self.id,
            appointment_id=self.book("preparation"),
        )

    def here(self, *, prepared: bool = True, **order: Any) -> "Patient":
        """Weighed, ordered, prepared, booked and arrived."""
        self.weigh()
        self.order(**order)
        if prepared:
            self.prepare()
        self.book()
        self.arrive()
        return self

    def open(self) -> "Patient":
        """The record is open."""
        made = self.day.monitor.post(
            NAME,
            "/sessions",
            appointment_id=self.appointment_id,
            identifiers_checked=["name", "birth_date"],
        )
        self.session_id = made["id"]
        return self

    @property
    def path(self) -> str:
        """The session's path."""
        return f"/sessions/{self.session_id}"

    @property
    def chart(self) -> Any:
        """The session's chart."""
        return self.day.prescriber.get(NAME, self.path)

    def vitals(self, **measured: Any) -> Any:
        """Calm vital signs, unless something else is said."""
        said = {**CALM, **measured}
        return self.day.monitor.post(NAME, f"{self.path}/vitals", **said)

    def precheck(self, **said: Any) -> Any:
        """The checks before a dose."""
        body = {**ANSWERS, **said}
        return self.day.monitor.post(NAME, f"{self.path}/precheck", **body)

    def authorise(self, **said: Any) -> Any:
        """The prescriber, who is here, authorises."""
        body = {"prescriber_on_site": True, **said}
        return self.day.prescriber.post(NAME, f"{self.path}/authorise", **body)

    def give(self, given_mg: float = 50, **said: Any) -> Any:
        """The monitor gives a dose out of a full syringe, nothing wasted."""
        body = {"drawn_mg": given_mg, "wasted_mg": 0, "lot": "fict-1", **said}
        path = f"{self.path}/doses"
        return self.day.monitor.post(NAME, path, given_mg=given_mg, **body)

    def refused(self, what: str, by: Caller | None = None, **body: Any) -> Any:
        """The problem of a step of the session that must be refused."""
        return (by or self.day.prescriber).refused(NAME, f"{self.path}/{what}", **body)

    def discharge(self, **said: Any) -> Any:
        """The monitor discharges."""
        body = {**CHECKLIST, **said}
        return self.day.monitor.post(NAME, f"{self.path}/discharge", **body)

    def recover(self) -> "Patient":
        """Long enough after the dose, calm, and fit to leave."""
        clock = self.day.lab.clock
        self.day.therapist.post(NAME, f"{self.path}/phase", phase="recovery")
        clock.advance(minutes=110)
        self.vitals()
        clock.advance(minutes=15)
        self.vitals()
        return self

    def dosed(self, **order: Any) -> "Patient":
        """From the door to the first dose."""
        self.here(**order).open()
        self.vitals()
        self.precheck()
        self.authorise()
        self.give()
        return self


def _is_one_of(event: Event, named: Iterable[type[Event] | str]) -> bool:
    """Whether an event is of a kind, a consent's or an instrument's, that is named."""
    about = {getattr(event, name, None) for name in ("consent_type", "instrument")}
    return any(one is type(event) or one in about for one in named)


def checked(day: Day, **order: Any) -> Patient:
    """A patient whose checks said go."""
    patient = day.patient().here(**order).open()
    patient.vitals()
    patient.precheck()
    return patient


def authorised(day: Day, **order: Any) -> Patient:
    """A patient whose dose is authorised."""
    patient = checked(day, **order)
    patient.authorise()
    return patient


def refused(patient: Patient, what: str, **body: Any) -> tuple[int, str]:
    """Status and code of a step of a session that must be refused."""
    problem = patient.refused(what, **body)
    return problem["status"], problem["code"]


def dose_body(given_mg: float = 50, **said: Any) -> dict[str, Any]:
    """A dose, nothing wasted."""
    usual = {"drawn_mg": given_mg, "wasted_mg": 0, "lot": "fict-1"}
    return {"given_mg": given_mg, **usual, **said}


def dosed_at(patient: Patient) -> datetime:
    """When the first dose was given."""
    return datetime.fromisoformat(patient.chart["first_dose_at"])
