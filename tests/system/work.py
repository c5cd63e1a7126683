"""What people do while processes die, and what must then have come of it."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self, TypeVar
from uuid import uuid4

import httpx

from cli import api_client
from cli.api_client import Deployment, RefusedError
from cli.demo import audit, day, steps
from cli.demo.audit import Findings
from cli.demo.steps import Clinic, Patient

T = TypeVar("T")

PATIENCE_SECONDS = 90.0
# An answer that never came, a process that is not back, and what is not heard of yet.
ASK_AGAIN_ON = {404, 502, 503}
KEY_IN_USE = "idempotency_key_in_use"
LOOK_EVERY_SECONDS = 0.2
AT_RISK = "scheduling.appointment.marked_at_risk"


@dataclass(eq=False)
class Command:
    """What was asked for; the key is written down before it is sent."""

    caller: api_client.Caller
    service: str
    path: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: str(uuid4()))
    answer: Any = None

    def ask(self) -> Any:
        """Ask for it, once or once more."""
        return self.caller.post(self.service, self.path, key=self.key, **self.body)


class Persistent:
    """Somebody who asks until there is an answer, with the same key each time."""

    def __init__(self, caller: api_client.Caller, commands: list[Command]) -> None:
        self._caller = caller
        self._commands = commands

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a read answers."""
        return insist(lambda: self._caller.get(service, path, **query))

    def post(self, service: str, path: str, /, **body: Any) -> Any:
        """What a change answers."""
        command = Command(self._caller, service, path, body)
        self._commands.append(command)
        command.answer = insist(command.ask)
        return command.answer


def insist(ask: Callable[[], T]) -> T:
    """Ask until there is an answer.

    Raises:
        AssertionError: there is none for a long time.
        RefusedError: it is refused for good.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            return ask()
        except httpx.TransportError as error:
            last: Exception = error
        except RefusedError as error:
            if error.status not in ASK_AGAIN_ON and error.code != KEY_IN_USE:
                raise
            last = error
        time.sleep(0.05)
    raise AssertionError("there was no answer") from last


class Work:
    """One clinic's work: what was asked for, and the events that must tell of it."""

    def __init__(self, url: str) -> None:
        self.commands: list[Command] = []
        self.expected: Counter[str] = Counter()
        self.marks = {0}
        """How often a dose may be marked at risk."""
        self._deployment = Deployment(url)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._deployment.client.close()

    def open_clinic(self) -> Clinic:
        """A clinic with one room and people."""
        self._network = insist(
            lambda: self._deployment.development_caller("network_admin")
        )
        made = Persistent(self._network, self.commands).post(
            "scheduling",
            "/clinics",
            name=f"Fictional Ridge Clinic {uuid4().hex[:6]}",
            time_zone="America/Denver",
        )
        self.expected["scheduling.clinic.onboarded"] += 1
        clinic = insist(lambda: day.staffed(self._deployment, made))
        for role in ("desk", "therapist", "prescriber", "lead", "monitor", "admin"):
            caller = Persistent(getattr(clinic, role), self.commands)
            setattr(clinic, role, caller)
        steps.add_people_and_rooms(clinic, 1)
        self.expected["scheduling.resource.added"] += 3
        self.clinic = clinic
        return clinic

    def add_rooms(self, count: int) -> None:
        """So many more rooms, one request each."""
        for _ in range(count):
            self.clinic.admin.post(
                "scheduling", "/resources", kind="room", name="Another room"
            )
            self.expected["scheduling.resource.added"] += 1

    def register(self, number: int) -> Patient:
        """A patient registers."""
        self.expected["intake.patient.registered"] += 1
        return steps.register(
            self.clinic,
            given_name="Testa",
            # Unlike those of other tests: clinics notice whom they both know.
            family_name=f"Fictional-{number}-{self.clinic.id[-8:]}",
            birth_date="1980-02-03",
            slot=0,
        )

    def book(self, patient: Patient, number: int) -> None:
        """A preparation is booked in the n-th hour from now; the patient is told."""
        starts_at = self.clinic.now() + timedelta(hours=1 + number)
        steps.book(self.clinic, patient, "preparation", starts_at=starts_at, minutes=40)
        self.expect_message()
        self.expected["scheduling.appointment.booked"] += 1

    def expect_message(self) -> None:
        """One more message is to be planned and sent."""
        self.expected["notifications.message.scheduled"] += 1
        self.expected["notifications.message.sent"] += 1

    def messages(self) -> list[dict[str, Any]]:
        """The messages of the clinic."""
        rows: list[dict[str, Any]] = self.clinic.desk.get("notifications", "/messages")[
            "items"
        ]
        return rows

    def wait_until_told(self) -> None:
        """Wait until a patient has been sent a message."""
        self.clinic.until(
            lambda: any(message["status"] == "sent" for message in self.messages()),
            "a message is sent",
        )

    def assert_done_once(self) -> None:
        """Each command had one effect, each event was heard once, nothing waits.

        That asking again gives the same answers and changes nothing is part of it.
        """
        auditor = [self._network.in_clinic(self.clinic.id)]
        audit.wait_until_quiet(auditor, look_every_seconds=LOOK_EVERY_SECONDS)
        answers = [insist(command.ask) for command in self.commands]
        found = audit.look(auditor)

        told = names(found)
        assert found.misses == []
        assert told.pop(AT_RISK, 0) in self.marks
        assert told == self.expected
        assert answers == [command.answer for command in self.commands]
        # What was pulled from a feed is heard before the relay has published it.
        self.clinic.until(
            lambda: all(
                event["route_state"] == "routed" for event in audit.look(auditor).events
            ),
            "everything is published",
        )


def names(found: Findings) -> Counter[str]:
    """How often each event was told."""
    return Counter(
        event["type"].removeprefix("kap.").rpartition(".v")[0] for event in found.events
    )


def take_bookings(work: Work) -> None:
    """Twelve commands: a clinic, what can be booked, patients, and bookings."""
    work.open_clinic()
    patients = [work.register(number) for number in range(3)]
    work.book(patients[0], 0)
    work.wait_until_told()
    for number in range(1, 5):
        work.book(patients[number % 3], number)


def give_a_dose_back(work: Work) -> None:
    """A dose is booked for today, a doubt comes up, and the timer gives it back."""
    clinic = work.open_clinic()
    patient = work.register(0)
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    steps.consent(clinic, patient)
    steps.clear_and_order(clinic, patient)
    steps.book_dose(clinic, patient)
    work.wait_until_told()
    steps.answer_cssrs(clinic, patient, recent=1)
    # Two facts lapse, one after the other; by then the dose may be given back.
    work.marks = {1, 2}
    work.expected += Counter(
        {
            "intake.measure.recorded": 4,
            "intake.screening.started": 1,
            "intake.screening.completed": 1,
            "intake.readiness.reached": 1,
            "intake.readiness.lost": 1,
            "intake.review.requested": 2,
            "intake.patient.eligible": 1,
            "intake.eligibility.lapsed": 1,
            "intake.consent.signed": 3,
            "intake.file.added": 3,
            "intake.clearance.granted": 1,
            "intake.safety.flagged": 1,
            "sessions.order.placed": 1,
            "scheduling.appointment.booked": 1,
            "scheduling.appointment.released": 1,
        }
    )
    work.expect_message()
    work.expect_message()
