"""Courses: planned in one request, followed, and placed anew when something happens."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import event

from services.scheduling.app import service
from shared.access import Role
from shared.errors import InvalidError
from shared.events.intake import EpisodeClosed
from shared.events.sessions import IntegrationFellDue
from shared.ids import uuid7
from shared.protocols import parse_protocol, protocol_of, protocols
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.course_lab import Course, by_step, chosen
from tests.scheduling.test_bookings import NAME, Clinic

PACK = load_pack()
ZONE = ZoneInfo("Pacific/Kiritimati")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people."""
    return Clinic(lab)


in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


def at(step: Any) -> datetime:
    """When a step begins."""
    return datetime.fromisoformat(step["starts_at"])


def told(clinic: Clinic, name: str) -> list[dict[str, Any]]:
    """What the events of a name said."""
    return [
        one.event().to_payload()
        for one in clinic.lab.told(NAME)
        if one.name == f"scheduling.course.{name}"
    ]


def test_every_protocol_of_the_product_is_sound_and_says_where_it_is_from() -> None:
    found = protocols()

    assert {"kap-6", "iv-6", "nasal-induction"} <= found.keys()
    assert all(one.source and one.title for one in found.values())
    assert (found["kap-6"].doses, found["nasal-induction"].doses) == (6, 12)
    with pytest.raises(InvalidError):
        protocol_of("kap-7")


@pytest.mark.parametrize(
    ("steps", "field"),
    [
        (
            '{ code = "a", kind = "preparation", earliest_days = 0, latest_days = 1 }',
            "",
        ),
        (
            '{ code = "a", kind = "dosing", after = "b", earliest_days = 1,'
            " latest_days = 2 }",
            "steps[a].after",
        ),
        (
            '{ code = "a", kind = "dosing", earliest_days = 3, latest_days = 2 }',
            "steps[a].latest_days",
        ),
        ('{ code = "a", kind = "dosing" }', "steps[a].earliest_days"),
        ('{ code = "a", kind = "integration" }', "steps[a].after"),
    ],
)
def test_a_protocol_that_makes_no_sense_is_refused(steps: str, field: str) -> None:
    text = f'code = "x"\nversion = "1"\ntitle = "X"\nsource = "Y"\nsteps = [{steps}]'

    with pytest.raises(InvalidError) as refused:
        parse_protocol(text)

    assert (refused.value.field or "").startswith(field or "steps")


@in_memory
def test_a_preview_proposes_a_whole_course_within_its_windows(clinic: Clinic) -> None:
    course = Course(clinic)

    found = course.preview()

    steps = by_step(found)
    doses = [at(steps[f"dose-{n}"]) for n in range(1, 7)]
    assert found["is_whole"]
    assert all(step["missing"] == [] for step in found["steps"])
    for one, other in pairwise(doses):
        days = (other.astimezone(ZONE).date() - one.astimezone(ZONE).date()).days
        assert 3 <= days <= 7
        assert other - one >= PACK.dose.minimum_spacing
    for n, dose in enumerate(doses, 1):
        after = at(steps[f"integration-{n}"]) - dose
        assert PACK.integration.due_after <= after < PACK.integration.late_after
    assert all(at(step).astimezone(ZONE).weekday() < 5 for step in found["steps"])
    starts = [at(step) for step in found["steps"]]
    assert starts == sorted(starts)
    assert clinic.desk.get(NAME, f"/patients/{course.who.id}/appointments") == {
        "items": []
    }


@in_memory
def test_a_preview_reads_what_is_taken_once(clinic: Clinic) -> None:
    course, asked = Course(clinic), []
    engine = clinic.lab.runtime(NAME).database.engine

    def note(_c: Any, _cursor: Any, text: str, *_: Any) -> None:
        asked.append(text)

    event.listen(engine, "before_cursor_execute", note)
    course.preview()
    event.remove(engine, "before_cursor_execute", note)

    assert sum("FROM claims" in text for text in asked) == 1
    assert len(asked) < 20


@in_memory
def test_what_cannot_be_placed_is_told_with_its_window(clinic: Clinic) -> None:
    course = Course(clinic)
    admin = clinic.lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)
    first = date(2026, 3, 17)
    admin.post(
        NAME,
        "/closures",
        first_day=first.isoformat(),
        last_day=(first + 9 * DAY).isoformat(),
        reason_code="holiday",
    )

    steps = by_step(course.preview(skip=["preparation-1", "preparation-2"]))

    failed = {code: step["reason"] for code, step in steps.items() if step["reason"]}
    assert steps["dose-1"]["starts_at"]
    assert "nothing_free" in failed.values()
    assert failed["dose-6"] == "waits_for_another"
    code = next(code for code, reason in failed.items() if reason == "nothing_free")
    assert steps[code]["window"]["starts_at"] < steps[code]["window"]["ends_at"]


def test_a_course_is_booked_in_one_request_and_follows_its_appointments(
    clinic: Clinic,
) -> None:
    course = Course(clinic)

    made = course.book(course.preview())

    assert (made["status"], made["left_open"]) == ("active", [])
    states = [step["state"] for step in made["steps"]]
    assert (states.count("booked"), states.count("open")) == (14, 6)
    assert told(clinic, "planned") == [
        {
            "plan_id": made["id"],
            "patient_id": str(course.who.id),
            "episode_id": str(course.who.episode_id),
            "protocol": "kap-6",
            "protocol_version": "2026.1",
            "steps": 20,
            "booked": 14,
        }
    ]
    for code in ("preparation-1", "preparation-2", "dose-1"):
        course.take(code)
    assert course.step("dose-1")["state"] == "done"
    assert clinic.desk.get(NAME, "/overlaps")["items"] == []


def test_all_or_nothing_and_the_step_at_fault_is_named(clinic: Clinic) -> None:
    course, other = Course(clinic), Course(clinic)
    found = course.preview()
    other.book(other.preview())

    problem = clinic.desk.refused(
        NAME, course.of_patient, **course.body(), steps=chosen(found)
    )
    partly = course.book(found, partial=True)

    assert (problem["status"], problem["code"]) == (409, "double_booked")
    assert problem["step"] == "preparation-1"
    assert partly["left_open"] == [{"step": "preparation-1", "code": "double_booked"}]
    assert {step["state"] for step in partly["steps"]} == {"open"}
    assert clinic.desk.get(NAME, f"/patients/{course.who.id}/appointments") == {
        "items": []
    }


@in_memory
def test_a_dose_that_nobody_may_have_yet_is_provisional_until_it_may(
    clinic: Clinic,
) -> None:
    course = Course(clinic, lasts_days=20)

    found = course.preview()
    made = course.book(found)

    previewed, booked = by_step(found), by_step(made)
    first, last = previewed["dose-1"], previewed["dose-6"]
    assert (first["missing"], first["provisional_until"]) == ([], None)
    assert "order.active" in last["missing"]
    until = datetime.fromisoformat(last["provisional_until"])
    assert until == clinic.lab.clock() + PACK.booking.provisional_at_most
    assert made["left_open"] == []
    assert not booked["dose-1"]["provisional"]
    assert booked["dose-6"]["provisional"]
    assert booked["integration-6"]["state"] == "booked"
    path = f"/appointments/{booked['dose-6']['appointment_id']}"
    assert clinic.desk.get(NAME, path)["missing"] == last["missing"]

    clinic.lab.clock.advance(days=14)
    clinic.lab.settle()

    assert course.step("dose-6")["state"] == "open"
    assert course.show()["needs_replan"]


@in_memory
def test_a_dose_stays_open_where_no_time_is_left_to_get_what_it_lacks(
    clinic: Clinic,
) -> None:
    course = Course(clinic, lasts_days=7)
    clinic.lab.clock.now = datetime(2026, 3, 9, 20, tzinfo=UTC)
    asked = {"first_day": "2026-03-10", "skip": ["preparation-1", "preparation-2"]}

    found = course.preview(**asked)
    said = course.body(**asked)
    made = clinic.desk.post(NAME, course.of_patient, **said, steps=chosen(found))

    first = by_step(found)["dose-1"]
    assert (first["reason"], first["provisional_until"]) == ("not_ready", None)
    left = {one["step"]: one["code"] for one in made["left_open"]}
    assert left["dose-1"] == "not_ready"
    assert left["integration-1"] == "waits_for_another"


@in_memory
def test_a_course_is_not_booked_against_its_own_windows(clinic: Clinic) -> None:
    course = Course(clinic)
    steps = chosen(course.preview())
    named = {one["step"]: one for one in steps}
    named["dose-2"]["starts_at"] = (at(named["dose-1"]) + DAY).isoformat()

    said = course.body() | {"steps": steps}
    problem = clinic.desk.refused(NAME, course.of_patient, **said)

    assert (problem["code"], problem["step"]) == ("outside_window", "dose-2")
    assert problem["reason"] in ("too_early", "too_close_to_another_dose")


@in_memory
def test_a_patient_has_one_course_under_way(clinic: Clinic) -> None:
    course = Course(clinic)
    course.book(course.preview())

    problem = clinic.desk.refused(NAME, course.of_patient, **course.body())

    assert (problem["status"], problem["code"]) == (409, "course_active")


def test_after_a_no_show_what_remains_is_placed_from_the_actual_dates(
    clinic: Clinic,
) -> None:
    course = Course(clinic)
    course.book(course.preview())
    for code in ("preparation-1", "preparation-2", "dose-1"):
        course.take(code)
    before = course.show()
    missed = by_step(before)["dose-2"]
    clinic.lab.clock.now = at(missed) + timedelta(minutes=30)
    clinic.desk.post(NAME, f"/appointments/{missed['appointment_id']}/no-show")
    flagged = course.show()

    found = clinic.desk.post(NAME, course.path("/replan/preview"))
    made = clinic.desk.post(NAME, course.path("/replan"), steps=chosen(found))

    assert flagged["needs_replan"]
    assert by_step(flagged)["dose-2"]["state"] == "open"
    assert [one["cause_code"] for one in told(clinic, "disrupted")] == ["no_show"]
    assert by_step(found)["dose-2"]["now"] is None
    assert by_step(found)["integration-2"]["now"]["starts_at"]
    steps = by_step(made)
    doses = [at(steps[f"dose-{n}"]) for n in range(1, 7)]
    assert steps["dose-1"]["starts_at"] == by_step(before)["dose-1"]["starts_at"]
    assert all(b - a >= PACK.dose.minimum_spacing for a, b in pairwise(doses))
    assert not made["needs_replan"]
    assert all(step["reason"] is None for step in made["steps"])
    assert len(told(clinic, "disrupted")) == 1
    assert clinic.desk.get(NAME, "/overlaps")["items"] == []


@in_memory
def test_what_still_fits_stays_where_it_is(clinic: Clinic) -> None:
    course = Course(clinic)
    course.book(course.preview())
    cancelled = course.step("integration-3")
    clinic.desk.post(
        NAME,
        f"/appointments/{cancelled['appointment_id']}/cancel",
        by="patient",
        reason_code="ill",
    )

    found = clinic.desk.post(NAME, course.path("/replan/preview"))

    assert [step["step"] for step in found["steps"]] == ["integration-3"]


@in_memory
def test_a_move_is_tried_and_its_effects_on_the_course_are_told(clinic: Clinic) -> None:
    course = Course(clinic)
    course.book(course.preview())
    dose, third = course.step("dose-2"), course.step("dose-3")
    path = f"/appointments/{dose['appointment_id']}/move"
    before = clinic.lab.names(NAME)

    later = clinic.desk.post(NAME, f"{path}/preview", starts_at=at(dose) + 2 * HOUR)
    close = clinic.desk.post(NAME, f"{path}/preview", starts_at=at(third) - DAY)

    assert later["conflict"] is None
    assert [(one["step"], one["reason"]) for one in later["effects"]] == [
        ("integration-2", "too_early")
    ]
    assert close["conflict"]["code"] == "too_close_to_another_dose"
    assert clinic.lab.names(NAME) == before
    assert course.step("dose-2") == dose


@in_memory
def test_a_moved_dose_keeps_its_step_and_the_course_says_what_does_not_fit(
    clinic: Clinic,
) -> None:
    course = Course(clinic)
    course.book(course.preview())
    dose = course.step("dose-6")
    path = f"/appointments/{dose['appointment_id']}/move"

    moved = clinic.desk.post(NAME, path, starts_at=at(dose) + 2 * DAY)

    step, after = course.step("dose-6"), course.step("integration-6")
    assert step["appointment_id"] == moved["id"]
    assert after["reason"] is not None
    assert course.show()["needs_replan"]
    found = clinic.desk.post(NAME, course.path("/replan/preview"))
    assert [one["step"] for one in found["steps"]] == ["integration-6"]
    clinic.desk.post(NAME, course.path("/replan"), steps=chosen(found))
    assert course.step("integration-6")["reason"] is None


@in_memory
def test_an_integration_that_falls_due_takes_what_the_course_has_for_it(
    clinic: Clinic,
) -> None:
    course = Course(clinic)
    course.book(course.preview())
    for code in ("preparation-1", "preparation-2", "dose-1"):
        course.take(code)
    now, need = clinic.lab.clock(), uuid7()

    clinic.tell(
        IntegrationFellDue(
            **course.who.ids,
            integration_id=need,
            session_id=uuid7(),
            due_at=now + PACK.integration.due_after,
            late_at=now + PACK.integration.late_after,
        )
    )

    appointment = course.step("integration-1")["appointment_id"]
    shown = clinic.desk.get(NAME, f"/appointments/{appointment}")
    assert shown["integration_id"] == str(need)
    assert clinic.integrations() == []


@in_memory
def test_a_checkpoint_comes_up_and_is_decided_by_a_clinician(clinic: Clinic) -> None:
    course = Course(clinic)
    course.book(course.preview())
    for code in ("preparation-1", "preparation-2", "dose-1", "dose-2"):
        course.take(code)
    clinic.lab.clock.advance(days=2)
    clinic.lab.settle()
    therapist = clinic.lab.caller(Role.THERAPIST, clinic_id=clinic.id)
    path = course.path("/steps/checkpoint-2/note")

    undecided = therapist.refused(NAME, path)
    noted = therapist.post(NAME, path, decision="continue")
    again = therapist.refused(NAME, path, decision="continue")

    assert [one["kind"] for one in told(clinic, "step_fell_due")] == ["checkpoint"]
    assert undecided["status"] == 422
    assert by_step(noted)["checkpoint-2"]["decision"] == "continue"
    assert (again["status"], again["code"]) == (409, "step_state")
    assert clinic.desk.refused(NAME, path, decision="stop")["status"] == 403


@in_memory
def test_a_course_that_is_stopped_gives_everything_back(clinic: Clinic) -> None:
    course = Course(clinic)
    course.book(course.preview())
    prescriber = clinic.lab.caller(Role.PRESCRIBER, clinic_id=clinic.id)

    stopped = prescriber.post(NAME, course.path("/stop"), reason_code="moved_away")

    own = clinic.desk.get(NAME, f"/patients/{course.who.id}/appointments")["items"]
    assert {one["status"] for one in own} == {"cancelled"}
    assert stopped["status"] == "stopped"
    assert {step["state"] for step in stopped["steps"]} == {"skipped"}
    assert told(clinic, "disrupted") == []
    again = prescriber.refused(NAME, course.path("/stop"), reason_code="x")
    assert (again["status"], again["code"]) == (409, "course_over")


@in_memory
def test_a_course_is_complete_after_its_last_appointment(clinic: Clinic) -> None:
    course = Course(clinic)
    left_out = [
        step.code
        for step in protocol_of("kap-6").steps
        if step.code not in ("preparation-1", "dose-1", "measures-end")
    ]
    found = course.preview(skip=left_out)
    course.plan = clinic.desk.post(
        NAME, course.of_patient, **course.body(skip=left_out), steps=chosen(found)
    )

    course.take("preparation-1")
    course.take("dose-1")
    noted = clinic.lab.caller(Role.THERAPIST, clinic_id=clinic.id).post(
        NAME, course.path("/steps/measures-end/note")
    )

    assert course.show()["status"] == "completed"
    assert by_step(noted)["measures-end"]["state"] == "done"
    assert [one["done"] for one in told(clinic, "completed")] == [2]


@in_memory
def test_what_integrates_a_dose_is_left_out_with_it(clinic: Clinic) -> None:
    course = Course(clinic)
    found = course.preview(skip=["dose-6"])
    course.plan = clinic.desk.post(
        NAME, course.of_patient, **course.body(skip=["dose-6"])
    )

    clinic.desk.post(NAME, course.path("/steps/dose-5/skip"))

    assert not {"dose-6", "integration-6"} & by_step(found).keys()
    states = {step["step"]: step["state"] for step in course.show()["steps"]}
    left_out = {code for code, state in states.items() if state == "skipped"}
    assert left_out == {"dose-5", "integration-5", "dose-6", "integration-6"}
    twice = clinic.desk.refused(NAME, course.path("/steps/dose-5/skip"))
    assert twice["code"] == "step_state"


@in_memory
def test_what_is_not_of_a_course_is_refused_with_the_field(clinic: Clinic) -> None:
    course = Course(clinic)
    path = f"{course.of_patient}/preview"

    other = clinic.desk.refused(NAME, path, **course.body(protocol="kap-7"))
    skipped = clinic.desk.refused(NAME, path, **course.body(skip=["dose-9"]))
    nobody = f"/patients/{uuid7()}/course-plans/preview"
    unknown = clinic.desk.refused(NAME, nobody, **course.body())

    assert (other["status"], other["errors"][0]["pointer"]) == (422, "#/protocol")
    assert (skipped["status"], skipped["errors"][0]["pointer"]) == (422, "#/skip")
    assert unknown["status"] == 404


@in_memory
def test_the_end_of_an_episode_ends_its_course(clinic: Clinic) -> None:
    course = Course(clinic)
    course.book(course.preview())

    clinic.tell(
        EpisodeClosed(**course.who.ids, outcome="withdrawn", reason_code="asked")
    )

    assert course.show()["status"] == "stopped"
    assert course.show()["stop_reason"] == "withdrawn"


@in_memory
def test_courses_are_of_one_clinic_and_of_those_who_book(
    clinic: Clinic, lab: Lab
) -> None:
    course = Course(clinic)
    course.book(course.preview())
    elsewhere = Clinic(lab).desk
    monitor = lab.caller(Role.MONITOR, clinic_id=clinic.id)

    foreign = elsewhere.refused(NAME, course.path(""), method="GET")
    role = monitor.refused(NAME, f"{course.of_patient}/preview", **course.body())

    assert (foreign["status"], role["status"]) == (404, 403)
    assert elsewhere.get(NAME, course.of_patient) == {"items": []}
