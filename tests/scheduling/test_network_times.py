"""Free times across clinics: the caller's own, in a steady number of questions."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from services.scheduling.app import service
from shared.access import Role
from shared.context import Actor
from shared.ids import uuid7
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic

PATH = "/network/free-times"
DAY = timedelta(days=1)
ANY_TIME = {"type": "preparation", "opens": "00:00", "closes": "23:59"}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinics(lab: Lab) -> list[Clinic]:
    """Three clinics."""
    return [Clinic(lab) for _ in range(3)]


def somebody(lab: Lab, roles: dict[UUID, Role]) -> Caller:
    """Who holds roles in several clinics."""
    held = {clinic: frozenset({role}) for clinic, role in roles.items()}
    return Caller(lab, lab.issuer.issue(Actor(id=uuid7(), roles=held)), None)


def ask(by: Caller, **more: Any) -> dict[str, list[str]]:
    """When something is free, by clinic."""
    items = by.get(NAME, PATH, **ANY_TIME, **more)["items"]
    return {one["clinic_id"]: [t["starts_at"] for t in one["times"]] for one in items}


def test_staff_see_the_earliest_few_of_the_clinics_they_work_in(
    lab: Lab, clinics: list[Clinic]
) -> None:
    here, there, _ = clinics
    desk = somebody(lab, {here.id: Role.FRONT_DESK, there.id: Role.THERAPIST})

    found = ask(desk)

    assert found.keys() == {str(here.id), str(there.id)}
    assert {len(times) for times in found.values()} == {3}
    assert ask(desk, limit=1)[str(here.id)] == found[str(here.id)][:1]


def test_the_network_sees_all_and_a_patients_role_opens_nothing(
    lab: Lab, clinics: list[Clinic]
) -> None:
    here, there, other = clinics
    admin = lab.caller(Role.NETWORK_ADMIN)
    mixed = somebody(lab, {here.id: Role.FRONT_DESK, there.id: Role.INTEGRATOR})
    patient = somebody(lab, {here.id: Role.PATIENT})

    assert ask(admin).keys() == {str(one.id) for one in (here, there, other)}
    assert ask(mixed).keys() == {str(here.id)}
    assert patient.refused(NAME, PATH, method="GET")["status"] == 403


def test_a_patient_who_is_taken_at_one_clinic_is_taken_at_all_that_may_know(
    lab: Lab, clinics: list[Clinic]
) -> None:
    here, there, other = clinics
    who, at = here.patient(), lab.clock() + DAY
    here.desk.post(NAME, "/appointments", **here.body(who, at, type="preparation"))
    knows = somebody(lab, {here.id: Role.FRONT_DESK, there.id: Role.FRONT_DESK})
    does_not = somebody(lab, {there.id: Role.FRONT_DESK, other.id: Role.FRONT_DESK})
    begins = {"from": at.isoformat(), "limit": 1}

    free = ask(knows, patient_id=who.id, **begins)
    unaware = ask(does_not, patient_id=who.id, **begins)

    taken_until = (at + timedelta(hours=1)).isoformat()
    assert set(map(tuple, free.values())) == {(taken_until,)}
    assert set(map(tuple, unaware.values())) == {(at.isoformat(),)}


def test_the_answer_tells_nothing_of_a_patient(lab: Lab, clinics: list[Clinic]) -> None:
    who = clinics[0].patient()
    admin = lab.caller(Role.NETWORK_ADMIN)

    items = admin.get(NAME, PATH, **ANY_TIME, patient_id=who.id)["items"]

    assert items[0].keys() == {"clinic_id", "clinic_name", "time_zone", "times"}
    assert str(who.id) not in str(items)


@pytest.fixture
def questions(lab: Lab) -> Callable[[Callable[[], object]], int]:
    """How often the database is asked while something is done."""
    seen: list[str] = []
    engine = lab.runtime(NAME).database.engine
    event.listen(engine, "before_cursor_execute", lambda *a: seen.append(a[2]))

    def count(done: Callable[[], object]) -> int:
        seen.clear()
        done()
        return len([s for s in seen if s.lstrip().lower().startswith("select")])

    return count


def test_no_question_is_asked_once_for_each(
    lab: Lab,
    clinics: list[Clinic],
    questions: Callable[[Callable[[], object]], int],
) -> None:
    clinic, admin = clinics[0], lab.caller(Role.NETWORK_ADMIN)
    manager = lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)
    who = clinic.patient().id
    bodies = [
        clinic.body(clinic.patient(), lab.clock() + days * DAY, type="preparation")
        for days in range(1, 4)
    ]
    asked: dict[str, Callable[[], object]] = {
        "book": lambda: clinic.desk.post(NAME, "/appointments", **bodies.pop()),
        "free": lambda: clinic.desk.get(
            NAME, "/free-times", **ANY_TIME, patient_id=who
        ),
        "network": lambda: admin.get(NAME, PATH, **ANY_TIME),
        "resources": lambda: clinic.desk.get(NAME, "/resources"),
        "day": lambda: clinic.desk.get(NAME, "/day", date="2026-03-06"),
    }
    asked["book"]()
    # With none, it is not asked by which day licences are judged.
    held = f"/resources/{clinic.resources['therapist_id']}/licences"
    manager.post(NAME, held, code="x", number="1", valid_until=_SOON)
    before = {name: questions(done) for name, done in asked.items()}

    for number in range(4):
        extra = manager.post(NAME, "/resources", kind="room", name=f"Room {number}")
        path = f"/resources/{extra['id']}"
        manager.put(NAME, f"{path}/roster", shifts=[_SHIFT] * 3)
        manager.post(NAME, f"{path}/licences", code="x", number="1", valid_until=_SOON)
        manager.post(NAME, f"{path}/absences", **_AWAY)
        Clinic(lab)
        body = clinic.body(clinic.patient(), lab.clock() + DAY, type="preparation")
        moved = timedelta(hours=2 * number + 2)
        body["starts_at"] = datetime.fromisoformat("2026-03-05T15:00+00:00") + moved
        clinic.desk.post(NAME, "/appointments", **body)

    assert {name: questions(done) for name, done in asked.items()} == before


_SHIFT = {
    "rrule": "FREQ=DAILY",
    "first_day": "2026-01-01",
    "starts": "00:00",
    "minutes": 1440,
}
_SOON = "2026-03-10"
_AWAY = {"first_day": "2026-05-01", "last_day": "2026-05-02", "reason_code": "repair"}
