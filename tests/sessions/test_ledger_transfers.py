"""Stock between two clinics: a distribution, in transit until it is answered."""

from typing import Any

import pytest

from shared.ids import uuid7
from tests.sessions.cabinet import Cabinet, dose_from, give
from tests.sessions.clinic_day import NAME, Day, authorised

Two = tuple[Cabinet, Cabinet]


@pytest.fixture
def two(day: Day) -> Two:
    """Two clinics, each with its ledger."""
    return Cabinet(day), Cabinet(Day(day.lab))


def send(sender: Cabinet, receiver: Cabinet, **label: Any) -> tuple[Any, Any]:
    """A container on its way, as its sender and its receiver see it."""
    vial = sender.receive(**label)
    sender.monitor.post(
        NAME,
        "/ledger/transfers",
        container_id=vial["id"],
        to_clinic_id=receiver.day.clinic_id,
        invoice="dist-1",
    )
    sender.day.lab.settle()
    (delivery,) = receiver.now()["deliveries"]
    return vial, delivery


def test_what_is_sent_is_in_transit_and_then_the_others(two: Two) -> None:
    sender, receiver = two
    vial, delivery = send(sender, receiver)
    assert sender.container(vial["id"])["status"] == "transferred"
    assert [one["amount_mg"] for one in sender.now()["shipments"]] == [500]
    assert "amount_mg" not in delivery

    path = f"/ledger/deliveries/{delivery['id']}/accept"
    accepted = receiver.monitor.post(NAME, path, counted_mg=500)
    sender.day.lab.settle()

    arrived = receiver.container(accepted["container_id"])
    assert (arrived["balance_mg"], arrived["lot"]) == (500, "fict-1")
    assert arrived["supplier"] == "RK1234563"
    assert sender.now()["shipments"] == receiver.now()["deliveries"] == []
    assert sender.kinds() == ["receive", "transfer_out"]
    assert receiver.kinds() == ["transfer_in"]
    assert sender.day.told("shipment.answered")[0].accepted
    for cabinet in two:
        cabinet.assert_whole()


def test_another_quantity_than_was_sent_is_not_taken(two: Two) -> None:
    sender, receiver = two
    _, delivery = send(sender, receiver)
    path = f"/ledger/deliveries/{delivery['id']}"

    problem = receiver.refused(f"{path}/accept", counted_mg=499.999)

    assert (problem["status"], problem["code"]) == (409, "quantity_differs")
    assert receiver.entries() == []


def test_what_is_refused_is_back_and_what_is_missing_becomes_a_case(two: Two) -> None:
    sender, receiver = two
    vial, delivery = send(sender, receiver)
    path = f"/ledger/deliveries/{delivery['id']}"

    refusal = {"counted_mg": 480, "reason": "the seal is broken"}
    receiver.monitor.post(NAME, f"{path}/refuse", **refusal)
    sender.day.lab.settle()

    assert sender.kinds() == ["receive", "transfer_out", "return"]
    (case,) = sender.now()["cases"]
    assert (case["cause"], case["counted_mg"]) == ("refused_delivery", 480)
    assert sender.container(vial["id"])["status"] == "quarantined"
    assert receiver.entries() == []
    again = receiver.refused(f"{path}/accept", counted_mg=500)
    assert (again["status"], again["code"]) == (409, "wrong_state")
    sender.assert_whole()


def test_what_is_refused_whole_stands_in_the_cabinet_as_before(two: Two) -> None:
    sender, receiver = two
    vial, delivery = send(sender, receiver)

    receiver.monitor.post(
        NAME,
        f"/ledger/deliveries/{delivery['id']}/refuse",
        counted_mg=500,
        reason="not ordered",
    )
    sender.day.lab.settle()

    back = sender.container(vial["id"])
    assert (back["status"], back["balance_mg"]) == ("sealed", 500)
    assert sender.now()["cases"] == []


def test_only_what_is_sealed_is_sent_and_only_where_a_ledger_is_kept(
    day: Day, two: Two
) -> None:
    sender, receiver = two
    opened, sealed = sender.receive(), sender.receive()
    give(authorised(day), dose_from(opened["id"]))

    def refuse(vial: Any, to: Any) -> tuple[int, str]:
        body = {"container_id": vial["id"], "to_clinic_id": to, "invoice": "dist-1"}
        problem = sender.refused("/ledger/transfers", **body)
        return problem["status"], problem["code"]

    assert refuse(opened, receiver.day.clinic_id) == (409, "wrong_state")
    assert refuse(sealed, uuid7()) == (409, "other_ledger_not_open")
    assert refuse(sealed, day.clinic_id) == (422, "invalid")
    assert sender.left(sealed["id"]) == 500
