"""Consents signed by name: before a witness, or alone and witnessed later."""

import hashlib
from typing import Any

import pytest

from shared.access import Role
from shared.consents import TEMPLATES
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, Clinic, consent, faults, lasts


@pytest.fixture
def patient(clinic: Clinic) -> dict[str, Any]:
    """A patient who was just registered."""
    made: dict[str, Any] = clinic.desk.post("intake", "/patients", **ANN)
    return made


@pytest.fixture
def own(clinic: Clinic, patient: dict[str, Any]) -> Caller:
    """The patient, by a private link."""
    return as_patient(clinic, patient)


def as_patient(clinic: Clinic, patient: dict[str, Any]) -> Caller:
    """Somebody who came in by the private link of a patient."""
    link = clinic.desk.post("intake", f"/patients/{patient['id']}/links")
    nobody = clinic.lab.nobody(clinic.id)
    opened = nobody.post("intake", "/links/open", code=link["code"])
    return Caller(clinic.lab, opened["token"], clinic.id)


def alone(consent_type: str = "treatment", **different: Any) -> dict[str, Any]:
    """A consent signed by a patient without a witness."""
    body = consent(consent_type, **different)
    del body["witness_name"]
    return body


def content(clinic: Clinic, file: dict[str, Any]) -> bytes:
    """What a browser fetches by a link to a file."""
    path = f"/patients/{file['patient_id']}/files/{file['file_id']}/links"
    link = clinic.therapist.post("intake", path)
    found: bytes = clinic.lab.fetch("intake", link["path"]).data
    return found


def test_whoever_notes_a_consent_is_its_witness(
    clinic: Clinic, patient: dict[str, Any]
) -> None:
    path = f"/episodes/{patient['episode_id']}/consents"

    signed = clinic.prescriber.post("intake", path, **consent())

    assert signed["witness_id"] == str(clinic.prescriber_id)
    assert signed["witnessed_at"] == signed["signed_at"] == lasts()
    assert (signed["signed_name"], signed["witness_name"]) == (
        "Ann Example",
        "Wil Witness",
    )


def test_what_was_signed_is_kept_as_a_pdf_with_its_hash(
    clinic: Clinic, patient: dict[str, Any]
) -> None:
    path = f"/episodes/{patient['episode_id']}/consents"
    signed = clinic.desk.post("intake", path, **consent())

    paper = content(clinic, signed)

    assert paper.startswith(b"%PDF-")
    assert hashlib.sha256(paper).hexdigest() == signed["paper_digest"]
    (added,) = clinic.told("file.added")
    assert (added["file_id"], added["kind"]) == (signed["file_id"], "consent")


def test_a_consent_without_every_yes_is_no_consent(
    clinic: Clinic, patient: dict[str, Any]
) -> None:
    path = f"/episodes/{patient['episode_id']}/consents"
    names = [item.name for item in TEMPLATES["treatment-2026.1"].items]

    problem = clinic.desk.refused("intake", path, **consent(items=names[1:]))

    assert (problem["status"], problem["code"]) == (422, "not_agreed")
    assert problem["missing"] == names[:1]
    assert list(faults(problem)) == ["#/items"]
    assert clinic.show(patient["episode_id"])["consents"] == []


def test_a_patient_signs_alone_and_it_counts_once_it_is_witnessed(
    clinic: Clinic, patient: dict[str, Any], own: Caller
) -> None:
    mine = f"/patients/{patient['id']}/consents"
    signed = own.post("intake", mine, **alone())
    (before,) = own.get("intake", mine)["items"]
    clinic.lab.clock.advance(hours=20)

    witnessed = clinic.prescriber.post(
        "intake", f"/consents/{signed['id']}/witness", witness_name="Wil Witness"
    )

    (after,) = own.get("intake", mine)["items"]
    assert (before["holds"], after["holds"]) == (False, True)
    assert (signed["witness_id"], signed["file_id"]) == (None, None)
    assert witnessed["witness_id"] == str(clinic.prescriber_id)
    assert (witnessed["signed_at"], witnessed["witnessed_at"]) == (
        lasts(),
        lasts(hours=20),
    )
    assert [one["consent_id"] for one in clinic.told("consent.submitted")] == [
        signed["id"]
    ]
    assert [one["consent_id"] for one in clinic.told("consent.signed")] == [
        signed["id"]
    ]


def test_a_consent_is_witnessed_once_and_not_after_it_was_taken_back(
    clinic: Clinic, patient: dict[str, Any], own: Caller
) -> None:
    mine = f"/patients/{patient['id']}/consents"
    first, second = (own.post("intake", mine, **alone()) for _ in range(2))
    word = {"witness_name": "Wil Witness"}
    clinic.desk.post("intake", f"/consents/{first['id']}/witness", **word)
    clinic.lab.clock.advance(minutes=1)
    own.post("intake", f"{mine}/{second['id']}/withdraw")

    again = clinic.desk.refused("intake", f"/consents/{first['id']}/witness", **word)
    over = clinic.desk.refused("intake", f"/consents/{second['id']}/witness", **word)

    assert (again["status"], again["code"]) == (409, "already_witnessed")
    assert (over["status"], over["code"]) == (409, "consent_over")


def test_a_patient_witnesses_nothing_and_signs_for_nobody_else(
    clinic: Clinic, patient: dict[str, Any], own: Caller
) -> None:
    signed = own.post("intake", f"/patients/{patient['id']}/consents", **alone())
    other = clinic.desk.post("intake", "/patients", **ANN | {"given_name": "Bea"})
    theirs = as_patient(clinic, other)

    witness = own.refused(
        "intake", f"/consents/{signed['id']}/witness", witness_name="Ann Example"
    )
    stranger = own.refused("intake", f"/patients/{other['id']}/consents", **alone())
    taken = theirs.refused(
        "intake", f"/patients/{other['id']}/consents/{signed['id']}/withdraw"
    )

    assert (witness["status"], stranger["status"], taken["status"]) == (403, 404, 404)


def test_a_witness_comes_too_late_for_a_document_that_was_retired(
    clinic: Clinic, patient: dict[str, Any], own: Caller
) -> None:
    text = {
        "code": "muscle",
        "edition": "1",
        "type": "treatment",
        "title": "Into the muscle",
        "valid_months": 1,
        "sections": [{"heading": "What", "text": "A dose."}],
        "items": [{"name": "agreed", "text": "I agree."}],
    }
    text["consent_type"] = text.pop("type")
    admin = clinic.caller(Role.CLINIC_ADMIN)
    document = admin.post("intake", "/consent-documents", **text)
    signed = own.post(
        "intake",
        f"/patients/{patient['id']}/consents",
        **alone(document_version="muscle-1"),
    )
    admin.post("intake", f"/consent-documents/{document['id']}/retire")

    problem = clinic.desk.refused(
        "intake", f"/consents/{signed['id']}/witness", witness_name="Wil Witness"
    )

    assert (problem["status"], problem["code"]) == (422, "document_not_in_force")


def test_a_patient_is_asked_to_renew_once_thirty_days_before_the_end(
    clinic: Clinic, patient: dict[str, Any]
) -> None:
    path = f"/episodes/{patient['episode_id']}/consents"
    signed = clinic.desk.post("intake", path, **consent())

    clinic.wait(days=334)
    early = clinic.told("consent.renewal_requested")
    clinic.wait(days=1)
    (told,) = clinic.told("consent.renewal_requested")
    clinic.wait(days=29)

    assert early == []
    assert (told["consent_id"], told["valid_until"]) == (
        signed["id"],
        signed["valid_until"],
    )
    assert len(clinic.told("consent.renewal_requested")) == 1


def test_nobody_is_asked_to_renew_what_was_renewed_or_taken_back(
    clinic: Clinic, lab: Lab
) -> None:
    renewed, withdrawn = clinic.episode(), clinic.episode()
    clinic.desk.post("intake", f"/episodes/{renewed}/consents", **consent())
    taken = clinic.desk.post("intake", f"/episodes/{withdrawn}/consents", **consent())
    lab.clock.advance(days=300)
    clinic.desk.post("intake", f"/episodes/{renewed}/consents", **consent())
    clinic.desk.post("intake", f"/consents/{taken['id']}/withdraw")

    clinic.wait(days=40)

    assert clinic.told("consent.renewal_requested") == []
