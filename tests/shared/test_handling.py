"""An effect happens once and wholly, in order, whatever fails and whoever helps."""

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.access import Role
from shared.envelope import Envelope
from shared.errors import ConflictError, InvalidError, KapError
from shared.events import Event
from shared.mailbox import inbox
from shared.service import Runtime
from shared.testing.lab import EVERYTHING, Lab
from shared.unit_of_work import UnitOfWork
from shared.worker.handling import Handling
from tests.conftest import MakeLab
from tests.shared.noting import (
    Noting,
    appointment,
    envelopes,
    receive,
    scheduling,
    tell,
)

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)
on_servers = pytest.mark.parametrize("stack", ["real"], indirect=True)


@pytest.fixture
def noting() -> Noting:
    """A service that notes what it hears."""
    return Noting()


@pytest.fixture
def lab(make_lab: MakeLab, noting: Noting) -> Lab:
    """Scheduling, and a service that notes what it hears of it."""
    lab = make_lab([scheduling, noting.service])
    noting.prepare(lab)
    return lab


def failing(error: Exception, *event_ids: UUID) -> Callable[[Envelope], None]:
    """What makes the handling of these events fail."""

    def interrupt(envelope: Envelope) -> None:
        if envelope.id in event_ids:
            raise error

    return interrupt


def states(lab: Lab) -> list[str]:
    """The states of the inbox's rows."""
    return [row["state"] for row in lab.inbox("console")]


def test_what_one_service_tells_another_hears_in_order(
    lab: Lab, noting: Noting
) -> None:
    one, other = appointment(), appointment()
    tell(lab, one, other, times=3)

    lab.settle()

    heard = noting.noted(lab)
    assert [version for record, version in heard if record == one.id] == [1, 2, 3]
    assert [version for record, version in heard if record == other.id] == [1, 2, 3]
    assert set(states(lab)) == {"done"}


def test_a_failing_event_holds_up_its_own_record_only_and_is_tried_again(
    lab: Lab, noting: Noting
) -> None:
    bad, good = appointment(), appointment()
    broken = True

    def interrupt(envelope: Envelope) -> None:
        if broken and envelope.aggregate_id == bad.id:
            raise ConflictError

    noting.interrupt = interrupt
    tell(lab, bad, good, times=2)
    lab.settle()
    assert noting.noted(lab) == [(good.id, 1), (good.id, 2)]

    broken = False
    lab.clock.advance(seconds=2)
    lab.settle()

    assert noting.noted(lab)[2:] == [(bad.id, 1), (bad.id, 2)]
    assert set(states(lab)) == {"done"}


@in_memory
def test_one_bad_row_of_a_batch_costs_the_others_nothing(
    lab: Lab, noting: Noting
) -> None:
    told = [envelopes(appointment(), 1)[0] for _ in range(12)]
    noting.interrupt = failing(ValueError(), told[5].id)
    receive(lab, told)

    lab.settle()

    expected = [each.aggregate_id for each in told if each is not told[5]]
    assert [record for record, _ in noting.noted(lab)] == expected


@in_memory
def test_a_handler_that_fails_leaves_nothing_but_its_try(make_lab: MakeLab) -> None:
    noting = Noting()

    def tell_and_fail(event: Event, uow: UnitOfWork) -> None:
        noting.note(event, uow)
        uow.publish(event, of=appointment())
        uow.remind("later", about=appointment().id, at=uow.now)
        uow.flush()
        raise ZeroDivisionError("Ada Canary")

    handlers = dict.fromkeys(noting.service.handlers, tell_and_fail)
    lab = make_lab([scheduling, replace(noting.service, handlers=handlers)])
    noting.prepare(lab)
    tell(lab, appointment())

    lab.settle()

    assert noting.noted(lab) == []
    assert lab.told("console") == []
    with lab.runtime("console").begin(EVERYTHING) as connection:
        assert connection.execute(text("select count(*) from timers")).scalar() == 0
    row = lab.inbox("console")[0]
    assert (row["state"], row["attempts"]) == ("pending", 1)
    assert row["reason"] == "ZeroDivisionError"


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (InvalidError("no such code"), "dead", "invalid: no such code"),
        (ConflictError("not now"), "pending", "conflict: not now"),
        (KapError(), "pending", "error: Something the caller can be told about."),
        (KeyError("Ada Canary"), "pending", "KeyError"),
    ],
)
@in_memory
def test_what_trying_again_cannot_cure_is_dead_at_once(
    error: Exception, state: str, reason: str, lab: Lab, noting: Noting
) -> None:
    told = envelopes(appointment(), 1)
    noting.interrupt = failing(error, told[0].id)
    receive(lab, told)

    lab.settle()

    row = lab.inbox("console")[0]
    assert (row["state"], row["reason"], row["attempts"]) == (state, reason, 1)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"type": "kap.scheduling.future.happened.v1"}, "not a known event type"),
        ({"payload": '{"appointment_id": "Ada Canary"}'}, "does not fit its schema"),
    ],
)
@in_memory
def test_an_event_nobody_can_understand_is_dead_at_once_with_its_reason(
    changes: dict[str, Any], reason: str, lab: Lab, noting: Noting
) -> None:
    told = replace(envelopes(appointment(), 1)[0], **changes)
    receive(lab, [told, *envelopes(appointment(), 1)])

    lab.settle()

    assert states(lab) == ["dead", "done"]
    row = lab.inbox("console")[0]
    assert reason in row["reason"]
    assert "Canary" not in row["reason"]


@in_memory
def test_a_person_can_see_a_dead_row_and_have_it_tried_again_or_skipped(
    lab: Lab, noting: Noting
) -> None:
    told = envelopes(appointment(), 1) + envelopes(appointment(), 2)
    noting.interrupt = failing(InvalidError(), told[0].id, told[1].id)
    receive(lab, told)
    lab.settle()
    admin = lab.caller(Role.NETWORK_ADMIN)
    dead = admin.get("console", "/dead")["items"]
    assert [row["event_id"] for row in dead] == [str(told[0].id), str(told[1].id)]

    shown = admin.get("console", f"/dead/{told[0].id}")
    noting.interrupt = failing(InvalidError(), told[1].id)
    admin.post("console", f"/dead/{told[0].id}/retry")
    admin.post("console", f"/dead/{told[1].id}/skip")
    lab.settle()

    assert shown["payload"] == told[0].payload
    assert noting.noted(lab) == [(told[0].aggregate_id, 1), (told[2].aggregate_id, 2)]
    assert admin.get("console", "/dead")["items"] == []
    assert admin.refused("console", f"/dead/{told[0].id}/skip")["status"] == 404


@on_servers
def test_processes_side_by_side_never_handle_a_row_twice_nor_out_of_order(
    lab: Lab, noting: Noting
) -> None:
    told = [envelope for _ in range(25) for envelope in envelopes(appointment(), 6)]
    told.sort(key=lambda envelope: envelope.aggregate_version)
    tried: Counter[UUID] = Counter()

    def interrupt(envelope: Envelope) -> None:
        tried[envelope.id] += 1
        # Some fail in the midst of a batch, which is then taken apart.
        if envelope.id.int % 9 == 0 and tried[envelope.id] == 1:
            time.sleep(0.002)
            raise ConflictError

    noting.interrupt = interrupt
    receive(lab, told)
    own = lab.runtime("console").settings
    others = [Runtime.start(noting.service, own) for _ in range(4)]

    def work(runtime: Runtime) -> None:
        runtime.clock = lab.clock
        handling = Handling(runtime)
        while handling.step():
            lab.clock.advance(seconds=2)

    threads = [threading.Thread(target=work, args=(each,)) for each in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lab.clock.advance(hours=9)
    lab.settle()
    for each in others:
        each.close()

    heard: dict[UUID, list[int]] = defaultdict(list)
    for record, version in noting.noted(lab):
        heard[record].append(version)
    assert len(heard) == 25
    assert all(versions == [1, 2, 3, 4, 5, 6] for versions in heard.values())
    assert set(states(lab)) == {"done"}


@on_servers
def test_a_row_in_one_process_keeps_later_rows_of_its_record_from_another(
    lab: Lab, noting: Noting
) -> None:
    told = envelopes(appointment(), 2)
    receive(lab, told)
    runtime = lab.runtime("console")

    with runtime.begin(EVERYTHING) as first:
        taken = inbox.take(first, now=lab.clock(), most=10)
        with runtime.begin(EVERYTHING) as second:
            assert inbox.take(second, now=lab.clock(), most=10) == []
            assert not inbox.lock(second, taken[0])

    assert [row.event_id for row in taken] == [told[0].id]
