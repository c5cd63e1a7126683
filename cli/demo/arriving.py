"""Journeys about who a patient is, and what patients do themselves."""

from base64 import b64encode
from collections.abc import Callable

from cli.demo import steps
from cli.demo.deciding import demand_stage
from cli.demo.steps import Clinic, Patient, refused

Note = Callable[[str], None]

ECG = b"%PDF-1.7\nA fictional electrocardiogram.\n%%EOF"


def by_link(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A patient fills in forms and signs at home; what was signed is witnessed."""
    path = f"/patients/{patient.id}"
    own = clinic.by_link(clinic.desk.post("intake", f"{path}/links")["code"])
    forms = {
        "phq9": dict.fromkeys(steps.PHQ9_ITEMS, 1) | {"q9": 0},
        "gad7": dict.fromkeys(steps.GAD7_ITEMS, 1),
        "cssrs": {"q1": 0, "q2": 0, "q6_lifetime": 0},
    }
    for code, answers in forms.items():
        own.post("intake", f"{path}/forms/{code}", answers=answers)
    note("forms sent from home")
    steps.answer_safety_screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    note("eligible")
    body = steps.signature("treatment", patient)
    words = {"witness_name": body.pop("witness_name")}
    signed = own.post("intake", f"{path}/consents", **body)
    note("signed at home")
    ecg = clinic.desk.post(
        "intake",
        f"{path}/files",
        kind="ecg",
        name="ecg.pdf",
        media_type="application/pdf",
        content=b64encode(ECG).decode(),
    )
    clinic.prescriber.post(
        "intake", f"/episodes/{patient.episode_id}/clearances", file_ids=[ecg["id"]]
    )
    demand_stage(clinic, patient, "onboarding")
    note("cleared on an ECG")
    where = f"/consents/{signed['id']}/witness"
    clinic.therapist.post("intake", where, **words)
    refused(
        "already_witnessed", lambda: clinic.therapist.post("intake", where, **words)
    )
    demand_stage(clinic, patient, "ready_to_start")
    note("witnessed, ready to start")


def registered_twice(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Somebody registers a second time: the records are made one."""
    path = f"/patients/{patient.id}"
    person = clinic.therapist.get("intake", path)
    again = clinic.desk.post(
        "intake",
        "/patients",
        given_name=person["given_name"],
        family_name=person["family_name"],
        birth_date=person["birth_date"],
        email=person["email"],
    )
    if patient.id not in again["possible_duplicates"]:
        raise AssertionError("a second registration was not noticed")
    note("registered again")
    clinic.desk.post("intake", f"{path}/duplicates/{again['id']}/merge")
    shown = clinic.therapist.get("intake", path)
    if shown["merged"] != [again["id"]] or len(shown["episodes"]) != 2:
        raise AssertionError("two records were not made one")
    note("made one")
    refused(
        "already_merged",
        lambda: clinic.desk.post(
            "intake", f"/patients/{again['id']}/identity", given_name="Other"
        ),
    )
    note("closed record refused")


def handed_on(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A patient moves: the other clinic has all that may be shared."""
    steps.answer_phq9(clinic, patient)
    other = clinic.neighbour()
    path = f"/episodes/{patient.episode_id}"
    refused(
        "sharing_not_consented",
        lambda: clinic.prescriber.post(
            "intake", f"{path}/transfer", to_clinic_id=other.id
        ),
    )
    note("refused without consent")
    clinic.therapist.post(
        "intake", f"{path}/consents", **steps.signature("sharing", patient)
    )
    sent = clinic.prescriber.post("intake", f"{path}/transfer", to_clinic_id=other.id)
    note("handed on")

    def has_arrived() -> bool:
        listed = clinic.prescriber.get("intake", "/transfers")["items"]
        return any(one["id"] == sent["id"] and one["received_at"] for one in listed)

    clinic.until(has_arrived, "the other clinic has the patient")
    names = [
        f"{one['given_name']} {one['family_name']}"
        for one in other.desk.get("intake", "/patients")["items"]
    ]
    if patient.name not in names:
        raise AssertionError("the other clinic does not have the patient")
    note("received elsewhere")
