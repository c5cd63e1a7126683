"""Plays the day: three clinics, every patient on their own thread of time."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from cli.api_client import Caller, Deployment, RefusedError
from cli.demo import steps
from cli.demo.days import DAYS, Journey
from cli.demo.names import CLINICS, person
from cli.demo.steps import Clinic, Patient

ROOMS = 5
AT_ONCE = 6
PATIENCE_SECONDS = 45.0
ALERT_RESPONSE_SECONDS = 2
STEPS = 319
"""How many steps a day has when all goes well."""


@dataclass(kw_only=True)
class Played:
    """What became of one patient's journey."""

    clinic: str
    journey: str
    steps: list[str] = field(default_factory=list)
    failure: str = ""
    is_patient: bool = True
    seconds: float = 0.0


def open_clinics(deployment: Deployment, suffix: str) -> list[Clinic]:
    """Three clinics join the network, with people and rooms."""
    network = deployment.development_caller("network_admin")
    clinics: list[Clinic] = []
    for name, zone in CLINICS:
        made = network.post(
            "scheduling",
            "/clinics",
            name=f"{name}{suffix}",
            time_zone=zone,
            alert_response_seconds=ALERT_RESPONSE_SECONDS,
        )
        clinic = staffed(deployment, made, clinics)
        steps.add_people_and_rooms(clinic, ROOMS)
        admin = deployment.development_caller("clinic_admin", clinic_id=clinic.id)
        steps.add_prescriber(admin, clinic.now().date())
        clinics.append(clinic)
    return clinics


def staffed(
    deployment: Deployment, made: dict[str, str], network: Sequence[Clinic] = ()
) -> Clinic:
    """A clinic with somebody to call for each role; `network` are all clinics."""

    def caller(role: str) -> Caller:
        return deployment.development_caller(role, clinic_id=made["id"])

    return Clinic(
        id=made["id"],
        name=made["name"],
        time_zone=made["time_zone"],
        desk=caller("front_desk"),
        therapist=caller("therapist"),
        prescriber=caller("prescriber"),
        lead=caller("medical_lead"),
        monitor=caller("monitor"),
        admin=caller("clinic_admin"),
        by_link=lambda code: deployment.caller_by_link(made["id"], code),
        neighbour=lambda: next(one for one in network if one.id != made["id"]),
        until=until,
        now=lambda: datetime.now(UTC),
    )


def until(is_so: Callable[[], bool], what: str) -> None:
    """Ask again and again, as a person would who reloads a page.

    Raises:
        AssertionError: it does not become so.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    pause = 0.02
    while not is_so():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain until {what}")
        time.sleep(pause)
        pause = min(0.5, pause * 1.5)


def play_day(clinics: list[Clinic], on_step: Callable[[], None]) -> list[Played]:
    """Every journey of the day, several at once; one that fails stops no other."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        # The first patients of all clinics come first, as they would.
        futures = [
            pool.submit(_play, clinic, number, slot, day[slot], on_step)
            for slot in range(max(map(len, DAYS)))
            for number, (clinic, day) in enumerate(zip(clinics, DAYS, strict=True))
            if slot < len(day)
        ]
        return [future.result() for future in futures]


def close_day(clinics: list[Clinic], on_step: Callable[[], None]) -> list[Played]:
    """The cabinets are counted; in the first clinic something is missing at first."""
    played = []
    for number, clinic in enumerate(clinics):
        one = Played(clinic=clinic.name, journey="cabinet counted", is_patient=False)
        try:
            if number == 0:
                steps.find_what_is_missing(clinic)
                one.steps.append("a variance: case opened, counted anew, closed")
                on_step()
            steps.close_day(clinic)
            one.steps.append("closing count adds up, ledger whole")
            on_step()
        except (AssertionError, RefusedError, httpx.HTTPError) as error:
            one.failure = f"{type(error).__name__}: {error}"
        played.append(one)
    return played


def _play(
    clinic: Clinic,
    number: int,
    slot: int,
    journey: Journey,
    on_step: Callable[[], None],
) -> Played:
    played = Played(clinic=clinic.name, journey=journey.name)
    began = time.monotonic()

    def note(step: str) -> None:
        played.steps.append(step)
        on_step()

    try:
        patient: Patient = registered(clinic, number, slot)
        note("registered")
        journey.play(clinic, patient, note)
    except (AssertionError, RefusedError, httpx.HTTPError) as error:
        played.failure = f"{type(error).__name__}: {error}"
    played.seconds = time.monotonic() - began
    return played


def registered(clinic: Clinic, number: int, slot: int) -> Patient:
    """Registered as soon as intake has heard of the clinic."""
    patients: list[Patient] = []

    def done() -> bool:
        try:
            patients.append(steps.register(clinic, **person(number, slot), slot=slot))
        except RefusedError as error:
            if error.status != httpx.codes.NOT_FOUND:
                raise
            return False
        return True

    clinic.until(done, "intake has heard of the clinic")
    return patients[0]
