"""Who waits is offered what becomes free: in order, once, and while there is time."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from services.scheduling.app import service
from shared.access import Role
from shared.events.intake import EpisodeClosed
from shared.testing.lab import Lab
from tests.scheduling.test_bookings import NAME, Clinic, Patient
from tests.scheduling.test_gates import DAY, HOUR, unready, wait_until
from tests.scheduling.test_holds import hold
from tests.scheduling.test_moving import book, move, show, told

CALLED_OFF = {"by": "patient", "reason_code": "ill"}


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on SQLite."""
    lab = Lab([service], tmp_path)
    yield Clinic(lab)
    lab.close()


def waits(clinic: Clinic, who: Patient, **said: Any) -> str:
    """Somebody waits for a dose; the entry's id."""
    body = {"patient_id": who.id, "type": "dosing", **said}
    made = clinic.desk.post(NAME, "/waitlist", **body)
    clinic.lab.clock.advance(seconds=1)
    return str(made["id"])


def freed(clinic: Clinic, at: datetime) -> Any:
    """A dose that was booked and is called off."""
    made = book(clinic, clinic.patient(), at)
    cancel(clinic, made)
    return made


def cancel(clinic: Clinic, appointment: Any) -> None:
    """An appointment is called off, and what follows is done."""
    path = f"/appointments/{appointment['id']}/cancel"
    clinic.desk.post(NAME, path, **CALLED_OFF)
    clinic.lab.settle()


def offers(clinic: Clinic) -> dict[str, Any]:
    """What is offered, by entry."""
    rows = clinic.desk.get(NAME, "/waitlist")["items"]
    return {row["id"]: row["offer"] for row in rows if row["offer"]}


def test_the_first_who_waits_is_offered_a_time_that_was_called_off(
    clinic: Clinic,
) -> None:
    first, second, at = clinic.patient(), clinic.patient(), clinic.lab.clock() + 5 * DAY
    entry = waits(clinic, first)
    waits(clinic, second)

    made = freed(clinic, at)

    ((whom, offer),) = offers(clinic).items()
    held = clinic.desk.get(NAME, f"/appointments/{offer['appointment_id']}")
    assert whom == entry
    assert (held["status"], held["patient_id"]) == ("held", str(first.id))
    assert held["resources"] == show(clinic, made)["resources"]
    left = datetime.fromisoformat(offer["expires_at"]) - clinic.lab.clock()
    assert left == 2 * HOUR
    (event,) = told(clinic, "waitlist.offered")
    assert event["appointment_id"] == held["id"]


def test_an_offer_that_is_accepted_is_booked_in_the_same_step(clinic: Clinic) -> None:
    entry = waits(clinic, clinic.patient())
    freed(clinic, clinic.lab.clock() + 5 * DAY)
    offer = offers(clinic)[entry]

    placed = clinic.desk.post(NAME, f"/waitlist/{entry}/accept")
    again = clinic.desk.refused(NAME, f"/waitlist/{entry}/accept")

    shown = clinic.desk.get(NAME, f"/appointments/{offer['appointment_id']}")
    assert (placed["status"], shown["status"]) == ("placed", "booked")
    assert again["code"] == "no_offer"
    assert len(told(clinic, "waitlist.accepted")) == 1
    assert clinic.desk.get(NAME, "/waitlist")["items"] == []


def test_booking_what_is_held_for_an_offer_accepts_it(clinic: Clinic) -> None:
    entry = waits(clinic, clinic.patient())
    freed(clinic, clinic.lab.clock() + 5 * DAY)

    held = offers(clinic)[entry]["appointment_id"]
    clinic.desk.post(NAME, f"/holds/{held}/book")

    assert told(clinic, "waitlist.accepted")[0]["entry_id"] == entry


def test_an_offer_goes_from_one_to_the_next_and_never_back(clinic: Clinic) -> None:
    entries = [waits(clinic, clinic.patient()) for _ in range(3)]
    freed(clinic, clinic.lab.clock() + 5 * DAY)

    asked = [next(iter(offers(clinic)))]
    clinic.desk.post(NAME, f"/waitlist/{entries[0]}/decline")
    clinic.lab.settle()
    asked.append(next(iter(offers(clinic))))
    wait_until(clinic, clinic.lab.clock() + 2 * HOUR)
    asked.append(next(iter(offers(clinic))))
    clinic.desk.request("DELETE", NAME, f"/waitlist/{entries[2]}")
    clinic.lab.settle()

    assert asked == entries
    assert offers(clinic) == {}
    causes = [event["cause_code"] for event in told(clinic, "waitlist.offer_ended")]
    assert causes == ["declined", "expired", "withdrawn"]
    waiting = clinic.desk.get(NAME, "/waitlist")["items"]
    assert [row["id"] for row in waiting] == entries[:2]


def test_who_is_not_ready_or_too_close_to_a_dose_is_passed_over(
    clinic: Clinic,
) -> None:
    at = clinic.lab.clock() + 5 * DAY
    close = clinic.patient()
    book(clinic, close, at + DAY)
    waits(clinic, unready(clinic))
    waits(clinic, close)
    ready = waits(clinic, clinic.patient())

    freed(clinic, at)

    assert list(offers(clinic)) == [ready]


def test_who_has_something_else_then_is_passed_over(clinic: Clinic) -> None:
    busy, at = clinic.patient(), clinic.lab.clock() + 5 * DAY
    admin = clinic.lab.caller(Role.CLINIC_ADMIN, clinic_id=clinic.id)
    other = {
        f"{kind}_id": admin.post(NAME, "/resources", kind=kind, name="other")["id"]
        for kind in ("room", "therapist")
    }
    book(clinic, busy, at, type="preparation", monitor_id=None, **other)
    waits(clinic, busy)
    free = waits(clinic, clinic.patient())

    freed(clinic, at)

    assert list(offers(clinic)) == [free]


@pytest.mark.parametrize(
    "wish",
    [
        {"type": "preparation"},
        {"notice_hours": 121},
        {"opens": "00:00", "closes": "00:30"},
        {"earliest_day": "2026-12-01"},
    ],
    ids=["another type", "more notice", "another time of day", "later"],
)
def test_a_time_that_does_not_suit_is_not_offered(
    clinic: Clinic, wish: dict[str, Any]
) -> None:
    waits(clinic, clinic.patient(), **wish)

    freed(clinic, clinic.lab.clock() + 5 * DAY)

    assert offers(clinic) == {}


def test_an_offer_ends_before_the_notice_a_patient_needs(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 5 * DAY
    entry = waits(clinic, clinic.patient(), notice_hours=119)

    freed(clinic, at)

    until = datetime.fromisoformat(offers(clinic)[entry]["expires_at"])
    assert until == at - 119 * HOUR


@pytest.mark.parametrize("how", ["move", "hold given back", "consent withdrawn"])
def test_whatever_frees_a_time_leads_to_an_offer(clinic: Clinic, how: str) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 5 * DAY
    entry = waits(clinic, clinic.patient())

    if how == "move":
        move(clinic, book(clinic, who, at), at + 5 * DAY)
    elif how == "hold given back":
        held = hold(clinic, who, at)
        clinic.desk.request("DELETE", NAME, f"/holds/{held['id']}")
    else:
        book(clinic, who, at)
        clinic.tell(who.withdrawal)
    clinic.lab.settle()

    offer = offers(clinic)[entry]
    assert datetime.fromisoformat(offer["starts_at"]) == at


def test_a_time_that_is_past_is_offered_to_nobody(clinic: Clinic) -> None:
    waits(clinic, clinic.patient())
    made = book(clinic, clinic.patient(), clinic.lab.clock() + HOUR)
    clinic.lab.clock.advance(hours=2)

    clinic.desk.post(NAME, f"/appointments/{made['id']}/no-show")
    clinic.lab.settle()

    assert offers(clinic) == {}


def test_a_time_somebody_took_meanwhile_is_offered_to_nobody(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 5 * DAY
    waits(clinic, clinic.patient())
    made = book(clinic, clinic.patient(), at)
    path = f"/appointments/{made['id']}/cancel"
    clinic.desk.post(NAME, path, **CALLED_OFF)

    book(clinic, clinic.patient(), at + HOUR)
    clinic.lab.settle()

    assert offers(clinic) == {}


def test_who_is_no_longer_treated_waits_no_longer(clinic: Clinic) -> None:
    who = clinic.patient()
    entry = waits(clinic, who)
    freed(clinic, clinic.lab.clock() + 5 * DAY)

    clinic.tell(
        EpisodeClosed(**who.ids, outcome="withdrawn", reason_code="patient_asked")
    )

    assert clinic.desk.get(NAME, "/waitlist")["items"] == []
    assert told(clinic, "waitlist.left")[0]["entry_id"] == entry


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"opens": "12:00", "closes": "12:00"}, "closes"),
        ({"type": "preparation", "route": "im"}, "route"),
        ({"weekdays": [7]}, "weekdays/0"),
        ({"notice_hours": -1}, "notice_hours"),
    ],
)
def test_a_wish_nothing_could_fulfil_is_refused(
    clinic: Clinic, said: dict[str, Any], field: str
) -> None:
    body = {"patient_id": clinic.patient().id, "type": "dosing", **said}

    problem = clinic.desk.refused(NAME, "/waitlist", **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == f"#/{field}"


def test_the_waitlist_is_the_desks_and_each_clinics_own(clinic: Clinic) -> None:
    entry = waits(clinic, clinic.patient())
    monitor = clinic.lab.caller(Role.MONITOR, clinic_id=clinic.id)
    elsewhere = Clinic(clinic.lab).desk

    assert monitor.request("GET", NAME, "/waitlist").status_code == 403
    assert elsewhere.get(NAME, "/waitlist")["items"] == []
    assert elsewhere.refused(NAME, f"/waitlist/{entry}/accept")["status"] == 404


def test_patients_answer_their_own_offer_and_nobody_elses(clinic: Clinic) -> None:
    first, second = clinic.patient(), clinic.patient()
    entries = [waits(clinic, who) for who in (first, second)]
    freed(clinic, clinic.lab.clock() + 5 * DAY)
    ann, ben = (
        clinic.lab.caller(Role.PATIENT, clinic_id=clinic.id, actor_id=who.id)
        for who in (first, second)
    )
    anns, bens = (f"/patients/{who.id}/offers" for who in (first, second))

    (offer,) = ann.get(NAME, anns)["items"]
    assert offer["id"] == entries[0]
    assert ben.get(NAME, bens)["items"] == []
    for path in (f"{bens}/{entries[0]}/accept", f"{anns}/{entries[0]}/decline"):
        assert ben.request("POST", NAME, path).status_code == 404
    assert clinic.desk.request("GET", NAME, anns).status_code == 403
    ann.post(NAME, f"{anns}/{entries[0]}/decline")
    clinic.lab.settle()

    (offer,) = ben.get(NAME, bens)["items"]
    placed = ben.post(NAME, f"{bens}/{entries[1]}/accept")
    assert placed["status"] == "placed"
    assert ben.refused(NAME, f"{bens}/{entries[1]}/accept")["code"] == "no_offer"
    assert ben.get(NAME, bens)["items"] == []


def test_an_offer_whose_time_is_over_is_not_shown_to_the_patient(
    clinic: Clinic,
) -> None:
    who = clinic.patient()
    entry = waits(clinic, who)
    freed(clinic, clinic.lab.clock() + 5 * DAY)
    ann = clinic.lab.caller(Role.PATIENT, clinic_id=clinic.id, actor_id=who.id)
    own = f"/patients/{who.id}/offers"

    clinic.lab.clock.advance(hours=2)

    assert ann.get(NAME, own)["items"] == []
    refused = ann.refused(NAME, f"{own}/{entry}/accept")
    assert refused["code"] == "hold_expired"
