"""What becomes of a controlled substance, told through all services."""

from cli.demo import steps
from cli.demo.steps import ledger
from shared.access import Role
from tests.system.conftest import World
from tests.system.test_intake_stories import booked


def test_a_vial_is_accounted_for_from_its_receipt_to_the_inspection(
    world: World,
) -> None:
    clinic = world.clinic
    steps.keep_ledger(clinic)
    patient = booked(world)
    steps.dose(clinic, patient)

    steps.find_what_is_missing(clinic)
    steps.close_day(clinic)
    world.lab.settle()

    tasks = clinic.lead.get("notifications", "/tasks", status="open")["items"]
    assert [one for one in tasks if one["kind"] == "discrepancy"] == []
    day = clinic.now().date().isoformat()
    lead = world.lab.caller(Role.MEDICAL_LEAD, clinic_id=clinic.id)
    answer = lead.request(
        "GET",
        "sessions",
        "/ledger/export",
        query_string={"from": day, "to": day, "names": "true"},
    )
    given = [
        line for line in answer.get_data(as_text=True).splitlines() if ",give," in line
    ]
    assert len(given) == 1
    assert patient.id in given[0]
    assert "Testa Fictional" in given[0]
    world.assert_all_heard_once()


def test_a_vial_that_another_clinic_sends_is_counted_and_taken(world: World) -> None:
    clinic, beside = world.clinic, world.clinic.neighbour()
    steps.keep_ledger(clinic)
    steps.keep_ledger(beside)
    world.lab.settle()

    clinic.monitor.post(
        "sessions",
        "/ledger/transfers",
        container_id=clinic.stock["vial"][0],
        to_clinic_id=beside.id,
        invoice="dist-1",
    )
    world.lab.settle()

    tasks = beside.lead.get("notifications", "/tasks", status="open")["items"]
    assert [one["kind"] for one in tasks] == ["delivery"]
    (delivery,) = beside.lead.get("sessions", "/ledger")["deliveries"]
    path = f"/ledger/deliveries/{delivery['id']}/accept"
    beside.monitor.post("sessions", path, counted_mg=500)
    world.lab.settle()
    assert beside.lead.get("notifications", "/tasks", status="open")["items"] == []
    for one in (clinic, beside):
        ledger.close_day(one)
    world.assert_all_heard_once()
