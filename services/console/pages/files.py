"""A patient's files: added, fetched by a short link, struck."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from flask import g, redirect, request

from services.console.apis import Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site

KINDS = ("ecg", "lab_report", "referral_letter", "other")


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/files")
def files(clinic_id: UUID, patient_id: UUID) -> str:
    """A patient's files, newest first."""
    return _page(clinic_id, patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/files")
def add_file(clinic_id: UUID, patient_id: UUID) -> Any:
    """A file is added."""
    apis: Apis = g.apis
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        return _page(clinic_id, patient_id, "no file was chosen"), 422
    content = sent.read()
    sent.close()
    answer = apis.post(
        "intake",
        f"/patients/{patient_id}/files",
        kind=request.form.get("kind", ""),
        name=sent.filename[-120:],
        media_type=sent.mimetype,
        content=b64encode(content).decode(),
    )
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.files", clinic_id=clinic_id, patient_id=patient_id)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/files/<uuid:file_id>")
def fetch_file(clinic_id: UUID, patient_id: UUID, file_id: UUID) -> Any:
    """To the file itself, by a link that opens for minutes."""
    apis: Apis = g.apis
    link = apis.post("intake", f"/patients/{patient_id}/files/{file_id}/links")
    demand_found(link)
    if not link:
        return _page(clinic_id, patient_id, link.detail), 422
    return redirect(link["path"], 303)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/files/<uuid:file_id>/strike"
)
def strike_file(clinic_id: UUID, patient_id: UUID, file_id: UUID) -> Any:
    """A file was added by mistake."""
    apis: Apis = g.apis
    answer = apis.post(
        "intake",
        f"/patients/{patient_id}/files/{file_id}/strike",
        reason=request.form.get("reason", "").strip(),
    )
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.files", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    found = apis.get("intake", f"/patients/{patient_id}/files")
    return record.render(
        "files.html", clinic_id, person, problem, files=found, kinds=KINDS
    )
