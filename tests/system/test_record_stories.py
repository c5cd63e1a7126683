"""What is written of a session, through all services: notes and adverse events."""

from typing import Any

from cli.demo import steps
from cli.demo.steps import Clinic, Patient, refused
from tests.system.conftest import World

ADMINISTRATION: dict[str, Any] = {
    "state_before": "Calm.",
    "site": "left_thigh",
    "tolerated": "well",
}

EXPERIENCE: dict[str, Any] = {
    "setting": "Music, eyeshades.",
    "course": "Quiet at first.",
    "distress": "mild",
    "touch_used": False,
}


def dosed(world: World) -> Patient:
    """A patient who had a dose."""
    clinic, patient = world.clinic, world.patient()
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    steps.consent(clinic, patient)
    steps.clear_and_order(clinic, patient)
    steps.prepare(clinic, patient)
    steps.book_dose(clinic, patient)
    steps.dose(clinic, patient)
    return patient


def tasks(clinic: Clinic, kind: str, status: str = "open") -> list[dict[str, Any]]:
    """The worklist's tasks of a kind."""
    found = clinic.admin.get("notifications", "/tasks", status=status)["items"]
    return [task for task in found if task["kind"] == kind]


def is_held(clinic: Clinic, service: str, patient: Patient) -> bool:
    """Whether a service knows of an open hold."""
    facts = clinic.desk.get(service, f"/patients/{patient.id}/readiness")["facts"]
    return any(one["fact"] == "no.open.hold" and not one["holds"] for one in facts)


def test_a_grave_adverse_event_blocks_the_next_dose_until_it_is_reviewed(
    world: World,
) -> None:
    patient, clinic = dosed(world), world.clinic
    red = {"systolic_mmhg": 186, "diastolic_mmhg": 112}
    alert_id = steps.take_vitals(clinic, patient, **red)["alert_id"]
    steps.take_vitals(clinic, patient, **red)
    clinic.prescriber.post("sessions", f"/alerts/{alert_id}/acknowledge")
    world.lab.settle()
    (draft,) = tasks(clinic, "adverse_event_draft")
    steps.take_vitals(clinic, patient)

    clinic.monitor.post(
        "sessions",
        f"/adverse-events/{draft['source_id']}/confirm",
        term="hypertension",
        grade=3,
        onset_at=clinic.now().isoformat(),
        relatedness="probable",
        action="none",
        outcome="recovering",
        reporter="clinician",
    )
    refused("not_ready", lambda: steps.authorise(clinic, patient))
    world.lab.settle()
    asked = [
        one["role"]
        for kind in ("adverse_event_review", "adverse_event_news")
        for one in tasks(clinic, kind)
    ]
    known = {
        name: is_held(clinic, name, patient) for name in ("scheduling", "sessions")
    }
    steps.review_adverse_event(clinic, draft["source_id"])
    world.lab.settle()
    again = steps.authorise(clinic, patient)

    assert draft["role"] == "prescriber"
    assert asked == ["prescriber", "medical_lead"]
    assert known == {"scheduling": True, "sessions": True}
    assert again["status"] == "authorised"
    assert tasks(clinic, "adverse_event_draft") == []
    assert tasks(clinic, "adverse_event_review") == []
    assert not is_held(clinic, "scheduling", patient)
    world.assert_all_heard_once()


def test_a_note_is_drafted_carried_forward_signed_and_amended(world: World) -> None:
    patient, clinic = dosed(world), world.clinic
    first = steps.write_note(
        clinic, patient, "administration", by=clinic.monitor, **ADMINISTRATION
    )
    world.lab.settle()
    (waiting,) = tasks(clinic, "cosignature")
    steps.write_note(clinic, patient, "experience", **EXPERIENCE)

    clinic.prescriber.post("sessions", f"/notes/{first['id']}/cosign")
    begun = clinic.prescriber.post(
        "sessions", f"/sessions/{patient.session_id}/notes/experience/carry-forward"
    )
    own = f"/sessions/{patient.session_id}/notes/experience"
    said = {**EXPERIENCE, "course": "As seen from the door: quiet."}
    clinic.prescriber.put("sessions", f"{own}/draft", content=said)
    refused(
        "carried_unreviewed", lambda: clinic.prescriber.post("sessions", f"{own}/sign")
    )
    clinic.prescriber.put(
        "sessions", f"{own}/draft", content=said, reviewed=["setting"]
    )
    clinic.prescriber.post("sessions", f"{own}/sign")
    steps.recover_and_leave(clinic, patient)
    steps.amend_note(clinic, first["id"], "It was the right thigh.")

    assert waiting["source_id"] == first["id"]
    assert begun["carried"] == ["setting"]
    chart = clinic.prescriber.get("sessions", f"/sessions/{patient.session_id}")
    assert (chart["status"], chart["signature_holds"]) == ("signed", True)
    notes = steps.notes_of(clinic, patient)["items"]
    assert [one["part"] for one in notes] == ["administration", *["experience"] * 2]
    assert all(one["signature_holds"] for one in notes)
    assert [one["text"] for one in notes[0]["addenda"]] == ["It was the right thigh."]
    late = f"/sessions/{patient.session_id}/notes/recovery/draft"
    refused("record_locked", lambda: clinic.monitor.put("sessions", late, content={}))
    world.lab.settle()
    assert tasks(clinic, "cosignature") == []
    assert "sessions.record.amended" in world.names("sessions")
    world.assert_all_heard_once()
