"""A referrer learns how far a referral has come, and never why."""

from typing import Any
from uuid import UUID

import pytest

from services.intake.app import service
from services.intake.domain import EpisodeStatus, progress_of
from shared.access import Role
from shared.ids import uuid7
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import CALM, Clinic, a_referral

KNOWN = {"system": "urn:example:mrn", "value": "4711"}
RECEIVED = ("received", "active", "received")
SCREENED = ("in_screening", "active", "received")
ACCEPTED = ("accepted", "active", "accepted")
REFUSED = ("not_accepted", "revoked", "rejected")
CLOSED = ("closed", "completed", "completed")


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Intake, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def sender(clinic: Clinic) -> Caller:
    """A program that refers patients."""
    return clinic.caller(Role.INTEGRATOR)


@pytest.fixture
def sent(sender: Caller) -> dict[str, Any]:
    """What was answered to a referral of the program."""
    made: dict[str, Any] = sender.post("intake", "/referrals", **a_referral())
    return made


def progress(caller: Caller, sent: dict[str, Any]) -> tuple[str, str, str]:
    """Our word, the word for a ServiceRequest, and that for a Task."""
    said = caller.get("intake", f"/referrals/{sent['referral_id']}")
    return said["status"], said["service_request_status"], said["task_status"]


def screened(clinic: Clinic, episode_id: str) -> None:
    """Everything is answered that a decision needs."""
    for instrument in CALM:
        clinic.answer(episode_id, instrument)
    clinic.screen(episode_id)


def test_a_referrer_follows_a_referral_to_its_end(
    clinic: Clinic, sender: Caller, sent: dict[str, Any]
) -> None:
    episode_id = sent["episode_id"]
    said = [progress(sender, sent)]

    clinic.answer(episode_id, "phq9")
    said.append(progress(sender, sent))
    screened(clinic, episode_id)
    said.append(progress(sender, sent))
    clinic.decide(episode_id)
    said.append(progress(sender, sent))
    clinic.fulfil(episode_id)
    said.append(progress(sender, sent))
    clinic.prescriber.post(
        "intake",
        f"/episodes/{episode_id}/end",
        outcome="completed",
        reason_code="course_complete",
    )
    said.append(progress(sender, sent))

    assert said == [RECEIVED, SCREENED, SCREENED, ACCEPTED, ACCEPTED, CLOSED]


def test_a_referrer_is_told_nothing_but_how_far_it_is(
    sender: Caller, sent: dict[str, Any]
) -> None:
    assert sender.get("intake", f"/referrals/{sent['referral_id']}") == {
        "referral_id": sent["referral_id"],
        "received_at": "2026-03-02T15:00:00+00:00",
        "status": "received",
        "service_request_status": "active",
        "task_status": "received",
    }


def test_a_no_is_told_without_its_reason(
    clinic: Clinic, sender: Caller, sent: dict[str, Any]
) -> None:
    screened(clinic, sent["episode_id"])

    clinic.decide(sent["episode_id"], "ineligible", reason_codes=["pregnancy"])

    path = f"/referrals/{sent['referral_id']}"
    answer = sender.request("GET", "intake", path)
    assert progress(sender, sent) == REFUSED
    assert "pregnancy" not in answer.get_data(as_text=True)


def test_a_yes_that_is_looked_at_again_is_not_the_referrers_business(
    clinic: Clinic, sender: Caller, sent: dict[str, Any]
) -> None:
    screened(clinic, sent["episode_id"])
    clinic.decide(sent["episode_id"])

    clinic.alarm(sent["episode_id"])

    assert clinic.show(sent["episode_id"])["status"] == "in_review"
    assert progress(sender, sent) == ACCEPTED


@pytest.mark.parametrize("outcome", ["deceased", "withdrawn"])
def test_every_end_looks_the_same_from_outside(
    clinic: Clinic, sender: Caller, sent: dict[str, Any], outcome: str
) -> None:
    path = f"/episodes/{sent['episode_id']}/end"

    clinic.prescriber.post("intake", path, outcome=outcome, reason_code="a_reason")

    assert progress(sender, sent) == CLOSED


def test_an_erasure_closes_a_referral_and_its_identifier_finds_nothing(
    clinic: Clinic, sender: Caller, sent: dict[str, Any]
) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)

    path = f"/patients/{sent['patient_id']}/erase"
    admin.post("intake", path, reason="Asked for it.")

    assert progress(sender, sent) == CLOSED
    found = sender.refused("intake", "/referrals/search", identifier=KNOWN)
    assert found["code"] == "not_found"


def test_a_referral_is_found_by_the_senders_own_number(
    sender: Caller, sent: dict[str, Any]
) -> None:
    found = sender.post("intake", "/referrals/search", identifier=KNOWN)
    other = sender.refused(
        "intake", "/referrals/search", identifier={**KNOWN, "value": "4712"}
    )

    assert found == sender.get("intake", f"/referrals/{sent['referral_id']}")
    assert (other["status"], other["code"]) == (404, "not_found")


def test_what_somebody_else_sent_is_not_there_but_for_the_desk(
    clinic: Clinic, lab: Lab, sent: dict[str, Any]
) -> None:
    path = f"/referrals/{sent['referral_id']}"
    network = Caller(lab, lab.caller(Role.NETWORK_ADMIN).token, clinic.id)

    for caller in (clinic.caller(Role.INTEGRATOR), network, Clinic(lab).desk):
        assert caller.refused("intake", path, method="GET")["code"] == "not_found"
        found = caller.refused("intake", "/referrals/search", identifier=KNOWN)
        assert found["code"] == "not_found"

    assert progress(clinic.desk, sent) == RECEIVED
    assert clinic.desk.post("intake", "/referrals/search", identifier=KNOWN)


def test_who_sends_it_again_may_not_follow_what_another_sent(
    clinic: Clinic, sent: dict[str, Any]
) -> None:
    second = clinic.caller(Role.INTEGRATOR)

    again = second.post("intake", "/referrals", **a_referral())

    assert again["outcome"] == "already_known"
    path = f"/referrals/{sent['referral_id']}"
    assert second.refused("intake", path, method="GET")["code"] == "not_found"


def test_the_same_program_follows_in_each_clinic_what_it_sent_there(
    clinic: Clinic, lab: Lab, sent: dict[str, Any]
) -> None:
    other, me = Clinic(lab), uuid7()
    there = lab.caller(Role.INTEGRATOR, clinic_id=other.id, actor_id=me)
    here = lab.caller(Role.INTEGRATOR, clinic_id=clinic.id, actor_id=me)

    made = there.post("intake", "/referrals", **a_referral())

    assert progress(there, made) == RECEIVED
    path = f"/referrals/{made['referral_id']}"
    assert here.refused("intake", path, method="GET")["code"] == "not_found"
    found = there.post("intake", "/referrals/search", identifier=KNOWN)
    assert found["referral_id"] == made["referral_id"]


def test_clinicians_and_patients_do_not_follow_referrals(
    clinic: Clinic, sender: Caller, sent: dict[str, Any]
) -> None:
    path = f"/referrals/{UUID(sent['referral_id'])}"
    for role in (Role.THERAPIST, Role.PATIENT):
        refused = clinic.caller(role).refused("intake", path, method="GET")
        assert refused["code"] == "forbidden"
    unknown = sender.refused("intake", f"/referrals/{uuid7()}", method="GET")
    assert unknown["code"] == "not_found"
    empty = sender.refused("intake", "/referrals/search")
    assert empty["code"] == "invalid"


@pytest.mark.parametrize("status", list(EpisodeStatus))
def test_a_referral_that_was_accepted_is_so_until_it_is_closed(
    status: EpisodeStatus,
) -> None:
    said = progress_of(status, has_answers=True, was_accepted=True)

    assert said.status in ("accepted", "closed")
