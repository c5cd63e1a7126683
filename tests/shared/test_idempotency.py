"""Asking twice with one key is asking once."""

import threading
from typing import Any
from uuid import UUID

import pytest
from werkzeug.test import TestResponse

from services.scheduling.domain import Resource
from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.shared.noting import CLINIC, scheduling

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling alone."""
    return make_lab([scheduling])


@pytest.fixture
def admin(lab: Lab) -> Caller:
    """Somebody who may add rooms."""
    return lab.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC)


def add_room(
    caller: Caller, key: str, name: str = "Blue", path: str = "/resources"
) -> TestResponse:
    """Ask for a room under a key."""
    return caller.request(
        "POST",
        "scheduling",
        path,
        {"kind": "room", "name": name},
        headers={"Idempotency-Key": key},
    )


def rooms(caller: Caller) -> list[Any]:
    """The rooms there are."""
    found: list[Any] = caller.get("scheduling", "/resources")["items"]
    return found


def test_a_request_that_is_repeated_gets_the_same_answer_and_does_nothing(
    lab: Lab, admin: Caller
) -> None:
    first = add_room(admin, "one")

    second = add_room(admin, "one")

    assert first.status_code == second.status_code == 201
    assert second.get_json() == first.get_json()
    assert second.headers["ETag"] == first.headers["ETag"] == '"1"'
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(rooms(admin)) == 1
    assert lab.names("scheduling") == ["scheduling.resource.added"]


@pytest.mark.parametrize(
    ("name", "path"), [("Green", "/resources"), ("Blue", "/appointments")]
)
@in_memory
def test_a_key_stands_for_one_request_only(
    name: str, path: str, lab: Lab, admin: Caller
) -> None:
    add_room(admin, "one")

    body: dict[str, Any] = {"kind": "room", "name": name}
    if path == "/appointments":
        some = rooms(admin)[0]["id"]
        times = {"starts_at": "2026-03-09T15:00:00Z", "type": "preparation"}
        body = {"patient_id": some, "room_id": some, "therapist_id": some, **times}
    answer = admin.request(
        "POST", "scheduling", path, body, headers={"Idempotency-Key": "one"}
    )

    assert answer.status_code == 422
    assert answer.get_json()["code"] == "idempotency_key_reused"
    assert len(rooms(admin)) == 1


@in_memory
def test_somebody_elses_key_is_another_key(lab: Lab, admin: Caller) -> None:
    other = lab.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC)

    first, second = add_room(admin, "one"), add_room(other, "one")

    assert first.get_json()["id"] != second.get_json()["id"]
    assert len(rooms(admin)) == 2


@in_memory
def test_a_request_that_was_refused_leaves_its_key_free(
    lab: Lab, admin: Caller
) -> None:
    refused = add_room(admin, "one", name="x" * 121)

    granted = add_room(admin, "one")

    assert refused.status_code == 422
    assert granted.status_code == 201
    assert "Idempotency-Replayed" not in granted.headers


@in_memory
def test_an_answer_stays_what_it_was_though_the_record_has_moved_on(
    lab: Lab, admin: Caller
) -> None:
    first = add_room(admin, "one")
    with lab.unit_of_work("scheduling", CLINIC) as uow:
        resource = uow.get(Resource, UUID(first.get_json()["id"]))
        resource.name = "Repainted"
        uow.publish(resource.add(), of=resource)

    again = add_room(admin, "one")

    assert again.get_json() == first.get_json()
    assert rooms(admin)[0]["version"] == 2


@pytest.mark.parametrize("key", ["x" * 129, "bell\x07", "cancel\x9b"])
@in_memory
def test_a_key_that_is_none_is_refused(key: str, lab: Lab, admin: Caller) -> None:
    answer = add_room(admin, key)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "#/Idempotency-Key"
    assert rooms(admin) == []


def test_two_at_once_have_one_effect(lab: Lab, admin: Caller) -> None:
    together = threading.Barrier(4)
    answers: list[TestResponse] = []

    def ask() -> None:
        together.wait()
        answers.append(add_room(admin, "one"))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(rooms(admin)) == 1
    assert lab.names("scheduling") == ["scheduling.resource.added"]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.get_json()["id"] for answer in answers}) == 1
    replayed = [a for a in answers if "Idempotency-Replayed" in a.headers]
    assert len(replayed) == len(answers) - 1
