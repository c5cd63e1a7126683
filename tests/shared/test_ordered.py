"""Who takes a record's events in order gets them in order, however they arrive."""

import random
from dataclasses import replace

import pytest

from shared.envelope import Envelope
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.mailbox import inbox
from shared.service import Service
from shared.testing.lab import EVERYTHING, Lab
from shared.worker.handling import Handling
from shared.worker.repair import Repair
from tests.conftest import MakeLab, Stack
from tests.shared.noting import (
    Noting,
    appointment,
    envelopes,
    receive,
    scheduling,
    tell,
)

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


@pytest.fixture
def noting() -> Noting:
    """A service that takes appointments in order."""
    return Noting(ordered=True)


@pytest.fixture
def lab(make_lab: MakeLab, noting: Noting) -> Lab:
    """It, beside scheduling."""
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    return lab


def let_time_pass(lab: Lab) -> None:
    """Long enough for what is held to be looked at again."""
    lab.clock.advance(seconds=1.5)
    lab.settle()


@pytest.mark.parametrize("seed", range(4))
@in_memory
def test_a_records_events_are_applied_in_order_in_whatever_order_they_come(
    seed: int, lab: Lab, noting: Noting
) -> None:
    one, other = appointment(), appointment()
    told = envelopes(one, 8) + envelopes(other, 8)
    random.Random(seed).shuffle(told)

    while told:
        receive(lab, told[:3])
        del told[:3]
        let_time_pass(lab)
    for _ in range(16):
        let_time_pass(lab)

    heard = noting.noted(lab)
    for record in (one, other):
        versions = [version for found, version in heard if found == record.id]
        assert versions == [1, 2, 3, 4, 5, 6, 7, 8]


@in_memory
def test_what_came_out_of_order_needs_no_time_to_pass_once_the_gap_is_closed(
    lab: Lab, noting: Noting
) -> None:
    told = envelopes(appointment(), 2)
    receive(lab, [told[1], told[0]])

    lab.settle()
    assert noting.versions(lab) == [1]
    let_time_pass(lab)

    assert noting.versions(lab) == [1, 2]


@in_memory
def test_a_version_that_was_applied_is_not_applied_again(
    lab: Lab, noting: Noting
) -> None:
    told = envelopes(appointment(), 2)
    receive(lab, told)
    lab.settle()

    receive(lab, [replace(told[0], id=uuid7())])
    lab.settle()

    assert noting.versions(lab) == [1, 2]
    assert {row["state"] for row in lab.inbox("console")} == {"done"}


def test_a_gap_is_held_until_repair_brings_what_is_missing(
    make_lab: MakeLab, stack: Stack, noting: Noting
) -> None:
    alone = make_lab([scheduling])
    record = appointment()
    tell(alone, record, times=3)
    alone.settle()
    told = alone.told("scheduling")
    alone.close()
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    asked: list[bool] = []
    handling = Handling(lab.runtime("console"), on_gap=lambda: asked.append(True))

    receive(lab, [told[2], told[0]])
    while handling.step():
        pass
    assert noting.versions(lab) == [1]
    assert asked
    held = lab.inbox("console")[0]
    assert (held["state"], held["attempts"]) == ("pending", 0)
    assert held["reason"] == "waits for an earlier version"

    Repair(lab.runtime("console")).step()
    let_time_pass(lab)
    let_time_pass(lab)

    assert noting.noted(lab) == [(record.id, 1), (record.id, 2), (record.id, 3)]


@in_memory
def test_a_record_with_a_gap_holds_up_no_other(lab: Lab, noting: Noting) -> None:
    gap, whole = appointment(), appointment()
    receive(lab, envelopes(gap, 3)[1:] + envelopes(whole, 3))

    lab.settle()

    assert noting.noted(lab) == [(whole.id, 1), (whole.id, 2), (whole.id, 3)]


@in_memory
def test_skipping_a_dead_version_lets_the_next_one_follow(
    lab: Lab, noting: Noting
) -> None:
    told = envelopes(appointment(), 3)

    def interrupt(envelope: Envelope) -> None:
        if envelope.id == told[1].id:
            raise InvalidError

    noting.interrupt = interrupt
    receive(lab, told)
    lab.settle()
    let_time_pass(lab)
    assert noting.versions(lab) == [1]

    with lab.runtime("console").begin(EVERYTHING) as connection:
        inbox.skip(connection, told[1].id, at=lab.clock())
    let_time_pass(lab)

    assert noting.versions(lab) == [1, 3]


def test_who_takes_a_record_in_order_must_handle_all_it_tells(noting: Noting) -> None:
    handlers = dict(list(noting.service.handlers.items())[1:])

    with pytest.raises(TypeError, match="must handle"):
        Service(
            name="console",
            metadata=noting.metadata,
            handlers=handlers,
            ordered=frozenset({"appointment"}),
        )
