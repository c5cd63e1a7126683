"""Patients are found by what is sealed, and nobody is found by guessing around it."""

from typing import Any

import pytest
from sqlalchemy import select

from services.intake.app import service
from services.intake.models import patients
from shared.access import Role
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, Clinic

ANNS_PHONE = "+1 (312) 555-0100"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def ann(clinic: Clinic) -> str:
    """The id of Ann, among others."""
    for other in ("Bea", "Cem"):
        clinic.desk.post(
            "intake",
            "/patients",
            given_name=other,
            family_name="Example",
            birth_date="1990-01-01",
            email=f"{other}@example.org",
            phone=f"+1 312 555 02{len(other)}",
        )
    return str(clinic.desk.post("intake", "/patients", **ANN, phone=ANNS_PHONE)["id"])


def found(clinic: Clinic, **asked: str) -> list[str]:
    """The ids of those who are found."""
    answer = clinic.desk.post("intake", "/patients/search", **asked)
    return [item["id"] for item in answer["items"]]


@pytest.mark.parametrize(
    "asked",
    [
        {"family_name": " EXAMPLE ", "birth_date": "1985-04-30"},
        {"email": "Ann@Example.ORG"},
        {"phone": "1.312.555.0100"},
        {"email": "nobody@example.org", "phone": "13125550100"},
    ],
)
def test_a_patient_is_found_by_any_one_of_them(
    clinic: Clinic, ann: str, asked: dict[str, str]
) -> None:
    assert found(clinic, **asked) == [ann]


@pytest.mark.parametrize(
    "asked",
    [
        {"family_name": "Example", "birth_date": "1985-05-30"},
        {"family_name": "Exampl", "birth_date": "1985-04-30"},
        {"email": "ann@example.com"},
        {"phone": "0100"},
        {"phone": "none"},
    ],
)
def test_whoever_does_not_fit_exactly_is_not_found(
    clinic: Clinic,
    ann: str,
    asked: dict[str, str],
) -> None:
    assert found(clinic, **asked) == []


def test_an_answer_says_who_it_is(clinic: Clinic, ann: str) -> None:
    answer = clinic.desk.post("intake", "/patients/search", email=ANN["email"])

    (item,) = answer["items"]
    assert item["id"] == ann
    assert {name: item[name] for name in ANN} == ANN
    assert (item["phone"], item["status"]) == (ANNS_PHONE, "registered")


def test_a_patient_of_another_clinic_is_not_found(lab: Lab, ann: str) -> None:
    other = Clinic(lab)

    assert ann
    assert found(other, email=ANN["email"]) == []


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"family_name": "Example"},
        {"birth_date": "1985-04-30"},
        {"family_name": "Example", "email": "ann@example.org"},
        {"given_name": "Ann"},
    ],
)
def test_a_question_that_names_nobody_is_refused(
    clinic: Clinic, asked: dict[str, Any]
) -> None:
    problem = clinic.desk.refused("intake", "/patients/search", **asked)

    assert problem["status"] == 422


def test_who_is_no_staff_finds_nobody(clinic: Clinic) -> None:
    sender = clinic.caller(Role.INTEGRATOR)

    problem = sender.refused("intake", "/patients/search", email=ANN["email"])

    assert problem["code"] == "forbidden"


def test_the_same_person_in_two_clinics_has_nothing_in_common(
    clinic: Clinic, lab: Lab
) -> None:
    other = Clinic(lab)
    for each in (clinic, other):
        each.desk.post("intake", "/patients", **ANN, phone=ANNS_PHONE)

    with lab.runtime("intake").begin(EVERYTHING) as connection:
        indexes = select(
            patients.c.name_index, patients.c.email_index, patients.c.phone_index
        )
        one, two = connection.execute(indexes)

    assert not set(one) & set(two)
    assert all(one)
