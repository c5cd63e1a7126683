"""A dose and its ledger: drawn, given and wasted exactly, or not at all."""

from typing import Any

import pytest

from shared.access import Role
from tests.sessions.cabinet import DEVICE, Cabinet, dose_from, give
from tests.sessions.clinic_day import NAME, Day, authorised, dose_body, refused


@pytest.fixture
def cabinet(day: Day) -> Cabinet:
    """A clinic whose ledger is open."""
    return Cabinet(day)


def test_a_dose_draws_gives_and_wastes_in_its_own_transaction(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    patient = authorised(day)
    before = len(day.names())

    body = dose_from(vial["id"], 52.125, drawn_mg=60, wasted_mg=7.875)
    done = give(patient, {**body, "witness_code": cabinet.code()})

    assert (done["lot"], done["witness_id"]) == ("fict-1", str(day.ids[Role.THERAPIST]))
    drawn = cabinet.entries(container_id=vial["id"])[1:]
    assert [(one["kind"], one["amount_mg"], one["change_mg"]) for one in drawn] == [
        ("draw", 60, -60),
        ("give", 52.125, 0),
        ("waste", 7.875, 0),
    ]
    assert {one["dose_id"] for one in drawn} == {done["id"]}
    assert {one["patient_id"] for one in drawn} == {str(patient.id)}
    now = cabinet.container(vial["id"])
    assert (now["balance_mg"], now["status"]) == (440, "open")
    assert day.names()[before:] == [
        "dose.drawn",
        "waste.recorded",
        "dose.administered",
        "phase.changed",
    ]
    cabinet.assert_whole()


def test_once_the_ledger_is_open_no_dose_is_given_by_its_lot_alone(
    day: Day, cabinet: Cabinet
) -> None:
    patient = authorised(day)

    assert refused(patient, "doses", **dose_body()) == (409, "container_needed")
    assert patient.chart["doses"] == []


def test_while_it_is_not_no_container_is_named(day: Day) -> None:
    patient = authorised(day)

    body = dose_from(str(patient.id))
    assert refused(patient, "doses", **body) == (409, "ledger_not_open")
    problem = patient.refused("doses", given_mg=50, drawn_mg=50, wasted_mg=0)
    assert problem["errors"][0]["pointer"] == "#/lot"


def test_waste_needs_a_code_of_the_witness_and_not_just_a_name(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    patient = authorised(day)
    body = dose_from(vial["id"], 50, drawn_mg=60, wasted_mg=10)

    by_name = {**body, "witness_id": day.ids[Role.THERAPIST]}
    assert refused(patient, "doses", **by_name) == (422, "witness_code_needed")
    assert refused(patient, "doses", **body) == (422, "witness_code_needed")
    wrong = {**body, "witness_code": "WRONGONE"}
    assert refused(patient, "doses", **wrong) == (409, "witness_code_invalid")
    assert cabinet.left(vial["id"]) == 500


def test_nobody_is_witness_of_their_own_waste(day: Day, cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    patient = authorised(day)

    body = dose_from(vial["id"], 50, drawn_mg=60, wasted_mg=10)
    own = {**body, "witness_code": cabinet.code(day.prescriber)}

    assert refused(patient, "doses", **own) == (409, "witness_is_actor")


def test_a_witness_code_is_good_once_for_five_minutes_and_only_the_last_one(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    patient = authorised(day)
    body = dose_from(vial["id"], 20, drawn_mg=30, wasted_mg=10)
    replaced, used = cabinet.code(), cabinet.code()

    assert refused(patient, "doses", **{**body, "witness_code": replaced}) == (
        409,
        "witness_code_invalid",
    )
    give(patient, {**body, "witness_code": f"{used[:4].lower()}-{used[4:]}"})
    patient.vitals()
    patient.authorise()
    assert refused(patient, "doses", **{**body, "witness_code": used})[0] == 409
    late = cabinet.code()
    day.lab.clock.advance(minutes=5)
    assert refused(patient, "doses", **{**body, "witness_code": late}) == (
        409,
        "witness_code_invalid",
    )
    assert cabinet.left(vial["id"]) == 470


def test_a_code_that_a_refused_dose_named_is_still_good(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive(content_mg=50)
    patient = authorised(day)
    code = cabinet.code()

    body = dose_from(vial["id"], 50, drawn_mg=60, wasted_mg=10, witness_code=code)
    assert refused(patient, "doses", **body) == (409, "not_enough_left")

    body = dose_from(vial["id"], 40, drawn_mg=50, wasted_mg=10, witness_code=code)
    assert give(patient, body)["given_mg"] == 40


def test_another_clinics_code_is_no_code_here(day: Day, cabinet: Cabinet) -> None:
    vial = cabinet.receive()
    patient = authorised(day)
    elsewhere = Cabinet(Day(day.lab)).code()

    body = dose_from(vial["id"], 50, drawn_mg=60, wasted_mg=10, witness_code=elsewhere)

    assert refused(patient, "doses", **body) == (409, "witness_code_invalid")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        ({"lot": "another"}, (409, "other_lot")),
        ({"drawn_mg": 50.001, "wasted_mg": 0.001}, (422, "amounts_do_not_add_up")),
        ({"draws": []}, (409, "container_needed")),
    ],
)
def test_what_does_not_fit_the_container_is_refused(
    day: Day, cabinet: Cabinet, spoil: dict[str, Any], code: tuple[int, str]
) -> None:
    vial = cabinet.receive()
    patient = authorised(day)

    body = {**dose_from(vial["id"]), "witness_code": cabinet.code(), **spoil}

    assert refused(patient, "doses", **body) == code
    assert cabinet.left(vial["id"]) == 500


def test_not_a_microgram_more_is_drawn_than_there_is(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive(content_mg=50)
    patient = authorised(day)
    device_less = dose_from(vial["id"], 50.001)

    problem = patient.refused("doses", **device_less)

    # Two percent of overfill may be there, but somebody has to say so.
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "#/note")
    give(patient, dose_from(vial["id"], 50))
    assert cabinet.container(vial["id"])["status"] == "empty"


def test_a_little_overfill_is_noted_and_more_is_not_there(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive(content_mg=50)
    patient = authorised(day)
    draw = {"container_id": vial["id"], "note": "the vial held a little more"}

    too_much = {
        **dose_from(vial["id"], 51.001),
        "draws": [{**draw, "drawn_mg": 51.001}],
    }
    assert refused(patient, "doses", **too_much) == (409, "not_enough_left")

    give(patient, {**dose_from(vial["id"], 51), "draws": [{**draw, "drawn_mg": 51}]})
    assert cabinet.kinds(vial["id"]) == ["receive", "adjust", "draw", "give"]
    adjusted = cabinet.entries(container_id=vial["id"])[1]
    assert adjusted["details"] == {"note": "the vial held a little more"}
    cabinet.assert_whole()


def test_two_vials_make_one_dose_and_the_rest_is_wasted_out_of_the_last(
    day: Day, cabinet: Cabinet
) -> None:
    first, second = cabinet.receive(content_mg=30), cabinet.receive(content_mg=100)
    patient = authorised(day)

    body = {
        **dose_from(first["id"], 50, drawn_mg=60, wasted_mg=10),
        "draws": [
            {"container_id": first["id"], "drawn_mg": 30},
            {"container_id": second["id"], "drawn_mg": 30},
        ],
        "witness_code": cabinet.code(),
    }
    give(patient, body)

    assert cabinet.kinds(first["id"]) == ["receive", "draw", "give"]
    assert cabinet.kinds(second["id"]) == ["receive", "draw", "give", "waste"]
    assert (cabinet.left(first["id"]), cabinet.left(second["id"])) == (0, 70)
    cabinet.assert_whole()


def test_devices_are_taken_out_whole(day: Day, cabinet: Cabinet) -> None:
    box = cabinet.receive(**DEVICE)
    spray = {"drug": "esketamine", "route": "esketamine_nasal", "dose_mg": 84}
    patient = authorised(day, **spray)

    half = dose_from(box["id"], 28, drawn_mg=30, wasted_mg=2)
    broken = {**half, "witness_code": cabinet.code()}
    assert refused(patient, "doses", **broken) == (422, "broken_unit")

    give(patient, dose_from(box["id"], 28))
    assert cabinet.left(box["id"]) == 56


def test_another_drug_than_ordered_is_not_drawn(day: Day, cabinet: Cabinet) -> None:
    box = cabinet.receive(**DEVICE)
    patient = authorised(day)

    assert refused(patient, "doses", **dose_from(box["id"], 28)) == (409, "other_drug")


def test_what_has_expired_is_not_drawn_from_the_next_day_on(
    day: Day, cabinet: Cabinet
) -> None:
    today = day.lab.clock().date().isoformat()
    vial = cabinet.receive(expires_on=today)
    patient = authorised(day)

    give(patient, dose_from(vial["id"], 20))
    day.lab.clock.advance(hours=9)
    late = authorised(day)

    body = dose_from(vial["id"], 20)
    assert refused(late, "doses", **body) == (409, "container_expired")


def test_an_aborted_session_wastes_what_was_drawn_before_a_witness(
    day: Day, cabinet: Cabinet
) -> None:
    vial = cabinet.receive()
    patient = authorised(day)
    body = {
        "reason_code": "patient_asked",
        "wasted_mg": 60,
        "draws": [{"container_id": vial["id"], "drawn_mg": 60}],
    }

    assert refused(patient, "abort", **body) == (422, "witness_code_needed")
    lone = {"reason_code": "patient_asked", "wasted_mg": 60, "lot": "fict-1"}
    assert refused(patient, "abort", **lone) == (409, "container_needed")
    day.prescriber.post(
        NAME, f"{patient.path}/abort", **body, witness_code=cabinet.code()
    )

    assert cabinet.kinds(vial["id"]) == ["receive", "draw", "waste"]
    assert patient.chart["abort"]["lot"] == "fict-1"
    cabinet.assert_whole()


def test_a_session_that_is_aborted_before_anything_was_drawn_posts_nothing(
    day: Day, cabinet: Cabinet
) -> None:
    patient = authorised(day)

    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="patient_asked")

    assert cabinet.entries() == []
