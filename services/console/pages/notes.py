"""Notes on a session: what is signed, with what was added, and the writer's drafts."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask import g, jsonify, request

from services.console.apis import Answer, Apis
from services.console.pages import record
from services.console.pages.answers import answers
from services.console.pages.site import demand_found, site
from services.console.visitor import Visitor
from shared import access

PARTS = ("preparation", "administration", "experience", "recovery", "integration")


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/notes")
def notes(clinic_id: UUID, session_id: UUID) -> str:
    """Everything written on a session."""
    return _all(clinic_id, session_id)


@site.get("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/notes/<part>")
def note_draft(clinic_id: UUID, session_id: UUID, part: str) -> str:
    """A note as it is being written."""
    return _draft(clinic_id, session_id, part)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/notes/<part>")
def write_note(clinic_id: UUID, session_id: UUID, part: str) -> Any:
    """Save a draft and, if asked, fill it in, sign it or discard it."""
    apis: Apis = g.apis
    path = f"/sessions/{session_id}/notes/{part}"
    wish = request.form.get("do", "keep")
    if wish == "discard":
        answer = apis.delete("sessions", f"{path}/draft")
        return _after(answer, clinic_id, session_id)
    begun = apis.get("sessions", f"{path}/draft")
    demand_found(begun)
    said = answers(begun["sections"] or ())
    saved = apis.save(
        "sessions",
        f"{path}/draft",
        request.form.get("version", 0, type=int),
        content=said,
        reviewed=request.form.getlist("reviewed"),
    )
    if request.headers.get("X-Kept") == "1":
        return _kept(saved)
    if not saved:
        return _draft(clinic_id, session_id, part, saved, said), 422
    if wish == "carry":
        answer = apis.post("sessions", f"{path}/carry-forward")
    elif wish == "sign":
        answer = apis.post("sessions", f"{path}/sign")
    else:
        answer = saved
    if not answer:
        return _draft(clinic_id, session_id, part, answer), 422
    if wish == "sign":
        return _after(answer, clinic_id, session_id)
    where = {"clinic_id": clinic_id, "session_id": session_id, "part": part}
    return record.back("site.note_draft", **where)


@site.post(
    "/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/signed-notes/<uuid:note_id>/cosign"
)
def cosign_note(clinic_id: UUID, session_id: UUID, note_id: UUID) -> Any:
    """Sign a note as the second clinician."""
    apis: Apis = g.apis
    answer = apis.post("sessions", f"/notes/{note_id}/cosign")
    return _after(answer, clinic_id, session_id)


@site.post(
    "/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/signed-notes/<uuid:note_id>/addenda"
)
def amend_note(clinic_id: UUID, session_id: UUID, note_id: UUID) -> Any:
    """Add to a signed note."""
    return _add(f"/notes/{note_id}/addenda", clinic_id, session_id)


@site.post("/clinics/<uuid:clinic_id>/sessions/<uuid:session_id>/addenda")
def amend_record(clinic_id: UUID, session_id: UUID) -> Any:
    """Add to a signed record."""
    return _add(f"/sessions/{session_id}/addenda", clinic_id, session_id)


def _add(path: str, clinic_id: UUID, session_id: UUID) -> Any:
    apis: Apis = g.apis
    text = request.form.get("text", "").strip()
    answer = apis.post("sessions", path, text=text)
    return _after(answer, clinic_id, session_id, typed={path: text})


def _after(
    answer: Answer,
    clinic_id: UUID,
    session_id: UUID,
    typed: Mapping[str, str] | None = None,
) -> Any:
    if not answer:
        return _all(clinic_id, session_id, answer.detail, typed), 422
    return record.back("site.notes", clinic_id=clinic_id, session_id=session_id)


def _kept(saved: Answer) -> Any:
    """What the script is told: the version the next change is based on, or why not."""
    if saved:
        return jsonify(version=saved["version"], carried=saved["carried"])
    answer = jsonify(problem=saved.detail, faults=saved.faults)
    answer.status_code = 503 if saved.standing == "away" else 409
    return answer


def _all(
    clinic_id: UUID,
    session_id: UUID,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    apis: Apis = g.apis
    visitor: Visitor = g.visitor
    found = apis.get("sessions", f"/sessions/{session_id}/notes")
    demand_found(found)
    session = apis.get("sessions", f"/sessions/{session_id}")
    return record.render(
        "notes.html",
        clinic_id,
        record.patient_of(UUID(found["patient_id"] or session["patient_id"])),
        problem,
        session_id=session_id,
        session=session,
        notes=found,
        parts=PARTS,
        drafts={one["part"]: one for one in found["drafts"] or ()},
        mine={one["part"] for one in found if _is_mine(one)},
        me=str(visitor.actor.id),
        typed=typed or {},
        writes=visitor.may(access.NOTES_WRITE, clinic_id),
    )


def _is_mine(note: Mapping[str, Any]) -> bool:
    visitor: Visitor = g.visitor
    return bool(note["author_id"] == str(visitor.actor.id))


def _draft(
    clinic_id: UUID,
    session_id: UUID,
    part: str,
    refused: Answer | None = None,
    typed: Mapping[str, Any] | None = None,
) -> str:
    """The editor; what was typed and not saved stands where it was typed."""
    apis: Apis = g.apis
    draft = apis.get("sessions", f"/sessions/{session_id}/notes/{part}/draft")
    demand_found(draft)
    return record.render(
        "note_draft.html",
        clinic_id,
        record.patient_of(UUID(draft["patient_id"])),
        refused.detail if refused is not None else "",
        session_id=session_id,
        part=part,
        draft=draft,
        faults=refused.faults if refused is not None else {},
        answered=draft["content"] if typed is None else typed,
    )
