"""A record of another clinic is answered like one that there is not, to the letter.

Two clinics live through the same day. Then every request of one is made again with an
id of the other in it, and with an id of nobody: whoever asks must not be able to tell
the two apart, neither by the answer nor by how much work it took.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, event, select

from cli.demo.days import GOOD_IM, ITEM_NINE, RED, WITHDRAWN
from cli.services import FRONT, load_all
from shared.access import NETWORK, Role
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.system.conftest import Teller, World, open_world
from tests.system.planting import Planter, Plants

UUID_TEXT = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
JOURNEYS = (GOOD_IM, ITEM_NINE, RED, WITHDRAWN)
CHANGING = re.compile(rf'"request_id": "{UUID_TEXT.pattern}"')


@dataclass(frozen=True)
class Asked:
    """A request behind the clinic's path."""

    method: str
    service: str
    path: str
    body: str

    @property
    def kind(self) -> tuple[str, str, str, tuple[str, ...]]:
        """The same for the same request about other records."""
        names = tuple(sorted(json.loads(self.body)))
        return self.method, self.service, UUID_TEXT.sub("*", self.path), names

    def ids(self) -> list[str]:
        """The ids it names, in order."""
        return UUID_TEXT.findall(f"{self.path} {self.body}")

    def naming(self, old: str, new: str) -> "Asked":
        """The same request about something else."""
        path, body = self.path.replace(old, new), self.body.replace(old, new)
        return Asked(self.method, self.service, path, body)


class Remembering(Teller):
    """A teller that remembers one request of each kind."""

    def __init__(self, caller: Caller, asked: dict[Any, Asked]) -> None:
        super().__init__(caller)
        self._asked = asked

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a read answers."""
        self._note(Asked("GET", service, path, "{}"))
        return super().get(service, path, **query)

    def post(
        self, service: str, path: str, /, key: str | None = None, **body: Any
    ) -> Any:
        """What a change answers."""
        self._note(Asked("POST", service, path, json.dumps(body)))
        return super().post(service, path, key, **body)

    def _note(self, asked: Asked) -> None:
        if self._caller.clinic_id is not None:
            self._asked[asked.kind] = asked


def live_through(lab: Lab, name: str) -> tuple[World, dict[Any, Asked]]:
    """A clinic that has had its day, and what it asked."""
    asked: dict[Any, Asked] = {}
    world = open_world(lab, lambda caller: Remembering(caller, asked), name=name)
    for journey in JOURNEYS:
        journey.play(world.clinic, world.patient(), lambda _: None)
    return world, asked


def without_bodies(lab: Lab, clinic_id: UUID) -> Iterator[Asked]:
    """Every operation that takes no body, about records of a clinic."""
    for service, method, template, operation in Planter(lab, Plants()).operations():
        scope = f"/{service}/v1/clinics/{{clinic_id}}"
        if "requestBody" in operation or not template.startswith(f"{scope}/"):
            continue
        path = template.removeprefix(scope)
        for name in re.findall(r"\{(\w+)\}", path):
            path = path.replace(f"{{{name}}}", id_of(lab, service, name, clinic_id))
        if UUID_TEXT.search(path):
            yield Asked(method, service, path, "{}")


def id_of(lab: Lab, service: str, name: str, clinic_id: UUID) -> str:
    """The id of a clinic's record that a parameter of this name may mean."""
    runtime = lab.runtime(service)
    with runtime.begin(EVERYTHING) as connection:
        for table in runtime.service.metadata.sorted_tables:
            if name.removesuffix("_id") in table.name and {"id", "clinic_id"} <= set(
                table.c.keys()
            ):
                chosen = select(table.c.id).where(table.c.clinic_id == clinic_id)
                if found := connection.execute(chosen.limit(1)).scalar():
                    return str(found)
    return str(uuid4())


@contextmanager
def statements() -> Iterator[list[str]]:
    """The statements that databases are sent meanwhile.

    Whether the key of the caller's own trail is read again is a matter of time, not of
    what is asked.
    """
    sent: list[str] = []

    def note(*said: Any) -> None:
        if "data_keys" not in said[2]:
            sent.append(said[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def answer(caller: Caller, asked: Asked) -> tuple[int, str, list[str]]:
    """What a request is answered, and what it made the database do."""
    body = None if asked.method == "GET" else json.loads(asked.body)
    with statements() as sent:
        said = caller.request(asked.method, asked.service, asked.path, body)
    return said.status_code, CHANGING.sub("", said.text), sent


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """Every service, on SQLite: the answers are made by the same code everywhere."""
    made = Lab(load_all(), tmp_path, front=FRONT)
    yield made
    made.close()


def assert_alike(caller: Caller, there: Asked, nowhere: Asked) -> bool:
    """Both are answered alike, to the letter and to the statement; whether compared.

    A change that is accepted, whatever it names, is another one the second time.
    """
    status, said, sent = answer(caller, there)
    other_status, other_said, other_sent = answer(caller, nowhere)
    assert status == other_status, (there, said, other_said)
    if status < 400 and there.method != "GET":
        return False
    assert UUID_TEXT.sub("*", said) == UUID_TEXT.sub("*", other_said), there
    assert sent == other_sent, there
    return True


def test_another_clinics_record_cannot_be_told_from_one_that_there_is_not(
    lab: Lab,
) -> None:
    their_world, theirs = live_through(lab, "Theirs")
    world, ours = live_through(lab, "Ours")
    their_id = UUID(their_world.clinic.id)
    caller = lab.caller(*(set(Role) - NETWORK), clinic_id=UUID(world.clinic.id))
    compared: set[tuple[str, str, str]] = set()

    for kind, asked in ours.items():
        if kind not in theirs:
            continue
        for own, foreign in zip(asked.ids(), theirs[kind].ids(), strict=True):
            there, nowhere = (asked.naming(own, x) for x in (foreign, str(uuid4())))
            if assert_alike(caller, there, nowhere):
                compared.add(kind[:3])
    for asked in without_bodies(lab, their_id):
        for foreign in asked.ids():
            if assert_alike(caller, asked, asked.naming(foreign, str(uuid4()))):
                compared.add(asked.kind[:3])

    # That much of the platform was really asked.
    assert len(compared) >= 38, sorted(compared)


def test_another_clinic_cannot_be_told_from_one_that_there_is_not(lab: Lab) -> None:
    world, theirs = live_through(lab, "Theirs")
    token = lab.caller(*(set(Role) - NETWORK), clinic_id=uuid4()).token
    there, nowhere = (Caller(lab, token, x) for x in (UUID(world.clinic.id), uuid4()))

    for asked in theirs.values():
        refusal = answer(there, asked)

        assert refusal == answer(nowhere, asked)
        assert refusal[0] == 404, asked
        # Nothing is looked up, only the refusal is noted.
        assert [one for one in refusal[2] if "audit_log" not in one] == [
            "BEGIN IMMEDIATE"
        ], asked
