"""One bad request, or one bad event, does no harm to anything else."""

from typing import Any

import pytest
from sqlalchemy import text

from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from shared.worker.relay import Relay
from shared.worker.repair import Repair
from tests.conftest import MakeLab
from tests.shared.noting import CLINIC, Noting, appointment, scheduling, tell

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling alone."""
    return make_lab([scheduling])


def send(lab: Lab, body: bytes, method: str = "POST") -> Any:
    """The answer to a body as it came over the wire."""
    admin = lab.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC)
    return (
        lab.platform.apps["scheduling"]
        .test_client()
        .open(
            f"/scheduling/v1/clinics/{CLINIC}/resources",
            method=method,
            data=body,
            headers={
                "Authorization": f"Bearer {admin.token}",
                "Content-Type": "application/json",
            },
        )
    )


@in_memory
@pytest.mark.parametrize(
    "body", [b'{"kind":' + b"1" * 5_000 + b"}", b"{"], ids=["digits", "syntax"]
)
def test_a_body_that_cannot_be_read_is_a_bad_request(lab: Lab, body: bytes) -> None:
    answer = send(lab, body)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad_json")


@in_memory
@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000], ids=["lists", "objects"]
)
def test_a_body_without_a_bottom_is_refused(lab: Lab, body: bytes) -> None:
    answer = send(lab, body)

    assert (answer.status_code, answer.get_json()["code"]) == (422, "too_deep")


@in_memory
def test_methods_that_clients_make_up_add_no_series(lab: Lab) -> None:
    for number in range(3):
        assert send(lab, b"{}", f"MADEUP{number}").status_code == 405

    metrics = lab.platform.apps["scheduling"].test_client().get("/metrics")

    said = metrics.get_data(as_text=True)
    assert "MADEUP" not in said
    assert 'method="_OTHER"' in said


@pytest.mark.parametrize("path", ["/feed", "/feed/ids", "/dead", "clinic:/events"])
def test_a_place_no_feed_reaches_is_refused(lab: Lab, path: str) -> None:
    clinic_id = CLINIC if path.startswith("clinic:") else None
    caller = lab.caller(Role.NETWORK_ADMIN)
    asker = Caller(lab, caller.token, clinic_id)
    where = path.removeprefix("clinic:")

    last = asker.request("GET", "scheduling", f"{where}?after={2**63 - 1}")
    beyond = asker.request("GET", "scheduling", f"{where}?after={2**63}")

    assert (last.status_code, beyond.status_code) == (200, 422)


def test_types_that_no_database_can_keep_are_refused(lab: Lab) -> None:
    asker = lab.caller(Role.NETWORK_ADMIN)

    answer = asker.request("GET", "scheduling", "/feed?types=%00")

    assert answer.status_code == 422


@in_memory
def test_an_event_that_cannot_be_read_keeps_none_after_it_back(
    make_lab: MakeLab,
) -> None:
    noting = Noting()
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    good = [appointment(), appointment()]
    tell(lab, good[0], appointment(), good[1])
    relay = Relay(lab.runtime("scheduling"), lab.platform.broker)
    relay.publish()
    relay.close()
    with lab.runtime("scheduling").begin(EVERYTHING) as connection:
        connection.execute(text("update event_log set payload = '[]' where id = 2"))
    lab.close()
    lab = make_lab([scheduling, noting.service])

    Repair(lab.runtime("console")).step()
    lab.settle()

    assert sorted(noting.noted(lab)) == sorted((each.id, 1) for each in good)
    (dead,) = [row for row in lab.inbox("console") if row["state"] == "dead"]
    assert dead["type"] == "unreadable"
