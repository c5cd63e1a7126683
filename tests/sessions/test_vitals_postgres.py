"""Vital signs on PostgreSQL, where their queries are given to the driver directly."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from services.sessions.app import service
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from tests.sessions.clinic_day import CALM, NAME, Day, Patient


@pytest.fixture(scope="module")
def lab(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """The service alone, on PostgreSQL."""
    name = f"sessions_{uuid4().hex}"
    url = postgres_server.create_database(name)
    made = Lab(
        [service], tmp_path_factory.mktemp("sessions"), database_url=lambda _: url
    )
    made.settle()
    yield made
    made.close()
    postgres_server.drop_database(name)


@pytest.fixture
def opened(day: Day) -> Patient:
    """A session before its dose."""
    return day.patient().here().open()


def test_a_reading_is_answered_as_it_is_kept(opened: Patient) -> None:
    said = opened.vitals(spo2_percent=97.5)

    kept = opened.chart["vitals"][-1]
    assert (said["status"], said["phase"], said["version"]) == ("ok", "before_dose", 1)
    assert {name: kept[name] for name in said} == said
    assert kept["reversed"] is None
    assert opened.day.told("vitals.recorded")[-1].status == "ok"


def test_the_limits_of_the_dose_and_the_baseline_count_after_it(day: Day) -> None:
    dosed = day.patient().dosed()

    said = dosed.vitals(systolic_mmhg=CALM["systolic_mmhg"] + 30)

    rated = {one["measure"]: one for one in said["ratings"]}
    assert said["phase"] == "during"
    assert rated["systolic_mmhg"]["rule_code"] == "bp_rise"


def test_a_red_reading_holds_a_dose_and_calls_somebody(opened: Patient) -> None:
    opened.vitals()
    opened.precheck()

    said = opened.vitals(systolic_mmhg=185)

    assert said["alert_id"] is not None
    assert opened.chart["status"] == "held"
    assert opened.chart["hold_reasons"] == ["vital_signs"]


def test_a_session_of_another_clinic_is_not_there(lab: Lab, opened: Patient) -> None:
    problem = Day(lab).monitor.refused(NAME, f"{opened.path}/vitals", **CALM)

    assert (problem["status"], problem["code"]) == (404, "not_found")
    assert opened.chart["vitals"] == []


def test_a_reading_decided_on_an_old_version_is_refused(opened: Patient) -> None:
    opened.vitals()
    opened.precheck()

    answer = opened.day.monitor.request(
        "POST", NAME, f"{opened.path}/vitals", CALM, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 412
    assert len(opened.chart["vitals"]) == 1


def test_a_reading_that_is_asked_for_twice_is_kept_once(opened: Patient) -> None:
    path, headers = f"{opened.path}/vitals", {"Idempotency-Key": uuid4().hex}

    first, second = (
        opened.day.monitor.request("POST", NAME, path, CALM, headers=headers)
        for _ in range(2)
    )

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.get_json() == first.get_json()
    assert len(opened.chart["vitals"]) == 1
