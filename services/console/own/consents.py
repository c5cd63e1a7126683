"""Consents a patient reads, signs and takes back."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, request, url_for

from services.console.apis import Answer, Apis
from services.console.own.visit import own
from shared.errors import NotFoundError


@own.get("/consents/<reference>")
def consent(clinic_id: UUID, reference: str) -> str:
    """What a document says, and the place to sign."""
    return _page(clinic_id, reference)


@own.post("/consents/<reference>")
def sign(clinic_id: UUID, reference: str) -> Any:
    """Sign it."""
    apis: Apis = g.apis
    answer = apis.post(
        "intake",
        f"/patients/{g.patient_id}/consents",
        document_version=reference,
        consent_type=request.form.get("consent_type", ""),
        items=request.form.getlist("items"),
        signed_name=request.form.get("signed_name", "").strip(),
    )
    if not answer:
        return _page(clinic_id, reference, answer), 422
    return redirect(url_for("own.home", clinic_id=clinic_id, sent=reference), 303)


@own.post("/consents/<uuid:consent_id>/withdraw")
def take_back(clinic_id: UUID, consent_id: UUID) -> Any:
    """Take a consent back; no dose rests on it from now on."""
    apis: Apis = g.apis
    path = f"/patients/{g.patient_id}/consents/{consent_id}/withdraw"
    apis.post("intake", path)
    return redirect(url_for("own.home", clinic_id=clinic_id), 303)


def _page(clinic_id: UUID, reference: str, refused: Answer | None = None) -> str:
    apis: Apis = g.apis
    consents = apis.get("intake", f"/patients/{g.patient_id}/consents")
    documents = consents["documents"] or []
    found = [one for one in documents if one["document_version"] == reference]
    if not found:
        raise NotFoundError("there is no such document to sign")
    return render_template(
        "own/consent.html",
        clinic_id=clinic_id,
        document=found[0],
        problem=refused.detail if refused is not None else "",
        agreed=request.form.getlist("items"),
        signed_name=request.form.get("signed_name", ""),
        away=apis.away,
    )
