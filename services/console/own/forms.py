"""The questionnaires a patient answers: one page each, kept as one goes along."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for

from services.console.apis import Answer, Apis
from services.console.own.visit import own
from services.console.pages.site import demand_found

ANSWER = "answer:"
"""How the fields of a form begin that hold an answer."""


@own.get("")
def home(clinic_id: UUID) -> str:
    """What the clinic asks and offers, how far one has come, and where help is."""
    return page(clinic_id)


def page(clinic_id: UUID, problem: str = "") -> str:
    """The page one comes in at; `problem` is why something could not be done."""
    apis: Apis = g.apis
    forms = apis.get("intake", f"/patients/{g.patient_id}/forms")
    consents = apis.get("intake", f"/patients/{g.patient_id}/consents")
    return render_template(
        "own/home.html",
        clinic_id=clinic_id,
        person=g.person,
        forms=forms,
        consents=consents,
        offers=apis.get("scheduling", f"/patients/{g.patient_id}/offers"),
        answered=request.args.get("offer", ""),
        problem=problem,
        to_sign=_to_sign(consents),
        sent=request.args.get("sent", ""),
        away=apis.away,
    )


@own.get("/forms/<code>")
def form(clinic_id: UUID, code: str) -> str:
    """A questionnaire, with what was answered of it so far."""
    return _page(clinic_id, code)


@own.post("/forms/<code>")
def fill(clinic_id: UUID, code: str) -> Any:
    """Keep the answers so far, or send them."""
    apis: Apis = g.apis
    path = f"/patients/{g.patient_id}/forms/{code}"
    answers = _answers()
    if request.form.get("do") == "keep":
        answer = apis.put("intake", f"{path}/draft", answers=answers)
        if request.headers.get("X-Kept") == "1":
            return ("", 204) if answer else (answer.detail, 503)
        if not answer:
            return _page(clinic_id, code, answer.detail, answers), 422
        return redirect(url_for("own.home", clinic_id=clinic_id), 303)
    answer = apis.post("intake", path, answers=answers)
    if not answer:
        words = "Some questions have no answer yet. Your answers are still here."
        problem = words if answer.standing == "refused" else answer.detail
        return _page(clinic_id, code, problem, answers), 422
    if answer["follow_up"]:
        return _page(clinic_id, answer["follow_up"], help_first=True)
    return redirect(url_for("own.home", clinic_id=clinic_id, sent=code), 303)


def _page(
    clinic_id: UUID,
    code: str,
    problem: str = "",
    answers: dict[str, int] | None = None,
    *,
    help_first: bool = False,
) -> str:
    apis: Apis = g.apis
    asked = apis.get("intake", f"/patients/{g.patient_id}/forms/{code}")
    demand_found(asked)
    return render_template(
        "own/form.html",
        clinic_id=clinic_id,
        code=code,
        asked=asked,
        answers=asked["answers"] if answers is None else answers,
        problem=problem,
        help_first=help_first,
        forms=apis.get("intake", f"/patients/{g.patient_id}/forms"),
        away=apis.away,
    )


def _answers() -> dict[str, int]:
    """The answers given, by item; what is no number is no answer."""
    return {
        name.removeprefix(ANSWER): int(value)
        for name, value in request.form.items()
        if name.startswith(ANSWER) and value.isdecimal() and len(value) < 4
    }


def _to_sign(consents: Answer) -> list[dict[str, Any]]:
    """The documents in force, each with the consent that was given to it last."""
    if not consents:
        return []
    latest: dict[str, Any] = {}
    for one in consents.data["items"]:
        if one["withdrawn_at"] is None and one["ended_at"] is None:
            latest.setdefault(one["document_version"], one)
    return [
        {**document, "consent": latest.get(document["document_version"])}
        for document in consents.data["documents"]
    ]
