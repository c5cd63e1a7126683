"""Orders, weights and preparations over HTTP."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.events.scheduling import (
    AppointmentCancelled,
    AppointmentNoShow,
    AppointmentReleased,
)
from shared.ids import uuid7
from shared.readiness import FactName
from shared.rulepack import load_pack
from tests.sessions.clinic_day import (
    NAME,
    Day,
    Patient,
    authorised,
    dose_body,
    refused,
)


def fact(patient: Patient, name: str) -> dict[str, Any]:
    """How it stands with one fact, by what the service itself says."""
    path = f"/patients/{patient.id}/readiness"
    answer = patient.day.prescriber.get(NAME, path, gate="authorisation")
    return next(one for one in answer["facts"] if one["fact"] == name)


def refused_order(patient: Patient, **said: Any) -> tuple[int, str]:
    """Status and code of an order that must be refused."""
    body = patient.order_body(**said)
    problem = patient.day.prescriber.refused(NAME, "/orders", **body)
    return problem["status"], problem["code"]


def test_an_order_lasts_as_long_as_the_pack_says_and_the_fact_holds(day: Day) -> None:
    patient = day.patient()
    patient.weigh()

    order = patient.order(dose_mg=60.125)

    valid_until = (
        day.lab.clock() + load_pack().readiness.validity[FactName.ORDER_ACTIVE]
    )
    assert (order["dose_mg"], order["status"]) == (60.125, "open")
    assert order["valid_until"] == valid_until.isoformat()
    assert fact(patient, "order.active")["holds"]
    assert day.names() == ["order.placed"]


@pytest.mark.parametrize("dose_mg", [0, -1, -1e30, 1e300, 10**400, 1e-9, 60.1234])
def test_an_impossible_dose_is_refused(day: Day, dose_mg: float) -> None:
    assert refused_order(day.patient(), dose_mg=dose_mg) == (422, "invalid")


@pytest.mark.parametrize(
    ("drug", "route"),
    [
        ("racemic_ketamine", "esketamine_nasal"),
        ("esketamine", "iv"),
        ("esketamine", "im"),
        ("esketamine", "sl"),
    ],
)
def test_a_drug_is_ordered_by_its_own_routes_only(
    day: Day, drug: str, route: str
) -> None:
    patient = day.patient()
    patient.weigh()

    body = patient.order_body(drug=drug, route=route, dose_mg=56)
    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/route"


@pytest.mark.parametrize(
    ("route", "drug", "allowed_mg", "too_much_mg"),
    [
        ("iv", "racemic_ketamine", 120, 120.001),
        ("im", "racemic_ketamine", 160, 160.001),
        ("sl", "racemic_ketamine", 600, 600.001),
        ("esketamine_nasal", "esketamine", 84, 112),
    ],
)
def test_nothing_beyond_the_hard_limit_is_ordered_whatever_the_reason(
    day: Day, route: str, drug: str, allowed_mg: float, too_much_mg: float
) -> None:
    patient = day.patient()
    patient.weigh(80)
    said = {"route": route, "drug": drug, "reason": "the best we have"}

    assert refused_order(patient, dose_mg=too_much_mg, **said) == (
        409,
        "dose_above_limit",
    )

    assert patient.order(dose_mg=allowed_mg, **said)["status"] == "open"


@pytest.mark.parametrize("dose_mg", [19, 121])
def test_an_unusual_dose_needs_a_reason(day: Day, dose_mg: float) -> None:
    patient = day.patient()
    patient.weigh(80)

    assert refused_order(patient, dose_mg=dose_mg) == (409, "reason_required")

    assert patient.order(dose_mg=dose_mg, reason="titration")["reason"] == "titration"


@pytest.mark.parametrize(("dose_mg", "needs_reason"), [(62.5, False), (62.6, True)])
def test_a_dose_that_changed_by_more_than_a_quarter_needs_a_reason(
    day: Day, dose_mg: float, needs_reason: bool
) -> None:
    patient = day.patient().dosed()
    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")

    body = patient.order_body(dose_mg=dose_mg)
    answer = day.prescriber.request("POST", NAME, "/orders", _plain(body))

    assert (answer.status_code == 409) is needs_reason
    if needs_reason:
        assert answer.get_json()["findings"] == ["dose_changed"]


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "patient_id": str(body["patient_id"])}


def test_an_order_shows_its_dose_by_weight_and_by_volume(day: Day) -> None:
    patient = day.patient()
    patient.weigh(80)

    order = patient.order(dose_mg=60, concentration_mg_per_ml=50)

    assert (order["dose_mg"], order["dose_mg_per_kg"], order["dose_ml"]) == (
        60,
        0.75,
        1.2,
    )
    assert (order["weight_kg"], order["concentration_mg_per_ml"]) == (80, 50)
    path = f"/patients/{patient.id}/orders"
    assert day.monitor.get(NAME, path)["items"] == [order]


def test_what_is_not_known_of_an_order_is_not_made_up(day: Day) -> None:
    order = day.patient().order(route="sl", dose_mg=200)

    derived = ("weight_kg", "dose_mg_per_kg", "concentration_mg_per_ml", "dose_ml")
    assert [order[name] for name in derived] == [None] * 4


def test_the_weight_an_order_was_judged_by_stays_with_it(day: Day) -> None:
    patient = day.patient()
    patient.weigh(80)
    patient.order(dose_mg=60)
    day.lab.clock.advance(minutes=1)
    patient.weigh(60)

    path = f"/patients/{patient.id}/orders"
    (order,) = day.monitor.get(NAME, path)["items"]

    assert (order["weight_kg"], order["dose_mg_per_kg"]) == (80, 0.75)


def test_a_concentration_no_vial_has_needs_a_reason(day: Day) -> None:
    patient = day.patient()
    patient.weigh()

    body = patient.order_body(concentration_mg_per_ml=0.5)
    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert problem["findings"] == ["unusual_concentration"]
    made = patient.order(concentration_mg_per_ml=0.5, reason="diluted for the pump")
    assert made["dose_ml"] == 120


@pytest.mark.parametrize("concentration", [0, -1, "50", 1e9])
def test_an_impossible_concentration_is_refused(
    day: Day, concentration: object
) -> None:
    patient = day.patient()
    patient.weigh()

    body = patient.order_body(concentration_mg_per_ml=concentration)
    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert problem["errors"][0]["pointer"] == "#/concentration_mg_per_ml"


def test_a_lozenge_has_no_concentration(day: Day) -> None:
    patient = day.patient()

    body = patient.order_body(route="sl", dose_mg=200, concentration_mg_per_ml=50)
    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert problem["errors"][0]["pointer"] == "#/concentration_mg_per_ml"


def test_up_to_the_highest_of_a_range_is_given(day: Day) -> None:
    patient = authorised(day, dose_mg=60, lowest_mg=40, highest_mg=70)

    above = refused(patient, "doses", **dose_body(70.001))

    assert above == (409, "dose_above_order")
    assert patient.give(70)["given_mg"] == 70
    order = patient.chart["order"]
    assert (order["lowest_mg"], order["highest_mg"]) == (40, 70)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"highest_mg": 160.001}, "dose_above_limit"),
        ({"highest_mg": 121}, "reason_required"),
        ({"lowest_mg": 19}, "reason_required"),
    ],
)
def test_both_ends_of_a_range_are_judged(
    day: Day, said: dict[str, float], code: str
) -> None:
    patient = day.patient()
    patient.weigh(80)

    assert refused_order(patient, **said) == (409, code)


@pytest.mark.parametrize(
    ("said", "pointer"),
    [({"lowest_mg": 61}, "#/lowest_mg"), ({"highest_mg": 59}, "#/highest_mg")],
)
def test_a_dose_is_within_its_own_range(
    day: Day, said: dict[str, float], pointer: str
) -> None:
    patient = day.patient()
    patient.weigh()

    problem = day.prescriber.refused(NAME, "/orders", **patient.order_body(**said))

    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, pointer)


def test_a_dose_by_weight_needs_a_current_weight(day: Day) -> None:
    patient = day.patient()

    assert refused_order(patient) == (409, "weight_missing")

    patient.weigh()
    day.lab.clock.advance(days=30)
    assert refused_order(patient) == (409, "weight_missing")


def test_a_dose_that_does_not_go_by_weight_needs_none(day: Day) -> None:
    patient = day.patient()

    order = patient.order(route="sl", dose_mg=200)

    assert order["route"] == "sl"


def test_a_patient_has_one_open_order(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()

    assert refused_order(patient) == (409, "order_exists")

    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")
    assert patient.order()["status"] == "open"


def test_an_expired_order_makes_room_for_the_next(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    first = patient.order()["id"]
    day.lab.clock.advance(days=30)
    patient.weigh()

    patient.order()

    orders = day.prescriber.get(NAME, f"/patients/{patient.id}/orders")["items"]
    assert [order["status"] for order in orders] == ["open", "expired"]
    assert day.names() == ["order.placed", "order.closed", "order.placed"]
    closed = day.told("order.closed")[0]
    assert (str(closed.order_id), closed.cause_code) == (first, "expired")


def test_a_cancelled_order_no_longer_counts(day: Day) -> None:
    patient = day.patient()
    patient.weigh()
    patient.order()

    day.prescriber.post(NAME, f"/orders/{patient.order_id}/cancel")

    state = fact(patient, "order.active")
    assert (state["holds"], state["cause"]) == (False, "withdrawn")
    assert day.told("order.closed")[0].cause_code == "cancelled"
    problem = day.prescriber.refused(NAME, f"/orders/{patient.order_id}/cancel")
    assert (problem["status"], problem["code"]) == (409, "wrong_state")


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"dose_mg": 0}, "#/dose_mg"),
        ({"dose_mg": -1}, "#/dose_mg"),
        ({"dose_mg": 1.0001}, "#/dose_mg"),
        ({"dose_mg": "60"}, "#/dose_mg"),
        ({"dose_mg": True}, "#/dose_mg"),
        ({"dose_mg": 1e300}, "#/dose_mg"),
        ({"max_doses": 0}, "#/max_doses"),
        ({"max_doses": 13}, "#/max_doses"),
        ({"max_doses": 1.5}, "#/max_doses"),
        ({"drug": "propofol"}, "#/drug"),
        ({"route": "oral"}, "#/route"),
        ({"patient_id": "somebody"}, "#/patient_id"),
        ({"reason": "x" * 2001}, "#/reason"),
        ({"colour": "blue"}, "#/colour"),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_with_a_pointer(
    day: Day, said: dict[str, Any], pointer: str
) -> None:
    patient = day.patient()

    body = patient.order_body(**said)
    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert problem["status"] == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_an_order_for_a_stranger_is_refused(day: Day) -> None:
    body = day.patient().order_body(patient_id=uuid7())

    problem = day.prescriber.refused(NAME, "/orders", **body)

    assert (problem["status"], problem["code"]) == (404, "not_found")


@pytest.mark.parametrize("weight_kg", [24.9, 350.1, -1, "80", None])
def test_an_impossible_weight_is_refused(day: Day, weight_kg: object) -> None:
    patient = day.patient()

    path = f"/patients/{patient.id}/weights"
    problem = day.monitor.refused(NAME, path, weight_kg=weight_kg)

    assert problem["status"] == 422
    assert problem["errors"][0]["pointer"] == "#/weight_kg"


def test_a_weight_holds_for_thirty_days(day: Day) -> None:
    patient = day.patient()

    patient.weigh(72.4)

    state = fact(patient, "weight.current")
    assert state["holds"]
    until = day.lab.clock() + timedelta(days=30)
    assert datetime.fromisoformat(state["valid_until"]) == until
    assert day.names() == []


def test_the_newest_weight_counts(day: Day) -> None:
    patient = day.patient()
    patient.weigh(120)
    day.lab.clock.advance(minutes=1)
    patient.weigh(60)

    problem = refused_order(patient, dose_mg=121, reason="a reason")

    assert problem == (409, "dose_above_limit")


def test_a_preparation_counts_for_ninety_days(day: Day) -> None:
    patient = day.patient()

    made = patient.prepare()

    until = day.lab.clock() + timedelta(days=90)
    assert datetime.fromisoformat(made["valid_until"]) == until
    assert fact(patient, "prep.completed")["holds"]
    assert day.names() == ["preparation.completed"]


@pytest.mark.parametrize("kind", ["dosing", "integration"])
def test_a_preparation_needs_a_preparation_appointment(day: Day, kind: str) -> None:
    patient = day.patient()

    assert refused_preparation(patient, patient.book(kind)) == (
        409,
        "not_a_preparation",
    )


def test_a_preparation_at_an_unknown_appointment_is_refused(day: Day) -> None:
    assert refused_preparation(day.patient(), uuid7()) == (404, "not_found")


def test_a_preparation_at_somebody_elses_appointment_is_refused(day: Day) -> None:
    other = day.patient().book("preparation")

    assert refused_preparation(day.patient(), other) == (409, "not_a_preparation")


@pytest.mark.parametrize("how", ["cancelled", "released", "no-show"])
def test_a_preparation_that_was_called_off_did_not_take_place(
    day: Day, how: str
) -> None:
    patient = day.patient()
    appointment_id = patient.book("preparation")
    whose: Any = {"appointment_id": appointment_id, "patient_id": patient.id}
    day.tell(
        {
            "cancelled": AppointmentCancelled(
                **whose, by="patient", reason_code="ill", notice_minutes=1, late=True
            ),
            "released": AppointmentReleased(**whose, cause_code="consent_withdrawn"),
            "no-show": AppointmentNoShow(
                **whose, episode_id=patient.episode_id, appointment_type="preparation"
            ),
        }[how]
    )

    assert refused_preparation(patient, appointment_id) == (409, "appointment_over")


def test_a_preparation_is_noted_once(day: Day) -> None:
    patient = day.patient()
    appointment_id = patient.prepare()["appointment_id"]

    assert refused_preparation(patient, appointment_id) == (409, "preparation_exists")


def refused_preparation(patient: Patient, appointment_id: object) -> tuple[int, str]:
    """Status and code of a preparation that must be refused."""
    problem = patient.day.therapist.refused(
        NAME, "/preparations", patient_id=patient.id, appointment_id=appointment_id
    )
    return problem["status"], problem["code"]
