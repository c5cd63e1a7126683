"""A clinic and its patients on the way to a busy day, told through the services' APIs.

Monday morning they are admitted and prepared; Wednesday is the day on the board.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from services.console.app import service as console
from services.intake.app import service as intake
from services.notifications.app import service as notifications
from services.scheduling.app import service as scheduling
from services.sessions.app import service as sessions
from shared.access import Role
from shared.rulepack import load_pack
from shared.service import Service
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.intake.clinic_lab import consent

SERVICES: Sequence[Service] = (intake, scheduling, sessions, notifications, console)

CALM = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_bpm": 68,
    "spo2_percent": 98,
    "respiratory_rate_bpm": 14,
    "moaas": 5,
}
PHQ9 = [f"q{n}" for n in range(1, 10)]
GAD7 = [f"q{n}" for n in range(1, 8)]
CSSRS = ("q1", "q2", "q6_lifetime")


@dataclass(kw_only=True)
class Person:
    """A patient of the story."""

    id: str
    episode_id: str
    name: str


@dataclass(kw_only=True)
class ClinicDay:
    """The clinic, who works there, and what they do."""

    lab: Lab
    clinic_id: str
    staff: Mapping[Role, Caller]
    rooms: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, lab: Lab, name: str = "Lakeside") -> "ClinicDay":
        """A clinic with three rooms and four people."""
        network = lab.caller(Role.NETWORK_ADMIN)
        clinic = network.post(
            "scheduling", "/clinics", name=name, time_zone="America/Chicago"
        )
        roles = (
            Role.FRONT_DESK,
            Role.THERAPIST,
            Role.PRESCRIBER,
            Role.MONITOR,
            Role.CLINIC_ADMIN,
        )
        staff = {role: lab.caller(role, clinic_id=clinic["id"]) for role in roles}
        day = cls(lab=lab, clinic_id=clinic["id"], staff=staff)
        for room in ("River room", "Garden room", "Quiet room"):
            day.rooms[room] = day._resource("room", room)
        for person in ("therapist", "monitor"):
            for name in ("North", "South"):
                key = f"{person} {name}"
                day.people[key] = day._resource(person, key.capitalize())
        lab.settle()
        return day

    def _resource(self, kind: str, name: str) -> str:
        added: str = self.staff[Role.CLINIC_ADMIN].post(
            "scheduling", "/resources", kind=kind, name=name
        )["id"]
        return added

    def register(
        self, given: str, family: str, birth_date: str = "1988-05-14"
    ) -> Person:
        """Somebody becomes a patient."""
        row = self.staff[Role.FRONT_DESK].post(
            "intake",
            "/patients",
            given_name=given,
            family_name=family,
            birth_date=birth_date,
            email="somebody@patients.example",
        )
        self.lab.settle()
        return Person(
            id=row["id"], episode_id=row["episode_id"], name=f"{given} {family}"
        )

    def measure(self, person: Person, *, context: str, each: int = 1) -> None:
        """The questionnaires are answered, with the same number everywhere."""
        at_home = dict.fromkeys(PHQ9[:-1], each) | {"q9": 0}
        for instrument, answers in (
            ("phq9", at_home),
            ("gad7", dict.fromkeys(GAD7, each)),
            ("cssrs", dict.fromkeys(CSSRS, 0)),
        ):
            self.staff[Role.THERAPIST].post(
                "intake",
                f"/episodes/{person.episode_id}/measures",
                instrument=instrument,
                context=context,
                answers=answers,
            )

    def screen(self, person: Person, **answers: object) -> None:
        """The safety screen is answered: nothing speaks against treatment."""
        said: dict[str, Any] = {}
        for fact in load_pack().eligibility.facts:
            said[fact] = False
        said |= {"systolic_mmhg": 124, "diastolic_mmhg": 80, "age_years": 37, **answers}
        self.staff[Role.THERAPIST].post(
            "intake", f"/episodes/{person.episode_id}/safety-screen", answers=said
        )

    def admit(self, person: Person, *, consents: Sequence[str] = ()) -> None:
        """Everything a dose rests on, up to the preparation."""
        prescriber = self.staff[Role.PRESCRIBER]
        episode = f"/episodes/{person.episode_id}"
        self.measure(person, context="intake", each=2)
        self.screen(person)
        self.lab.settle()
        prescriber.post("intake", f"{episode}/decision", decision="eligible")
        for kind in consents or ("treatment", "offlabel"):
            path = f"{episode}/consents"
            self.staff[Role.THERAPIST].post("intake", path, **consent(kind))
        prescriber.post("intake", f"{episode}/clearances")
        self.lab.settle()
        prescriber.post("sessions", f"/patients/{person.id}/weights", weight_kg=70)
        prescriber.post(
            "sessions",
            "/orders",
            patient_id=person.id,
            drug="racemic_ketamine",
            route="im",
            dose_mg=50,
            max_doses=3,
        )
        self.lab.settle()

    def book(
        self, person: Person, kind: str, at: datetime, room: str, whom: str = "North"
    ) -> str:
        """A time for a patient."""
        more = {"monitor_id": self.people[f"monitor {whom}"]}
        appointment: str = self.staff[Role.FRONT_DESK].post(
            "scheduling",
            "/appointments",
            patient_id=person.id,
            type=kind,
            starts_at=at,
            room_id=self.rooms[room],
            therapist_id=self.people[f"therapist {whom}"],
            **(more if kind == "dosing" else {}),
        )["id"]
        self.lab.settle()
        return appointment

    def prepare(self, person: Person, room: str, whom: str = "North") -> None:
        """The preparation takes place now."""
        appointment = self.book(person, "preparation", self.lab.clock(), room, whom)
        self.arrive(appointment)
        self.staff[Role.THERAPIST].post(
            "sessions",
            "/preparations",
            patient_id=person.id,
            appointment_id=appointment,
        )
        self.lab.settle()

    def arrive(self, appointment: str, *, escort: bool = True) -> None:
        """A patient is here."""
        self.staff[Role.FRONT_DESK].post(
            "scheduling",
            f"/appointments/{appointment}/arrive",
            escort_present=escort,
        )
        self.lab.settle()

    def open_session(self, person: Person, appointment: str) -> str:
        """Questionnaires, identity, vital signs and the checks: a session is open."""
        self.measure(person, context="pre_dose", each=1)
        self.lab.settle()
        monitor = self.staff[Role.MONITOR]
        session: str = monitor.post(
            "sessions",
            "/sessions",
            appointment_id=appointment,
            identifiers_checked=["name", "birth_date"],
        )["id"]
        self.vitals(session)
        monitor.post(
            "sessions",
            f"/sessions/{session}/precheck",
            fasting=True,
            pregnancy_excluded=True,
            medication_changed=False,
            sedative_taken=False,
        )
        self.lab.settle()
        return session

    def dose(self, session: str) -> None:
        """A dose is authorised and given."""
        own = f"/sessions/{session}"
        self.staff[Role.PRESCRIBER].post("sessions", f"{own}/authorise")
        self.staff[Role.MONITOR].post(
            "sessions",
            f"{own}/doses",
            given_mg=50,
            drawn_mg=50,
            wasted_mg=0,
            lot="KX-204",
        )
        self.lab.settle()

    def vitals(self, session: str, **values: float) -> None:
        """Vital signs are taken now; calm ones, but for those that are said."""
        self.staff[Role.MONITOR].post(
            "sessions", f"/sessions/{session}/vitals", **{**CALM, **values}
        )
        self.lab.settle()

    def wait(self, **time: float) -> None:
        """Time goes by."""
        self.lab.clock.advance(**time)
        self.lab.settle()


@contextmanager
def laboratory(folder: Path, **settings: Any) -> Iterator[Lab]:
    """Every service, with the console in front and tokens for whoever asks."""
    lab = Lab(
        SERVICES,
        folder,
        front="console",
        **{"development_issuer": True, **settings},
    )
    try:
        yield lab
    finally:
        lab.close()
