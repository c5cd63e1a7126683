"""Consent documents over HTTP: templates, a clinic's own, and what can be signed."""

from datetime import datetime
from typing import Any

import pytest

from services.intake.handlers.consent_documents import end_of
from shared.access import Role
from shared.consents import TEMPLATES, read_document
from shared.testing.lab import Lab
from tests.intake.clinic_lab import Clinic, consent, faults, lasts
from tests.shared.test_consents import TOUCH

OWN: dict[str, Any] = {
    "code": "muscle",
    "edition": "1",
    "consent_type": "treatment",
    "title": "Our treatment",
    "valid_months": 1,
    "sections": [{"heading": "What", "text": "A dose.\nThen rest."}],
    "items": [{"name": "agreed", "text": "I agree."}],
    "drug": "racemic_ketamine",
    "route": "im",
}
OWN_NAME = "muscle-1"


def publish(clinic: Clinic, **different: Any) -> Any:
    """The clinic's administrator publishes a document."""
    admin = clinic.caller(Role.CLINIC_ADMIN)
    return admin.post("intake", "/consent-documents", **OWN | different)


def in_force(clinic: Clinic) -> set[str]:
    """What can be signed in the clinic."""
    found = clinic.desk.get("intake", "/consent-documents")["items"]
    return {one["document_version"] for one in found if one["in_force"]}


def sign(clinic: Clinic, document_version: str, consent_type: str = "treatment") -> Any:
    """A new patient consents to a document."""
    body = {"document_version": document_version, "consent_type": consent_type}
    path = f"/episodes/{clinic.episode()}/consents"
    return clinic.desk.post("intake", path, **consent(**body))


def unsigned(clinic: Clinic, document_version: str, consent_type: str) -> Any:
    """The problem with consenting to a document."""
    body = {"document_version": document_version, "consent_type": consent_type}
    path = f"/episodes/{clinic.episode()}/consents"
    return clinic.desk.refused("intake", path, **consent(**body))


def test_templates_are_in_force_until_the_clinic_publishes_a_text_of_the_type(
    clinic: Clinic,
) -> None:
    before = in_force(clinic)
    publish(clinic)
    after = in_force(clinic)

    treatment = {name for name, each in TEMPLATES.items() if each.type == "treatment"}
    assert before == set(TEMPLATES)
    assert after == set(TEMPLATES) - treatment | {OWN_NAME}


def test_a_template_is_shown_as_a_patient_reads_it(clinic: Clinic) -> None:
    shown = clinic.desk.get("intake", "/consent-documents/touch-2026.1")

    template = TEMPLATES["touch-2026.1"]
    assert shown["notice"] == template.notice
    assert [one["text"] for one in shown["sections"]] == [
        section.text for section in template.sections
    ]
    assert [one["name"] for one in shown["items"]] == [
        item.name for item in template.items
    ]
    assert (shown["id"], shown["is_own"], shown["in_force"]) == (None, False, True)


def test_what_the_clinic_published_is_shown_as_it_was_given(clinic: Clinic) -> None:
    published = publish(clinic)

    shown = clinic.therapist.get("intake", f"/consent-documents/{OWN_NAME}")

    assert {name: shown[name] for name in OWN} == OWN
    assert (shown["id"], shown["is_own"]) == (published["id"], True)
    assert published["document_version"] == shown["document_version"] == OWN_NAME


def test_a_consent_to_the_clinics_text_lasts_as_long_as_that_says(
    clinic: Clinic,
) -> None:
    publish(clinic)

    signed = sign(clinic, OWN_NAME)

    assert signed["document_version"] == OWN_NAME
    assert signed["valid_until"] == lasts(days=31)


def test_no_text_makes_a_consent_to_treatment_outlast_the_rule_pack(
    clinic: Clinic,
) -> None:
    publish(clinic, valid_months=60)

    assert sign(clinic, OWN_NAME)["valid_until"] == lasts(days=365)


@pytest.mark.parametrize(
    ("document_version", "consent_type"),
    [
        ("treatment-1999.1", "treatment"),
        ("touch-2026.1", "treatment"),
        (OWN_NAME, "offlabel"),
        ("treatment-2026.1", "treatment"),
    ],
    ids=["unknown", "other type", "own of another type", "superseded template"],
)
def test_only_a_document_in_force_and_of_the_type_is_signed(
    clinic: Clinic, document_version: str, consent_type: str
) -> None:
    publish(clinic)

    problem = unsigned(clinic, document_version, consent_type)

    assert (problem["status"], problem["code"]) == (422, "document_not_in_force")
    assert list(faults(problem)) == ["#/document_version"]
    assert clinic.told("consent.signed") == []


def test_a_document_of_another_clinic_is_not_there(clinic: Clinic, lab: Lab) -> None:
    elsewhere = Clinic(lab)
    publish(elsewhere)

    read = clinic.desk.refused("intake", f"/consent-documents/{OWN_NAME}", method="GET")
    problem = unsigned(clinic, OWN_NAME, "treatment")

    assert (read["status"], read["code"]) == (404, "not_found")
    assert problem["code"] == "document_not_in_force"
    assert in_force(clinic) == set(TEMPLATES)


def test_an_edition_is_published_once(clinic: Clinic) -> None:
    publish(clinic)
    admin = clinic.caller(Role.CLINIC_ADMIN)

    again = admin.refused("intake", "/consent-documents", **OWN)
    ours = {**OWN, "code": "treatment", "edition": "2026.1"}
    template = admin.refused("intake", "/consent-documents", **ours)
    publish(clinic, edition="2")

    assert {(one["status"], one["code"]) for one in (again, template)} == {
        (409, "document_exists")
    }
    assert in_force(clinic) >= {OWN_NAME, "muscle-2"}


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"code": "Muscle"}, "code"),
        ({"code": "ketamine"}, "code"),
        ({"consent_type": "research"}, "consent_type"),
        ({"valid_months": 0}, "valid_months"),
        ({"sections": []}, "sections"),
        ({"items": []}, "items"),
        ({"items": OWN["items"] * 2}, "items"),
        ({"route": "oral"}, "route"),
        ({"title": "Two\nlines"}, "title"),
        ({"consent_type": "touch", "drug": None}, "route"),
    ],
)
def test_a_document_that_does_not_fit_is_refused(
    clinic: Clinic, different: dict[str, Any], field: str
) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)

    problem = admin.refused("intake", "/consent-documents", **OWN | different)

    assert (problem["status"], list(faults(problem))) == (422, [f"#/{field}"])
    assert in_force(clinic) == set(TEMPLATES)


@pytest.mark.parametrize(
    "role", [Role.FRONT_DESK, Role.THERAPIST, Role.PRESCRIBER, Role.MONITOR]
)
def test_only_an_administrator_of_the_clinic_publishes(
    clinic: Clinic, role: Role
) -> None:
    problem = clinic.caller(role).refused("intake", "/consent-documents", **OWN)

    assert problem["status"] == 403


@pytest.mark.parametrize(
    ("signed", "ends"),
    [
        ("2026-03-02T15:00:00+00:00", "2026-09-02T15:00:00+00:00"),
        ("2026-08-31T15:00:00+00:00", "2027-02-28T15:00:00+00:00"),
        ("2026-12-15T15:00:00+00:00", "2027-06-15T15:00:00+00:00"),
        ("2027-08-30T15:00:00+00:00", "2028-02-29T15:00:00+00:00"),
    ],
)
def test_months_end_on_the_same_day_or_the_last_of_the_month(
    signed: str, ends: str
) -> None:
    half_a_year = read_document(TOUCH)

    found = end_of(half_a_year, datetime.fromisoformat(signed))

    assert found == datetime.fromisoformat(ends)
