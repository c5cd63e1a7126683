"""A clinic to tell stories in: every service, on memory and on real servers."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cli.api_client import RefusedError
from cli.demo import steps
from cli.demo.steps import Clinic, Patient
from cli.events import hearers
from cli.services import FRONT, NAMES, load_all
from shared.access import Role
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer, RabbitServer
from tests.system.processes import RealProcesses

pytest.register_assert_rewrite("tests.system.work")

PATIENCE_SECONDS = 60


class Teller:
    """A caller of the laboratory who is refused like one of a deployment."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a read answers."""
        asked = {name: str(value) for name, value in query.items()}
        return self._good(
            self._caller.request("GET", service, path, query_string=asked)
        )

    def post(
        self, service: str, path: str, /, key: str | None = None, **body: Any
    ) -> Any:
        """What a change answers."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._good(
            self._caller.request("POST", service, path, body, headers=headers)
        )

    def put(self, service: str, path: str, /, **body: Any) -> Any:
        """What a change that names the whole new state answers."""
        return self._good(self._caller.request("PUT", service, path, body))

    @staticmethod
    def _good(answer: Any) -> Any:
        if answer.status_code >= 400:
            raise RefusedError(answer.status_code, answer.get_json())
        return answer.get_json()


@dataclass
class World:
    """One clinic, and what can be seen of all that happened in it."""

    lab: Lab
    clinic: Clinic

    def patient(self) -> Patient:
        """Somebody registers."""
        patient = steps.register(
            self.clinic,
            given_name="Testa",
            family_name="Fictional",
            birth_date="1980-02-03",
            slot=0,
        )
        self.lab.settle()
        return patient

    def assert_all_heard_once(self) -> None:
        """Every event was heard once by all who should, and nothing is dead."""
        self.lab.settle()
        told = [event for name in NAMES for event in self.lab.told(name)]
        consumers = hearers()
        for name in NAMES:
            rows = list(self.lab.inbox(name))
            heard = Counter(str(row["event_id"]).replace("-", "") for row in rows)
            assert {row["state"] for row in rows} <= {"done"}, name
            for event in told:
                expected = 1 if name in consumers[event.type] else 0
                assert heard[event.id.hex] == expected, (name, event.type)

    def names(self, service: str) -> list[str]:
        """The events a service told, by name."""
        return self.lab.names(service)


def open_world(
    lab: Lab,
    teller: Callable[[Caller], Teller] = Teller,
    *,
    name: str = "Fictional Harbour Clinic",
) -> World:
    """A clinic joins, with people and rooms; each of them calls as a `teller` does."""
    network = teller(lab.caller(Role.NETWORK_ADMIN))
    made = network.post(
        "scheduling",
        "/clinics",
        name=name,
        time_zone="America/New_York",
        alert_response_seconds=2,
    )
    lab.settle()

    def caller(role: Role) -> Teller:
        return teller(lab.caller(role, clinic_id=made["id"]))

    def by_link(code: str) -> Teller:
        opened = lab.nobody(made["id"]).post("intake", "/links/open", code=code)
        return teller(Caller(lab, opened["token"], made["id"]))

    def until(is_so: Callable[[], bool], what: str) -> None:
        for _ in range(PATIENCE_SECONDS):
            lab.settle()
            if is_so():
                return
            lab.clock.advance(seconds=1)
        raise AssertionError(f"waited in vain until {what}")

    clinic = Clinic(
        id=made["id"],
        name=made["name"],
        time_zone=made["time_zone"],
        desk=caller(Role.FRONT_DESK),
        therapist=caller(Role.THERAPIST),
        prescriber=caller(Role.PRESCRIBER),
        lead=caller(Role.MEDICAL_LEAD),
        monitor=caller(Role.MONITOR),
        admin=caller(Role.CLINIC_ADMIN),
        by_link=by_link,
        neighbour=lambda: open_world(lab, teller, name=f"Beside {name}").clinic,
        until=until,
        now=lab.clock,
    )
    steps.add_people_and_rooms(clinic, 2)
    lab.settle()
    return World(lab, clinic)


@pytest.fixture
def world(make_lab: Callable[..., Lab]) -> World:
    """A clinic with people and rooms, on each stack."""
    return open_world(make_lab(load_all(), front=FRONT, development_issuer=True))


@pytest.fixture(scope="module")
def all_processes(
    postgres_server: PostgresServer, rabbit_server: RabbitServer
) -> Iterator[RealProcesses]:
    """An API and a worker of every service, each a process, on the real servers.

    They end with the module: even when idle they would slow every test after it.
    """
    with RealProcesses(postgres_server, rabbit_server) as processes:
        yield processes


@pytest.fixture
def real_processes(all_processes: RealProcesses) -> Iterator[RealProcesses]:
    """All of them alive, whatever the last test did to them."""
    all_processes.heal()
    yield all_processes
    all_processes.heal()
