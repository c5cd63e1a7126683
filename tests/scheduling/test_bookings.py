"""What a booking rests on: the right patient, the right day, and nothing unseen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.scheduling.app import service
from shared.access import Role
from shared.events import Event
from shared.events.intake import (
    ClearanceGranted,
    ConsentExpired,
    ConsentSigned,
    ConsentWithdrawn,
    PatientEligible,
    PatientRegistered,
)
from shared.events.sessions import (
    IntegrationCompleted,
    IntegrationFellDue,
    OrderPlaced,
)
from shared.ids import uuid7
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer

NAME = "scheduling"
DATABASE = "scheduling_bookings"


class Clinic:
    """A clinic with a room and people, and patients it has heard of."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        made = lab.caller(Role.NETWORK_ADMIN).post(
            NAME, "/clinics", name=f"Clinic {uuid7()}", time_zone="Pacific/Kiritimati"
        )
        self.id = UUID(made["id"])
        self.desk = lab.caller(Role.FRONT_DESK, clinic_id=self.id)
        admin = lab.caller(Role.CLINIC_ADMIN, clinic_id=self.id)
        self.resources = {
            f"{kind}_id": admin.post(NAME, "/resources", kind=kind, name=kind)["id"]
            for kind in ("room", "therapist", "monitor")
        }

    def tell(self, *events: Event) -> None:
        """Have scheduling hear of events of this clinic."""
        for event in events:
            with self.lab.unit_of_work(NAME, self.id) as uow:
                service.handlers[type(event)](event, uow)

    def patient(self) -> "Patient":
        """A patient who may be booked for a dose."""
        who = Patient(self)
        until = self.lab.clock() + timedelta(days=60)
        self.tell(
            PatientRegistered(**who.ids, time_zone="UTC", channel="email"),
            PatientEligible(**who.ids, rule_pack="kap-base", valid_until=until),
            ConsentSigned(
                **who.ids,
                consent_id=who.consent_id,
                consent_type="treatment",
                document_version="1",
                valid_until=until,
            ),
            ClearanceGranted(**who.ids, clearance_id=uuid7(), valid_until=until),
            OrderPlaced(**who.ids, order_id=uuid7(), valid_until=until),
        )
        return who

    def body(self, who: "Patient", at: datetime, **more: Any) -> dict[str, Any]:
        """A dose to be booked, unless something else is said."""
        said = {"patient_id": who.id, "type": "dosing", "starts_at": at, **more}
        return {**self.resources, **said}

    def integrations(self) -> list[str]:
        """The integrations that want an appointment."""
        return [row["id"] for row in self.desk.get(NAME, "/integrations")["items"]]


class Patient:
    """Somebody to book."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.id, self.episode_id, self.consent_id = uuid7(), uuid7(), uuid7()

    @property
    def ids(self) -> dict[str, UUID]:
        """What every event about the patient carries."""
        return {"patient_id": self.id, "episode_id": self.episode_id}

    def needs_integration(self) -> UUID:
        """A dose was given: its integration falls due."""
        need = uuid7()
        due_at = self.clinic.lab.clock() + timedelta(days=1)
        self.clinic.tell(
            IntegrationFellDue(
                **self.ids,
                integration_id=need,
                session_id=uuid7(),
                due_at=due_at,
                late_at=due_at + timedelta(days=2),
            )
        )
        return need

    @property
    def withdrawal(self) -> ConsentWithdrawn:
        """The consent is taken back."""
        kind = {"consent_id": self.consent_id, "consent_type": "treatment"}
        return ConsentWithdrawn(**self.ids, **kind)  # type: ignore[arg-type]


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on SQLite."""
    lab = Lab([service], tmp_path)
    yield Clinic(lab)
    lab.close()


@pytest.fixture
def busy(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on PostgreSQL, where two writers really are two."""
    url = postgres_server.create_database(DATABASE)
    lab = Lab([service], tmp_path, database_url=lambda _: url)
    yield Clinic(lab)
    lab.close()
    postgres_server.drop_database(DATABASE)


def test_an_integration_is_not_booked_for_another_patient(clinic: Clinic) -> None:
    need = clinic.patient().needs_integration()
    other, at = clinic.patient(), clinic.lab.clock() + timedelta(hours=2)

    body = clinic.body(other, at, type="integration", integration_id=need)
    problem = clinic.desk.refused(NAME, "/appointments", **body)

    assert (problem["status"], problem["code"]) == (409, "no_such_need")
    assert clinic.integrations() == [str(need)]


def test_an_integration_is_no_reason_for_an_appointment_of_another_type(
    clinic: Clinic,
) -> None:
    who = clinic.patient()
    need, at = who.needs_integration(), clinic.lab.clock() + timedelta(hours=2)

    body = clinic.body(who, at, type="preparation", integration_id=need)

    assert clinic.desk.refused(NAME, "/appointments", **body)["code"] == "no_such_need"


def test_an_integration_that_took_place_is_not_booked_again(clinic: Clinic) -> None:
    who = clinic.patient()
    need, at = who.needs_integration(), clinic.lab.clock() + timedelta(hours=2)
    told = {"patient_id": who.id, "session_id": uuid7()}
    clinic.tell(IntegrationCompleted(**told, integration_id=need))

    body = clinic.body(who, at, type="integration", integration_id=need)

    assert clinic.desk.refused(NAME, "/appointments", **body)["code"] == "no_such_need"


@pytest.mark.parametrize("end", ["no-show", "cancel"])
def test_an_integration_that_did_not_take_place_wants_another_appointment(
    clinic: Clinic, end: str
) -> None:
    who = clinic.patient()
    need, at = who.needs_integration(), clinic.lab.clock() + timedelta(hours=2)
    body = clinic.body(who, at, type="integration", integration_id=need)
    made = clinic.desk.post(NAME, "/appointments", **body)
    assert clinic.integrations() == []
    clinic.lab.clock.advance(hours=3)

    said = {"by": "patient", "reason_code": "ill"} if end == "cancel" else {}
    clinic.desk.post(NAME, f"/appointments/{made['id']}/{end}", **said)

    assert clinic.integrations() == [str(need)]


def test_nobody_arrives_for_a_dose_of_another_day(clinic: Clinic) -> None:
    at = clinic.lab.clock() + timedelta(hours=12, seconds=1)
    made = clinic.desk.post(NAME, "/appointments", **clinic.body(clinic.patient(), at))
    path = f"/appointments/{made['id']}/arrive"

    assert clinic.desk.refused(NAME, path, escort_present=True)["code"] == "too_early"

    clinic.lab.clock.advance(seconds=1)
    assert clinic.desk.post(NAME, path, escort_present=True)["status"] == "arrived"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2200-01-01"])
def test_a_day_no_calendar_reaches_is_refused(clinic: Clinic, day: str) -> None:
    answer = clinic.desk.request("GET", NAME, "/day", query_string={"date": day})

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "query:/date"


@pytest.mark.parametrize(
    "at", ["9999-12-31T23:59:00+00:00", "0001-01-01T00:00:00+14:00"]
)
def test_an_instant_no_calendar_reaches_is_refused(clinic: Clinic, at: str) -> None:
    body = {**clinic.body(clinic.patient(), clinic.lab.clock()), "starts_at": at}

    problem = clinic.desk.refused(NAME, "/appointments", **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/starts_at"


def test_a_dose_is_at_risk_when_its_consent_ends(
    clinic: Clinic,
) -> None:
    who = clinic.patient()
    body = clinic.body(who, clinic.lab.clock() + timedelta(days=9))
    booked = clinic.desk.post(NAME, "/appointments", **body)

    clinic.tell(
        ConsentExpired(
            **who.ids,
            consent_id=who.consent_id,
            consent_type="treatment",
            cause_code="document_retired",
        )
    )
    shown = clinic.desk.get(NAME, f"/appointments/{booked['id']}")

    assert shown["status"] == "at_risk"


def test_a_dose_is_not_booked_past_a_withdrawal_that_is_under_way(
    busy: Clinic,
) -> None:
    who = busy.patient()
    body = busy.body(who, busy.lab.clock() + timedelta(days=1))
    said = {name: str(value) for name, value in body.items()}
    said["starts_at"] = body["starts_at"].isoformat()

    with ThreadPoolExecutor(1) as pool:
        with busy.lab.unit_of_work(NAME, busy.id) as uow:
            service.handlers[ConsentWithdrawn](who.withdrawal, uow)
            asked = pool.submit(busy.desk.request, "POST", NAME, "/appointments", said)
            with pytest.raises(TimeoutError):
                asked.result(timeout=0.5)
        answer = asked.result(timeout=10)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_ready")


def test_doses_booked_at_once_keep_their_distance(busy: Clinic) -> None:
    who = busy.patient()
    begin = busy.lab.clock() + timedelta(days=1)
    bodies = []
    for hours in (0, 4, 8, 12):
        body = busy.body(who, begin + timedelta(hours=hours))
        said = {name: str(value) for name, value in body.items()}
        bodies.append({**said, "starts_at": body["starts_at"].isoformat()})

    with ThreadPoolExecutor(len(bodies)) as pool:
        answers = list(
            pool.map(
                lambda body: busy.desk.request("POST", NAME, "/appointments", body),
                bodies,
            )
        )

    codes = sorted(str(answer.get_json().get("code")) for answer in answers)
    assert codes == ["None", *["too_close_to_another_dose"] * 3]


def test_one_of_those_who_come_at_once_gets_what_was_held_too_long(
    busy: Clinic,
) -> None:
    at = busy.lab.clock() + timedelta(days=3)
    held = busy.desk.post(NAME, "/holds", **busy.body(busy.patient(), at))
    bodies = []
    for _ in range(4):
        body = busy.body(busy.patient(), at)
        said = {name: str(value) for name, value in body.items()}
        bodies.append({**said, "starts_at": at.isoformat()})
    busy.lab.clock.advance(minutes=10)

    with ThreadPoolExecutor(len(bodies) + 1) as pool:
        expiry = pool.submit(busy.lab.settle)
        answers = list(
            pool.map(
                lambda body: busy.desk.request("POST", NAME, "/appointments", body),
                bodies,
            )
        )
        expiry.result()

    codes = sorted(str(answer.get_json().get("code")) for answer in answers)
    assert codes == ["None", *["double_booked"] * 3]
    shown = busy.desk.get(NAME, f"/appointments/{held['id']}")
    assert shown["status"] == "released"
    told = [one.name for one in busy.lab.told(NAME)]
    assert told.count("scheduling.slot.hold_expired") == 1
    assert busy.desk.get(NAME, "/overlaps")["items"] == []
