"""What an appointment holds: by type, route and mode, each for its part of the time."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scheduling.app import service
from services.scheduling.domain import Appointment
from shared.access import Role
from shared.errors import InvalidError
from shared.rulepack import BASE, Appointments, Route, load_pack, read_clinic_pack
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic
from tests.scheduling.test_resources import sign

HOUR = timedelta(hours=1)
MINUTES = timedelta(minutes=1)
RULES = load_pack().appointments
HEAD = f"""
version = "clinic-1"
title = "A clinic"
source = "Its medical lead"
extends = "{BASE}"
"""


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people, and somebody to prescribe."""
    made = Clinic(lab)
    admin = lab.caller(Role.CLINIC_ADMIN, clinic_id=made.id)
    added = admin.post(NAME, "/resources", kind="prescriber", name="prescriber")
    made.resources["prescriber_id"] = added["id"]
    return made


def soon(clinic: Clinic) -> datetime:
    """A time to be booked."""
    return clinic.lab.clock() + 24 * HOUR


def book(clinic: Clinic, **more: Any) -> Any:
    """What is booked."""
    at = more.pop("at", soon(clinic))
    body = clinic.body(clinic.patient(), at, **more)
    return clinic.desk.post(NAME, "/appointments", **body)


def held(clinic: Clinic, appointment: Any) -> dict[str, timedelta]:
    """How long each is held, by kind."""
    with clinic.lab.unit_of_work(NAME, clinic.id) as uow:
        claims = uow.get(Appointment, UUID(appointment["id"])).claims
        return {one.kind: one.ends_at - one.starts_at for one in claims}


def test_an_esketamine_dose_holds_each_for_its_part(clinic: Clinic) -> None:
    dose = book(clinic, type="dosing", route="esketamine_nasal")

    lasts = 150 * MINUTES
    assert dose["route"] == "esketamine_nasal"
    assert datetime.fromisoformat(dose["ends_at"]) == soon(clinic) + lasts
    assert held(clinic, dose) == {
        "patient": lasts,
        "room": lasts + 15 * MINUTES,
        "monitor": lasts,
        "prescriber": lasts,
        "therapist": 30 * MINUTES,
    }


def test_whose_part_is_over_can_be_booked_again(clinic: Clinic, lab: Lab) -> None:
    admin = lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)
    other = admin.post(NAME, "/resources", kind="room", name="other")["id"]
    book(clinic, type="dosing", route="esketamine_nasal")

    half_past = soon(clinic) + 30 * MINUTES
    elsewhere = clinic.body(clinic.patient(), half_past, type="preparation")
    only = {"room_id": other, "monitor_id": None, "prescriber_id": None}
    booked = clinic.desk.post(NAME, "/appointments", **{**elsewhere, **only})
    unready = clinic.desk.refused(
        NAME,
        "/appointments",
        **clinic.body(clinic.patient(), soon(clinic) + 155 * MINUTES, type="dosing"),
    )

    assert booked["status"] == "booked"
    assert unready["code"] == "double_booked"


def test_a_dose_is_free_where_each_is_for_its_part(clinic: Clinic) -> None:
    dose = book(clinic, type="dosing", route="esketamine_nasal")
    who = clinic.patient()

    said = {"patient_id": who.id, "opens": "00:00", "closes": "23:59", "type": "dosing"}
    offered = clinic.desk.get(
        NAME, "/free-times", **said, route="im", **{"from": soon(clinic).isoformat()}
    )["items"]

    ready_again = datetime.fromisoformat(dose["ends_at"]) + 15 * MINUTES
    assert datetime.fromisoformat(offered[0]["starts_at"]) == ready_again
    lasts = datetime.fromisoformat(offered[0]["ends_at"]) - ready_again
    assert lasts == 180 * MINUTES
    body = {name: offered[0][name] for name in ("starts_at", "room_id", "therapist_id")}
    booked = clinic.desk.post(
        NAME,
        "/appointments",
        **body,
        patient_id=who.id,
        monitor_id=offered[0]["monitor_id"],
        type="dosing",
        route="im",
    )
    assert booked["status"] == "booked"


def test_without_a_route_all_is_as_it_was(clinic: Clinic) -> None:
    dose = book(clinic, type="dosing", prescriber_id=None)

    assert dose["route"] is None
    assert set(held(clinic, dose).values()) == {180 * MINUTES}


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"type": "dosing", "route": "esketamine_nasal"}, "#/prescriber_id"),
        ({"type": "dosing", "monitor_id": None}, "#/monitor_id"),
        ({"type": "preparation", "room_id": None}, "#/room_id"),
        ({"type": "preparation", "route": "im"}, "#/route"),
        ({"type": "dosing", "route": "po"}, "#/route"),
        ({"type": "dosing", "mode": "telehealth"}, "#/mode"),
    ],
)
@pytest.mark.parametrize("stack", ["memory"], indirect=True)
def test_what_lacks_something_is_refused_by_its_field(
    clinic: Clinic, said: dict[str, Any], pointer: str
) -> None:
    clinic.resources.pop("prescriber_id")
    at = soon(clinic)
    body = {
        name: value if value is None else str(value)
        for name, value in clinic.body(clinic.patient(), at, **said).items()
    }
    body["starts_at"] = at.isoformat()

    answer = clinic.desk.request("POST", NAME, "/appointments", body)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [pointer]


def test_by_video_nobody_needs_a_room_and_nobody_arrives(clinic: Clinic) -> None:
    only = {"therapist_id": clinic.resources["therapist_id"]}
    body = {
        "patient_id": clinic.patient().id,
        "type": "preparation",
        "mode": "telehealth",
        "starts_at": clinic.lab.clock() + HOUR,
        **only,
    }

    talk = clinic.desk.post(NAME, "/appointments", **body)
    path = f"/appointments/{talk['id']}"
    come = clinic.desk.refused(NAME, f"{path}/arrive", escort_present=False)
    moved = clinic.desk.post(NAME, f"{path}/move", starts_at=soon(clinic))

    assert talk["mode"] == moved["mode"] == "telehealth"
    assert held(clinic, talk).keys() == {"patient", "therapist"}
    assert (come["status"], come["code"]) == (409, "no_room")


def test_a_room_is_free_once_it_is_made_ready(clinic: Clinic) -> None:
    sign(clinic, "[appointments.bundles.preparation]\nturnover = '20 min'")
    at = clinic.lab.clock()
    talk = book(clinic, type="preparation", at=at)
    clinic.lab.clock.advance(minutes=30)

    with clinic.lab.unit_of_work(NAME, clinic.id) as uow:
        appointment = uow.get(Appointment, UUID(talk["id"]))
        uow.publish(appointment.fulfil(at=uow.now), of=appointment)
    early = clinic.desk.refused(
        NAME,
        "/appointments",
        **clinic.body(clinic.patient(), at + 49 * MINUTES, type="preparation"),
    )
    booked = book(clinic, type="preparation", at=at + 50 * MINUTES)

    assert early["code"] == "double_booked"
    assert booked["status"] == "booked"


def test_a_pack_without_bundles_asks_for_what_was_always_asked_for() -> None:
    hour = timedelta(hours=1)
    plain = Appointments(durations={"preparation": hour}, source="the clinic")

    assert set(plain.parts("preparation", lasts=hour)) == {"room", "therapist"}
    assert set(plain.parts("dosing", lasts=hour)) == {"room", "monitor", "therapist"}
    with pytest.raises(InvalidError):
        plain.parts("preparation", lasts=hour, is_by_video=True)
    with pytest.raises(InvalidError):
        plain.lasts("dosing", Route.IM)


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ("bundles.dosing.needs = ['room']", "appointments.bundles.dosing.needs"),
        ("bundles.dosing.by_video = []", "appointments.bundles.dosing.by_video"),
        ("bundles.preparation.needs = ['therapist']", "bundles.preparation.needs"),
        ("bundles.preparation.by_video = ['room']", "bundles.preparation.by_video"),
        ("routes.im.leave_after_chair = ['monitor']", "routes.im.leave_after_chair"),
        (
            "routes.esketamine_nasal.also_needs = []",
            "appointments.routes.esketamine_nasal.also_needs",
        ),
        ("durations.group = '90 min'", "appointments.bundles"),
    ],
)
def test_a_pack_that_leaves_a_dose_unwatched_is_refused(more: str, path: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        read_clinic_pack(f"{HEAD}\nappointments.{more}")

    assert path in refusal.value.message
