"""What happens when an endpoint fails, hangs, is gone or works again."""

import threading
import time
from dataclasses import replace

import pytest
from sqlalchemy import select

from services.notifications.domain.webhooks import SCHEDULE
from services.notifications.models import deliveries
from services.notifications.pumps.webhooks import deliver_webhooks, retry_webhooks
from shared.access import Role
from shared.testing.lab import EVERYTHING
from tests.notifications.clinic_lab import Clinic
from tests.notifications.hooks import (
    SERVICE,
    attempts,
    is_signed,
    room,
    status_of,
    subscribe,
)
from tests.notifications.receiver import Receiver


def test_a_failure_is_tried_again_as_the_schedule_says_then_never(
    hooked: Clinic, receiver: Receiver
) -> None:
    receiver.answers["/"] = 503
    subscription = subscribe(hooked, receiver.url())
    hooked.tell(room())

    for number, wait in enumerate(SCHEDULE[1:], start=1):
        hooked.wait(seconds=wait.total_seconds() * 0.79)
        assert len(receiver.posted) == number
        hooked.wait(seconds=wait.total_seconds() * 0.42)
        assert len(receiver.posted) == number + 1
    hooked.wait(days=30)

    tried = attempts(hooked, subscription)
    assert len(receiver.posted) == len(SCHEDULE)
    assert [attempt["number"] for attempt in tried] == list(range(1, 11))
    assert [attempt["outcome"] for attempt in tried] == ["retry"] * 9 + ["exhausted"]
    assert status_of(hooked, subscription) == "active"
    times = {posted.headers["webhook-timestamp"] for posted in receiver.posted}
    assert len(times) == len(SCHEDULE)
    assert len(set(receiver.ids())) == 1
    assert all(is_signed(posted, subscription["secret"]) for posted in receiver.posted)


@pytest.mark.parametrize("status", [301, 400, 404, 429, 500, 502])
def test_an_answer_that_is_no_success_is_tried_again(
    hooked: Clinic, receiver: Receiver, status: int
) -> None:
    receiver.answers["/"] = status
    subscription = subscribe(hooked, receiver.url())
    hooked.tell(room())

    receiver.answers["/"] = 200
    hooked.wait(seconds=6)

    assert [
        (attempt["outcome"], attempt["status_code"])
        for attempt in attempts(hooked, subscription)
    ] == [("retry", status), ("delivered", 200)]
    assert {posted.path for posted in receiver.posted} == {"/"}


def test_an_endpoint_that_is_gone_is_told_nothing_more(
    hooked: Clinic, receiver: Receiver
) -> None:
    receiver.answers["/"] = 410
    subscription = subscribe(hooked, receiver.url())

    hooked.tell(room(), room(), room())
    hooked.tell(room())
    hooked.wait(days=2)

    assert len(receiver.posted) == 1
    assert status_of(hooked, subscription) == "disabled"
    assert [a["outcome"] for a in attempts(hooked, subscription)] == ["gone"]
    with hooked.lab.runtime(SERVICE).begin(EVERYTHING) as connection:
        states = connection.execute(select(deliveries.c.state)).scalars()
        assert {state.value for state in states} == {"abandoned"}


def test_a_subscription_that_ended_is_told_nothing_more(
    hooked: Clinic, receiver: Receiver
) -> None:
    receiver.answers["/"] = 500
    subscription = subscribe(hooked, receiver.url())
    hooked.tell(room())

    hooked.caller(Role.CLINIC_ADMIN).delete(
        SERVICE, f"/subscriptions/{subscription['id']}"
    )
    hooked.tell(room())
    hooked.wait(days=2)

    assert len(receiver.posted) == 1


def test_an_endpoint_that_is_not_there_is_tried_again_with_a_reason(
    hooked: Clinic,
) -> None:
    with Receiver() as gone:
        url = gone.url()
    subscription = subscribe(hooked, url)

    hooked.tell(room())

    (tried,) = attempts(hooked, subscription)
    assert (tried["outcome"], tried["status_code"]) == ("retry", None)
    assert tried["reason"] == "connection_failed"


def test_a_host_that_is_listed_no_more_is_called_no_more(
    hooked: Clinic, receiver: Receiver
) -> None:
    subscription = subscribe(hooked, receiver.url())
    runtime = hooked.lab.runtime(SERVICE)
    runtime.settings = replace(runtime.settings, webhook_hosts=frozenset())

    hooked.tell(room())

    assert receiver.posted == []
    assert attempts(hooked, subscription)[0]["reason"] == "address_refused"


def test_a_dead_endpoint_gets_one_event_a_minute_until_it_works(
    hooked: Clinic, receiver: Receiver
) -> None:
    receiver.answers["/"] = 500
    subscribe(hooked, receiver.url())
    hooked.tell(*(room() for _ in range(30)))
    first = len(receiver.posted)
    hooked.wait(seconds=59)
    spared = len(receiver.posted)
    hooked.wait(seconds=1)
    probed = len(receiver.posted)

    receiver.answers["/"] = 200
    hooked.wait(seconds=60)

    assert (first, spared, probed) == (10, 10, 11)
    assert len(set(receiver.ids())) == 30


def test_an_endpoint_that_hangs_does_not_hold_up_the_others(
    hooked: Clinic, receiver: Receiver
) -> None:
    for _ in range(3):
        subscribe(hooked, receiver.url("/hang"))
    subscribe(hooked, receiver.url("/good"))
    hooked.store(*(hooked.envelope(room()) for _ in range(5)))
    began = time.monotonic()

    settling = threading.Thread(target=hooked.lab.settle)
    settling.start()
    while len(receiver.ids("/good")) < 5 and time.monotonic() < began + 5:
        time.sleep(0.02)
    took = time.monotonic() - began
    receiver.release()
    settling.join()

    assert len(receiver.ids("/good")) == 5
    assert took < 5


def test_an_endpoint_that_failed_is_tried_again_beside_the_others_not_among_them(
    hooked: Clinic, receiver: Receiver
) -> None:
    receiver.answers["/bad"] = 500
    subscribe(hooked, receiver.url("/bad"))
    hooked.tell(room())
    hooked.lab.clock.advance(seconds=6)
    runtime = hooked.lab.runtime(SERVICE)

    done = deliver_webhooks(runtime), retry_webhooks(runtime), retry_webhooks(runtime)

    assert done == (0, 1, 0)
