"""Doses are looked at before they come: provisional ones, and those at risk."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.scheduling.app import service
from shared.events.intake import (
    ClearanceGranted,
    ConsentSigned,
    PatientEligible,
    PatientRegistered,
    SafetyCleared,
    SafetyFlagged,
)
from shared.events.sessions import OrderPlaced
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.scheduling.test_bookings import NAME, Clinic, Patient
from tests.scheduling.test_moving import book, move, show, told

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
ESCORT = {"escort_name": "Erin Fictional", "escort_phone": "+1 555 0100"}
CONFIRMED = {**ESCORT, "fasting_told": True}


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on SQLite."""
    lab = Lab([service], tmp_path)
    yield Clinic(lab)
    lab.close()


def unready(clinic: Clinic) -> Patient:
    """A patient who lacks an order."""
    who, until = Patient(clinic), clinic.lab.clock() + timedelta(days=60)
    clinic.tell(
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
    )
    return who


def order(who: Patient) -> OrderPlaced:
    """What the patient lacked."""
    until = who.clinic.lab.clock() + timedelta(days=60)
    return OrderPlaced(**who.ids, order_id=uuid7(), valid_until=until)


def wait_until(clinic: Clinic, at: datetime) -> None:
    """Time passes, and what falls due is done."""
    clinic.lab.clock.now = at
    clinic.lab.settle()


def confirm(clinic: Clinic, appointment: Any, **said: Any) -> Any:
    """The patient says to come."""
    path = f"/appointments/{appointment['id']}/confirm"
    return clinic.desk.post(NAME, path, **{**CONFIRMED, **said})


def names(clinic: Clinic) -> list[str]:
    """The events about appointments, in order."""
    return [
        name.removeprefix("scheduling.")
        for name in clinic.lab.names(NAME)
        if name.startswith(("scheduling.app", "scheduling.slot"))
    ]


def test_a_dose_is_booked_provisionally_and_firms_up_when_the_facts_hold(
    clinic: Clinic,
) -> None:
    who, at = unready(clinic), clinic.lab.clock() + 9 * DAY
    refused = clinic.desk.refused(NAME, "/appointments", **clinic.body(who, at))

    made = book(clinic, who, at, provisional=True)
    clinic.tell(order(who))
    shown = show(clinic, made)

    assert refused["code"] == "not_ready"
    assert (made["status"], made["missing"]) == ("provisional", ["order.active"])
    assert made["owner_role"] == "prescriber"
    assert (shown["status"], shown["missing"]) == ("booked", [])
    assert told(clinic, "appointment.booked")[0]["provisional"] is True
    assert names(clinic) == ["appointment.booked", "appointment.firmed"]


def test_who_is_ready_is_booked_though_it_might_be_provisional(clinic: Clinic) -> None:
    made = book(clinic, clinic.patient(), clinic.lab.clock() + DAY, provisional=True)

    assert made["status"] == "booked"


def test_a_provisional_dose_holds_its_time_and_keeps_its_distance(
    clinic: Clinic,
) -> None:
    who, at = unready(clinic), clinic.lab.clock() + 9 * DAY
    book(clinic, who, at, provisional=True)

    body = clinic.body(clinic.patient(), at)
    taken = clinic.desk.refused(NAME, "/appointments", **body)
    body = clinic.body(who, at + DAY, provisional=True)
    too_close = clinic.desk.refused(NAME, "/appointments", **body)

    assert taken["code"] == "double_booked"
    assert too_close["code"] == "too_close_to_another_dose"


@pytest.mark.parametrize(
    ("ahead", "lasts"),
    [(timedelta(days=9), timedelta(days=8)), (timedelta(days=40), timedelta(days=14))],
    ids=["the sweep's cut-off", "the longest time"],
)
def test_a_provisional_dose_is_given_back_at_the_earlier_of_two_ends(
    clinic: Clinic, ahead: timedelta, lasts: timedelta
) -> None:
    begin = clinic.lab.clock()
    made = book(clinic, unready(clinic), begin + ahead, provisional=True)

    wait_until(clinic, begin + lasts - timedelta(seconds=1))
    before = show(clinic, made)["status"]
    wait_until(clinic, begin + lasts)

    assert (before, show(clinic, made)["status"]) == ("provisional", "released")
    (event,) = told(clinic, "appointment.released")
    assert event["cause_code"] == "provisional_expired"


def test_nothing_is_provisional_past_the_sweeps_cut_off(clinic: Clinic) -> None:
    body = clinic.body(unready(clinic), clinic.lab.clock() + DAY, provisional=True)

    assert clinic.desk.refused(NAME, "/appointments", **body)["code"] == "too_late"


def test_a_provisional_dose_that_is_moved_is_still_provisional(clinic: Clinic) -> None:
    who, at = unready(clinic), clinic.lab.clock() + 9 * DAY
    made = book(clinic, who, at, provisional=True)

    moved = move(clinic, made, at + DAY)

    assert moved["status"] == "provisional"


def test_nobody_arrives_for_a_provisional_dose(clinic: Clinic) -> None:
    made = book(clinic, unready(clinic), clinic.lab.clock() + 9 * DAY, provisional=True)

    path = f"/appointments/{made['id']}/arrive"
    problem = clinic.desk.refused(NAME, path, escort_present=True)

    assert problem["code"] == "wrong_state"


def test_the_day_before_a_dose_asks_for_an_escort_and_a_word_about_food(
    clinic: Clinic,
) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = book(clinic, clinic.patient(), at)

    wait_until(clinic, at - 3 * DAY)
    before = show(clinic, made)["status"]
    wait_until(clinic, at - DAY)
    shown = show(clinic, made)

    assert (before, shown["status"]) == ("booked", "at_risk")
    assert shown["missing"] == ["escort.confirmed", "fasting.told"]
    assert shown["owner_role"] == "front_desk"
    assert datetime.fromisoformat(shown["cutoff_at"]) == at - 12 * HOUR


def test_a_dose_confirmed_in_time_is_not_at_risk(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = confirm(clinic, book(clinic, clinic.patient(), at))

    wait_until(clinic, at - HOUR)

    assert (made["status"], show(clinic, made)["status"]) == ("confirmed", "confirmed")
    assert names(clinic).count("appointment.marked_at_risk") == 0


def test_a_dose_at_risk_recovers_as_what_it_was(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = book(clinic, clinic.patient(), at)
    wait_until(clinic, at - DAY)

    shown = confirm(clinic, made)
    wait_until(clinic, at - HOUR)

    assert (shown["status"], shown["missing"]) == ("confirmed", [])
    assert show(clinic, made)["status"] == "confirmed"
    assert told(clinic, "appointment.recovered")[0]["status"] == "confirmed"


def test_a_dose_whose_facts_are_whole_again_is_booked_again(clinic: Clinic) -> None:
    who, at = clinic.patient(), clinic.lab.clock() + 9 * DAY
    made, flag = book(clinic, who, at), uuid7()
    clinic.tell(
        SafetyFlagged(**who.ids, flag_id=flag, level="high", due_at=clinic.lab.clock())
    )
    before = show(clinic, made)

    clinic.tell(SafetyCleared(**who.ids, flag_id=flag))
    wait_until(clinic, at - 20 * HOUR - 5 * DAY)

    assert (before["status"], before["missing"]) == ("at_risk", ["no.open.hold"])
    assert before["owner_role"] == "prescriber"
    assert show(clinic, made)["status"] == "booked"
    assert told(clinic, "appointment.recovered")[0]["status"] == "booked"


def test_a_dose_at_risk_is_released_at_its_cut_off(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = book(clinic, clinic.patient(), at)

    wait_until(clinic, at - DAY)
    wait_until(clinic, at - 12 * HOUR)

    assert show(clinic, made)["status"] == "released"
    assert book(clinic, clinic.patient(), at)["status"] == "booked"


def test_a_word_about_food_alone_gives_no_dose_away(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = book(clinic, clinic.patient(), at)
    clinic.desk.post(NAME, f"/appointments/{made['id']}/escort")

    wait_until(clinic, at - DAY)
    wait_until(clinic, at - HOUR)
    shown = show(clinic, made)

    assert (shown["status"], shown["missing"]) == ("at_risk", ["fasting.told"])


def test_gates_that_came_while_nothing_ran_are_asked_once_and_late(
    clinic: Clinic,
) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = book(clinic, clinic.patient(), at)

    wait_until(clinic, at - 20 * HOUR)
    clinic.lab.settle()

    assert show(clinic, made)["status"] == "at_risk"
    assert names(clinic).count("appointment.marked_at_risk") == 1


def test_gates_come_at_the_new_time_of_a_dose_that_is_moved(clinic: Clinic) -> None:
    at = clinic.lab.clock() + 9 * DAY
    old = book(clinic, clinic.patient(), at)
    new = move(clinic, old, at + 5 * DAY)

    wait_until(clinic, at)
    before = show(clinic, new)["status"]
    wait_until(clinic, at + 4 * DAY)

    assert (before, show(clinic, new)["status"]) == ("booked", "at_risk")
    (event,) = told(clinic, "appointment.marked_at_risk")
    assert event["appointment_id"] == new["id"]


def test_a_dose_booked_on_its_last_day_is_not_asked_for_an_escort_before_it_comes(
    clinic: Clinic,
) -> None:
    at = clinic.lab.clock() + 5 * HOUR
    made = book(clinic, clinic.patient(), at)

    wait_until(clinic, at)

    assert show(clinic, made)["status"] == "booked"


def test_an_escort_who_falls_away_the_day_before_puts_a_dose_at_risk(
    clinic: Clinic,
) -> None:
    at = clinic.lab.clock() + 9 * DAY
    made = confirm(clinic, book(clinic, clinic.patient(), at))
    wait_until(clinic, at - 20 * HOUR)

    clinic.desk.request("DELETE", NAME, f"/appointments/{made['id']}/escort")

    shown = show(clinic, made)
    assert (shown["status"], shown["missing"]) == ("at_risk", ["escort.confirmed"])
