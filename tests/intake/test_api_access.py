"""A record opened in an emergency, and to its own patient by a private link."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from services.intake.models import patient_links
from shared.access import Role
from shared.audit.tables import audit_log
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.intake.clinic_lab import ANN, Clinic, a_referral

REASON = {"reason": "Found unconscious at the entrance"}


@pytest.fixture
def patient_id(clinic: Clinic) -> str:
    """Somebody who came with a referral."""
    made = clinic.desk.post("intake", "/referrals", **a_referral())
    return str(made["patient_id"])


def outsider(lab: Lab, *roles: Role) -> Caller:
    """Somebody of another clinic, who asks for this one's record."""
    return lab.caller(*roles, clinic_id=uuid4())


def here(caller: Caller, clinic: Clinic) -> Caller:
    """The same person, asking in a clinic without a role there."""
    return Caller(caller.lab, caller.token, clinic.id)


def entries(lab: Lab) -> list[tuple[str, str, str, list[str]]]:
    """Action, purpose, outcome and patients of the whole trail."""
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        rows = connection.execute(select(audit_log).order_by(audit_log.c.id))
        return [(row.action, row.purpose, row.outcome, row.patients) for row in rows]


def test_the_desk_sees_all_of_a_record_it_opened_in_an_emergency(
    clinic: Clinic, patient_id: str
) -> None:
    path = f"/patients/{patient_id}"
    assert clinic.desk.get("intake", path)["medications"] == []

    clinic.desk.post("intake", f"{path}/emergency", **REASON)

    assert clinic.desk.get("intake", path)["medications"]
    assert entries(clinic.lab)[-1][1:3] == ("ETREAT", "read")


def test_a_clinician_of_another_clinic_reads_it_for_an_hour(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    doctor = here(outsider(lab, Role.PRESCRIBER), clinic)
    path = f"/patients/{patient_id}"
    assert doctor.refused("intake", path, method="GET")["code"] == "not_found"

    opened = doctor.post("intake", f"{path}/emergency", **REASON)
    seen = doctor.get("intake", path)

    assert seen["medications"]
    assert opened["until"] > opened["opened_at"]
    assert "reason" not in opened
    assert entries(lab)[-1] == ("intake.show_patient", "ETREAT", "read", [patient_id])
    lab.clock.advance(minutes=60)
    assert doctor.refused("intake", path, method="GET")["code"] == "not_found"


def test_an_emergency_opens_one_record_to_one_person_to_read(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    doctor = here(outsider(lab, Role.PRESCRIBER), clinic)
    colleague = here(outsider(lab, Role.PRESCRIBER), clinic)
    other = clinic.desk.post("intake", "/patients", **ANN)["id"]

    doctor.post("intake", f"/patients/{patient_id}/emergency", **REASON)

    for caller, path in (
        (colleague, f"/patients/{patient_id}"),
        (doctor, f"/patients/{other}"),
        (doctor, "/patients"),
        (doctor, f"/patients/{patient_id}/contact"),
    ):
        assert caller.refused("intake", path, method="GET")["code"] == "not_found"


def test_an_emergency_is_told_without_its_reason(
    clinic: Clinic, patient_id: str
) -> None:
    clinic.desk.post("intake", f"/patients/{patient_id}/emergency", **REASON)

    (told,) = clinic.told("access.break_glass_used")
    assert told["patient_id"] == patient_id
    assert set(told) == {"patient_id", "grant_id", "person_id", "until"}


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 1001}])
def test_an_emergency_needs_a_reason(
    clinic: Clinic, patient_id: str, body: dict[str, str]
) -> None:
    path = f"/patients/{patient_id}/emergency"

    assert clinic.desk.refused("intake", path, **body)["code"] == "invalid"
    assert clinic.told("access.break_glass_used") == []


def test_nobody_outside_the_network_and_no_machine_breaks_the_glass(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    path = f"/patients/{patient_id}/emergency"
    for role in (Role.INTEGRATOR, Role.PATIENT):
        caller = here(outsider(lab, role), clinic)
        assert caller.refused("intake", path, **REASON)["code"] == "forbidden"
    machine = Caller(lab, lab.caller(Role.SERVICE).token, clinic.id)
    assert machine.refused("intake", path, **REASON)["code"] == "forbidden"


def test_a_private_link_opens_the_own_record_and_no_other(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    other = clinic.desk.post("intake", "/patients", **ANN)["id"]
    made = clinic.desk.post("intake", f"/patients/{patient_id}/links")
    nobody = lab.nobody(clinic.id)

    opened = nobody.post("intake", "/links/open", code=made["code"])
    patient = Caller(lab, opened["token"], clinic.id)

    assert opened["patient_id"] == patient_id
    assert patient.get("intake", f"/patients/{patient_id}")["given_name"] == "Ann"
    hidden = patient.refused("intake", f"/patients/{other}", method="GET")
    assert hidden["code"] == "not_found"
    for path in ("/patients", f"/patients/{patient_id}/contact"):
        assert patient.refused("intake", path, method="GET")["code"] == "forbidden"
    assert entries(lab)[-3][1:] == ("HOPERAT", "not_found", [other])


def test_the_code_of_a_link_is_kept_nowhere(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    made = clinic.desk.post("intake", f"/patients/{patient_id}/links")

    with lab.runtime("intake").begin(EVERYTHING) as connection:
        row = connection.execute(select(patient_links)).one()

    secret = made["code"].partition(".")[2]
    assert secret not in str(row)
    assert len(secret) >= 32


@pytest.mark.parametrize("spoil", ["secret", "id", "nonsense", "clinic"])
def test_a_wrong_code_opens_nothing_and_says_nothing(
    clinic: Clinic, lab: Lab, patient_id: str, spoil: str
) -> None:
    made = clinic.desk.post("intake", f"/patients/{patient_id}/links")
    name, _, secret = made["code"].partition(".")
    code = {
        "secret": f"{name}.{secret[:-1]}",
        "id": f"{uuid4()}.{secret}",
        "nonsense": "x",
        "clinic": made["code"],
    }[spoil]
    where = uuid4() if spoil == "clinic" else clinic.id

    problem = lab.nobody(UUID(str(where))).refused("intake", "/links/open", code=code)

    assert (problem["code"], problem["detail"]) == (
        "not_found",
        "this link does not open",
    )


def test_a_link_ends_when_it_is_ended_and_after_two_weeks(
    clinic: Clinic, lab: Lab, patient_id: str
) -> None:
    nobody, path = lab.nobody(clinic.id), f"/patients/{patient_id}/links"
    ended = clinic.desk.post("intake", path)
    clinic.desk.delete("intake", f"{path}/{ended['id']}")
    kept = clinic.desk.post("intake", path)

    again = clinic.desk.refused("intake", f"{path}/{ended['id']}", method="DELETE")
    assert again["code"] == "link_ended"
    assert nobody.refused("intake", "/links/open", code=ended["code"])
    assert nobody.post("intake", "/links/open", code=kept["code"])
    lab.clock.advance(days=14)
    assert nobody.refused("intake", "/links/open", code=kept["code"])


def test_another_patients_link_is_not_ended_by_this_ones_path(
    clinic: Clinic, patient_id: str
) -> None:
    other = clinic.desk.post("intake", "/patients", **ANN)["id"]
    made = clinic.desk.post("intake", f"/patients/{other}/links")

    problem = clinic.desk.refused(
        "intake", f"/patients/{patient_id}/links/{made['id']}", method="DELETE"
    )

    assert problem["code"] == "not_found"
