"""Consents end at their time and with their document, told exactly once."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake import handlers
from services.intake.app import service
from services.intake.commands import SignConsent
from services.intake.domain import ConsentType
from shared.access import Role
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from tests.intake.clinic_lab import CONSENT, Clinic, consent, lasts
from tests.intake.test_api_consent_documents import OWN_NAME, in_force, publish
from tests.intake.test_models import wait_until_blocked

YEAR = 365


def sign(clinic: Clinic, episode_id: str, **different: str) -> Any:
    """A patient consents."""
    path = f"/episodes/{episode_id}/consents"
    return clinic.desk.post("intake", path, **consent(**different))


def sign_own(clinic: Clinic, episode_id: str) -> Any:
    """A patient consents to the clinic's own text."""
    return sign(clinic, episode_id, document_version=OWN_NAME)


def retire(clinic: Clinic, document: Any) -> Any:
    """The clinic's administrator retires a document."""
    admin = clinic.caller(Role.CLINIC_ADMIN)
    return admin.post("intake", f"/consent-documents/{document['id']}/retire")


def expired(clinic: Clinic) -> list[tuple[str, str, str]]:
    """What was told of consents that ended."""
    return [
        (one["consent_id"], one["consent_type"], one["cause_code"])
        for one in clinic.told("consent.expired")
    ]


def test_the_end_of_a_consent_is_told_once_at_its_time(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    signed = sign(clinic, episode_id)

    clinic.wait(days=YEAR, seconds=-1)
    before = expired(clinic)
    clinic.wait(seconds=1)
    clinic.wait(days=YEAR)

    (shown,) = clinic.show(episode_id)["consents"]
    assert before == []
    assert expired(clinic) == [(signed["id"], "treatment", "expired")]
    assert (shown["holds"], shown["end_cause"]) == (False, "expired")
    assert shown["ended_at"] == lasts(days=YEAR)


def test_an_end_during_downtime_is_told_afterwards(clinic: Clinic, lab: Lab) -> None:
    signed = sign(clinic, clinic.episode())
    lab.clock.advance(days=YEAR + 3)

    lab.settle()

    assert expired(clinic) == [(signed["id"], "treatment", "expired")]


def test_no_end_is_told_while_a_newer_consent_to_the_same_holds(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    sign(clinic, episode_id)
    clinic.wait(days=300)
    newer = sign(clinic, episode_id)

    clinic.wait(days=YEAR - 300)
    meanwhile = expired(clinic)
    clinic.wait(days=300)

    assert meanwhile == []
    assert expired(clinic) == [(newer["id"], "treatment", "expired")]


def test_a_consent_to_something_else_does_not_hide_an_end(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    older = sign(clinic, episode_id)
    clinic.wait(days=300)
    sign(
        clinic,
        episode_id,
        consent_type="offlabel",
        document_version="offlabel-2026.1",
    )

    clinic.wait(days=YEAR - 300)

    assert expired(clinic) == [(older["id"], "treatment", "expired")]


def test_no_end_is_told_of_a_consent_that_was_taken_back(clinic: Clinic) -> None:
    signed = sign(clinic, clinic.episode())
    clinic.therapist.post("intake", f"/consents/{signed['id']}/withdraw")

    clinic.wait(days=2 * YEAR)

    assert expired(clinic) == []


def test_a_consent_that_ended_can_still_be_taken_back(clinic: Clinic) -> None:
    signed = sign(clinic, clinic.episode())
    clinic.wait(days=YEAR)

    clinic.therapist.post("intake", f"/consents/{signed['id']}/withdraw")

    assert len(clinic.told("consent.withdrawn")) == 1


def test_consents_to_a_retired_document_end_and_others_hold(clinic: Clinic) -> None:
    first, second = publish(clinic), publish(clinic, edition="2")
    one, two = clinic.episode(), clinic.episode()
    ended = {sign_own(clinic, each)["id"] for each in (one, two)}
    sign(clinic, one, document_version="muscle-2")
    sign(clinic, one, consent_type="offlabel", document_version="offlabel-2026.1")

    retired = retire(clinic, first)

    holding = {
        each["document_version"]: each["holds"] for each in clinic.show(one)["consents"]
    }
    assert {told[0] for told in expired(clinic)} == ended
    assert {told[1:] for told in expired(clinic)} == {("treatment", "document_retired")}
    assert holding == {OWN_NAME: False, "muscle-2": True, "offlabel-2026.1": True}
    assert retired["retired_at"] == lasts()
    assert second["document_version"] in in_force(clinic)
    assert OWN_NAME not in in_force(clinic)


def test_the_end_of_a_consent_is_not_told_again_after_its_document_was_retired(
    clinic: Clinic,
) -> None:
    document = publish(clinic)
    sign_own(clinic, clinic.episode())
    retire(clinic, document)

    clinic.wait(days=YEAR)

    assert [cause for _, _, cause in expired(clinic)] == ["document_retired"]


def test_what_was_taken_back_or_ran_out_does_not_end_with_its_document(
    clinic: Clinic, lab: Lab
) -> None:
    document = publish(clinic)
    ran_out = sign_own(clinic, clinic.episode())
    lab.clock.advance(days=31)  # Nobody has seen to timers since.
    taken_back = sign_own(clinic, clinic.episode())
    clinic.desk.post("intake", f"/consents/{taken_back['id']}/withdraw")

    retire(clinic, document)
    lab.settle()

    assert expired(clinic) == [(ran_out["id"], "treatment", "expired")]


def test_a_retired_document_is_signed_by_nobody_but_still_read(clinic: Clinic) -> None:
    retire(clinic, publish(clinic))
    path = f"/episodes/{clinic.episode()}/consents"

    retired = clinic.desk.refused("intake", path, **consent(document_version=OWN_NAME))
    template = clinic.desk.refused("intake", path, **CONSENT)
    shown = clinic.desk.get("intake", f"/consent-documents/{OWN_NAME}")

    assert {retired["code"], template["code"]} == {"document_not_in_force"}
    assert (shown["title"], shown["in_force"]) == ("Our treatment", False)


def test_a_document_is_retired_once_and_by_its_clinics_administrator(
    clinic: Clinic, lab: Lab
) -> None:
    document = publish(clinic)
    path = f"/consent-documents/{document['id']}/retire"
    others = Clinic(lab).caller(Role.CLINIC_ADMIN)

    by_prescriber = clinic.prescriber.refused("intake", path)
    elsewhere = others.refused("intake", path)
    retire(clinic, document)
    again = clinic.caller(Role.CLINIC_ADMIN).refused("intake", path)

    assert by_prescriber["status"] == 403
    assert (elsewhere["status"], elsewhere["code"]) == (404, "not_found")
    assert (again["status"], again["code"]) == (409, "already_retired")


def test_documents_of_another_clinic_of_the_same_name_stay_in_force(
    clinic: Clinic, lab: Lab
) -> None:
    elsewhere = Clinic(lab)
    publish(elsewhere)
    episode_id = elsewhere.episode()
    sign_own(elsewhere, episode_id)

    retire(clinic, publish(clinic))

    (shown,) = elsewhere.show(episode_id)["consents"]
    assert shown["holds"]
    assert OWN_NAME in in_force(elsewhere)


@pytest.fixture
def busy(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Clinic]:
    """A clinic on PostgreSQL, where two writers really are two."""
    url = postgres_server.create_database(f"intake_{uuid4().hex}")
    lab = Lab([service], tmp_path, database_url=lambda _name: url)
    lab.settle()
    yield Clinic(lab)
    lab.close()


def test_nobody_signs_a_document_that_is_being_retired(busy: Clinic) -> None:
    document, episode_id = publish(busy), busy.episode()
    answers: list[Any] = []
    body = consent(document_version=OWN_NAME)

    def ask() -> None:
        path = f"/episodes/{episode_id}/consents"
        answers.append(busy.desk.request("POST", "intake", path, body))

    second = Thread(target=ask)
    with busy.lab.unit_of_work("intake", busy.id) as uow:
        handlers.retire_document(UUID(document["id"]), uow)
        uow.flush()
        second.start()
        wait_until_blocked(uow, second)
    second.join()

    (answer,) = answers
    assert answer.get_json()["code"] == "document_not_in_force"
    assert busy.show(episode_id)["consents"] == []


def test_a_consent_that_is_being_signed_ends_with_its_document(busy: Clinic) -> None:
    document, episode_id = publish(busy), busy.episode()
    second = Thread(target=lambda: retire(busy, document))
    command = SignConsent(
        episode_id=UUID(episode_id),
        consent_type=ConsentType.TREATMENT,
        document_version=OWN_NAME,
        items=["agreed"],
        signed_name="Ann Example",
        witness_name="Wil Witness",
    )

    with busy.lab.unit_of_work("intake", busy.id) as uow:
        signed = handlers.sign_consent(command, uow)
        uow.flush()
        second.start()
        wait_until_blocked(uow, second)
    second.join()

    assert expired(busy) == [(str(signed.id), "treatment", "document_retired")]


def test_a_withdrawal_during_a_retirement_is_not_lost(busy: Clinic) -> None:
    document, episode_id = publish(busy), busy.episode()
    signed = sign_own(busy, episode_id)
    answers: list[Any] = []

    def take_back() -> None:
        path = f"/consents/{signed['id']}/withdraw"
        answers.append(busy.desk.request("POST", "intake", path, {}))

    second = Thread(target=take_back)
    with busy.lab.unit_of_work("intake", busy.id) as uow:
        handlers.retire_document(UUID(document["id"]), uow)
        uow.flush()
        second.start()
        wait_until_blocked(uow, second)
    second.join()

    assert [answer.status_code for answer in answers] == [200]
    assert len(busy.told("consent.withdrawn")) == 1
