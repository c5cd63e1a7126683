"""A journey of weeks: a whole course in one request, and what a no-show makes of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cli.demo import steps
from cli.demo.steps import Clinic, Patient

Note = Callable[[str], None]

PROTOCOL = "kap-6"
APPOINTMENTS = 14
CHOSEN = ("step", "starts_at", "room_id", "therapist_id", "monitor_id")


def planned(clinic: Clinic, patient: Patient, note: Note) -> None:
    """Every appointment of a course is booked at once; the first is missed."""
    steps.screen(clinic, patient)
    note("screened")
    steps.decide(clinic, patient, "eligible")
    note("eligible")
    steps.consent(clinic, patient)
    note("consented")
    steps.clear_and_order(clinic, patient)
    note("ordered")
    clinic.until(
        lambda: steps.is_ready_to_book(clinic, patient), "scheduling has every fact"
    )
    plan = plan_course(clinic, patient)
    note("course planned")
    clinic.desk.post("scheduling", f"/appointments/{_first(plan)}/no-show")
    clinic.until(lambda: bool(_tasks(clinic, plan["id"])), "the course is on the list")
    note("no-show: to be replanned")
    replan(clinic, plan["id"])
    clinic.until(lambda: not _tasks(clinic, plan["id"]), "the list is done with it")
    note("replanned")


def plan_course(clinic: Clinic, patient: Patient) -> Any:
    """A whole course with a room and people of its own; its first hour is now."""
    begin = (clinic.now() - timedelta(minutes=5)).replace(second=0, microsecond=0)
    said = {
        "protocol": PROTOCOL,
        "first_day": f"{begin.astimezone(ZoneInfo(clinic.time_zone)):%Y-%m-%d}",
        "wishes": _own_people(clinic),
    }
    path = f"/patients/{patient.id}/course-plans"
    chosen = _chosen(clinic.desk.post("scheduling", f"{path}/preview", **said))
    chosen[0]["starts_at"] = begin.isoformat()
    plan = clinic.desk.post("scheduling", path, **said, steps=chosen)
    if len(chosen) != APPOINTMENTS or plan["left_open"]:
        raise AssertionError("not all of a course was booked")
    return plan


def replan(clinic: Clinic, plan_id: str) -> Any:
    """What remains of a course gets the times that are proposed for it."""
    path = f"/course-plans/{plan_id}/replan"
    proposed = clinic.desk.post("scheduling", f"{path}/preview")
    plan = clinic.desk.post("scheduling", path, steps=_chosen(proposed))
    booked = [step for step in plan["steps"] if step["state"] == "booked"]
    if plan["needs_replan"] or len(booked) != APPOINTMENTS:
        raise AssertionError("a course that was replanned is not whole")
    return plan


def _own_people(clinic: Clinic) -> dict[str, Any]:
    """A room and people whom no other journey of the day books."""
    return {
        f"{kind}_id": clinic.admin.post(
            "scheduling", "/resources", kind=kind, name=f"{kind.capitalize()} of weeks"
        )["id"]
        for kind in ("room", "therapist", "monitor")
    }


def _chosen(preview: Any) -> list[dict[str, Any]]:
    """The times of a preview, as they are booked."""
    return [
        {name: step[name] for name in CHOSEN if step.get(name)}
        for step in preview["steps"]
        if step["starts_at"]
    ]


def _first(plan: Any) -> str:
    """The appointment of the first step."""
    appointment: str = plan["steps"][0]["appointment_id"]
    return appointment


def _tasks(clinic: Clinic, plan_id: str) -> list[Any]:
    tasks = clinic.admin.get("notifications", "/tasks", status="open")["items"]
    return [task for task in tasks if task["source_id"] == plan_id]
