"""What staff should see to, the most urgent first."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.console import filters
from services.console.apis import Apis
from services.console.pages.people import names_of
from services.console.pages.site import site, wants_fragment
from shared import access

KINDS = {
    "review": ("info", "clipboard", "Decide on eligibility"),
    "safety_flag": ("bad", "shield", "See to a safety flag"),
    "alert": ("bad", "alarm", "Look at a patient: alert in a session"),
    "escort_missing": ("bad", "people", "Find somebody to take the patient home"),
    "dose_held": ("warn", "pause", "Decide about a held dose"),
    "integration": ("info", "leaf", "Arrange integration"),
    "no_show": ("warn", "absent", "Call: did not come"),
    "episode_review": ("warn", "clipboard", "Review: stayed away from a dose again"),
    "late_cancellation": ("info", "cross", "Cancelled late: reason, fee, escort"),
    "waitlist_offer": ("info", "clock", "Ask: an earlier time is held"),
    "at_risk": ("warn", "warning", "Booking at risk: get what is missing"),
    "course_replan": ("warn", "calendar", "Replan a course"),
    "course_step": ("info", "clipboard", "Course: a checkpoint or questionnaires"),
    "coverage": ("info", "clipboard", "See who pays: the coverage ended"),
    "network_match": ("info", "people", "Ask: known to another clinic?"),
    "consent_witness": ("info", "clipboard", "Witness a consent"),
    "forms_missing": ("info", "clipboard", "Call: forms are still missing"),
    "items_missing": ("info", "clipboard", "Get what the decision waits for"),
    "discrepancy": ("bad", "warning", "Find out why stock does not add up"),
    "loss_notice": ("bad", "alarm", "Tell the authority of a loss"),
    "delivery": ("info", "right", "Count what another clinic sent"),
    "cosignature": ("info", "pen", "Sign a note as the second clinician"),
    "adverse_event_draft": ("warn", "warning", "Say whether it was an adverse event"),
    "adverse_event_review": (
        "bad",
        "shield",
        "Review an adverse event: no dose before",
    ),
    "adverse_event_news": ("bad", "shield", "Know of a grave adverse event"),
    "rems_form": ("info", "clipboard", "Submit a REMS form"),
    "message_failed": ("warn", "mail", "Reach the patient: a message failed"),
}
"""What a task asks for, by its kind: tone, icon and words."""


@site.get("/clinics/<uuid:clinic_id>/worklist")
def worklist(clinic_id: UUID) -> str:
    """Open tasks, and integrations that want an appointment."""
    return _page(clinic_id)


@site.post("/clinics/<uuid:clinic_id>/worklist/<uuid:task_id>/done")
def finish_task(clinic_id: UUID, task_id: UUID) -> str | Response:
    """Tick a task off."""
    apis: Apis = g.apis
    answer = apis.post("notifications", f"/tasks/{task_id}/done")
    if answer and not wants_fragment():
        return redirect(url_for("site.worklist", clinic_id=clinic_id), 303)
    return _page(clinic_id, "" if answer else answer.detail)


def _page(clinic_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    tasks = apis.get("notifications", "/tasks", status="open")
    integrations = apis.get("scheduling", "/integrations")
    rows = (*tasks, *integrations)
    concerned = (row["patient_id"] for row in rows if row["patient_id"])
    return render_template(
        "_worklist.html" if wants_fragment() else "worklist.html",
        section="site.worklist",
        clinic_id=clinic_id,
        answer=tasks,
        tasks=[_shown(task) for task in tasks],
        session_of=_sessions_of(apis, list(tasks)),
        integrations=integrations,
        books=g.visitor.may(access.BOOKINGS_WRITE, clinic_id),
        names=names_of(apis, concerned),
        problem=problem,
    )


def _shown(task: dict[str, Any]) -> dict[str, Any]:
    unknown = ("info", "circle", filters.sentence(task["kind"]))
    tone, icon, name = KINDS.get(task["kind"], unknown)
    due: str | None = task.get("due_at")
    return {
        **task,
        "tone": tone,
        "icon": icon,
        "name": name,
        "is_over": due is not None and filters.instant(due) < filters.now(),
    }


def _sessions_of(apis: Apis, tasks: list[dict[str, Any]]) -> dict[str, str]:
    """The session a task leads to, by the task's id."""
    of_session = ("dose_held", "escort_missing")
    found = {t["id"]: t["source_id"] for t in tasks if t["kind"] in of_session}
    about_alerts = {t["source_id"]: t["id"] for t in tasks if t["kind"] == "alert"}
    if about_alerts:
        for alert in apis.get("sessions", "/alerts"):
            if alert["id"] in about_alerts:
                found[about_alerts[alert["id"]]] = alert["session_id"]
    return found
