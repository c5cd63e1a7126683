"""Adverse events: suggested, recorded, corrected; what is grave holds the next dose."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.sessions.app import service
from shared.access import Role
from shared.testing.lab import Lab
from tests.conftest import MakeLab
from tests.sessions.clinic_day import NAME, Day, Patient, dosed_at

RED = {"systolic_mmhg": 186, "diastolic_mmhg": 112}


@pytest.fixture
def dosed(day: Day) -> Patient:
    """A patient who had a dose an hour ago."""
    patient = day.patient().dosed()
    day.lab.clock.advance(hours=1)
    return patient


def details(patient: Patient, *, minutes: int = 20, **said: Any) -> dict[str, Any]:
    """Nausea that began so long after the dose, unless something else is said."""
    began = dosed_at(patient) + timedelta(minutes=minutes)
    usual = {
        "term": "nausea",
        "grade": 2,
        "seriousness": [],
        "onset_at": began.isoformat(),
        "ended_at": (began + timedelta(minutes=15)).isoformat(),
        "relatedness": "probable",
        "action": "none",
        "outcome": "recovered",
        "reporter": "patient",
        "treatment": "Canary: ginger and rest",
    }
    return {**usual, **said}


def record(patient: Patient, **said: Any) -> Any:
    """The therapist records one."""
    body = details(patient, **said)
    return patient.day.therapist.post(NAME, f"{patient.path}/adverse-events", **body)


def held(patient: Patient) -> bool:
    """Whether an open hold speaks against a dose."""
    path = f"/patients/{patient.id}/readiness"
    facts = patient.day.prescriber.get(NAME, path)["facts"]
    return any(one["fact"] == "no.open.hold" and not one["holds"] for one in facts)


def listed(patient: Patient) -> list[dict[str, Any]]:
    """The events of the session."""
    path = f"{patient.path}/adverse-events"
    items: list[dict[str, Any]] = patient.day.prescriber.get(NAME, path)["items"]
    return items


def test_an_event_is_recorded_with_its_times_from_the_dose_on(
    day: Day, dosed: Patient
) -> None:
    made = record(dosed)

    (one,) = listed(dosed)
    assert (one["term"], one["grade"], one["serious"]) == ("nausea", 2, False)
    assert (one["onset_minutes"], one["end_minutes"]) == (20, 35)
    assert one["details"]["treatment"] == "Canary: ginger and rest"
    (told,) = day.told("adverse_event.recorded")
    assert (str(told.adverse_event_id), told.grade) == (made["id"], 2)
    assert day.told("adverse_event.review_requested") == []
    assert not held(dosed)
    assert all("Canary" not in one.payload for one in day.lab.told(NAME))


@pytest.mark.parametrize(
    "said", [{"grade": 3}, {"grade": 1, "seriousness": ["hospitalisation"]}]
)
def test_what_is_grave_or_serious_holds_the_next_dose_until_it_is_reviewed(
    day: Day, dosed: Patient, said: dict[str, Any]
) -> None:
    made = record(dosed, **said)
    dosed.vitals()
    problem = dosed.refused("authorise")

    path = f"/adverse-events/{made['id']}/review"
    done = day.prescriber.post(
        NAME, path, conclusion="continue", note="mild, settled, no cause to stop"
    )
    allowed = dosed.authorise()

    assert problem["code"] == "not_ready"
    assert {"fact": "no.open.hold", "cause": "withdrawn"} in problem["reasons"]
    assert (done["awaits_review"], done["conclusion"]) == (False, "continue")
    assert allowed["status"] == "authorised"


def test_a_review_that_comes_to_stop_leaves_the_hold_until_another_one(
    day: Day, dosed: Patient
) -> None:
    path = f"/adverse-events/{record(dosed, grade=3)['id']}/review"

    day.prescriber.post(NAME, path, conclusion="stop", note="not again")
    stopped = held(dosed)
    open_yet = day.prescriber.get(NAME, "/adverse-events")["items"]
    day.prescriber.post(NAME, path, conclusion="adjust", note="half the dose")
    again = day.prescriber.refused(NAME, path, conclusion="adjust", note="once more")

    assert stopped
    assert [one["conclusion"] for one in open_yet] == ["stop"]
    assert not held(dosed)
    assert again["code"] == "wrong_state"


def test_only_a_prescriber_reviews(day: Day, dosed: Patient) -> None:
    path = f"/adverse-events/{record(dosed, grade=3)['id']}/review"

    problem = day.therapist.refused(NAME, path, conclusion="continue", note="fine")

    assert problem["code"] == "forbidden"
    assert held(dosed)


def test_a_correction_keeps_what_was_said_and_is_reviewed_anew_if_it_is_grave(
    day: Day, dosed: Patient
) -> None:
    made = record(dosed)
    path = f"/adverse-events/{made['id']}"

    unreasoned = day.therapist.refused(
        NAME, f"{path}/correct", **details(dosed, grade=4)
    )
    day.therapist.post(
        NAME, f"{path}/correct", reason="worse", **details(dosed, grade=4)
    )
    day.prescriber.post(NAME, f"{path}/review", conclusion="continue", note="seen")
    reviewed = held(dosed)
    day.therapist.post(
        NAME, f"{path}/correct", reason="longer", **details(dosed, grade=4)
    )

    assert unreasoned["status"] == 422
    assert not reviewed
    assert held(dosed)
    read = day.prescriber.get(NAME, path)
    assert [one["details"]["grade"] for one in read["revisions"]] == [4, 4, 2]
    assert [one["reason"] for one in read["revisions"]] == ["longer", "worse", None]


def test_a_milder_correction_does_not_lift_a_hold_by_itself(
    day: Day, dosed: Patient
) -> None:
    path = f"/adverse-events/{record(dosed, grade=3)['id']}"

    milder = details(dosed, grade=1)
    day.therapist.post(NAME, f"{path}/correct", reason="milder", **milder)

    assert held(dosed)
    assert day.prescriber.get(NAME, path)["awaits_review"]


def test_two_red_blood_pressures_suggest_hypertension_and_one_does_not(
    day: Day, dosed: Patient
) -> None:
    dosed.vitals(**RED)
    after_one = listed(dosed)
    dosed.vitals(**RED)
    dosed.vitals(**RED)

    assert after_one == []
    (one,) = listed(dosed)
    assert (one["term"], one["status"]) == ("hypertension", "suggested")
    assert (one["suggested_by"], one["details"]) == ("bp_red", None)
    assert len(day.told("adverse_event.suggested")) == 1
    assert day.told("adverse_event.recorded") == []
    assert not held(dosed)


def test_deep_sedation_suggests_an_event_at_once(day: Day, dosed: Patient) -> None:
    dosed.vitals(moaas=2)

    assert [one["term"] for one in listed(dosed)] == ["sedation"]


def test_red_readings_before_a_dose_suggest_nothing(day: Day) -> None:
    patient = day.patient().here().open()

    patient.vitals(**RED)
    patient.vitals(**RED)

    assert listed(patient) == []


def test_a_suggestion_is_confirmed_or_dismissed_for_a_reason_and_not_made_again(
    day: Day, dosed: Patient
) -> None:
    dosed.vitals(moaas=2, **RED)
    dosed.vitals(**RED)
    by_term = {one["term"]: one["id"] for one in listed(dosed)}

    confirmed = day.monitor.post(
        NAME,
        f"/adverse-events/{by_term['hypertension']}/confirm",
        **details(dosed, term="hypertension"),
    )
    bare = day.monitor.refused(NAME, f"/adverse-events/{by_term['sedation']}/dismiss")
    dismissed = day.monitor.post(
        NAME,
        f"/adverse-events/{by_term['sedation']}/dismiss",
        reason="asleep by choice, woke at once",
    )
    dosed.vitals(moaas=2, **RED)
    again = day.monitor.refused(
        NAME,
        f"/adverse-events/{by_term['sedation']}/confirm",
        **details(dosed, term="sedation"),
    )

    assert (confirmed["status"], confirmed["revision"]) == ("recorded", 1)
    assert bare["status"] == 422
    assert dismissed["status"] == "dismissed"
    assert again["code"] == "wrong_state"
    assert len(listed(dosed)) == 2


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"term": "boredom"}, "term"),
        ({"grade": 0}, "grade"),
        ({"grade": 5}, "grade"),
        ({"outcome": "fatal"}, "grade"),
        ({"minutes": 900, "ended_at": None}, "onset_at"),
        ({"ended_at": "2026-01-01T00:00:00Z"}, "ended_at"),
    ],
)
def test_what_cannot_be_so_is_refused(
    day: Day, dosed: Patient, said: dict[str, Any], field: str
) -> None:
    problem = day.therapist.refused(
        NAME, f"{dosed.path}/adverse-events", **details(dosed, **said)
    )

    assert problem["status"] == 422
    assert [one["pointer"] for one in problem["errors"]] == [f"#/{field}"]
    assert listed(dosed) == []


def test_reports_are_noted_and_nothing_is_filed_by_itself(
    day: Day, dosed: Patient
) -> None:
    made = record(dosed, grade=4, seriousness=["life_threatening"])
    path = f"/adverse-events/{made['id']}/reports"
    today = day.lab.clock().date()

    assert day.prescriber.get(NAME, f"/adverse-events/{made['id']}")["reports"] == []
    day.prescriber.post(NAME, path, authority="medwatch", filed_on=str(today))
    late = str(today + timedelta(days=2))
    problem = day.prescriber.refused(NAME, path, authority="rems", filed_on=late)

    (one,) = listed(dosed)
    assert [report["authority"] for report in one["reports"]] == ["medwatch"]
    assert (problem["status"], problem["errors"][0]["pointer"]) == (422, "#/filed_on")


def test_what_is_not_there_is_not_found(day: Day, dosed: Patient) -> None:
    for path in (
        f"/adverse-events/{uuid4()}",
        f"/sessions/{uuid4()}/adverse-events",
        f"/patients/{uuid4()}/adverse-events",
    ):
        assert day.prescriber.refused(NAME, path, "GET")["code"] == "not_found", path
    stranger = day.lab.caller(Role.PRESCRIBER, clinic_id=uuid4())
    own = f"/adverse-events/{record(dosed)['id']}"
    assert stranger.refused(NAME, own, "GET")["code"] == "not_found"


def test_both_databases_keep_an_event_and_what_was_suggested(make_lab: MakeLab) -> None:
    lab: Lab = make_lab([service])
    lab.settle()
    patient = Day(lab).patient().dosed()
    lab.clock.advance(hours=1)

    record(patient, grade=3)
    patient.vitals(**RED)
    patient.vitals(**RED)

    assert {one["term"] for one in listed(patient)} == {"nausea", "hypertension"}
    assert held(patient)
