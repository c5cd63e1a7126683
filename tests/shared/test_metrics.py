"""What an operator needs to see is there, in units, and names no patient."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shared.access import Role
from shared.envelope import Envelope
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.metrics import exposition
from shared.testing.lab import Lab
from tests.shared.noting import CLINIC, Noting, appointment, scheduling, tell

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def noting() -> Noting:
    """A service that notes what it hears."""
    return Noting(reminders={"look_again": lambda about, uow: None})


@pytest.fixture
def lab(tmp_path: Path, noting: Noting) -> Iterator[Lab]:
    """Scheduling, and a service that hears it."""
    made = Lab([scheduling, noting.service], tmp_path)
    noting.prepare(made)
    yield made
    made.close()


def shown(lab: Lab, service: str) -> Samples:
    """What a service shows at `/metrics`."""
    answer = lab.platform.apps[service].test_client().get(f"/{service}/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    """One sample; 0 if nothing was counted yet."""
    return samples.get((name, frozenset(labels.items())), 0.0)


def test_what_waits_for_the_broker_grows_older_while_it_is_away(lab: Lab) -> None:
    lab.settle()
    tell(lab, appointment(), times=2)
    ages = []
    for _ in range(3):
        lab.clock.advance(seconds=30)
        samples = shown(lab, "scheduling")
        ages.append(
            value(samples, "kap_outbox_oldest_unsent_seconds", service="scheduling")
        )
        assert value(samples, "kap_outbox_unsent", service="scheduling") == 2

    lab.settle()
    after = shown(lab, "scheduling")

    assert ages == [30, 60, 90]
    assert value(after, "kap_outbox_oldest_unsent_seconds", service="scheduling") == 0
    assert value(after, "kap_outbox_unsent", service="scheduling") == 0
    assert value(after, "kap_feed_head", service="scheduling") == 2


def test_what_waits_and_what_is_dead_is_shown(lab: Lab, noting: Noting) -> None:
    def interrupt(envelope: Envelope) -> None:
        if envelope.aggregate_version == 1:
            raise InvalidError

    noting.interrupt = interrupt
    before = shown(lab, "console")
    tell(lab, appointment(), times=3)

    lab.settle()

    after = shown(lab, "console")
    assert value(after, "kap_inbox_dead", service="console") == 1
    assert value(after, "kap_inbox_pending", service="console") == 2
    dead = {"service": "console", "result": "dead"}
    counted = "kap_inbox_handled_total"
    assert value(after, counted, **dead) - value(before, counted, **dead) == 1


def test_how_late_the_earliest_timer_is_is_shown(lab: Lab) -> None:
    with lab.unit_of_work("console", CLINIC) as uow:
        uow.remind("look_again", about=uuid7(), at=uow.now)
    early = shown(lab, "console")

    lab.clock.advance(minutes=2)
    late = shown(lab, "console")
    lab.settle()
    done = shown(lab, "console")

    name = "kap_timer_overdue_seconds"
    found = [value(samples, name, service="console") for samples in (early, late, done)]
    assert found == [0, 120, 0]


def test_requests_are_counted_by_route_and_status_and_never_by_record(
    lab: Lab,
) -> None:
    desk = lab.caller(Role.FRONT_DESK, clinic_id=CLINIC)
    record_id = uuid7()
    labels = {
        "service": "scheduling",
        "route": "/scheduling/v1/clinics/<uuid:clinic_id>"
        "/appointments/<uuid:appointment_id>",
        "method": "GET",
        "status": "404",
    }
    name = "kap_http_request_seconds_count"
    before = value(shown(lab, "scheduling"), name, **labels)

    desk.request("GET", "scheduling", f"/appointments/{record_id}")

    text = exposition(lab.runtime("scheduling")).decode()
    assert value(shown(lab, "scheduling"), name, **labels) == before + 1
    assert str(record_id) not in text
    assert str(CLINIC) not in text


def test_every_metric_of_ours_says_what_it_is_and_in_which_unit(lab: Lab) -> None:
    text = exposition(lab.runtime("scheduling")).decode()

    ours = {
        family.name: family
        for family in text_string_to_metric_families(text)
        if family.name.startswith("kap_") and not family.name.endswith("_created")
    }

    assert len(ours) >= 10
    for name, family in ours.items():
        assert family.documentation, name
        is_time = re.search(r"\b(time|age|late)\b", family.documentation.lower())
        assert not is_time or name.endswith("_seconds"), name
