"""What people enter stays in records: no log, trace, metric, event or error tells it.

Patients are taken through their journeys with a marker in every field that can take
one. Then everything that leaves the records is searched: what is logged, exported,
measured, told, sent and answered, also where requests are refused and handlers fail.
"""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from cli.api_client import RefusedError
from cli.demo.days import (
    BY_LINK,
    GOOD_IM,
    HELD,
    INELIGIBLE,
    ITEM_NINE,
    RED,
    TWICE,
)
from cli.demo.steps import Patient
from cli.services import FRONT, NAMES, load_all
from shared.access import Role
from shared.broker import Delivery, Receiver
from shared.database import Database
from shared.ids import uuid7
from shared.logs import JsonFormatter
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from shared.testing.otlp import OtlpReceiver
from shared.testing.smtp import SmtpSink
from tests.notifications.receiver import Receiver as WebhookReceiver
from tests.system.conftest import World, open_world
from tests.system.pages import is_open, stored_text
from tests.system.planting import (
    BIRTH_DATE,
    MARK,
    PHONE,
    Planter,
    PlantingTeller,
    Plants,
    Seen,
)

JOURNEYS = (GOOD_IM, RED, ITEM_NINE, INELIGIBLE, HELD, TWICE, BY_LINK)
SPY = "spy"
TALKATIVE = ("sqlalchemy.engine", "kombu", "httpx", "waitress", "gunicorn.error")
KEPT = ("event_log", "inbox", "timers", "applied")
REFERRAL = {
    "source_type": "clinician",
    "identifier": {"system": "urn:example", "value": "1"},
    "patient": {
        "given_name": "A",
        "family_name": "B",
        "birth_date": BIRTH_DATE,
        "email": "a@example.org",
    },
    "conditions": [{"system": "urn:example", "code": "x", "display": "x"}],
    "medications": [{"system": "urn:example", "code": "x", "display": "x"}],
    "coverages": [{"payer": "x", "member_id": "1"}],
}


@dataclass
class Platform:
    """A platform whose every way out is listened to."""

    world: World
    plants: Plants
    planter: Planter
    seen: Seen
    log: io.StringIO
    spans: OtlpReceiver
    mail: SmtpSink
    webhooks: WebhookReceiver
    wiretap: Receiver
    wire: list[Delivery]
    known: str = ""

    @property
    def lab(self) -> Lab:
        """The laboratory it runs in."""
        return self.world.lab

    def listen(self) -> None:
        """Take what has arrived on the broker since."""
        while arrived := self.wiretap.receive(0.2):
            self.wire += arrived
            for one in arrived:
                one.acknowledge()

    def outlets(self) -> Iterator[tuple[str, str]]:
        """Everything that leaves the records, with where it came out."""
        yield "log", self.log.getvalue()
        yield "spans", repr(self.spans.spans)
        for name in NAMES:
            client = self.lab.platform.apps[name].test_client()
            yield f"metrics of {name}", client.get("/metrics").text
            with self.lab.runtime(name).begin(EVERYTHING) as connection:
                for table in KEPT:
                    rows = connection.execute(text(f"select * from {table}"))
                    yield f"{table} of {name}", repr(rows.all())
        for delivery in self.wire:
            yield "the broker", repr((delivery.headers, delivery.body))
        for posted in self.webhooks.posted:
            yield "webhooks", repr(posted)
        for mail in self.mail.messages:
            told = [(k, v) for k, v in mail.items() if k.lower() != "to"]
            yield "mail", f"{told} {self._beside_greeting(mail.get_content())}"
        for answer in self.seen.refusals:
            yield f"a refusal of {answer.request.path}", answer.text

    def _beside_greeting(self, said: str) -> str:
        """A message greets its patient by the given name; nothing else is let off."""
        marker = re.match(rf"Hello Of ({MARK}\d+x),", said)
        if marker and self.plants.where[marker[1]].endswith("patients.given_name"):
            return said[marker.end() :]
        return said


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a process logs, when even libraries tell all they can."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in ("", *TALKATIVE)]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        # It is so much that writing it for others, too, takes a third of the time.
        logger.propagate = False
    yield stream
    for logger, (level, propagate) in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


@pytest.fixture
def platform(
    make_lab: Callable[..., Lab],
    lines: io.StringIO,
    otlp_receiver: OtlpReceiver,
    smtp_sink: SmtpSink,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Platform]:
    """A clinic whose people plant in all they send."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", otlp_receiver.endpoint)
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "200000")
    lab = make_lab(
        load_all(),
        front=FRONT,
        mail_url=smtp_sink.url,
        webhook_hosts=frozenset({"127.0.0.1"}),
    )
    plants, seen = Plants(), Seen()
    planter = Planter(lab, plants)
    every = {type_ for s in load_all() for type_ in s.subscriptions}
    lab.platform.broker.declare({SPY: sorted(every)})
    wiretap = lab.platform.broker.receiver(SPY)
    with WebhookReceiver() as webhooks:
        world = open_world(lab, lambda caller: PlantingTeller(caller, planter, seen))
        yield Platform(
            world=world,
            plants=plants,
            planter=planter,
            seen=seen,
            log=lines,
            spans=otlp_receiver,
            mail=smtp_sink,
            webhooks=webhooks,
            wiretap=wiretap,
            wire=[],
        )
    wiretap.close()
    # Before the receivers end, which it still sends to.
    lab.close()


def play(platform: Platform) -> None:
    """Everything that goes well, and what is refused on the way."""
    clinic = platform.world.clinic
    clinic.admin.post(
        "notifications",
        "/subscriptions",
        url=platform.webhooks.url(),
        types=["sessions.*"],
        grants=["clinical"],
    )
    for journey in JOURNEYS:
        patient: Patient = platform.world.patient()
        journey.play(clinic, patient, lambda _: None)
        platform.listen()
    clinic.desk.post("intake", "/referrals", **REFERRAL)
    platform.lab.settle()
    platform.listen()
    desk = platform.lab.caller(Role.FRONT_DESK, clinic_id=clinic.id)
    platform.known = repr(desk.get("intake", f"/patients/{patient.id}"))


def refuse(platform: Platform) -> None:
    """Send every operation what it must refuse, with markers all over it."""
    lab, clinic_id = platform.lab, UUID(platform.world.clinic.id)
    ours = lab.caller(*set(Role), clinic_id=clinic_id)
    network = lab.caller(Role.NETWORK_ADMIN)
    strangers = [
        lab.caller(Role.INTEGRATOR, clinic_id=clinic_id),
        lab.caller(Role.PRESCRIBER, clinic_id=uuid7()),
        Caller(lab, f"{MARK}0x.{MARK}0x.{MARK}0x", clinic_id),
    ]
    for service, method, template, operation in platform.planter.operations():
        path = template.replace("{clinic_id}", str(clinic_id))
        caller = ours if "{clinic_id}" in template else network
        path = "/".join(str(uuid4()) if "{" in p else p for p in path.split("/"))
        schema = platform.planter.schema_of(service, operation)
        body: Any = None
        if schema is not None:
            body = platform.planter.wrong(service, schema, path)
            for data in (b'{"note": "%s0x' % MARK.encode(), b"%s0x" % MARK.encode()):
                send(platform, caller, method, path, data=data)
        for one in (caller, *strangers):
            marked = headers(platform)
            names_a_record = "{" in template.replace("{clinic_id}", "")
            if one is caller and schema is None and not names_a_record:
                # Nothing in it is wrong, so it is done, and its key is kept.
                marked.pop("Idempotency-Key")
            send(platform, one, method, path, json=body, headers=marked)
        spoilt = path.rpartition("/")[0] + f"/{MARK}0x"
        send(platform, caller, method, spoilt, query_string={f"{MARK}0x": f"{MARK}0x"})


def headers(platform: Platform) -> dict[str, str]:
    """Every header that is read, and one that is not, with a marker."""
    names = ("Idempotency-Key", "If-Match", "X-Request-Id", "traceparent", "User-Agent")
    more = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Patient", "Cookie")
    return {name: platform.plants.text(name, {}) for name in (*names, *more)}


def send(
    platform: Platform, caller: Caller, method: str, path: str, **more: Any
) -> None:
    """Send a request, and keep its refusal."""
    service = path.split("/")[1]
    client = platform.lab.platform.apps[service].test_client()
    more["headers"] = {
        **more.get("headers", {}),
        "Authorization": f"Bearer {caller.token}",
    }
    if "data" in more:
        more["content_type"] = "application/json"
    answer = client.open(path, method=method, **more)
    if answer.status_code >= 400:
        platform.seen.refusals.append(answer)


def fail(platform: Platform) -> None:
    """Take tables away, so that requests and handlers fail with all they hold.

    And spoil a record, so that reading it fails with a text that quotes it.
    """
    with platform.lab.runtime("scheduling").begin(EVERYTHING) as connection:
        spoil = text("update clinics set time_zone = :zone")
        connection.execute(spoil, {"zone": f"{MARK}0x"})
    desk = platform.lab.caller(Role.FRONT_DESK, clinic_id=platform.world.clinic.id)
    send(platform, desk, "GET", f"/scheduling/v1/clinics/{desk.clinic_id}/day")
    clinic = platform.world.clinic
    patient = platform.world.patient()
    with (
        without(platform.lab, "intake", "patients"),
        pytest.raises(RefusedError, match=r"50[03]"),
    ):
        platform.world.patient()
    with (
        without(platform.lab, "sessions", "readiness_facts"),
        without(platform.lab, "console", "timeline"),
    ):
        clinic.therapist.post(
            "intake",
            f"/episodes/{patient.episode_id}/measures",
            instrument="gad7",
            context="intake",
            answers={f"q{n}": 1 for n in range(1, 8)},
        )
        for _ in range(12):
            platform.lab.settle()
            platform.lab.clock.advance(hours=1)
    assert any(row["state"] == "dead" for row in platform.lab.inbox("console"))


@dataclass
class without:  # noqa: N801 - it reads as a word where it is used.
    """A service that has lost a table, inside the `with` block."""

    lab: Lab
    service: str
    table: str

    def __enter__(self) -> None:
        self._rename(self.table, f"{self.table}_gone")

    def __exit__(self, *_: object) -> None:
        self._rename(f"{self.table}_gone", self.table)

    def _rename(self, old: str, new: str) -> None:
        settings = self.lab.runtime(self.service).settings
        owner = Database(settings.owner_database_url or settings.database_url)
        with closing(owner), owner.begin(EVERYTHING) as connection:
            connection.execute(text(f"alter table {old} rename to {new}"))


def test_nothing_that_people_enter_leaves_the_records(platform: Platform) -> None:
    play(platform)
    refuse(platform)
    fail(platform)
    platform.listen()
    platform.lab.close()

    leaks = [
        f"{outlet}: {found}"
        for outlet, said in platform.outlets()
        if (found := platform.plants.found_in(said))
    ]
    assert not leaks, "\n".join(leaks)
    assert_it_was_worth_it(platform)
    assert_unreadable_for_who_has_the_files(platform)


def assert_unreadable_for_who_has_the_files(platform: Platform) -> None:
    """No page of a database holds what is about a patient as it was entered.

    Measured numbers are left out: they stand in columns that SQL reckons with.
    """
    plants = platform.plants
    leaks = [
        f"{place}: {marker} ({plants.where.get(marker, '')})"
        for place, said in stored_text(platform.lab)
        for marker in plants.texts_in(said)
        if not is_open(plants.where.get(marker, ""))
    ]
    assert not leaks, "\n".join(leaks)


def assert_it_was_worth_it(platform: Platform) -> None:
    """Markers were taken in, every outlet had something to tell, and all is found."""
    for wanted in (MARK, BIRTH_DATE, PHONE):
        assert wanted in platform.known, wanted
    lengths: dict[str, int] = {}
    for outlet, said in platform.outlets():
        lengths[outlet] = lengths.get(outlet, 0) + len(said)
    for outlet in ("log", "spans", "the broker", "webhooks", "mail"):
        assert lengths.get(outlet, 0) > 1_000, outlet
    statuses = {answer.status_code for answer in platform.seen.refusals}
    assert {400, 401, 403, 404, 409, 422, 500} <= statuses
    assert '"a request failed"' in platform.log.getvalue()
    assert '"an event could not be handled"' in platform.log.getvalue()
    assert platform.seen.not_replayed == []
    assert_every_field_was_planted(platform)


def assert_every_field_was_planted(platform: Platform) -> None:
    """No operation that takes a body was left out."""
    planted = set(platform.plants.where.values())
    for service, _, template, operation in platform.planter.operations():
        if platform.planter.schema_of(service, operation) is not None:
            last = re.sub(r"\{\w+\}", "[^/]+", template.rpartition("/")[2])
            assert any(re.search(rf"/{last}\.", where) for where in planted), template


def test_what_is_planted_is_found_again() -> None:
    plants = Plants()
    marker = plants.text("/patients.note", {"maxLength": 200})
    number = plants.number("/weights.weight_kg", 70)

    assert plants.found_in(f"x {marker.upper()} y") != []
    assert plants.found_in(json.dumps({"weight_kg": number})) != []
    assert plants.found_in(f"born {BIRTH_DATE}") != []
    assert plants.found_in(f"call {PHONE}") != []
    assert plants.found_in("nothing at 21:17.101 of 70.5 or 2026-03-02") == []
