"""The spray: one device at a time, the next after its time, exactly what is ordered."""

from typing import Any

import pytest

from shared.access import Role
from shared.testing.caller import Caller
from tests.sessions.clinic_day import NAME, Day, Patient, authorised, checked, dose_body
from tests.sessions.clinic_day import refused as refused_with

SPRAY: dict[str, Any] = {"drug": "esketamine", "route": "esketamine_nasal"}


@pytest.fixture
def sprayed(day: Day) -> Patient:
    """A patient who may get three devices, and got the first."""
    patient = authorised(day, **SPRAY, dose_mg=84)
    patient.give(28)
    return patient


def refused(patient: Patient, given_mg: float = 28) -> tuple[int, str]:
    """Status and code of a device that must be refused."""
    return refused_with(patient, "doses", **dose_body(given_mg))


def test_a_dose_is_given_device_by_device_on_one_authorisation(
    day: Day, sprayed: Patient
) -> None:
    for _ in range(2):
        day.lab.clock.advance(minutes=5)
        sprayed.give(28)

    doses = sprayed.chart["doses"]
    assert [(one["seq"], one["given_mg"]) for one in doses] == [
        (1, 28),
        (2, 28),
        (3, 28),
    ]
    assert len({one["authorisation_id"] for one in doses}) == 1
    assert sprayed.chart["order"]["doses_given"] == 1


def test_the_next_device_waits_and_says_how_long(day: Day, sprayed: Patient) -> None:
    day.lab.clock.advance(minutes=4, seconds=15)

    problem = sprayed.refused("doses", **dose_body(28))

    assert (problem["status"], problem["code"]) == (409, "too_soon_after_device")
    assert problem["seconds_left"] == 45


@pytest.mark.parametrize("given_mg", [14, 27.999, 56, 84])
def test_nothing_but_one_whole_device_is_given(day: Day, given_mg: float) -> None:
    patient = authorised(day, **SPRAY, dose_mg=84)

    assert refused(patient, given_mg) == (409, "one_device_at_a_time")


def test_no_device_beyond_the_dose_that_was_ordered(day: Day) -> None:
    patient = authorised(day, **SPRAY, dose_mg=28)
    patient.give(28)
    day.lab.clock.advance(minutes=5)

    assert refused(patient) == (409, "wrong_state")


@pytest.mark.parametrize("dose_mg", [27, 30, 57, 112])
def test_other_doses_than_whole_devices_are_not_ordered(
    day: Day, dose_mg: float
) -> None:
    patient = day.patient()
    patient.weigh()

    body = patient.order_body(**SPRAY, dose_mg=dose_mg)
    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert (problem["status"], problem["code"]) == (409, "dose_above_limit")


def test_a_used_up_order_still_gives_the_rest_of_its_last_dose(day: Day) -> None:
    patient = authorised(day, **SPRAY, dose_mg=56, max_doses=1)
    patient.give(28)
    day.lab.clock.advance(minutes=5)

    assert patient.give(28)["seq"] == 2


def test_a_red_reading_between_two_devices_ends_the_dose(
    day: Day, sprayed: Patient
) -> None:
    day.lab.clock.advance(minutes=5)
    alert_id = sprayed.vitals(systolic_mmhg=190)["alert_id"]
    open_alert = refused(sprayed)
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    taken_on = refused(sprayed)
    sprayed.vitals()

    assert open_alert == (409, "alert_open")
    assert taken_on == (409, "alert_unresolved")
    assert refused(sprayed) == (409, "dose_stopped")


def test_a_device_does_not_rest_on_vital_signs_of_half_an_hour_ago(
    day: Day, sprayed: Patient
) -> None:
    day.lab.clock.advance(minutes=31)

    assert refused(sprayed) == (409, "vitals_needed")


def test_in_recovery_no_further_device_is_given(day: Day, sprayed: Patient) -> None:
    day.therapist.post(NAME, f"{sprayed.path}/phase", phase="recovery")
    day.lab.clock.advance(minutes=5)

    assert refused(sprayed) == (409, "wrong_state")


@pytest.mark.parametrize("said", [None, False])
def test_without_a_prescriber_on_site_no_spray_is_authorised(
    day: Day, said: bool | None
) -> None:
    patient = checked(day, **SPRAY, dose_mg=56)

    problem = patient.refused("authorise", prescriber_on_site=said)

    assert (problem["status"], problem["code"]) == (409, "prescriber_not_on_site")
    patient.authorise(prescriber_on_site=True)
    assert patient.chart["authorisations"][0]["prescriber_on_site"] is True


def test_other_routes_do_without(day: Day) -> None:
    patient = checked(day)

    assert patient.authorise(prescriber_on_site=None)["status"] == "authorised"


def code_of(caller: Caller) -> str:
    """A code that somebody else enters where this one stands by."""
    return str(caller.post(NAME, "/witness-codes")["code"])


def test_a_second_person_verifies_a_dose_by_a_code_of_their_own(day: Day) -> None:
    patient = authorised(day)

    given = patient.give(50, verifier_code=code_of(day.therapist))

    assert given["verifier_id"] == str(day.ids[Role.THERAPIST])


def test_who_gives_a_dose_does_not_verify_it(day: Day) -> None:
    patient = authorised(day)

    body = dose_body(50, verifier_code=code_of(day.prescriber))

    assert refused_with(patient, "doses", **body) == (409, "witness_is_actor")


def test_a_code_nobody_made_verifies_nothing(day: Day) -> None:
    patient = authorised(day)

    problem = patient.refused("doses", **dose_body(50, verifier_code="0000-0000"))

    assert problem["code"] == "witness_code_invalid"
    assert problem["errors"][0]["pointer"] == "#/verifier_code"
    assert patient.chart["doses"] == []
