"""Who pays: confirmed, checked, used up session by session, at its end."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake import handlers
from shared.access import Role
from shared.events.sessions import DoseAdministered
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.intake.clinic_lab import CONSENT, Clinic, faults

INSURANCE = {
    "payer": "insurance",
    "insurer": "Example Health",
    "member_number": "M-4711",
    "authorisation_number": "A-1",
    "units_granted": 2,
}
SELF_PAY = {"payer": "self_pay", "agreement_signed": True}


def confirm(clinic: Clinic, episode: str, **said: Any) -> dict[str, Any]:
    path = f"/episodes/{episode}/coverages"
    done: dict[str, Any] = clinic.desk.post("intake", path, **said)
    return done


def listed(clinic: Clinic, episode: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = clinic.desk.get(
        "intake", f"/episodes/{episode}/coverages"
    )["items"]
    return found


def dose(clinic: Clinic, episode: str, session: UUID, *, seq: int = 1) -> None:
    """Intake hears of a dose."""
    event = DoseAdministered(
        session_id=session,
        appointment_id=uuid7(),
        patient_id=UUID(clinic.show(episode)["patient_id"]),
        administration_id=uuid7(),
        seq=seq,
    )
    with clinic.lab.unit_of_work("intake", clinic.id) as uow:
        handlers.use_unit(event, uow)


def test_an_insurance_is_noted_with_its_authorisation(clinic: Clinic, lab: Lab) -> None:
    episode = clinic.episode()
    until = (lab.clock.now + timedelta(days=90)).isoformat()

    done = confirm(clinic, episode, **INSURANCE, valid_until=until)

    (shown,) = listed(clinic, episode)
    assert shown == done
    assert (shown["units_left"], shown["insurer"]) == (2, "Example Health")
    (told,) = clinic.told("coverage.confirmed")
    assert (told["units_left"], told["payer"]) == (2, "insurance")
    assert "M-4711" not in str(told)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"payer": "insurance"}, "#/insurer"),
        ({"payer": "self_pay"}, "#/agreement_signed"),
        ({**INSURANCE, "units_granted": 0}, "#/units_granted"),
        ({**INSURANCE, "valid_until": "2020-01-01T00:00:00Z"}, "#/valid_until"),
    ],
)
def test_what_lacks_something_is_refused(
    clinic: Clinic, said: dict[str, Any], pointer: str
) -> None:
    path = f"/episodes/{clinic.episode()}/coverages"

    answer = clinic.desk.request("POST", "intake", path, said)

    assert answer.status_code == 422
    assert pointer in faults(answer.get_json())


def test_each_session_uses_a_unit_once_and_the_last_one_ends_it(
    clinic: Clinic,
) -> None:
    episode = clinic.episode()
    confirm(clinic, episode, **INSURANCE)
    first, second = uuid7(), uuid7()

    dose(clinic, episode, first)
    dose(clinic, episode, first, seq=2)
    assert listed(clinic, episode)[0]["units_left"] == 1
    assert clinic.told("coverage.lapsed") == []
    dose(clinic, episode, second)
    dose(clinic, episode, uuid7())

    (shown,) = listed(clinic, episode)
    assert (shown["units_left"], shown["end_cause"]) == (0, "units_used")
    (told,) = clinic.told("coverage.lapsed")
    assert told["cause_code"] == "units_used"


def test_a_coverage_without_units_is_not_used_up(clinic: Clinic) -> None:
    episode = clinic.episode()
    confirm(clinic, episode, **SELF_PAY)

    dose(clinic, episode, uuid7())

    (shown,) = listed(clinic, episode)
    assert (shown["units_left"], shown["ended_at"]) == (None, None)


def test_a_coverage_ends_at_its_time_also_after_a_time_when_nothing_ran(
    clinic: Clinic, lab: Lab
) -> None:
    until = (lab.clock.now + timedelta(days=2)).isoformat()
    confirm(clinic, clinic.episode(), **INSURANCE, valid_until=until)

    clinic.wait(days=30)
    clinic.wait(days=30)

    (told,) = clinic.told("coverage.lapsed")
    assert told["cause_code"] == "expired"


def test_nobody_is_asked_to_see_to_who_pays_after_the_end(
    clinic: Clinic, lab: Lab
) -> None:
    episode = clinic.episode()
    until = (lab.clock.now + timedelta(days=2)).isoformat()
    confirm(clinic, episode, **INSURANCE, valid_until=until)
    clinic.prescriber.post(
        "intake", f"/episodes/{episode}/end", outcome="withdrawn", reason_code="patient"
    )

    clinic.wait(days=3)

    assert clinic.told("coverage.lapsed") == []
    assert listed(clinic, episode)[0]["end_cause"] == "expired"


def test_what_pays_anew_replaces_what_paid_before(clinic: Clinic, lab: Lab) -> None:
    episode = clinic.episode()
    until = (lab.clock.now + timedelta(days=2)).isoformat()
    confirm(clinic, episode, **INSURANCE, valid_until=until)
    confirm(clinic, episode, **SELF_PAY)

    clinic.wait(days=3)

    now, before = listed(clinic, episode)
    assert (now["payer"], now["ended_at"]) == ("self_pay", None)
    assert before["end_cause"] == "replaced"
    assert clinic.told("coverage.lapsed") == []


def test_a_coverage_is_checked_and_ended_once(clinic: Clinic) -> None:
    coverage = confirm(clinic, clinic.episode(), **INSURANCE)["id"]

    checked = clinic.desk.post(
        "intake", f"/coverages/{coverage}/check", outcome="covered"
    )
    assert checked["check_outcome"] == "covered"
    clinic.desk.post("intake", f"/coverages/{coverage}/end")
    for path, body in (("end", None), ("check", {"outcome": "unclear"})):
        answer = clinic.desk.request(
            "POST", "intake", f"/coverages/{coverage}/{path}", body
        )
        assert (answer.status_code, answer.get_json()["code"]) == (409, "coverage_over")


def test_a_lapse_keeps_no_dose_away(clinic: Clinic) -> None:
    episode = clinic.eligible()
    clinic.prescriber.post("intake", f"/episodes/{episode}/clearances")
    clinic.desk.post(
        "intake",
        f"/episodes/{episode}/consents",
        **CONSENT,
    )
    coverage = confirm(clinic, episode, **SELF_PAY)["id"]

    clinic.desk.post("intake", f"/coverages/{coverage}/end")

    assert clinic.show(episode)["stage"] == "ready_to_start"
    assert clinic.told("readiness.lost") == []


def test_who_pays_is_for_the_desk_of_the_clinic(clinic: Clinic, lab: Lab) -> None:
    episode = clinic.episode()
    coverage = confirm(clinic, episode, **SELF_PAY)["id"]

    for caller, status in (
        (clinic.therapist, 403),
        (Clinic(lab).caller(Role.FRONT_DESK), 404),
    ):
        for method, path in (
            ("GET", f"/episodes/{episode}/coverages"),
            ("POST", f"/coverages/{coverage}/end"),
        ):
            assert caller.request(method, "intake", path).status_code == status
