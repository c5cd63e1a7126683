"""Many people want the same at the same moment: exactly one of them gets it."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cli.api_client import Deployment
from cli.demo.steps import Patient
from tests.system.processes import RealProcesses
from tests.system.work import Work

API = "api scheduling"
PROCESSES = "8"
ATTEMPTS = 200
AT_ONCE = 50
PATIENTS = 4
REPLAYED = "Idempotency-Replayed"


class Desk:
    """The front desk of a clinic, at several computers."""

    def __init__(self, work: Work, address: str, token: str) -> None:
        self.work = work
        self._url = f"{address}/scheduling/v1/clinics/{work.clinic.id}"
        self._authorised = {"Authorization": f"Bearer {token}"}
        self._slot = (work.clinic.now() + timedelta(hours=3)).isoformat()

    def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        """One answer, over a connection of its own; underlines stand for hyphens."""
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.post(
            self._url + path,
            json=body,
            headers={**self._authorised, **said},
            timeout=60,
        )

    def wanted(self, patient: Patient) -> dict[str, str]:
        """The one slot everybody wants, for a patient."""
        clinic = self.work.clinic
        return {
            "patient_id": patient.id,
            "type": "preparation",
            "starts_at": self._slot,
            "room_id": clinic.rooms[0],
            "therapist_id": clinic.therapists[0],
        }

    def other_room_and_therapist(self) -> dict[str, str]:
        """Another place for the same time."""
        admin = self.work.clinic.admin
        return {
            f"{kind}_id": admin.post("scheduling", "/resources", kind=kind, name=kind)[
                "id"
            ]
            for kind in ("room", "therapist")
        }

    def known_patients(self, count: int) -> list[Patient]:
        """Patients that scheduling has heard of: each is booked, for another time."""
        patients = [self.work.register(number) for number in range(count)]
        for hour, patient in enumerate(patients, 5):
            self.work.book(patient, hour)
        return patients

    def appointments(self, patients: list[Patient]) -> list[dict[str, Any]]:
        """What these patients have in the slot everybody wants."""
        asked = self.work.clinic.desk.get
        rows = [
            row
            for patient in patients
            for row in asked("scheduling", f"/patients/{patient.id}/appointments")[
                "items"
            ]
        ]
        slot = datetime.fromisoformat(self._slot)
        return [row for row in rows if datetime.fromisoformat(row["starts_at"]) == slot]


@pytest.fixture(scope="module")
def many_processes(all_processes: RealProcesses) -> Iterator[RealProcesses]:
    """Scheduling answers from several processes at once."""
    all_processes.heal()
    all_processes.kill(API)
    all_processes.launch(API, KAP_HTTP_WORKERS=PROCESSES)
    all_processes.heal()
    yield all_processes
    all_processes.kill(API)
    all_processes.heal()


@pytest.fixture
def desk(many_processes: RealProcesses) -> Iterator[Desk]:
    """The front desk of a clinic that scheduling knows."""
    with Work(many_processes.url) as work:
        clinic = work.open_clinic()
        deployment = Deployment(many_processes.url)
        with deployment.client:
            token = deployment.development_token("front_desk", clinic_id=clinic.id)
        yield Desk(work, many_processes.address(API), token)


def test_one_of_two_hundred_gets_the_room_and_the_others_are_told_when_else(
    desk: Desk,
) -> None:
    patients = desk.known_patients(PATIENTS)
    asks = [
        partial(
            desk.post,
            "/holds" if number % 3 == 0 else "/appointments",
            desk.wanted(patients[number % PATIENTS]),
        )
        for number in range(ATTEMPTS)
    ]

    answers = at_once(asks)

    assert Counter(map(outcome, answers)) == {"201": 1, "409 double_booked": 199}
    assert len(desk.appointments(patients)) == 1
    refusals = [answer.json() for answer in answers if not answer.is_success]
    assert all(len(said["alternatives"]) == 3 for said in refusals)


def test_one_of_many_holds_of_a_time_stands(desk: Desk) -> None:
    patients = desk.known_patients(2)
    asks = [
        partial(desk.post, "/holds", desk.wanted(patients[number % 2]))
        for number in range(20)
    ]

    answers = at_once(asks)

    assert Counter(map(outcome, answers)) == {"201": 1, "409 double_booked": 19}


def test_what_is_held_is_booked_once_however_many_confirm(desk: Desk) -> None:
    (patient,) = desk.known_patients(1)
    held = desk.post("/holds", desk.wanted(patient)).json()

    answers = at_once([partial(desk.post, f"/holds/{held['id']}/book")] * 20)

    told = Counter(map(outcome, answers))
    assert told.pop("200") == 1
    assert set(told) <= {"412 stale_version", "409 wrong_state"}
    (appointment,) = desk.appointments([patient])
    assert (appointment["status"], appointment["version"]) == ("booked", 2)


def test_a_patient_is_with_one_of_two_therapists_at_a_time(desk: Desk) -> None:
    (patient,) = desk.known_patients(1)
    here = desk.wanted(patient)
    there = {**here, **desk.other_room_and_therapist()}

    answers = at_once(
        [partial(desk.post, "/appointments", one) for one in (here, there) * 10]
    )

    assert Counter(map(outcome, answers)) == {"201": 1, "409 double_booked": 19}
    assert len(desk.appointments([patient])) == 1


def test_one_key_used_ten_times_at_once_has_one_effect(desk: Desk) -> None:
    (patient,) = desk.known_patients(1)
    wish, key = desk.wanted(patient), str(uuid4())

    answers = at_once(
        [lambda: desk.post("/appointments", wish, Idempotency_Key=key)] * 10
    )
    replayed = desk.post("/appointments", wish, Idempotency_Key=key)

    replays = [answer for answer in answers if REPLAYED in answer.headers]
    assert {answer.status_code for answer in answers} == {201}
    assert len(replays) == len(answers) - 1
    assert REPLAYED in replayed.headers
    assert all(answer.json() == replayed.json() for answer in answers)
    assert len(desk.appointments([patient])) == 1


def test_one_of_many_who_saw_the_same_version_changes_it(desk: Desk) -> None:
    (patient,) = desk.known_patients(1)
    made = desk.post("/appointments", desk.wanted(patient))
    path = f"/appointments/{made.json()['id']}/escort"

    answers = at_once([lambda: desk.post(path, If_Match=made.headers["ETag"])] * 10)

    assert Counter(map(outcome, answers)) == {"200": 1, "412 stale_version": 9}
    (appointment,) = desk.appointments([patient])
    assert appointment["version"] == made.json()["version"] + 1


def at_once(asks: Sequence[Callable[[], httpx.Response]]) -> list[httpx.Response]:
    """The answers to requests of which many begin at the same moment."""
    ready = Barrier(min(len(asks), AT_ONCE))

    def ask(one: Callable[[], httpx.Response]) -> httpx.Response:
        ready.wait()
        return one()

    with ThreadPoolExecutor(ready.parties) as people:
        return list(people.map(ask, asks))


def outcome(answer: httpx.Response) -> str:
    """The status, and why if it is a refusal."""
    if answer.is_success:
        return str(answer.status_code)
    return f"{answer.status_code} {answer.json()['code']}"
