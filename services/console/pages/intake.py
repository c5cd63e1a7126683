"""Intake: where the clinic's episodes stand, and the review of one of them."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from services.console.apis import Answer, Apis
from services.console.pages.events import asked_event
from services.console.pages.people import full_name
from services.console.pages.site import demand_found, site
from services.console.pages.times import entered
from services.console.visitor import Visitor
from shared import access

STAGES = (
    "crisis_hold",
    "in_review",
    "deferred",
    "registered",
    "screening",
    "onboarding",
    "ready_to_start",
    "active",
    "paused",
    "maintenance",
    "ineligible",
    "completed",
)
"""What the list can be narrowed to, what waits for somebody first."""

PAGE = 50


@site.get("/clinics/<uuid:clinic_id>/episodes")
def episodes(clinic_id: UUID) -> str:
    """The clinic's episodes, newest first, all or those at one stage."""
    apis: Apis = g.apis
    asked = request.args.get("stage", "")
    stage = asked if asked in STAGES else None
    return render_template(
        "episodes.html",
        section="site.episodes",
        clinic_id=clinic_id,
        stages=STAGES,
        stage=stage,
        episodes=apis.get(
            "intake", "/episodes", stage=stage, limit=PAGE, after=asked_event()
        ),
    )


@site.get("/clinics/<uuid:clinic_id>/episodes/<uuid:episode_id>")
def review(clinic_id: UUID, episode_id: UUID) -> str:
    """Everything a decision rests on, and the form to decide."""
    return _page(clinic_id, episode_id)


@site.post("/clinics/<uuid:clinic_id>/episodes/<uuid:episode_id>/decision")
def decide(clinic_id: UUID, episode_id: UUID) -> str | Response:
    """A prescriber signs."""
    apis: Apis = g.apis
    form = request.form
    answer = apis.post(
        "intake",
        f"/episodes/{episode_id}/decision",
        decision=form.get("decision", ""),
        reason_codes=form.getlist("reason_codes"),
        missing=form.get("missing", "").lower().replace(",", " ").split(),
        override_reason=form.get("override_reason", "").strip() or None,
        due_at=entered(form.get("due_on", "")),
    )
    return _after(answer, clinic_id, episode_id)


@site.post("/clinics/<uuid:clinic_id>/episodes/<uuid:episode_id>/second-review")
def ask_another(clinic_id: UUID, episode_id: UUID) -> str | Response:
    """Whoever should decide wants a second opinion."""
    apis: Apis = g.apis
    answer = apis.post("intake", f"/episodes/{episode_id}/second-review")
    return _after(answer, clinic_id, episode_id)


@site.post("/clinics/<uuid:clinic_id>/episodes/<uuid:episode_id>/appeal")
def appeal(clinic_id: UUID, episode_id: UUID) -> str | Response:
    """A patient does not accept a no."""
    apis: Apis = g.apis
    answer = apis.post("intake", f"/episodes/{episode_id}/appeal")
    return _after(answer, clinic_id, episode_id)


def _after(answer: Answer, clinic_id: UUID, episode_id: UUID) -> str | Response:
    if not answer:
        return _page(clinic_id, episode_id, answer.detail)
    where = url_for("site.review", clinic_id=clinic_id, episode_id=episode_id)
    return redirect(where, 303)


def _page(clinic_id: UUID, episode_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    episode = apis.get("intake", f"/episodes/{episode_id}")
    demand_found(episode)
    person = apis.get("intake", f"/patients/{episode['patient_id']}")
    return render_template(
        "review.html",
        section="site.episodes",
        clinic_id=clinic_id,
        episode=episode,
        name=full_name(person.data) if person else "",
        person=person,
        problem=problem,
        **_choices(episode, visitor, clinic_id),
    )


def _choices(episode: Answer, visitor: Visitor, clinic_id: UUID) -> dict[str, Any]:
    """What whoever looks may do about it."""
    status = episode["status"]
    is_open = status in ("in_review", "deferred")
    decides = visitor.may(access.ELIGIBILITY_SIGN, clinic_id)
    is_barred = episode["not_by"] == str(visitor.actor.id)
    rules = (episode["verdict"] or {}).get("rules", [])
    return {
        "can_decide": is_open and decides and not is_barred,
        "is_barred": is_open and decides and is_barred,
        "can_ask_another": is_open and decides,
        "can_appeal": status == "ineligible" and visitor.may(access.APPEALS, clinic_id),
        "met": [rule for rule in rules if rule["state"] == "met"],
    }
