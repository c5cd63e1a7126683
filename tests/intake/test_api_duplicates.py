"""Who may be registered twice in a clinic, until somebody decides."""

from typing import Any

import pytest
from sqlalchemy import select

from services.intake.app import service
from services.intake.models import distinctions
from shared.access import Role
from shared.audit.tables import audit_log
from shared.errors import ConflictError
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, Clinic, a_referral

FULL = {**ANN, "phone": "+1 312 555 0100"}
OTHER = {
    "given_name": "Olga",
    "family_name": "Otherwise",
    "birth_date": "1970-01-01",
    "email": "olga@example.org",
    "phone": "+1 312 555 0111",
}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


def register(clinic: Clinic, **person: Any) -> dict[str, Any]:
    """What is answered to a registration by the desk."""
    made: dict[str, Any] = clinic.desk.post("intake", "/patients", **person)
    return made


def listed(clinic: Clinic) -> list[tuple[list[str], list[str]]]:
    """The pairs on the list, and what each has in common."""
    items = clinic.desk.get("intake", "/duplicates")["items"]
    return [
        ([one["patient_id"] for one in item["patients"]], item["in_common"])
        for item in items
    ]


def dismissal(one: dict[str, Any], other: dict[str, Any]) -> str:
    """Where it is said that two patients are two persons."""
    return f"/patients/{one['id']}/duplicates/{other['id']}/dismiss"


@pytest.mark.parametrize(
    ("shared", "in_common"),
    [
        ({"family_name": " EXAMPLE", "birth_date": "1985-04-30"}, ["name"]),
        ({"email": "ANN@example.org"}, ["email"]),
        ({"phone": "+1 (312) 555-0100"}, ["phone"]),
        (
            {"email": "ann@example.org", "phone": "+13125550100"},
            ["email", "phone"],
        ),
    ],
)
def test_who_is_alike_is_told_of_at_the_registration_and_listed(
    clinic: Clinic, shared: dict[str, str], in_common: list[str]
) -> None:
    first = register(clinic, **FULL)

    second = register(clinic, **{**OTHER, **shared})

    assert first["possible_duplicates"] == []
    assert second["possible_duplicates"] == [first["id"]]
    assert listed(clinic) == [([second["id"], first["id"]], in_common)]


@pytest.mark.parametrize(
    "shared",
    [
        {"family_name": "Example"},
        {"birth_date": "1985-04-30"},
        {"given_name": "Ann"},
        {"email": None},
        {"phone": None},
    ],
)
def test_who_has_less_in_common_is_somebody_else(
    clinic: Clinic, shared: dict[str, str | None]
) -> None:
    register(clinic, **{**FULL, "email": None})
    register(clinic, **{**FULL, "family_name": "Third", "phone": None})

    made = register(clinic, **{**OTHER, **shared})

    assert made["possible_duplicates"] == []
    assert listed(clinic) == []


def test_the_newest_pairs_come_first(clinic: Clinic) -> None:
    first, second, third = (register(clinic, **ANN)["id"] for _ in range(3))

    assert [pair for pair, _ in listed(clinic)] == [
        [third, second],
        [third, first],
        [second, first],
    ]


def test_a_change_of_contact_can_show_who_somebody_is(clinic: Clinic) -> None:
    first, second = register(clinic, **FULL), register(clinic, **OTHER)
    assert listed(clinic) == []

    clinic.desk.post("intake", f"/patients/{first['id']}/contact", email=OTHER["email"])

    assert listed(clinic) == [([second["id"], first["id"]], ["email"])]


def test_patients_of_another_clinic_are_nobodys_duplicates(
    clinic: Clinic, lab: Lab
) -> None:
    register(clinic, **FULL)
    other = Clinic(lab)

    assert register(other, **FULL)["possible_duplicates"] == []
    assert listed(other) == listed(clinic) == []


def test_a_referral_tells_the_desk_and_nobody_outside(clinic: Clinic) -> None:
    first = register(clinic, **FULL)

    inside = clinic.desk.post("intake", "/referrals", **a_referral())
    again = clinic.desk.post("intake", "/referrals", **a_referral())
    elsewhere = {"system": "urn:other", "value": "1"}
    outside = clinic.caller(Role.INTEGRATOR).post(
        "intake", "/referrals", **a_referral(identifier=elsewhere)
    )

    assert inside["possible_duplicates"] == [first["id"]]
    assert "possible_duplicates" not in again
    assert "possible_duplicates" not in outside
    assert len(listed(clinic)) == 3


def test_who_registers_by_an_invitation_learns_of_nobody(clinic: Clinic) -> None:
    register(clinic, **FULL)
    code = clinic.desk.post("intake", "/invitations")["code"]

    made = clinic.lab.nobody(clinic.id).post(
        "intake", "/invitations/accept", **FULL, code=code
    )

    assert "possible_duplicates" not in made
    assert len(listed(clinic)) == 1


@pytest.mark.parametrize("turned", [False, True], ids=["newer first", "older first"])
def test_two_persons_are_not_listed_again(clinic: Clinic, turned: bool) -> None:
    first, second = register(clinic, **ANN), register(clinic, **ANN)
    one, other = (first, second) if turned else (second, first)

    said = clinic.desk.post("intake", dismissal(one, other))

    assert (said["first_id"], said["second_id"]) == (first["id"], second["id"])
    assert said["decided_at"] == "2026-03-02T15:00:00+00:00"
    assert listed(clinic) == []
    problem = clinic.desk.refused("intake", dismissal(other, one))
    assert (problem["status"], problem["code"]) == (409, "already_dismissed")
    third = register(clinic, **ANN)
    assert third["possible_duplicates"] == [second["id"], first["id"]]


def test_who_is_not_alike_cannot_be_dismissed(clinic: Clinic) -> None:
    first, second = register(clinic, **FULL), register(clinic, **OTHER)

    for path in (dismissal(first, second), dismissal(first, first)):
        problem = clinic.desk.refused("intake", path)
        assert (problem["status"], problem["code"]) == (409, "not_alike")


def test_who_was_erased_is_nobodys_duplicate(clinic: Clinic) -> None:
    first, second = register(clinic, **FULL), register(clinic, **FULL)
    admin = clinic.caller(Role.CLINIC_ADMIN)

    path = f"/patients/{first['id']}/erase"
    admin.post("intake", path, reason="Asked for it.")

    assert listed(clinic) == []
    problem = clinic.desk.refused("intake", dismissal(first, second))
    assert problem["code"] == "not_alike"
    assert register(clinic, **FULL)["possible_duplicates"] == [second["id"]]


def test_the_database_itself_keeps_one_word_of_two_persons(
    clinic: Clinic, lab: Lab
) -> None:
    first, second = register(clinic, **ANN), register(clinic, **ANN)
    clinic.desk.post("intake", dismissal(first, second))
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        kept = connection.execute(select(distinctions)).one()

    with (
        pytest.raises(ConflictError) as refused,
        lab.unit_of_work("intake", clinic.id) as uow,
    ):
        uow.insert(distinctions, **{**kept._mapping, "id": uuid7()})

    # SQLite has one writer at a time, and does not name what it refuses by.
    is_named = not lab.runtime("intake").database.is_sqlite
    assert refused.value.code == ("already_dismissed" if is_named else "conflict")


def test_nobody_elsewhere_and_no_clinician_decides(clinic: Clinic, lab: Lab) -> None:
    first, second = register(clinic, **ANN), register(clinic, **ANN)
    elsewhere = Clinic(lab)
    theirs = register(elsewhere, **ANN)

    for path in (
        dismissal(first, theirs),
        dismissal(theirs, first),
        dismissal(first, {"id": uuid7()}),
    ):
        assert clinic.desk.refused("intake", path)["code"] == "not_found"
    for caller, code in (
        (elsewhere.desk, "not_found"),
        (clinic.therapist, "forbidden"),
    ):
        problem = caller.refused("intake", dismissal(first, second))
        assert problem["code"] == code
    refused = clinic.therapist.refused("intake", "/duplicates", method="GET")
    assert refused["code"] == "forbidden"
    assert len(listed(clinic)) == 1


def test_the_trail_notes_of_whom_somebody_was_told(clinic: Clinic, lab: Lab) -> None:
    first, second = register(clinic, **ANN), register(clinic, **ANN)
    listed(clinic)
    clinic.desk.post("intake", dismissal(first, second))

    with lab.runtime("intake").begin(EVERYTHING) as connection:
        rows = connection.execute(select(audit_log).order_by(audit_log.c.id)).all()
    said = {row.action: sorted(row.patients) for row in rows}

    both = sorted([first["id"], second["id"]])
    assert said["intake.register_patient"] == both
    assert said["intake.list_duplicates"] == both
    assert said["intake.dismiss_duplicate"] == both
