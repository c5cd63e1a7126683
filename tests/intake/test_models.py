"""The migration makes the tables that the models describe, on both databases."""

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from services.intake import handlers
from services.intake.app import service
from services.intake.commands import ReceiveReferral, RecordMeasure
from services.intake.domain import MeasureContext
from services.intake.models import metadata
from services.intake.schemas.people import ReferralBody
from shared.testing.lab import EVERYTHING, Lab
from shared.testing.servers import PostgresServer
from shared.unit_of_work import UnitOfWork
from tests.intake.clinic_lab import ANN, CALM, Clinic, a_referral


@pytest.fixture
def postgres_lab(tmp_path: Path, postgres_server: PostgresServer) -> Iterator[Lab]:
    """Intake on a PostgreSQL database of its own."""
    url = postgres_server.create_database(f"intake_{uuid4().hex}")
    made = Lab([service], tmp_path, database_url=lambda _name: url)
    made.settle()
    yield made
    made.close()


def drift(lab: Lab) -> list[Any]:
    """What the models describe otherwise than the database has it."""
    with lab.runtime("intake").begin(EVERYTHING) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "include_object": lambda item, name, kind, reflected, _other: (
                    kind != "table" or name in metadata.tables
                )
            },
        )
        return list(compare_metadata(context, metadata))


def test_the_models_are_what_the_migration_makes(lab: Lab) -> None:
    assert drift(lab) == []


def test_the_models_are_what_the_migration_makes_on_postgresql(
    postgres_lab: Lab,
) -> None:
    assert drift(postgres_lab) == []


def test_a_patient_comes_all_the_way_on_postgresql(postgres_lab: Lab) -> None:
    clinic = Clinic(postgres_lab)
    episode_id = clinic.eligible(pregnancy=True)

    clinic.alarm(episode_id)

    episode = clinic.show(episode_id)
    assert (episode["status"], episode["decisions"][0]["is_intact"]) == (
        "in_review",
        True,
    )
    assert len(clinic.desk.get("intake", "/patients")["items"]) == 1


def test_one_referral_sent_twice_at_once_makes_one_patient(postgres_lab: Lab) -> None:
    clinic = Clinic(postgres_lab)
    clinic.desk.post("intake", "/patients", **ANN)  # From here on it has its keys.
    answers: list[Any] = []

    def send() -> None:
        answers.append(
            clinic.desk.request("POST", "intake", "/referrals", a_referral())
        )

    second = Thread(target=send)
    with postgres_lab.unit_of_work("intake", clinic.id) as uow:
        handlers.receive_referral(_referral(), uow)
        uow.flush()
        second.start()
        wait_until_blocked(uow, second)
    second.join()
    send()

    raced, retried = answers
    assert (raced.status_code, raced.get_json()["code"]) == (409, "referral_under_way")
    assert (retried.status_code, retried.get_json()["outcome"]) == (
        200,
        "already_known",
    )
    assert len(clinic.told("patient.registered")) == 2


def test_a_yes_and_an_alarm_at_once_do_not_miss_each_other(postgres_lab: Lab) -> None:
    clinic = Clinic(postgres_lab)
    episode_id = clinic.in_review()
    answers: list[Any] = []

    def decide() -> None:
        path, body = f"/episodes/{episode_id}/decision", {"decision": "eligible"}
        answers.append(clinic.prescriber.request("POST", "intake", path, body))

    second = Thread(target=decide)
    with postgres_lab.unit_of_work("intake", clinic.id) as uow:
        handlers.record_measure(_alarm(UUID(episode_id)), uow)
        second.start()
        wait_until_blocked(uow, second)
    second.join()

    (answer,) = answers
    assert (answer.status_code, answer.get_json()["code"]) == (409, "safety_flag_open")
    assert clinic.show(episode_id)["status"] == "in_review"


def _referral() -> ReceiveReferral:
    return ReceiveReferral(**ReferralBody().load(a_referral()))


def _alarm(episode_id: UUID) -> RecordMeasure:
    return RecordMeasure(
        episode_id=episode_id,
        instrument="cssrs",
        context=MeasureContext.PRE_DOSE,
        answers=CALM["cssrs"] | {"q2": 1, "q3": 0, "q4": 1, "q5": 0},
    )


def wait_until_blocked(uow: UnitOfWork, thread: Thread) -> None:
    """Wait until the other transaction waits for this one."""
    waits = text("select count(*) from pg_locks where not granted")
    while not uow.connection.execute(waits).scalar():
        assert thread.is_alive(), "it did not wait"
