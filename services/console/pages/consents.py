"""Consents: signed on the clinic's device before a witness, witnessed, taken back."""

from typing import Any
from uuid import UUID

from flask import g, request

from services.console.apis import Apis
from services.console.pages import record
from services.console.pages.site import site
from shared.errors import NotFoundError


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/consents")
def consents(clinic_id: UUID, patient_id: UUID) -> str:
    """What a patient has consented to, what waits for a witness, what can be signed."""
    return _page(clinic_id, patient_id)


@site.get("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/consents/<reference>")
def consent(clinic_id: UUID, patient_id: UUID, reference: str) -> str:
    """A document for the patient to read and sign, and for the witness."""
    return _document(clinic_id, patient_id, reference)


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/consents/<reference>")
def sign_consent(clinic_id: UUID, patient_id: UUID, reference: str) -> Any:
    """The patient signs, and whoever is signed in is the witness."""
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    answer = apis.post(
        "intake",
        f"/episodes/{person['episode_id']}/consents",
        document_version=reference,
        consent_type=request.form.get("consent_type", ""),
        items=request.form.getlist("items"),
        signed_name=request.form.get("signed_name", "").strip(),
        witness_name=request.form.get("witness_name", "").strip(),
    )
    if not answer:
        return _document(clinic_id, patient_id, reference, answer.detail), 422
    return record.back("site.consents", clinic_id=clinic_id, patient_id=patient_id)


@site.post(
    "/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>"
    "/consents/<uuid:consent_id>/<any(witness, withdraw):what>"
)
def change_consent(
    clinic_id: UUID, patient_id: UUID, consent_id: UUID, what: str
) -> Any:
    """A consent is witnessed, or taken back."""
    apis: Apis = g.apis
    words = {"witness_name": request.form.get("witness_name", "").strip()}
    said = words if what == "witness" else {}
    answer = apis.post("intake", f"/consents/{consent_id}/{what}", **said)
    if not answer:
        return _page(clinic_id, patient_id, answer.detail), 422
    return record.back("site.consents", clinic_id=clinic_id, patient_id=patient_id)


def _page(clinic_id: UUID, patient_id: UUID, problem: str = "") -> str:
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    found = apis.get("intake", f"/episodes/{person['episode_id']}/consents")
    return record.render("consents.html", clinic_id, person, problem, consents=found)


def _document(
    clinic_id: UUID, patient_id: UUID, reference: str, problem: str = ""
) -> str:
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    found = apis.get("intake", f"/episodes/{person['episode_id']}/consents")
    documents = found["documents"] or []
    named = [one for one in documents if one["document_version"] == reference]
    if not named:
        raise NotFoundError("there is no such document to sign")
    return record.render(
        "consent.html",
        clinic_id,
        person,
        problem,
        document=named[0],
        agreed=request.form.getlist("items"),
        form=request.form,
    )
