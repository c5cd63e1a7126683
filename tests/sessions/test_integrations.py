"""Integration after a session: due, done, missed."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest

from services.sessions.app import service
from services.sessions.handlers.integration import note_missed
from services.sessions.models import packs
from shared.events.intake import MeasureRecorded, RulePackSigned
from shared.ids import uuid7
from shared.rulepack import BASE, load_pack, read_clinic_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import NAME, Day, Patient, dosed_at

PACK = load_pack()


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory of each test's own: its clock and its reminders count here."""
    made = Lab([service], tmp_path_factory.mktemp("leaving"))
    made.settle()
    yield made
    made.close()


@pytest.fixture
def recovered(day: Day) -> Patient:
    """A patient who may leave."""
    return day.patient().dosed().recover()


def the_integration(patient: Patient) -> dict[str, Any]:
    """The patient's one integration."""
    path = f"/patients/{patient.id}/integrations"
    (item,) = patient.day.therapist.get(NAME, path)["items"]
    return dict(item)


def test_integration_falls_due_after_the_dose(day: Day, recovered: Patient) -> None:
    given_at = dosed_at(recovered)
    recovered.discharge()

    (told,) = day.told("integration.fell_due")
    assert told.due_at == given_at + PACK.integration.due_after
    assert told.late_at == given_at + PACK.integration.late_after
    assert the_integration(recovered)["status"] == "due"


def test_integration_in_time_is_not_missed(day: Day, recovered: Patient) -> None:
    recovered.discharge()

    path = f"/integrations/{the_integration(recovered)['id']}/complete"
    done = day.therapist.post(NAME, path, note="a good talk")
    day.lab.clock.advance(days=4)
    day.lab.settle()

    assert (done["status"], done["note"]) == ("completed", "a good talk")
    assert len(day.told("integration.completed")) == 1
    assert day.told("integration.missed") == []
    types = [row["type"] for row in day.lab.inbox(NAME)]
    assert not [kind for kind in types if kind.startswith("timer.")]


def test_a_reminder_of_an_integration_that_took_place_says_nothing(
    day: Day, recovered: Patient
) -> None:
    recovered.discharge()
    integration_id = the_integration(recovered)["id"]
    day.therapist.post(NAME, f"/integrations/{integration_id}/complete")

    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        note_missed(UUID(integration_id), uow)

    assert day.told("integration.missed") == []
    assert the_integration(recovered)["status"] == "completed"


def test_integration_is_completed_once(day: Day, recovered: Patient) -> None:
    recovered.discharge()
    path = f"/integrations/{the_integration(recovered)['id']}/complete"
    day.therapist.post(NAME, path)

    problem = day.therapist.refused(NAME, path)

    assert (problem["status"], problem["code"]) == (409, "already_completed")


def test_integration_that_did_not_happen_is_missed_and_can_be_made_up(
    day: Day, recovered: Patient
) -> None:
    recovered.discharge()
    day.lab.clock.now = dosed_at(recovered) + PACK.integration.late_after
    day.lab.clock.advance(seconds=-1)
    day.lab.settle()
    assert day.told("integration.missed") == []

    day.lab.clock.advance(seconds=1)
    day.lab.settle()
    assert len(day.told("integration.missed")) == 1
    assert the_integration(recovered)["status"] == "missed"

    path = f"/integrations/{the_integration(recovered)['id']}/complete"
    assert day.therapist.post(NAME, path)["status"] == "completed"


def test_a_patient_has_tasks_with_a_day_and_they_are_done_once(
    day: Day, recovered: Patient
) -> None:
    recovered.discharge()
    integration_id = the_integration(recovered)["id"]
    told = day.names()
    path = f"/integrations/{integration_id}/tasks"
    day.therapist.post(NAME, path, text="Canary: walk", due_on="2026-03-05")
    task = day.therapist.post(NAME, path, text="Write a page", due_on="2026-03-04")

    done = f"/integration-tasks/{task['id']}/done"
    day.therapist.post(NAME, done)
    again = day.therapist.refused(NAME, done)

    listed = the_integration(recovered)["tasks"]
    assert [one["text"] for one in listed] == ["Write a page", "Canary: walk"]
    assert [one["done_at"] is None for one in listed] == [False, True]
    assert (again["status"], again["code"]) == (409, "task_done")
    assert day.names() == told
    nothing = day.therapist.refused(NAME, path, text=" ", due_on="2026-03-05")
    assert nothing["status"] == 422


@pytest.mark.parametrize(("rule", "blocks"), [("warn", False), ("block", True)])
def test_an_integration_that_was_missed_warns_or_blocks_as_the_clinic_says(
    day: Day, recovered: Patient, rule: str, blocks: bool
) -> None:
    go_by(day, f'[integration]\nbefore_next_dose = "{rule}"\n')
    recovered.discharge()
    day.lab.clock.advance(days=4)
    day.lab.settle()
    day.tell(*(fact for fact in recovered.facts() if isinstance(fact, MeasureRecorded)))

    path = f"/patients/{recovered.id}/readiness"
    answer = day.prescriber.get(NAME, path)
    again(recovered)
    first = try_to_authorise(recovered)
    done = f"/integrations/{the_integration(recovered)['id']}/complete"
    day.therapist.post(NAME, done)
    warned_after = day.prescriber.get(NAME, path)["warnings"]

    (warning,) = answer["warnings"]
    assert (warning["code"], warning["blocks"]) == ("integration_overdue", blocks)
    assert first == ("integration_overdue" if blocks else "authorised")
    assert warned_after == []
    if blocks:
        assert try_to_authorise(recovered) == "authorised"


def go_by(day: Day, changes: str) -> None:
    """The clinic goes by a pack of its own."""
    text = f'extends = "{BASE}"\nversion = "own-1"\n{changes}'
    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        signed = RulePackSigned(
            pack_id=uuid7(),
            rule_pack="own-1",
            effective_at=uow.now,
            digest=read_clinic_pack(text).digest,
        )
        packs.put(signed, text, uow)


def again(patient: Patient) -> None:
    """The patient comes for another dose."""
    patient.appointment_id = uuid7()
    patient.book()
    patient.arrive()
    patient.day.tell(*patient.facts()[-1:])
    patient.open()
    patient.vitals()
    patient.precheck()


def try_to_authorise(patient: Patient) -> str:
    """What became of it: a code, or the session's status."""
    answer = patient.day.prescriber.request(
        "POST", NAME, f"{patient.path}/authorise", {}
    )
    said = answer.get_json()
    return str(said.get("code") or said["status"])
