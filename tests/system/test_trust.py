"""Emergencies that every service hears of, and trails that are whole everywhere."""

from typing import Any
from uuid import UUID, uuid4

from shared.access import Role
from shared.testing.caller import Caller
from tests.system.conftest import World

REASON = "Brought in by ambulance, nobody of the clinic can be reached"


def tasks(world: World) -> list[Any]:
    """What the clinic's administrator is asked to look into."""
    admin = world.lab.caller(Role.CLINIC_ADMIN, clinic_id=world.clinic.id)
    found = admin.get("notifications", "/tasks")["items"]
    return [task for task in found if task["kind"] == "emergency_access"]


def test_an_emergency_opens_the_record_everywhere_and_is_looked_into(
    world: World,
) -> None:
    patient = world.patient()
    stranger = world.lab.caller(Role.PRESCRIBER, clinic_id=uuid4())
    doctor = Caller(world.lab, stranger.token, UUID(world.clinic.id))
    orders = f"/patients/{patient.id}/orders"
    assert doctor.refused("sessions", orders, method="GET")["code"] == "not_found"

    doctor.post("intake", f"/patients/{patient.id}/emergency", reason=REASON)
    world.lab.settle()

    assert doctor.get("sessions", orders)["items"] == []
    assert doctor.get("intake", f"/patients/{patient.id}")["given_name"] == "Testa"
    (task,) = tasks(world)
    assert (task["role"], task["patient_id"]) == ("clinic_admin", str(patient.id))
    world.lab.clock.advance(hours=1)
    assert doctor.refused("sessions", orders, method="GET")["code"] == "not_found"
    world.assert_all_heard_once()


def test_every_trail_of_a_patients_day_is_whole_and_says_who_saw_the_patient(
    world: World,
) -> None:
    patient = world.patient()
    world.lab.settle()
    admin = world.lab.caller(Role.NETWORK_ADMIN)
    in_clinic = Caller(world.lab, admin.token, UUID(world.clinic.id))
    therapist = world.lab.caller(Role.THERAPIST, clinic_id=world.clinic.id)
    therapist.get("intake", f"/patients/{patient.id}")
    therapist.get("scheduling", f"/patients/{patient.id}/appointments")
    world.lab.settle()

    seen = {
        (service, entry["action"])
        for service in ("intake", "scheduling", "sessions", "notifications")
        for entry in in_clinic.get(service, "/audit", patient_id=patient.id)["items"]
    }

    assert {
        ("intake", "intake.register_patient"),
        ("intake", "intake.show_patient"),
        ("scheduling", "scheduling.list_appointments"),
    } <= seen
    for service in ("intake", "scheduling", "sessions", "notifications", "console"):
        for caller in (in_clinic, admin):
            said = caller.post(service, "/audit/verify")
            assert said["findings"] == [], (service, said)
