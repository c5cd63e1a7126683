"""What staff do, one HTTP request each: the words journeys are written in.

The same words play the demo against a deployment and tell the stories of the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import uuid4

from cli.api_client import RefusedError

CALM = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_bpm": 68,
    "spo2_percent": 98,
    "respiratory_rate_bpm": 14,
    "moaas": 5,
}
PHQ9_ITEMS = tuple(f"q{number}" for number in range(1, 10))
GAD7_ITEMS = tuple(f"q{number}" for number in range(1, 8))


class Caller(Protocol):
    """Somebody with a token."""

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a read answers."""

    def post(self, service: str, path: str, /, **body: Any) -> Any:
        """What a change answers."""


@dataclass(kw_only=True)
class Clinic:
    """A clinic with its people, rooms and the time it is there."""

    id: str
    name: str
    time_zone: str
    desk: Caller
    therapist: Caller
    prescriber: Caller
    monitor: Caller
    admin: Caller
    rooms: list[str] = field(default_factory=list)
    therapists: list[str] = field(default_factory=list)
    monitors: list[str] = field(default_factory=list)
    until: Callable[[Callable[[], bool], str], None]
    now: Callable[[], datetime]


@dataclass(kw_only=True)
class Patient:
    """A patient on the way, and the ids of what has been made for them."""

    id: str
    episode_id: str
    slot: int = 0
    earlier: timedelta = timedelta()
    appointment_id: str = ""
    session_id: str = ""
    integration_id: str = ""


class NotRefusedError(AssertionError):
    """The platform accepted what it must refuse."""


def refused(code: str, call: Callable[[], Any]) -> RefusedError:
    """The refusal of a request that must be refused with this code.

    Raises:
        NotRefusedError: it is accepted, or refused for another reason.
    """
    try:
        call()
    except RefusedError as error:
        if error.code == code:
            return error
        raise NotRefusedError(f"{code} expected, {error.code} told") from error
    raise NotRefusedError(f"{code} expected, but it was accepted")


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


def register(
    clinic: Clinic, *, given_name: str, family_name: str, birth_date: str, slot: int
) -> Patient:
    """The front desk registers a patient."""
    made = clinic.desk.post(
        "intake",
        "/patients",
        given_name=given_name,
        family_name=family_name,
        birth_date=birth_date,
        email=f"{given_name}.{family_name}@patients.example".lower().replace(" ", "-"),
        channel="email",
    )
    return Patient(id=made["id"], episode_id=made["episode_id"], slot=slot)


def answer_phq9(clinic: Clinic, patient: Patient, *, item9: int = 0) -> Any:
    """PHQ-9 at intake."""
    answers = dict.fromkeys(PHQ9_ITEMS[:-1], 2) | {PHQ9_ITEMS[-1]: item9}
    return _measure(clinic, patient, "phq9", answers, "intake")


def answer_gad7(clinic: Clinic, patient: Patient) -> Any:
    """GAD-7 at intake."""
    answers = dict.fromkeys(GAD7_ITEMS, 1)
    return _measure(clinic, patient, "gad7", answers, "intake")


def answer_cssrs(
    clinic: Clinic, patient: Patient, *, context: str = "intake", recent: int = 0
) -> Any:
    """The suicide risk screener; `recent` is behaviour within three months."""
    answers = {"q1": 0, "q2": 0, "q6_lifetime": recent, "q6_recent": recent}
    return _measure(clinic, patient, "cssrs", answers, context)


def _measure(
    clinic: Clinic, patient: Patient, instrument: str, answers: Any, context: str
) -> Any:
    return clinic.therapist.post(
        "intake",
        f"/episodes/{patient.episode_id}/measures",
        instrument=instrument,
        context=context,
        answers=answers,
    )


def answer_safety_screen(clinic: Clinic, patient: Patient, **said: Any) -> None:
    """Every question the rule pack asks; "no" unless something else is said."""
    from shared.rulepack import load_pack

    rules = load_pack().eligibility
    answers: dict[str, Any] = dict.fromkeys(rules.yes_no_facts, False)
    answers |= {"age_years": 41, "systolic_mmhg": 124, "diastolic_mmhg": 80}
    answers |= {name: answers.get(name, 0) for name in rules.number_facts}
    answers |= said
    clinic.therapist.post(
        "intake", f"/episodes/{patient.episode_id}/safety-screen", answers=answers
    )


def screen(clinic: Clinic, patient: Patient, **said: Any) -> None:
    """All that the intake screening asks for."""
    answer_phq9(clinic, patient)
    answer_gad7(clinic, patient)
    answer_cssrs(clinic, patient)
    answer_safety_screen(clinic, patient, **said)


def decide(clinic: Clinic, patient: Patient, decision: str, **more: Any) -> Any:
    """The prescriber decides, and signs."""
    return clinic.prescriber.post(
        "intake",
        f"/episodes/{patient.episode_id}/decision",
        decision=decision,
        **more,
    )


def consent(clinic: Clinic, patient: Patient) -> dict[str, str]:
    """The patient signs what a treatment needs, before a witness; ids by type."""
    signed = {}
    for kind in ("treatment", "offlabel", "privacy"):
        made = clinic.therapist.post(
            "intake",
            f"/episodes/{patient.episode_id}/consents",
            consent_type=kind,
            document_version=f"{kind}-2026.1",
            witness_id=str(uuid4()),
        )
        signed[kind] = made["id"]
    return signed


def clear_and_order(
    clinic: Clinic, patient: Patient, *, route: str = "im", dose_mg: float = 60.0
) -> None:
    """The prescriber clears the patient and orders doses; the monitor weighs."""
    clinic.prescriber.post("intake", f"/episodes/{patient.episode_id}/clearances")
    clinic.until(
        lambda: knows(clinic, "sessions", patient), "sessions knows the patient"
    )
    clinic.monitor.post("sessions", f"/patients/{patient.id}/weights", weight_kg=74.5)
    drug = "esketamine" if route.startswith("esketamine") else "racemic_ketamine"
    clinic.prescriber.post(
        "sessions",
        "/orders",
        patient_id=patient.id,
        drug=drug,
        route=route,
        dose_mg=dose_mg,
        max_doses=6,
    )


def knows(clinic: Clinic, service: str, patient: Patient) -> bool:
    """Whether a service has heard of a patient."""
    facts = clinic.desk.get(service, f"/patients/{patient.id}/readiness")["facts"]
    return any(fact["holds"] and fact["fact"] == "eligibility" for fact in facts)


def wait_for_facts_of_the_day(clinic: Clinic, patient: Patient) -> None:
    """Wait until sessions has heard all that counts at arrival, the escort too."""

    def heard() -> bool:
        answer = clinic.desk.get(
            "sessions",
            f"/patients/{patient.id}/readiness",
            gate="arrival",
            appointment_id=patient.appointment_id,
        )
        ready: bool = answer["ready"]
        return ready

    clinic.until(heard, "sessions has the facts of the day")


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
    made = book(clinic, patient, "preparation", starts_at=starts_at, minutes=40)

    def heard() -> bool:
        try:
            clinic.therapist.post(
                "sessions",
                "/preparations",
                patient_id=patient.id,
                appointment_id=made["id"],
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


def open_session(clinic: Clinic, patient: Patient) -> None:
    """The monitor opens the treatment record, and the safety screen is done anew."""
    answer_cssrs(clinic, patient, context="pre_dose")

    def opened() -> bool:
        try:
            made = clinic.monitor.post(
                "sessions",
                "/sessions",
                appointment_id=patient.appointment_id,
                identifiers_checked=["name", "birth_date"],
            )
        except RefusedError as error:
            if error.code in ("patient_not_arrived", "not_found"):
                return False
            raise
        patient.session_id = made["id"]
        return True

    clinic.until(opened, "sessions has heard of the arrival")


def take_vitals(clinic: Clinic, patient: Patient, **measured: Any) -> Any:
    """The monitor takes vital signs; calm ones unless something else is said."""
    return clinic.monitor.post(
        "sessions",
        f"/sessions/{patient.session_id}/vitals",
        **{**CALM, **measured},
    )


def precheck(clinic: Clinic, patient: Patient, **said: Any) -> Any:
    """The monitor asks what is asked before a dose."""
    answers = {
        "fasting": True,
        "pregnancy_excluded": True,
        "medication_changed": False,
        "sedative_taken": False,
    }
    return clinic.monitor.post(
        "sessions", f"/sessions/{patient.session_id}/precheck", **{**answers, **said}
    )


def authorise(clinic: Clinic, patient: Patient, **more: Any) -> Any:
    """The prescriber authorises the dose."""
    return clinic.prescriber.post(
        "sessions", f"/sessions/{patient.session_id}/authorise", **more
    )


def give(clinic: Clinic, patient: Patient, *, dose_mg: float = 60.0) -> Any:
    """The monitor gives the dose, a witness seeing the rest wasted."""
    return clinic.monitor.post(
        "sessions",
        f"/sessions/{patient.session_id}/doses",
        given_mg=dose_mg,
        drawn_mg=dose_mg + 10.0,
        wasted_mg=10.0,
        lot="fict-0426",
        witness_id=str(uuid4()),
    )


def dose(clinic: Clinic, patient: Patient, *, dose_mg: float = 60.0) -> None:
    """From arrival to the dose, when nothing is wrong."""
    arrive(clinic, patient)
    open_session(clinic, patient)
    take_vitals(clinic, patient)
    wait_for_facts_of_the_day(clinic, patient)
    precheck(clinic, patient)
    authorise(clinic, patient)
    give(clinic, patient, dose_mg=dose_mg)


def recover_and_leave(clinic: Clinic, patient: Patient) -> None:
    """Recovery, discharge and signature.

    The demo's hours pass in seconds, so the prescriber overrides the minimum stay.
    """
    take_vitals(clinic, patient, systolic_mmhg=134, diastolic_mmhg=84, moaas=4)
    take_vitals(clinic, patient, systolic_mmhg=128, diastolic_mmhg=80)
    clinic.therapist.post(
        "sessions", f"/sessions/{patient.session_id}/phase", phase="recovery"
    )
    take_vitals(clinic, patient)
    clinic.prescriber.post(
        "sessions",
        f"/sessions/{patient.session_id}/discharge",
        oriented=True,
        walks_unaided=True,
        nausea_tolerable=True,
        instructions_given=True,
        escort_present=True,
        override_reason="time is compressed in this demonstration",
    )
    clinic.prescriber.post("sessions", f"/sessions/{patient.session_id}/sign")


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
