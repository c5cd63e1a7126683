"""The dose over HTTP: given exactly, and every way it is not."""

from typing import Any

import pytest

from shared.access import Role
from shared.ids import uuid7
from tests.sessions.clinic_day import (
    NAME,
    Day,
    authorised,
    checked,
    dose_body,
    refused,
)


def test_a_dose_begins_the_experience(day: Day) -> None:
    patient = authorised(day)

    done = patient.give(52.125, drawn_mg=60, wasted_mg=7.875, witness_id=uuid7())

    assert (done["seq"], done["given_mg"], done["wasted_mg"]) == (1, 52.125, 7.875)
    session = done["session"]
    assert (session["status"], session["phase"]) == ("experience", "experience")
    assert session["first_dose_at"] == day.lab.clock().isoformat()
    assert day.names()[-2:] == ["dose.administered", "phase.changed"]
    given = day.told("dose.administered")[0]
    assert (str(given.administration_id), given.seq) == (done["id"], 1)
    assert patient.chart["order"]["doses_given"] == 1


@pytest.mark.parametrize(
    ("given", "drawn", "wasted"),
    [(50, 60, 9.999), (50, 50, 0.001), (50, 49.999, 0), (0.1, 0.3, 0.1)],
)
def test_amounts_that_do_not_add_up_are_refused(
    day: Day, given: float, drawn: float, wasted: float
) -> None:
    patient = authorised(day)

    body = dose_body(given, drawn_mg=drawn, wasted_mg=wasted, witness_id=uuid7())
    problem = patient.refused("doses", **body)

    assert (problem["status"], problem["code"]) == (422, "amounts_do_not_add_up")
    assert patient.chart["doses"] == []


def test_tenths_add_up_although_binary_fractions_would_not(day: Day) -> None:
    patient = authorised(day, dose_mg=20)

    done = patient.give(0.1, drawn_mg=0.3, wasted_mg=0.2, witness_id=uuid7())

    assert (done["given_mg"], done["drawn_mg"], done["wasted_mg"]) == (0.1, 0.3, 0.2)


def test_waste_without_a_witness_is_refused(day: Day) -> None:
    patient = authorised(day)

    body = dose_body(50, drawn_mg=60, wasted_mg=10)
    problem = patient.refused("doses", **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/witness_id"


def test_nobody_witnesses_their_own_waste(day: Day) -> None:
    patient = authorised(day)

    own = day.ids[Role.PRESCRIBER]
    body = dose_body(50, drawn_mg=60, wasted_mg=10, witness_id=own)

    assert refused(patient, "doses", **body) == (409, "witness_is_actor")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"given_mg": 0}, "#/given_mg"),
        ({"given_mg": 50.0001}, "#/given_mg"),
        ({"given_mg": "50"}, "#/given_mg"),
        ({"drawn_mg": -1}, "#/drawn_mg"),
        ({"wasted_mg": -1}, "#/wasted_mg"),
        ({"lot": ""}, "#/lot"),
        ({"lot": "x" * 65}, "#/lot"),
        ({"witness_id": "me"}, "#/witness_id"),
    ],
)
def test_a_dose_that_makes_no_sense_is_refused_with_a_pointer(
    day: Day, said: dict[str, Any], pointer: str
) -> None:
    patient = authorised(day)

    problem = patient.refused("doses", **{**dose_body(), **said})

    assert problem["status"] == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_what_was_ordered_is_given_and_not_a_microgram_more(day: Day) -> None:
    patient = authorised(day, dose_mg=60)

    assert refused(patient, "doses", **dose_body(60.001)) == (409, "dose_above_order")

    assert patient.give(60)["given_mg"] == 60


def test_the_hard_limit_is_asked_again_with_the_weight_of_the_day(day: Day) -> None:
    patient = authorised(day, dose_mg=100)
    day.lab.clock.advance(minutes=1)
    patient.weigh(49.9)

    assert refused(patient, "doses", **dose_body(100)) == (409, "dose_above_limit")


def test_no_dose_on_an_open_alert(day: Day) -> None:
    patient = authorised(day)
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]

    problem = patient.refused("doses", **dose_body())

    assert (problem["status"], problem["code"]) == (409, "alert_open")
    assert problem["alert_ids"] == [alert_id]


def test_an_acknowledged_alert_alone_does_not_bring_the_dose_back(day: Day) -> None:
    patient = authorised(day)
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    patient.vitals()

    assert refused(patient, "doses", **dose_body()) == (409, "dose_stopped")


def test_no_dose_on_vital_signs_of_half_an_hour_ago(day: Day) -> None:
    patient = authorised(day)
    day.lab.clock.advance(minutes=31)

    assert refused(patient, "doses", **dose_body()) == (409, "vitals_needed")


def test_an_authorisation_is_good_for_one_dose(day: Day) -> None:
    patient = authorised(day, dose_mg=60)
    patient.give(20)
    patient.vitals()

    assert refused(patient, "doses", **dose_body(20)) == (409, "wrong_state")

    patient.authorise()
    done = patient.give(20)
    assert done["seq"] == 2
    assert day.names().count("phase.changed") == 1
    assert patient.chart["order"]["doses_given"] == 2


def test_a_further_dose_needs_vital_signs_since_the_last(day: Day) -> None:
    patient = authorised(day)
    patient.give(20)

    assert refused(patient, "authorise") == (409, "vitals_needed")


@pytest.mark.parametrize(
    ("systolic", "code"), [(165, "reason_required"), (185, "dose_stopped")]
)
def test_a_further_dose_on_abnormal_vital_signs(
    day: Day, systolic: int, code: str
) -> None:
    patient = authorised(day)
    patient.give(20)
    patient.vitals(systolic_mmhg=systolic)

    assert refused(patient, "authorise") == (409, code)


def test_a_red_reading_undoes_the_authorisation_of_a_further_dose(day: Day) -> None:
    patient = authorised(day)
    patient.give(20)
    patient.vitals()
    patient.authorise()

    alert_id = patient.vitals(systolic_mmhg=185)["alert_id"]
    day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")

    assert patient.chart["status"] == "experience"
    assert refused(patient, "doses", **dose_body(20)) == (409, "wrong_state")
    assert refused(patient, "authorise", override_reason="x") == (409, "dose_stopped")


def test_doses_of_one_session_together_stay_within_the_hard_limit(day: Day) -> None:
    patient = authorised(day, dose_mg=100)
    patient.give(100)
    patient.vitals()
    patient.authorise()

    assert refused(patient, "doses", **dose_body(60.001)) == (409, "dose_above_limit")

    assert patient.give(60)["seq"] == 2


def test_no_further_dose_on_a_used_up_order(day: Day) -> None:
    patient = authorised(day, max_doses=1)
    patient.give(20)
    patient.vitals()

    assert refused(patient, "authorise") == (409, "no_active_order")


def test_a_dose_asked_for_twice_with_one_key_is_given_once(day: Day) -> None:
    patient = authorised(day)
    headers = {"Idempotency-Key": "dose-1"}

    answers = [
        day.monitor.request(
            "POST", NAME, f"{patient.path}/doses", dose_body(20), headers=headers
        )
        for _ in range(2)
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].get_json() == answers[1].get_json()
    assert len(patient.chart["doses"]) == 1


def test_a_decision_on_an_old_version_of_the_record_is_refused(day: Day) -> None:
    patient = checked(day)

    answer = day.prescriber.request(
        "POST", NAME, f"{patient.path}/authorise", {}, headers={"If-Match": '"1"'}
    )

    assert answer.status_code == 412
