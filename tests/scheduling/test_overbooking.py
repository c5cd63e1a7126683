"""Overbooking: by whom it may be done, with a reason, and what it never overrules."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.scheduling.app import service
from services.scheduling.models import overbookings
from shared.access import Role
from shared.events.intake import PatientErased
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.scheduling.test_bookings import NAME, Clinic, Patient

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
REASON = "A patient in distress, seen in the hall"


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling, on either kind of database."""
    return make_lab([service])


@pytest.fixture
def clinic(lab: Lab) -> Clinic:
    """A clinic with a room and people."""
    return Clinic(lab)


@pytest.fixture
def lead(clinic: Clinic, lab: Lab) -> Caller:
    """The clinic's medical lead."""
    return lab.caller(Role.MEDICAL_LEAD, clinic_id=clinic.id)


@pytest.fixture
def admin(clinic: Clinic, lab: Lab) -> Caller:
    """The clinic's administrator."""
    return lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)


def talk(clinic: Clinic, who: Patient | None = None, **more: Any) -> dict[str, Any]:
    """A preparation tomorrow."""
    at = clinic.lab.clock() + DAY
    return clinic.body(who or clinic.patient(), at, type="preparation", **more)


def overbook(by: Caller, body: dict[str, Any]) -> Any:
    """What is booked all the same."""
    return by.post(NAME, "/appointments/overbook", **body, overbook_reason=REASON)


def test_a_room_and_staff_are_booked_over_and_it_is_seen_by_whom_and_why(
    clinic: Clinic, lead: Caller
) -> None:
    first = clinic.desk.post(NAME, "/appointments", **talk(clinic))

    second = overbook(lead, talk(clinic))

    shown = clinic.desk.get(NAME, f"/appointments/{second['id']}")
    assert (first["overbooked"], second["overbooked"]) == (False, True)
    assert shown["overbooked"]
    why = clinic.desk.get(NAME, f"/appointments/{second['id']}/overbooking")
    assert why["reason"] == REASON
    assert why["overbooked_at"] == clinic.lab.clock().isoformat()
    none = clinic.desk.refused(
        NAME, f"/appointments/{first['id']}/overbooking", method="GET"
    )
    assert none["status"] == 404
    assert clinic.desk.get(NAME, "/overlaps")["items"] == []


def test_nothing_is_put_over_what_is_overbooked_unless_that_is_too(
    clinic: Clinic, admin: Caller
) -> None:
    overbook(admin, talk(clinic))

    taken = clinic.desk.refused(NAME, "/appointments", **talk(clinic))

    assert (taken["status"], taken["code"]) == (409, "double_booked")
    assert overbook(admin, talk(clinic))["overbooked"]
    assert (
        clinic.desk.get(NAME, "/free-times", **_asked(clinic))["items"][0]["starts_at"]
        >= (clinic.lab.clock() + DAY + HOUR).isoformat()
    )


def _asked(clinic: Clinic) -> dict[str, Any]:
    begins = (clinic.lab.clock() + DAY).isoformat()
    who = {"patient_id": clinic.patient().id, "type": "preparation"}
    return {**who, "from": begins, "opens": "00:00", "closes": "23:59"}


def test_a_patient_is_never_in_two_places(clinic: Clinic, lead: Caller) -> None:
    who = clinic.patient()
    overbook(lead, talk(clinic, who))
    body = {**talk(clinic, who), "overbook_reason": REASON}

    taken = lead.refused(NAME, "/appointments/overbook", **body)

    assert (taken["status"], taken["code"]) == (409, "double_booked")


def test_readiness_and_spacing_are_not_overruled(clinic: Clinic, lead: Caller) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + DAY
    clinic.desk.post(NAME, "/appointments", **clinic.body(who, at))

    def refused(days: int) -> str:
        body = {**clinic.body(who, at + days * DAY), "overbook_reason": REASON}
        code: str = lead.refused(NAME, "/appointments/overbook", **body)["code"]
        return code

    assert refused(1) == "too_close_to_another_dose"
    assert refused(90) == "not_ready"


def test_closed_doors_and_rosters_are_overruled_and_retirement_is_not(
    clinic: Clinic, admin: Caller
) -> None:
    therapist = f"/resources/{clinic.resources['therapist_id']}"
    admin.put(NAME, "/hours", weekly={"mon": [["08:00", "09:00"]]})
    admin.put(NAME, f"{therapist}/roster", shifts=[])

    closed = clinic.desk.refused(NAME, "/appointments", **talk(clinic))
    booked = overbook(admin, talk(clinic))
    admin.post(NAME, f"{therapist}/retire")
    retired = admin.refused(
        NAME, "/appointments/overbook", **talk(clinic), overbook_reason=REASON
    )

    assert closed["code"] == "outside_hours"
    assert booked["status"] == "booked"
    assert retired["code"] == "retired"


def test_a_move_overbooks_as_a_booking_does(clinic: Clinic, lead: Caller) -> None:
    clinic.desk.post(NAME, "/appointments", **talk(clinic))
    later = clinic.lab.clock() + 2 * DAY
    body = {**talk(clinic), "starts_at": later}
    other = clinic.desk.post(NAME, "/appointments", **body)
    path = f"/appointments/{other['id']}/move"
    back: dict[str, Any] = {"starts_at": clinic.lab.clock() + DAY}

    taken = clinic.desk.refused(NAME, path, **back)
    moved = lead.post(NAME, f"{path}/overbook", **back, overbook_reason=REASON)
    again = clinic.desk.post(NAME, f"/appointments/{moved['id']}/move", starts_at=later)

    assert taken["code"] == "double_booked"
    assert (moved["overbooked"], again["overbooked"]) == (True, False)


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.THERAPIST, Role.MONITOR])
@pytest.mark.parametrize("stack", ["memory"], indirect=True)
def test_who_may_not_overbook_does_not(clinic: Clinic, lab: Lab, role: Role) -> None:
    somebody = lab.caller(role, clinic_id=clinic.id)
    body = {**talk(clinic), "overbook_reason": REASON}

    assert somebody.refused(NAME, "/appointments/overbook", **body)["status"] == 403
    aside = somebody.refused(NAME, "/appointments", **body)
    assert aside["status"] in (403, 422)


@pytest.mark.parametrize("reason", [None, "", "   ", "x" * 501])
@pytest.mark.parametrize("stack", ["memory"], indirect=True)
def test_without_a_reason_nothing_is_overbooked(
    clinic: Clinic, lead: Caller, reason: str | None
) -> None:
    body = {**talk(clinic), "overbook_reason": reason}

    problem = lead.refused(NAME, "/appointments/overbook", **body)

    assert [one["pointer"] for one in problem["errors"]] == ["#/overbook_reason"]


def test_why_is_sealed_and_gone_with_the_patient(clinic: Clinic, lead: Caller) -> None:
    who = clinic.patient()
    made = overbook(lead, talk(clinic, who))
    with clinic.lab.runtime(NAME).begin(EVERYTHING) as connection:
        kept = connection.execute(select(overbookings.c.reason)).scalar_one()

    clinic.tell(PatientErased(patient_id=who.id))

    assert REASON.encode() not in bytes(kept)
    path = f"/appointments/{made['id']}/overbooking"
    assert clinic.desk.get(NAME, path)["reason"] is None
