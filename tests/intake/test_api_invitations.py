"""Staff invite somebody, who registers by a private link, once."""

from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.intake.app import service
from services.intake.models import invitations, patients
from shared.access import Role
from shared.audit.tables import audit_log
from shared.ids import uuid7
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, Clinic, faults, lasts

ACCEPT = "/invitations/accept"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def nobody(clinic: Clinic) -> Caller:
    """Somebody without a token."""
    return clinic.lab.nobody(clinic.id)


def invited(clinic: Clinic) -> dict[str, Any]:
    """An invitation."""
    made: dict[str, Any] = clinic.desk.post("intake", "/invitations")
    return made


def test_who_was_invited_becomes_a_patient_like_any_other(
    clinic: Clinic, nobody: Caller
) -> None:
    code = invited(clinic)["code"]

    made = nobody.post("intake", ACCEPT, **ANN, code=code)

    shown = clinic.desk.get("intake", f"/patients/{made['id']}")
    assert (shown["status"], shown["is_self_registered"]) == ("registered", True)
    visit = made.pop("visit")
    assert shown.items() >= made.items()
    own = Caller(clinic.lab, visit["token"], clinic.id)
    assert own.get("intake", f"/patients/{made['id']}")["id"] == made["id"]
    (told,) = clinic.told("patient.registered")
    assert told["patient_id"] == made["id"]
    by_staff = clinic.desk.post("intake", "/patients", **ANN)
    assert by_staff["is_self_registered"] is False


def test_the_trail_says_by_which_invitation_somebody_came(
    clinic: Clinic, nobody: Caller, lab: Lab
) -> None:
    invitation = invited(clinic)

    made = nobody.post("intake", ACCEPT, **ANN, code=invitation["code"])

    with lab.runtime("intake").begin(EVERYTHING) as connection:
        newest = select(audit_log).order_by(audit_log.c.id.desc()).limit(1)
        entry = connection.execute(newest).one()
        kept = connection.execute(select(invitations)).one()
    assert (entry.record_type, str(entry.record_id)) == ("invitation", invitation["id"])
    assert (entry.patients, entry.purpose) == ([made["id"]], "PATRQT")
    assert (str(kept.patient_id), kept.ended_at) == (made["id"], lab.clock())
    assert invitation["code"].partition(".")[2] not in str(kept)


def test_an_invitation_is_good_once(clinic: Clinic, nobody: Caller) -> None:
    code = invited(clinic)["code"]
    nobody.post("intake", ACCEPT, **ANN, code=code)

    problem = nobody.refused("intake", ACCEPT, **ANN, code=code)

    assert (problem["status"], problem["code"]) == (404, "not_found")
    assert len(clinic.told("patient.registered")) == 1


def test_two_who_use_an_invitation_at_once_make_one_patient(
    clinic: Clinic, nobody: Caller, lab: Lab
) -> None:
    clinic.desk.post("intake", "/patients", **ANN)  # From here on it has its keys.
    code, ready = invited(clinic)["code"], Barrier(2)
    answers: list[int] = []

    def accept() -> None:
        ready.wait()
        answer = nobody.request("POST", "intake", ACCEPT, {**ANN, "code": code})
        answers.append(answer.status_code)

    threads = [Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, second = sorted(answers)
    assert (first, second in {404, 412}) == (201, True)
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        assert len(connection.execute(select(patients.c.id)).all()) == 2


def test_an_invitation_opens_for_two_weeks(clinic: Clinic, nobody: Caller) -> None:
    early, late = invited(clinic)["code"], invited(clinic)["code"]
    clinic.lab.clock.advance(days=14, seconds=-1)
    nobody.post("intake", ACCEPT, **ANN, code=early)

    clinic.lab.clock.advance(seconds=1)

    problem = nobody.refused("intake", ACCEPT, **ANN, code=late)
    assert problem["code"] == "not_found"


def test_an_invitation_may_be_for_fewer_days(clinic: Clinic, nobody: Caller) -> None:
    made = clinic.desk.post("intake", "/invitations", days=1)
    assert made["expires_at"] == lasts(days=1)
    clinic.lab.clock.advance(days=1)

    problem = nobody.refused("intake", ACCEPT, **ANN, code=made["code"])

    assert problem["code"] == "not_found"


@pytest.mark.parametrize("days", [0, 15, "7", 1.5, True, None])
def test_an_invitation_for_no_such_number_of_days_is_refused(
    clinic: Clinic, days: object
) -> None:
    problem = clinic.desk.refused("intake", "/invitations", days=days)

    assert list(faults(problem)) == ["#/days"]


def test_an_invitation_that_was_taken_back_opens_nothing(
    clinic: Clinic, nobody: Caller
) -> None:
    invitation = invited(clinic)
    path = f"/invitations/{invitation['id']}"

    ended = clinic.desk.delete("intake", path)

    assert (ended["patient_id"], bool(ended["ended_at"])) == (None, True)
    again = clinic.desk.refused("intake", path, method="DELETE")
    assert (again["status"], again["code"]) == (409, "link_ended")
    problem = nobody.refused("intake", ACCEPT, **ANN, code=invitation["code"])
    assert problem["code"] == "not_found"


def test_a_slip_does_not_use_the_invitation_up(clinic: Clinic, nobody: Caller) -> None:
    code = invited(clinic)["code"]
    slip = {**ANN, "birth_date": "2026-03-03"}

    problem = nobody.refused("intake", ACCEPT, **slip, code=code)

    assert list(faults(problem)) == ["#/birth_date"]
    assert nobody.post("intake", ACCEPT, **ANN, code=code)["is_self_registered"]


def test_a_code_opens_only_what_it_was_made_for(
    clinic: Clinic, nobody: Caller, lab: Lab
) -> None:
    code = invited(clinic)["code"]
    patient_id = clinic.desk.post("intake", "/patients", **ANN)["id"]
    link = clinic.desk.post("intake", f"/patients/{patient_id}/links")["code"]
    elsewhere = lab.nobody(Clinic(lab).id)
    name = code.partition(".")[0]

    refused = [
        elsewhere.refused("intake", ACCEPT, **ANN, code=code),
        nobody.refused("intake", "/links/open", code=code),
        *(
            nobody.refused("intake", ACCEPT, **ANN, code=wrong)
            for wrong in (link, f"{name}.x", name, "x", f"{uuid4()}.x")
        ),
    ]

    assert {problem["code"] for problem in refused} == {"not_found"}
    assert len(clinic.told("patient.registered")) == 1


def test_only_the_desk_of_the_clinic_invites(clinic: Clinic, lab: Lab) -> None:
    invitation = invited(clinic)
    path = f"/invitations/{invitation['id']}"

    assert clinic.therapist.refused("intake", "/invitations")["code"] == "forbidden"
    for caller, where in (
        (Clinic(lab).desk, path),
        (clinic.desk, f"/invitations/{uuid7()}"),
    ):
        problem = caller.refused("intake", where, method="DELETE")
        assert problem["code"] == "not_found"
    assert clinic.caller(Role.CLINIC_ADMIN).delete("intake", path)["ended_at"]
