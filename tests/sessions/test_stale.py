"""What was true a while ago, or was told out of turn, carries no dose."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.sessions.app import service
from services.sessions.models import facts
from shared.ids import uuid7
from shared.readiness import FactChange, FactName
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from tests.sessions.clinic_day import (
    CALM,
    NAME,
    Day,
    authorised,
    checked,
    dose_body,
    refused,
)

DATABASE = "sessions_stale"
ALL_BUT_AWAKE = CALM.keys() - {"moaas"}


@pytest.fixture
def on_postgres(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The service on PostgreSQL, where two writers really are two."""
    url = postgres_server.create_database(DATABASE)
    lab = Lab([service], tmp_path_factory.mktemp("stale"), database_url=lambda _: url)
    yield lab
    lab.close()
    postgres_server.drop_database(DATABASE)


def only_awake(day: Day, path: str) -> Any:
    """A reading of one measure of the six a dose needs."""
    return day.monitor.post(NAME, f"{path}/vitals", moaas=5)


@pytest.mark.parametrize("step", ["authorise", "doses"])
def test_one_fresh_measure_does_not_freshen_the_others(day: Day, step: str) -> None:
    patient = checked(day) if step == "authorise" else authorised(day)
    day.lab.clock.advance(minutes=31)
    only_awake(day, patient.path)

    problem = patient.refused(step, **(dose_body() if step == "doses" else {}))

    assert (problem["status"], problem["code"]) == (409, "vitals_needed")
    assert set(problem["missing"]) == ALL_BUT_AWAKE


def test_an_override_of_a_meal_is_no_override_of_missing_vital_signs(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck(fasting=False)
    day.lab.clock.advance(minutes=31)
    only_awake(day, patient.path)

    said = refused(patient, "authorise", override_reason="a biscuit")

    assert said == (409, "vitals_needed")


def test_a_further_dose_needs_every_vital_sign_since_the_last(day: Day) -> None:
    patient = authorised(day, dose_mg=60)
    patient.give(20)
    only_awake(day, patient.path)

    assert refused(patient, "authorise") == (409, "vitals_needed")

    patient.vitals()
    assert patient.authorise()["status"] == "authorised"


def test_a_prescriber_overrides_a_vital_sign_that_cannot_be_taken(day: Day) -> None:
    patient = day.patient().here().open()
    taken = {name: value for name, value in CALM.items() if name != "moaas"}
    day.monitor.post(NAME, f"{patient.path}/vitals", **taken)
    patient.precheck()

    patient.authorise(override_reason="awake by all appearance")

    assert patient.give()["seq"] == 1


def a_change(patient_id: UUID, *, holds: bool, told_at: datetime) -> FactChange:
    """What is said of a consent at some time."""
    return FactChange(
        patient_id=patient_id,
        fact=FactName.CONSENT_TREATMENT,
        holds=holds,
        valid_until=None,
        source_id=patient_id,
        told_at=told_at,
    )


def test_older_news_at_the_same_moment_does_not_undo_a_withdrawal(
    on_postgres: Lab,
) -> None:
    clinic_id, patient_id = uuid7(), uuid7()
    first = on_postgres.clock()

    def note(holds: bool, after: int) -> bool:
        change = a_change(
            patient_id, holds=holds, told_at=first + timedelta(minutes=after)
        )
        with on_postgres.unit_of_work(NAME, clinic_id) as uow:
            return facts.put(change, uow)

    note(True, 0)
    withdrawn = a_change(patient_id, holds=False, told_at=first + timedelta(minutes=2))
    with ThreadPoolExecutor(1) as pool:
        with on_postgres.unit_of_work(NAME, clinic_id) as uow:
            facts.put(withdrawn, uow)
            older = pool.submit(note, True, 1)
            with pytest.raises(TimeoutError):
                older.result(timeout=0.5)
        was_kept = older.result(timeout=10)

    with on_postgres.unit_of_work(NAME, clinic_id) as uow:
        (known,) = facts.of(patient_id, uow.connection, clinic_id)
    assert (was_kept, known.holds) == (False, False)


def test_a_refusal_by_state_leaves_the_status_of_the_answer_alone(day: Day) -> None:
    patient = checked(day)
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")

    order = day.prescriber.refused(NAME, f"/orders/{patient.order_id}/cancel")
    session = patient.refused("doses", **dose_body())

    assert (order["status"], order["state"]) == (409, "cancelled")
    assert (session["status"], session["state"]) == (409, "prechecked")
