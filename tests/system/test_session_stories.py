"""What happens around a dose, told through all services."""

from cli.demo import steps
from cli.demo.steps import Clinic
from tests.system.conftest import World
from tests.system.test_intake_stories import booked


def asked(clinic: Clinic) -> set[tuple[str, str]]:
    """What the worklist asks of whom about a session under way."""
    tasks = clinic.admin.get("notifications", "/tasks", status="open")["items"]
    kinds = ("alert", "escort_missing")
    return {(one["kind"], one["role"]) for one in tasks if one["kind"] in kinds}


def pass_minutes(world: World, count: float) -> None:
    """Let time pass, and all that falls due be done."""
    world.lab.clock.advance(minutes=count)
    world.lab.settle()


def test_a_patient_is_looked_at_in_time_and_goes_home_with_somebody(
    world: World,
) -> None:
    clinic, patient = world.clinic, booked(world)
    steps.dose(clinic, patient)

    pass_minutes(world, 15)
    missed = asked(clinic)
    pass_minutes(world, 0.1)
    escalated = asked(clinic)
    steps.take_vitals(clinic, patient)
    world.lab.settle()
    looked_at = asked(clinic)
    path = f"/sessions/{patient.session_id}/escort-missing"
    clinic.monitor.post("sessions", path)
    world.lab.settle()
    stranded = asked(clinic)
    pass_minutes(world, 30)
    louder = asked(clinic)
    steps.recover_and_leave(clinic, patient)
    world.lab.settle()

    assert missed == {("alert", "monitor")}
    assert escalated == {("alert", "prescriber")}
    assert looked_at == set()
    assert stranded == {("escort_missing", "monitor")}
    assert ("escort_missing", "prescriber") in louder
    assert asked(clinic) == set()
    world.assert_all_heard_once()
