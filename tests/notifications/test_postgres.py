"""The same on PostgreSQL: its types, its locks, and two workers at once."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.notifications.pumps.messages import deliver_messages
from services.notifications.pumps.webhooks import deliver_webhooks
from shared.access import Role
from shared.events.scheduling import ResourceAdded
from shared.ids import uuid7
from shared.service import Runtime
from shared.testing.servers import PostgresServer
from shared.testing.smtp import SmtpSink
from shared.testing.templates import postgres_database
from shared.worker.handling import Handling
from tests.notifications.clinic_lab import Clinic
from tests.notifications.drift import differences
from tests.notifications.receiver import Receiver


@pytest.fixture
def clinic(
    tmp_path: Path, postgres_server: PostgresServer, smtp_sink: SmtpSink
) -> Iterator[Clinic]:
    """A clinic on PostgreSQL that sends mail and posts to this machine."""
    mark = uuid7().hex
    names: list[str] = []

    def database(service: str) -> str:
        names.append(f"{service}_{mark}")
        url = postgres_database(postgres_server, service, names[-1])
        return url.replace("postgresql://", "postgresql+psycopg://")

    made = Clinic(
        tmp_path,
        database_url=database,
        mail_url=smtp_sink.url,
        webhook_hosts=frozenset({"127.0.0.1"}),
    )
    yield made
    made.close()
    for name in names:
        postgres_server.drop_database(name)


def test_the_migrated_tables_are_those_of_the_models(clinic: Clinic) -> None:
    assert differences(clinic) == []


def test_a_booking_is_told_and_a_refusal_becomes_a_task(
    clinic: Clinic, smtp_sink: SmtpSink
) -> None:
    clinic.tell(clinic.booking(clinic.register(), days=2))
    assert len(smtp_sink.messages) == 1
    smtp_sink.refuse_next(100)

    clinic.wait(days=1)
    for minutes in (1, 5, 30, 120):
        clinic.wait(minutes=minutes)

    assert [message[1] for message in clinic.messages()] == ["sent", "failed"]
    assert [task["kind"] for task in clinic.tasks()] == ["message_failed"]


def at_once(runtime: Runtime, *pumps: object) -> None:
    """Run pumps in threads of their own, each until it finds nothing."""

    def work(pump: object) -> None:
        assert callable(pump)
        while pump(runtime):
            pass

    threads = [threading.Thread(target=work, args=(pump,)) for pump in pumps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_workers_at_once_send_every_message_once(
    clinic: Clinic, smtp_sink: SmtpSink
) -> None:
    clinic.intake.is_down = True
    patient = clinic.register()
    clinic.tell(*(clinic.booking(patient, days=1) for _ in range(20)))
    clinic.intake.is_down = False
    clinic.lab.clock.advance(minutes=1)

    at_once(clinic.lab.runtime("notifications"), deliver_messages, deliver_messages)

    ids = [mail["Message-ID"] for mail in smtp_sink.messages]
    assert len(ids) == len(set(ids)) == 20


def test_two_workers_at_once_keep_the_order_of_the_feed(
    clinic: Clinic, receiver: Receiver
) -> None:
    clinic.caller(Role.CLINIC_ADMIN).post(
        "notifications", "/subscriptions", url=receiver.url(), types=["scheduling.*"]
    )
    rooms = [
        clinic.envelope(ResourceAdded(resource_id=uuid7(), kind="room"))
        for _ in range(40)
    ]
    receiver.pause_seconds = 0.01
    clinic.store(*rooms)
    runtime = clinic.lab.runtime("notifications")
    while Handling(runtime).step():
        pass

    def until_all_arrived(runtime: Runtime) -> bool:
        deliver_webhooks(runtime)
        return len(receiver.posted) < len(rooms)

    at_once(runtime, until_all_arrived, until_all_arrived)

    assert receiver.ids() == [str(envelope.id) for envelope in rooms]
