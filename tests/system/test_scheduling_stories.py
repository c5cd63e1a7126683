"""What becomes of appointments, told through all services."""

from datetime import datetime, timedelta

from cli.demo import courses, journeys, steps
from shared.access import Role
from tests.system.conftest import World
from tests.system.test_intake_stories import booked, mails, tasks


def test_a_dose_that_is_moved_is_given_at_its_new_time_and_nobody_is_confused(
    world: World,
) -> None:
    clinic, patient = world.clinic, booked(world)
    before = mails(clinic, patient)
    path = f"/appointments/{patient.appointment_id}"
    old = clinic.desk.get("scheduling", path)
    later = datetime.fromisoformat(old["starts_at"]) + timedelta(hours=1)

    moved = clinic.desk.post("scheduling", f"{path}/move", starts_at=later.isoformat())
    world.lab.settle()
    patient.appointment_id = moved["id"]
    steps.dose(clinic, patient)
    steps.recover_and_leave(clinic, patient)
    world.lab.settle()

    assert clinic.desk.get("scheduling", path)["status"] == "rescheduled"
    assert journeys.status(clinic, patient) == "fulfilled"
    news = mails(clinic, patient)
    assert "appointment_cancelled" not in {template for template, _ in news}
    told = [one for one in news if one[0] == "appointment_booked"]
    assert len(told) == 1 + len([o for o in before if o[0] == "appointment_booked"])
    world.assert_all_heard_once()


def test_a_dose_that_is_overbooked_is_given_and_nobody_is_told_why(
    world: World,
) -> None:
    clinic, patient = world.clinic, booked(world)
    path = f"/appointments/{patient.appointment_id}"
    starts_at = datetime.fromisoformat(clinic.desk.get("scheduling", path)["starts_at"])
    later, reason = starts_at + timedelta(hours=1), "stays on for this patient"
    clinic.admin.post(
        "scheduling",
        f"/resources/{clinic.therapists[0]}/absences",
        begins_at=later.isoformat(),
        ends_at=(later + timedelta(hours=9)).isoformat(),
        reason_code="leave",
    )

    body = {"starts_at": later.isoformat()}
    steps.refused(
        "off_duty", lambda: clinic.desk.post("scheduling", f"{path}/move", **body)
    )
    moved = clinic.lead.post(
        "scheduling", f"{path}/move/overbook", **body, overbook_reason=reason
    )
    world.lab.settle()
    patient.appointment_id = moved["id"]
    steps.dose(clinic, patient)
    steps.recover_and_leave(clinic, patient)
    world.lab.settle()

    assert moved["overbooked"]
    assert journeys.status(clinic, patient) == "fulfilled"
    told = world.lab.told("scheduling")
    assert reason not in "".join(str(one.event().to_payload()) for one in told)
    world.assert_all_heard_once()


def test_a_whole_course_is_planned_moved_and_planned_anew(world: World) -> None:
    clinic, patient = world.clinic, world.patient()
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    steps.consent(clinic, patient)
    steps.clear_and_order(clinic, patient)
    world.lab.settle()
    plan = courses.plan_course(clinic, patient)
    dose = next(step for step in plan["steps"] if step["step"] == "dose-6")
    later = datetime.fromisoformat(dose["starts_at"]) + timedelta(hours=2)
    path = f"/appointments/{dose['appointment_id']}/move"

    tried = clinic.desk.post("scheduling", f"{path}/preview", starts_at=f"{later}")
    clinic.desk.post("scheduling", path, starts_at=f"{later}")
    world.lab.settle()
    asked = tasks(clinic, "course_replan")
    courses.replan(clinic, plan["id"])
    world.lab.settle()

    assert [one["step"] for one in tried["effects"]] == ["integration-6"]
    assert [one["source_id"] for one in asked] == [plan["id"]]
    assert tasks(clinic, "course_replan") == []
    told = [template for template, _ in mails(clinic, patient)]
    assert "appointment_cancelled" not in told
    assert clinic.desk.get("scheduling", "/overlaps")["items"] == []
    world.assert_all_heard_once()


def test_a_calendar_is_subscribed_to_and_taken_back(world: World) -> None:
    clinic, patient = world.clinic, booked(world)
    resource = clinic.therapists[patient.slot % len(clinic.therapists)]
    made = clinic.desk.post(
        "scheduling", f"/resources/{resource}/calendar-links", label="Phone"
    )

    read = world.lab.fetch("scheduling", made["path"])
    desk = world.lab.caller(Role.FRONT_DESK, clinic_id=clinic.id)
    desk.delete("scheduling", f"/calendar-links/{made['id']}")
    after = world.lab.fetch("scheduling", made["path"])

    said = read.get_data(as_text=True)
    assert (read.status_code, after.status_code) == (200, 404)
    assert patient.appointment_id in said
    assert patient.id not in said
    assert "dosing" not in said
    world.assert_all_heard_once()
