"""Patients and how they are reached, over HTTP."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from services.intake import handlers
from services.intake.commands import RegisterPatient
from services.intake.domain import Person
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, Clinic, faults


def test_a_registered_patient_can_be_read(clinic: Clinic) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN, phone="+1 312 555 0100")

    read = clinic.therapist.get("intake", f"/patients/{made['id']}")

    assert made.pop("possible_duplicates") == []
    assert read.items() >= made.items()
    assert (read["status"], read["version"]) == ("registered", 1)
    assert (made["time_zone"], made["channel"]) == ("America/Chicago", "email")
    assert made["registered_at"] == "2026-03-02T15:00:00+00:00"


def test_a_registration_is_told_without_a_name(clinic: Clinic) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN, time_zone="Europe/Vienna")

    assert clinic.told("patient.registered") == [
        {
            "patient_id": made["id"],
            "episode_id": made["episode_id"],
            "time_zone": "Europe/Vienna",
            "channel": "email",
        }
    ]


def test_a_patient_without_an_address_is_not_written_to(clinic: Clinic) -> None:
    made = clinic.desk.post("intake", "/patients", **{**ANN, "email": None})

    assert made["channel"] == "none"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("given_name", ""),
        ("given_name", "   "),
        ("given_name", None),
        ("given_name", 7),
        ("given_name", "x" * 121),
        ("given_name", "Ann\r\nBcc: all"),
        ("given_name", "Ann\ud800"),
        ("family_name", "Ex\x00ample"),
        ("birth_date", "1985-02-30"),
        ("birth_date", "30.4.1985"),
        ("birth_date", 19850430),
        ("birth_date", "2026-03-03"),
        ("birth_date", "1899-12-31"),
        ("email", "ann"),
        ("email", "ann@example"),
        ("email", "ann@localhost"),
        ("email", "ann@exa mple.org"),
        ("email", "Ann <ann@example.org>"),
        ("email", "änn@example.org"),
        ("email", "a" * 300 + "@example.org"),
        ("phone", "1" * 41),
        ("time_zone", "Mars/Olympus"),
        ("time_zone", "../../etc/passwd"),
        ("time_zone", "America"),
        ("channel", "pigeon"),
        ("nickname", "Annie"),
    ],
)
def test_a_patient_that_does_not_fit_is_refused(
    clinic: Clinic, field: str, value: object
) -> None:
    body: dict[str, Any] = {**ANN, field: value}

    problem = clinic.desk.refused("intake", "/patients", **body)

    assert (problem["status"], problem["code"]) == (422, "invalid")
    assert list(faults(problem)) == [f"#/{field}"]
    assert clinic.told("patient.registered") == []


def test_a_refusal_quotes_nothing_that_was_given(clinic: Clinic) -> None:
    private = {**ANN, "email": "ann at secret", "time_zone": "Secret/Zone"}

    answer = clinic.desk.request("POST", "intake", "/patients", private)

    assert "ecret" not in answer.get_data(as_text=True)


def test_mail_without_an_address_is_refused(clinic: Clinic) -> None:
    body: dict[str, Any] = {**ANN, "email": None, "channel": "email"}

    problem = clinic.desk.refused("intake", "/patients", **body)

    assert list(faults(problem)) == ["#/email"]


def test_an_address_is_kept_in_the_form_every_mail_server_takes(
    clinic: Clinic,
) -> None:
    made = clinic.desk.post(
        "intake", "/patients", **{**ANN, "email": " Ann.B@MÜLLER.example "}
    )

    assert made["email"] == "Ann.B@xn--mller-kva.example"


@pytest.mark.parametrize(
    "role",
    [Role.FRONT_DESK, Role.CLINIC_ADMIN, Role.THERAPIST, Role.PRESCRIBER],
)
def test_who_may_register(clinic: Clinic, role: Role) -> None:
    assert clinic.caller(role).post("intake", "/patients", **ANN)["id"]


@pytest.mark.parametrize("role", [Role.MONITOR, Role.INTEGRATOR])
def test_who_may_not_register(clinic: Clinic, role: Role) -> None:
    problem = clinic.caller(role).refused("intake", "/patients", **ANN)

    assert problem["status"] == 403


@pytest.mark.parametrize("path", ["/patients", "/patients/{id}", "/episodes/{episode}"])
@pytest.mark.parametrize("role", [Role.NETWORK_ADMIN, Role.SERVICE, Role.INTEGRATOR])
def test_only_staff_reads_who_a_patient_is(
    clinic: Clinic, role: Role, path: str
) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN)
    where = path.format(id=made["id"], episode=made["episode_id"])

    problem = clinic.caller(role).refused("intake", where, method="GET")

    assert problem["status"] == 403


def test_a_clinic_that_is_not_known_registers_nobody(lab: Lab) -> None:
    desk = lab.caller(Role.FRONT_DESK, clinic_id=uuid7())

    problem = desk.refused("intake", "/patients", **ANN)

    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_another_clinics_patient_is_not_there(clinic: Clinic, lab: Lab) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN)
    elsewhere = Clinic(lab)

    for path in (f"/patients/{made['id']}", f"/patients/{made['id']}/contact"):
        problem = elsewhere.desk.refused("intake", path, method="GET")
        assert (problem["status"], problem["code"]) == (404, "not_found")
    assert elsewhere.desk.get("intake", "/patients")["items"] == []


def test_nobody_without_a_token_learns_anything(clinic: Clinic, lab: Lab) -> None:
    problem = lab.nobody(clinic.id).refused("intake", "/patients", method="GET")

    assert problem["status"] == 401


def test_asking_twice_with_one_key_registers_once(clinic: Clinic) -> None:
    key = {"Idempotency-Key": "once"}

    first = clinic.desk.request("POST", "intake", "/patients", ANN, headers=key)
    second = clinic.desk.request("POST", "intake", "/patients", ANN, headers=key)

    assert first.status_code == second.status_code == 201
    assert first.get_json() == second.get_json()
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(clinic.told("patient.registered")) == 1


def test_a_contact_is_given_to_who_sends_and_to_the_desk(clinic: Clinic) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN)
    path = f"/patients/{made['id']}/contact"
    expected = {
        "patient_id": made["id"],
        "given_name": "Ann",
        "channel": "email",
        "email": "ann@example.org",
        "time_zone": "America/Chicago",
    }

    for role in (Role.SERVICE, Role.FRONT_DESK, Role.CLINIC_ADMIN):
        assert clinic.caller(role).get("intake", path) == expected
    assert clinic.therapist.refused("intake", path, method="GET")["status"] == 403


def test_the_platform_itself_is_given_a_contact(clinic: Clinic, lab: Lab) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN)
    sender = lab.caller(Role.SERVICE)
    sender.clinic_id = clinic.id

    contact = sender.get("intake", f"/patients/{made['id']}/contact")

    assert contact["email"] == "ann@example.org"


def test_who_wants_no_mail_has_no_address_to_send_to(clinic: Clinic) -> None:
    made = clinic.desk.post("intake", "/patients", **ANN, channel="none")

    contact = clinic.desk.get("intake", f"/patients/{made['id']}/contact")

    assert (contact["channel"], contact["email"]) == ("none", None)


def test_pages_hold_every_patient_once_newest_first(clinic: Clinic) -> None:
    made = [clinic.desk.post("intake", "/patients", **ANN)["id"] for _ in range(5)]

    first = clinic.desk.get("intake", "/patients", limit=2)
    second = clinic.desk.get("intake", "/patients", limit=2, after=first["next"])
    third = clinic.desk.get("intake", "/patients", limit=2, after=second["next"])

    pages = [[item["id"] for item in page["items"]] for page in (first, second, third)]
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [patient_id for page in pages for patient_id in page] == made[::-1]
    assert third["next"] is None


def test_a_page_that_is_just_full_is_the_last(clinic: Clinic) -> None:
    for _ in range(2):
        clinic.desk.post("intake", "/patients", **ANN)

    assert clinic.desk.get("intake", "/patients", limit=2)["next"] is None


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=501", "limit=x", "after=x", "sort=name"]
)
def test_a_page_that_does_not_fit_is_refused(clinic: Clinic, query: str) -> None:
    problem = clinic.desk.refused("intake", f"/patients?{query}", method="GET")

    assert problem["status"] == 422


def test_two_hundred_patients_are_read_with_one_statement_and_three_for_keys(
    clinic: Clinic, lab: Lab
) -> None:
    person = Person(
        given_name="Ann", family_name="Example", birth_date=date(1985, 4, 30)
    )
    with lab.unit_of_work("intake", clinic.id) as uow:
        for _ in range(200):
            handlers.register_patient(RegisterPatient(person=person), uow)
    statements: list[str] = []

    def note(*said: Any) -> None:
        statements.append(said[2])

    database = lab.runtime("intake").database
    assert database.vault
    database.vault.forget()
    engine = database.engine
    event.listen(engine, "before_cursor_execute", note)
    page = clinic.desk.get("intake", "/patients", limit=200)
    event.remove(engine, "before_cursor_execute", note)

    assert len(page["items"]) == 200
    assert {item["status"] for item in page["items"]} == {"registered"}
    assert len([one for one in statements if one.startswith("SELECT")]) == 4
