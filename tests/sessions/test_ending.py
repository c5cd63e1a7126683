"""Sessions that end early, and the signature under a record."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Table, update

from services.sessions import models
from services.sessions.app import service
from shared.access import Role
from shared.ids import uuid7
from shared.privacy.columns import seal, sealed_columns
from shared.rulepack import load_pack
from shared.testing.lab import EVERYTHING, Lab
from tests.sessions.clinic_day import CALM, NAME, Day, Patient

PACK = load_pack()


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory of each test's own: its clock and its reminders count here."""
    made = Lab([service], tmp_path_factory.mktemp("leaving"))
    made.settle()
    yield made
    made.close()


@pytest.mark.parametrize("by", ["monitor", "therapist", "prescriber"])
def test_before_a_dose_every_clinician_may_end_it(day: Day, by: str) -> None:
    patient = day.patient().here().open()

    done = getattr(day, by).post(
        NAME, f"{patient.path}/abort", reason_code="patient_request"
    )

    assert done["status"] == "aborted"
    (told,) = day.told("record.aborted")
    assert told.reason_code == "patient_request"
    assert patient.chart["abort"]["reason_code"] == "patient_request"


@pytest.mark.parametrize("by", ["monitor", "therapist"])
def test_after_a_dose_only_a_prescriber_ends_it(day: Day, by: str) -> None:
    patient = day.patient().dosed()

    problem = patient.refused("abort", by=getattr(day, by), reason_code="unwell")

    assert (problem["status"], problem["code"]) == (403, "forbidden")
    path = f"{patient.path}/abort"
    assert day.prescriber.post(NAME, path, reason_code="unwell")["status"] == "aborted"


def test_what_was_drawn_and_not_given_is_wasted_before_a_witness(day: Day) -> None:
    patient = day.patient().here().open()
    witness_id = uuid7()
    waste: dict[str, Any] = {"reason_code": "held", "wasted_mg": 60.5, "lot": "fict-1"}

    assert patient.refused("abort", **waste)["status"] == 422
    own = {**waste, "witness_id": day.ids[Role.PRESCRIBER]}
    assert patient.refused("abort", **own)["code"] == "witness_is_actor"
    lotless = {**waste, "lot": None, "witness_id": witness_id}
    assert patient.refused("abort", **lotless)["errors"][0]["pointer"] == "#/lot"

    path = f"{patient.path}/abort"
    day.prescriber.post(NAME, path, **waste, witness_id=witness_id)
    assert patient.chart["abort"] == {
        "reason_code": "held",
        "wasted_mg": 60.5,
        "lot": "fict-1",
        "witness_id": str(witness_id),
    }


def test_an_aborted_session_with_the_last_dose_closes_the_order(day: Day) -> None:
    patient = day.patient().dosed(max_doses=1)

    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="unwell")

    assert [closed.cause_code for closed in day.told("order.closed")] == ["used_up"]
    assert day.told("integration.fell_due") == []


@pytest.mark.parametrize("reason", ["", "Felt unwell", "x" * 65, None])
def test_the_reason_of_an_abort_is_a_code(day: Day, reason: object) -> None:
    patient = day.patient().here().open()

    problem = patient.refused("abort", reason_code=reason)

    assert problem["status"] == 422


def signed(day: Day) -> Patient:
    """A patient whose record is signed."""
    patient = day.patient().dosed()
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    patient.recover()
    patient.discharge()
    day.prescriber.post(NAME, f"{patient.path}/sign")
    return patient


def test_a_signature_names_who_and_when_and_holds(day: Day) -> None:
    patient = signed(day)

    chart = patient.chart
    assert chart["status"] == "signed"
    assert chart["signed_by"] == str(day.ids[Role.PRESCRIBER])
    assert len(chart["signature_hash"]) == 64
    assert chart["signature_holds"] is True
    assert len(day.told("record.signed")) == 1


TAMPERED: list[tuple[Table, dict[str, Any]]] = [
    (models.sessions, {"first_dose_at": None}),
    (models.sessions, {"baseline": {}}),
    (models.prechecks, {"fasting": False}),
    (models.authorisations, {"override_reason": "invented later"}),
    (models.vitals, {"systolic_mmhg": 120.0, "late_reason": "nicer"}),
    (models.alerts, {"acknowledged_at": None}),
    (models.doses, {"lot": "other"}),
]


@pytest.mark.parametrize(("table", "change"), TAMPERED)
def test_a_signature_shows_what_was_changed_behind_it(
    day: Day, table: Table, change: dict[str, Any]
) -> None:
    patient = signed(day)

    with day.lab.runtime(NAME).begin(EVERYTHING) as connection:
        kinds = sealed_columns(table)
        for_them = {
            name: seal(connection, kinds[name], value, clinic_id=day.clinic_id)
            for name, value in change.items()
            if name in kinds
        }
        connection.execute(update(table).values(**change | for_them))

    assert patient.chart["signature_holds"] is False


def test_nothing_is_signed_with_an_open_alert(day: Day) -> None:
    patient = day.patient().dosed()
    patient.vitals(systolic_mmhg=190)
    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="vital_signs")

    problem = patient.refused("sign")

    assert (problem["status"], problem["code"]) == (409, "alert_open")
    assert patient.chart["status"] == "aborted"


def test_a_signed_record_takes_nothing_in(day: Day) -> None:
    patient = signed(day)

    problem = patient.refused("vitals", **CALM)

    assert (problem["status"], problem["code"]) == (409, "record_locked")
    assert patient.chart["signature_holds"] is True
