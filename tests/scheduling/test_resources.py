"""What can be booked: kept, retired, at work, away and licensed, on both stacks."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.scheduling.app import service
from services.scheduling.models import packs
from shared.access import Role
from shared.events.intake import RulePackSigned
from shared.ids import uuid7
from shared.rulepack import BASE, read_clinic_pack
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic

DAY = timedelta(days=1)
WEEKDAYS = {
    "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "first_day": "2026-01-05",
    "starts": "09:00",
    "minutes": 480,
}


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people; it is Tuesday, 05:00 there."""
    return Clinic(lab)


@pytest.fixture
def admin(clinic: Clinic, lab: Lab) -> Caller:
    """The clinic's administrator."""
    return lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)


def at_nine(clinic: Clinic, *, days: int = 0) -> datetime:
    """Nine o'clock by the clinic's clock, some days after today."""
    return clinic.lab.clock() + timedelta(hours=4) + days * DAY


def preparation(clinic: Clinic, at: datetime, **more: Any) -> dict[str, Any]:
    """An hour to be booked."""
    return clinic.body(clinic.patient(), at, type="preparation", **more)


def path_of(clinic: Clinic, kind: str) -> str:
    """Where one of the clinic's resources is."""
    return f"/resources/{clinic.resources[f'{kind}_id']}"


def works(clinic: Clinic, admin: Caller, *shifts: dict[str, Any]) -> None:
    """The therapist works at these times only."""
    admin.put(NAME, f"{path_of(clinic, 'therapist')}/roster", shifts=list(shifts))


def test_it_is_renamed_and_stands_for_who_signs_in(
    clinic: Clinic, admin: Caller
) -> None:
    person, path = uuid7(), path_of(clinic, "therapist")

    admin.put(NAME, path, name="Dr. Fictional", person_id=str(person))
    shown = admin.get(NAME, path)

    assert (shown["name"], shown["person_id"]) == ("Dr. Fictional", str(person))
    assert (shown["shifts"], shown["absences"], shown["licences"]) == (None, [], [])
    assert clinic.lab.names(NAME)[-1] == "scheduling.resource.changed"


def test_what_is_retired_keeps_what_is_booked_and_takes_nothing_more(
    clinic: Clinic, admin: Caller
) -> None:
    booked = clinic.desk.post(
        NAME, "/appointments", **preparation(clinic, at_nine(clinic))
    )
    path = path_of(clinic, "room")

    admin.post(NAME, f"{path}/retire")
    refused = clinic.desk.refused(
        NAME, "/appointments", **preparation(clinic, at_nine(clinic, days=1))
    )
    again = admin.refused(NAME, f"{path}/retire")
    renamed = admin.refused(NAME, path, method="PUT", name="Another")

    assert refused["code"] == again["code"] == renamed["code"] == "retired"
    assert [one["pointer"] for one in refused["errors"]] == ["#/room_id"]
    listed = clinic.desk.get(NAME, f"{path}/appointments")["items"]
    assert [one["id"] for one in listed] == [booked["id"]]
    kinds = [row["kind"] for row in clinic.desk.get(NAME, "/resources")["items"]]
    assert "room" not in kinds
    everything = clinic.desk.get(NAME, "/resources", retired="true")["items"]
    assert len(everything) == len(kinds) + 1
    assert ask(clinic) == []


def ask(clinic: Clinic, **more: Any) -> list[dict[str, Any]]:
    """Free times for a preparation, at any time of day."""
    said = {
        "patient_id": clinic.patient().id,
        "type": "preparation",
        "opens": "00:00",
        "closes": "23:59",
        "limit": 200,
        **more,
    }
    items: list[dict[str, Any]] = clinic.desk.get(NAME, "/free-times", **said)["items"]
    return items


def test_nobody_is_booked_or_moved_outside_of_their_hours(
    clinic: Clinic, admin: Caller
) -> None:
    works(clinic, admin, WEEKDAYS)

    inside = clinic.desk.post(
        NAME, "/appointments", **preparation(clinic, at_nine(clinic))
    )
    early = clinic.desk.refused(
        NAME,
        "/appointments",
        **preparation(clinic, at_nine(clinic, days=1) - timedelta(minutes=1)),
    )
    moved = clinic.desk.refused(
        NAME,
        f"/appointments/{inside['id']}/move",
        starts_at=at_nine(clinic, days=4),
    )

    assert early["code"] == moved["code"] == "off_duty"
    assert [one["pointer"] for one in early["errors"]] == ["#/therapist_id"]
    assert clinic.desk.get(NAME, f"/appointments/{inside['id']}")["status"] == "booked"


def test_somebody_without_shifts_never_works(clinic: Clinic, admin: Caller) -> None:
    works(clinic, admin)

    refused = clinic.desk.refused(
        NAME, "/appointments", **preparation(clinic, at_nine(clinic))
    )

    assert refused["code"] == "off_duty"
    assert ask(clinic) == []


def test_an_absence_is_not_booked_over_until_it_is_taken_back(
    clinic: Clinic, admin: Caller
) -> None:
    path, body = path_of(clinic, "therapist"), preparation(clinic, at_nine(clinic))
    absence = admin.post(
        NAME,
        f"{path}/absences",
        first_day="2026-03-03",
        last_day="2026-03-03",
        reason_code="leave",
    )

    refused = clinic.desk.refused(NAME, "/appointments", **body)
    shown = admin.get(NAME, path)["absences"]
    offered = ask(clinic, days=2)
    admin.delete(NAME, f"{path}/absences/{absence['id']}")
    booked = clinic.desk.post(NAME, "/appointments", **body)

    assert refused["code"] == "off_duty"
    assert [one["id"] for one in shown] == [absence["id"]]
    assert min(one["starts_at"] for one in offered) == "2026-03-03T10:00:00+00:00"
    assert booked["status"] == "booked"


def test_free_times_are_those_at_which_somebody_works(
    clinic: Clinic, admin: Caller
) -> None:
    works(clinic, admin, WEEKDAYS)
    lunch = at_nine(clinic) + timedelta(hours=3)
    admin.post(
        NAME,
        f"{path_of(clinic, 'therapist')}/absences",
        begins_at=lunch,
        ends_at=lunch + timedelta(hours=1),
        rrule="FREQ=DAILY",
        reason_code="lunch",
    )

    offered = [datetime.fromisoformat(one["starts_at"]) for one in ask(clinic, days=7)]

    local = [at + timedelta(hours=14) for at in offered]
    assert {at.weekday() for at in local} == {0, 1, 2, 3, 4}
    assert {at.hour for at in local} == {9, 10, 11, 13, 14, 15, 16}
    assert max(at.time() for at in local).isoformat() == "16:00:00"


def sign(clinic: Clinic, more: str) -> None:
    """The clinic's own rule pack takes effect."""
    text = f"""
version = "clinic-1"
title = "A clinic"
source = "Its medical lead"
extends = "{BASE}"
{more}
"""
    with clinic.lab.unit_of_work(NAME, clinic.id) as uow:
        event = RulePackSigned(
            pack_id=uuid7(),
            rule_pack="clinic-1",
            effective_at=uow.now,
            digest=read_clinic_pack(text).digest,
        )
        packs.put(event, text, uow)


ASKS_FOR_DEA = "[appointments.licences]\nmonitor = ['dea']"


def test_a_dose_asks_for_licences_that_hold_on_its_day(
    clinic: Clinic, admin: Caller
) -> None:
    sign(clinic, ASKS_FOR_DEA)
    path = f"{path_of(clinic, 'monitor')}/licences"
    licence = {"code": "dea", "number": "FICTIONAL-1"}
    dose = clinic.body(clinic.patient(), at_nine(clinic, days=3))

    missing = clinic.desk.refused(NAME, "/appointments", **dose)
    first = admin.post(NAME, path, **licence, valid_until="2026-03-05")
    expired = clinic.desk.refused(NAME, "/appointments", **dose)
    talk = clinic.desk.post(
        NAME, "/appointments", **preparation(clinic, at_nine(clinic, days=6))
    )
    renewed = admin.post(NAME, path, **licence, valid_until="2026-03-06")
    booked = clinic.desk.post(NAME, "/appointments", **dose)

    assert (missing["code"], expired["code"]) == ("licence_missing", "licence_expired")
    assert [one["pointer"] for one in expired["errors"]] == ["#/monitor_id"]
    assert first["id"] == renewed["id"]
    assert talk["status"] == booked["status"] == "booked"


def test_free_times_of_a_dose_end_with_the_licence(
    clinic: Clinic, admin: Caller
) -> None:
    sign(clinic, ASKS_FOR_DEA)
    admin.post(
        NAME,
        f"{path_of(clinic, 'monitor')}/licences",
        code="dea",
        number="FICTIONAL-1",
        valid_until="2026-03-03",
    )

    doses = ask(clinic, type="dosing")

    # The last quarter of an hour of the 3rd, as far as is asked for.
    assert max(one["ends_at"] for one in doses) == "2026-03-03T09:45:00+00:00"
    assert max(one["ends_at"] for one in ask(clinic, days=3)) > "2026-03-04"


@pytest.mark.parametrize(
    ("last", "is_over", "soon"),
    [
        ("2026-03-02", True, False),
        ("2026-03-03", False, True),
        ("2026-04-02", False, True),
        ("2026-04-03", False, False),
    ],
)
@pytest.mark.parametrize("stack", ["memory"], indirect=True)
def test_a_licence_that_ends_within_thirty_days_is_shown(
    clinic: Clinic, admin: Caller, last: str, is_over: bool, soon: bool
) -> None:
    path = f"{path_of(clinic, 'monitor')}/licences"
    made = admin.post(NAME, path, code="rn", number="7", valid_until=last)

    (listed,) = [
        one
        for row in clinic.desk.get(NAME, "/resources")["items"]
        for one in row["licences"]
    ]

    assert (listed["is_over"], listed["expires_soon"]) == (is_over, soon)
    assert "number" not in listed
    whole = admin.get(NAME, path_of(clinic, "monitor"))
    assert [one["number"] for one in whole["licences"]] == ["7"]
    admin.delete(NAME, f"{path}/{made['id']}")
    assert admin.get(NAME, path_of(clinic, "monitor"))["licences"] == []


@pytest.mark.parametrize("stack", ["memory"], indirect=True)
@pytest.mark.parametrize(
    ("path", "body", "pointer"),
    [
        ("roster", {"shifts": [WEEKDAYS] * 15}, "#/shifts"),
        ("roster", {"shifts": [{**WEEKDAYS, "minutes": 1441}]}, "#/shifts/0/minutes"),
        ("roster", {"shifts": [{**WEEKDAYS, "starts": "9"}]}, "#/shifts/0/starts"),
        (
            "roster",
            {"shifts": [WEEKDAYS, {**WEEKDAYS, "rrule": "FREQ=SECONDLY"}]},
            "#/shifts/1/rrule",
        ),
        ("absences", {"reason_code": "leave"}, "#/begins_at"),
        (
            "absences",
            {"reason_code": "x", "first_day": "2026-03-03", "last_day": "2026-03-02"},
            "#/ends_at",
        ),
        (
            "absences",
            {
                "reason_code": "x",
                "first_day": "2026-03-03",
                "last_day": "2026-03-03",
                "rrule": "FREQ=YEARLY",
            },
            "#/rrule",
        ),
        (
            "licences",
            {"code": "DEA", "number": "1", "valid_until": "2026-03-03"},
            "#/code",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(
    clinic: Clinic, admin: Caller, path: str, body: dict[str, Any], pointer: str
) -> None:
    before = admin.get(NAME, path_of(clinic, "therapist"))

    problem = admin.refused(
        NAME,
        f"{path_of(clinic, 'therapist')}/{path}",
        method="PUT" if path == "roster" else "POST",
        **body,
    )

    assert problem["status"] == 422
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert admin.get(NAME, path_of(clinic, "therapist")) == before


def test_others_keep_no_rosters_and_another_clinics_are_unknown(
    clinic: Clinic, lab: Lab, admin: Caller
) -> None:
    path = f"{path_of(clinic, 'therapist')}/roster"
    elsewhere = lab.caller(Role.CLINIC_ADMIN, clinic_id=Clinic(lab).id)

    desk = clinic.desk.refused(NAME, path, method="PUT", shifts=None)
    foreign = elsewhere.refused(NAME, path, method="PUT", shifts=None)
    unseen = elsewhere.refused(NAME, path_of(clinic, "therapist"), method="GET")

    assert (desk["status"], foreign["status"], unseen["status"]) == (403, 404, 404)
