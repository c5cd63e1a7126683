"""What happens at the same time, on PostgreSQL, where two writers really are two."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from services.sessions.app import service
from shared.events.intake import ConsentWithdrawn
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from tests.sessions.clinic_day import CALM, NAME, Day, Patient

DATABASE = "sessions_at_once"
ROUNDS = 6
DOSE = {"given_mg": 20, "drawn_mg": 20, "wasted_mg": 0, "lot": "fict-1"}


@pytest.fixture(scope="module")
def lab(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The service on PostgreSQL."""
    url = postgres_server.create_database(DATABASE)
    folder: Path = tmp_path_factory.mktemp("at_once")
    made = Lab([service], folder, database_url=lambda _: url)
    made.settle()
    yield made
    made.close()
    postgres_server.drop_database(DATABASE)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """What each of several calls gives that begin at the same moment."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def post(caller: Caller, path: str, body: dict[str, Any]) -> Callable[[], Any]:
    """A request whose answer may be any."""
    return lambda: caller.request("POST", NAME, path, body)


def authorised(day: Day) -> Patient:
    """A patient whose dose is authorised."""
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck()
    patient.authorise()
    return patient


def codes(answers: list[Any]) -> list[tuple[int, str | None]]:
    """Status and code of each answer, in a steady order."""
    return sorted(
        (answer.status_code, answer.get_json().get("code")) for answer in answers
    )


@pytest.mark.parametrize("_", range(ROUNDS))
def test_one_authorisation_gives_one_dose(day: Day, _: int) -> None:
    patient = authorised(day)

    answers = at_once(*[post(day.monitor, f"{patient.path}/doses", DOSE)] * 4)

    assert codes(answers) == [(201, None)] + [(409, "wrong_state")] * 3
    chart = patient.chart
    assert len(chart["doses"]) == chart["order"]["doses_given"] == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_red_reading_and_a_dose_come_one_after_the_other(day: Day, _: int) -> None:
    patient = authorised(day)
    red = {**CALM, "systolic_mmhg": 190}

    reading, dose = at_once(
        post(day.monitor, f"{patient.path}/vitals", red),
        post(day.prescriber, f"{patient.path}/doses", DOSE),
    )

    assert reading.status_code == 201
    before = reading.get_json()["phase"] == "before_dose"
    assert before == (dose.status_code == 409)
    assert len(patient.chart["alerts"]) == 1


@pytest.mark.parametrize("_", range(ROUNDS))
def test_red_readings_at_once_are_all_kept_and_raise_one_alert(
    day: Day, _: int
) -> None:
    patient = day.patient().dosed()
    red = {**CALM, "systolic_mmhg": 190}

    answers = at_once(*[post(day.monitor, f"{patient.path}/vitals", red)] * 4)

    assert codes(answers) == [(201, None)] * 4
    assert len({answer.get_json()["alert_id"] for answer in answers}) == 1
    chart = patient.chart
    assert (len(chart["alerts"]), len(chart["vitals"])) == (1, 5)


@pytest.mark.parametrize("_", range(ROUNDS))
def test_an_appointment_gets_one_record(day: Day, _: int) -> None:
    patient = day.patient().here()
    body = {
        "appointment_id": str(patient.appointment_id),
        "identifiers_checked": ["name", "birth_date"],
    }

    answers = at_once(*[post(day.monitor, "/sessions", body)] * 3)

    assert codes(answers) == [(201, None)] + [(409, "session_exists")] * 2


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_patient_gets_one_order(day: Day, _: int) -> None:
    patient = day.patient()
    patient.weigh()
    body = {**patient.order_body(), "patient_id": str(patient.id)}

    answers = at_once(*[post(day.prescriber, "/orders", body)] * 3)

    assert codes(answers) == [(201, None)] + [(409, "order_exists")] * 2


@pytest.mark.parametrize("_", range(ROUNDS))
def test_an_alert_is_taken_on_by_one(day: Day, _: int) -> None:
    patient = day.patient().dosed()
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]

    path = f"/alerts/{alert_id}/acknowledge"
    answers = at_once(*[post(day.monitor, path, {})] * 3)

    assert codes(answers) == [(200, None)] + [(409, "already_acknowledged")] * 2


@pytest.mark.parametrize("_", range(ROUNDS))
def test_a_dose_and_a_withdrawn_consent_never_wait_for_each_other_in_vain(
    day: Day, _: int
) -> None:
    patient = authorised(day)
    withdrawn = ConsentWithdrawn(
        patient_id=patient.id,
        episode_id=patient.episode_id,
        consent_id=patient.consents["treatment"],
        consent_type="treatment",
    )

    dose, _done = at_once(
        post(day.monitor, f"{patient.path}/doses", DOSE),
        lambda: day.tell(withdrawn),
    )

    assert codes([dose])[0] in [(201, None), (409, "not_ready")]
    patient.vitals()
    assert patient.refused("authorise")["code"] in ("not_ready", "wrong_state")


def test_an_authorisation_waits_for_a_withdrawal_that_is_under_way(day: Day) -> None:
    patient = authorised(day)
    withdrawn = ConsentWithdrawn(
        patient_id=patient.id,
        episode_id=patient.episode_id,
        consent_id=patient.consents["treatment"],
        consent_type="treatment",
    )

    with ThreadPoolExecutor(1) as pool:
        with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
            service.handlers[ConsentWithdrawn](withdrawn, uow)
            dose = pool.submit(post(day.monitor, f"{patient.path}/doses", DOSE))
            # Not yet committed: the dose must neither go on nor be refused by now.
            with pytest.raises(TimeoutError):
                dose.result(timeout=0.5)
        answer = dose.result(timeout=10)

    assert codes([answer]) == [(409, "not_ready")]


def test_a_signature_holds_whichever_database_keeps_the_record(day: Day) -> None:
    patient = day.patient().dosed().recover()
    patient.discharge()

    day.prescriber.post(NAME, f"{patient.path}/sign")

    assert patient.chart["signature_holds"] is True
