"""Orders, the session, the dose, discharge."""

from typing import Any
from uuid import uuid4

from cli.api_client import RefusedError
from cli.demo.steps.cast import Clinic, Patient
from cli.demo.steps.intake import answer_cssrs
from cli.demo.steps.ledger import container_for, witness_code
from cli.demo.steps.scheduling import arrive

CALM = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_bpm": 68,
    "spo2_percent": 98,
    "respiratory_rate_bpm": 14,
    "moaas": 5,
}
ALDRETE = ("activity", "breathing", "circulation", "consciousness", "oxygen")
DEVICE_MG = 28.0
"""One device of the spray; a dose of several is given one by one."""


def clear_and_order(
    clinic: Clinic, patient: Patient, *, route: str = "im", dose_mg: float = 60.0
) -> None:
    """The prescriber clears the patient and orders doses; the monitor weighs."""
    clinic.prescriber.post(
        "intake",
        f"/episodes/{patient.episode_id}/clearances",
        vitals={"systolic_mmhg": 122, "diastolic_mmhg": 78, "weight_kg": 74.5},
    )
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
    """The prescriber, who is on site, authorises the dose."""
    return clinic.prescriber.post(
        "sessions",
        f"/sessions/{patient.session_id}/authorise",
        **{"prescriber_on_site": True, **more},
    )


def give(clinic: Clinic, patient: Patient, *, dose_mg: float = 60.0) -> Any:
    """The monitor gives the dose, a witness seeing the rest wasted.

    It comes out of a container of the clinic's, if it keeps its ledger here.
    """
    path = f"/sessions/{patient.session_id}"
    route = clinic.monitor.get("sessions", path)["route"]
    # A spray is used up; of everything else a little is left over.
    wasted_mg = 0.0 if route == "esketamine_nasal" else 10.0
    amounts = {
        "given_mg": dose_mg,
        "drawn_mg": dose_mg + wasted_mg,
        "wasted_mg": wasted_mg,
    }
    if not clinic.stock:
        by_hand = {"lot": "fict-0426", "witness_id": str(uuid4())}
        return clinic.monitor.post("sessions", f"{path}/doses", **amounts, **by_hand)
    drawn = {
        "container_id": container_for(clinic, patient, route),
        "drawn_mg": amounts["drawn_mg"],
    }
    with clinic.witness:
        return clinic.monitor.post(
            "sessions",
            f"{path}/doses",
            **amounts,
            draws=[drawn],
            witness_code=witness_code(clinic) if wasted_mg else None,
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
        dissociation_settled=True,
        mood_safe=True,
        instructions_given=True,
        next_contact_booked=True,
        line_removed=True,
        aldrete=dict.fromkeys(ALDRETE, 2),
        escort_present=True,
        escort_name="Fictional Escort",
        override_reason="time is compressed in this demonstration",
    )
    clinic.prescriber.post("sessions", f"/sessions/{patient.session_id}/sign")
