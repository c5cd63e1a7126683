"""The REMS form: due after esketamine, filled by the record, submitted by a person."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.sessions.app import service
from services.sessions.domain.rems import Pressure, Treatment
from shared.rulepack import load_pack
from shared.testing.lab import Lab
from tests.sessions.clinic_day import NAME, Day, Patient, dosed_at
from tests.sessions.readings import NOW

PACK = load_pack()
SPRAY: dict[str, Any] = {
    "drug": "esketamine",
    "route": "esketamine_nasal",
    "dose_mg": 56,
}
SAID: dict[str, Any] = {
    "sex": "female",
    "benzodiazepines": False,
    "sedatives": False,
    "stimulants": True,
    "maoi": False,
    "observer": "R. Fictional, RN",
    "site": "Fictional Harbour Clinic",
    "vitals_ok_before": True,
    "vitals_ok_leaving": True,
    "sedation": True,
    "sedation_onset": 10,
    "sedation_resolved": 60,
    "dissociation": False,
    "respiratory_depression": False,
    "ready_to_leave": 95,
}


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laboratory of each test's own: its clock and its reminders count here."""
    made = Lab([service], tmp_path_factory.mktemp("rems"))
    made.settle()
    yield made
    made.close()


def sprayed(day: Day) -> Patient:
    """A patient who was given both devices of a spray."""
    patient = day.patient().here(**SPRAY).open()
    patient.vitals(systolic_mmhg=124)
    patient.precheck()
    patient.authorise()
    patient.give(28)
    day.lab.clock.advance(minutes=5)
    patient.give(28)
    return patient


@pytest.fixture
def left(day: Day) -> Patient:
    """A patient who had a spray, was checked at 40 minutes, and left."""
    patient = sprayed(day)
    day.lab.clock.advance(minutes=37)
    patient.vitals(systolic_mmhg=138, diastolic_mmhg=88)
    patient.recover()
    patient.discharge()
    return patient


def form_of(patient: Patient) -> Any:
    """The form of the session."""
    return patient.day.monitor.get(NAME, f"{patient.path}/rems-form")


def fill(patient: Patient, **answers: Any) -> Any:
    """The monitor answers what the record does not."""
    path = f"/rems-forms/{form_of(patient)['id']}"
    return patient.day.monitor.put(NAME, path, answers=answers)


def submit(patient: Patient) -> Any:
    """The monitor notes that it was sent today."""
    path = f"/rems-forms/{form_of(patient)['id']}/submit"
    today = str(patient.day.lab.clock().date())
    return patient.day.monitor.post(NAME, path, submitted_on=today)


def test_the_form_falls_due_when_the_patient_leaves_and_knows_the_treatment(
    day: Day, left: Patient
) -> None:
    form = form_of(left)

    (told,) = day.told("rems_form.fell_due")
    assert told.due_at == day.lab.clock() + PACK.rems.due_after
    assert form["treatment"] == {
        "first_dose_at": dosed_at(left).isoformat(),
        "ended_at": day.lab.clock().isoformat(),
        "dose_mg": 56.0,
        "lots": ["fict-1"],
        "monitored_minutes": 167,
    }
    known = {code: form["answers"][code] for code in form["from_record"]}
    assert known == {
        "systolic_before": 124,
        "diastolic_before": 78,
        "systolic_40_min": 138,
        "diastolic_40_min": 88,
        "systolic_end": 120,
        "diastolic_end": 78,
        "first_treatment": True,
        "serious_event": False,
    }


def test_no_other_route_has_such_a_form(day: Day) -> None:
    patient = day.patient().dosed().recover()
    patient.discharge()

    problem = day.monitor.refused(NAME, f"{patient.path}/rems-form", "GET")

    assert problem["code"] == "not_found"
    assert day.told("rems_form.fell_due") == []


def test_a_treatment_that_ended_early_needs_the_form_too(day: Day) -> None:
    patient = sprayed(day)

    day.prescriber.post(NAME, f"{patient.path}/abort", reason_code="vital_signs")

    assert len(day.told("rems_form.fell_due")) == 1


def test_it_is_submitted_when_everything_is_answered(day: Day, left: Patient) -> None:
    fill(left, **{**SAID, "sedation_onset": None})
    path = f"/rems-forms/{form_of(left)['id']}/submit"
    today = str(day.lab.clock().date())

    problem = day.monitor.refused(NAME, path, submitted_on=today)
    fill(left, **SAID)
    done = submit(left)

    assert (problem["status"], problem["code"]) == (422, "form_incomplete")
    assert [one["pointer"] for one in problem["errors"]] == ["#/sedation_onset"]
    assert (done["status"], done["submitted_on"]) == ("submitted", today)
    form = form_of(left)
    assert (form["answers"]["sedation_onset"], form["missing"]) == (10, [])
    assert len(day.told("rems_form.submitted")) == 1
    day.lab.clock.advance(days=8)
    day.lab.settle()
    assert day.told("rems_form.missed") == []


def test_what_people_say_stands_over_the_record(left: Patient) -> None:
    fill(left, systolic_before=131, first_treatment=False)

    form = form_of(left)

    assert form["answers"]["systolic_before"] == 131
    assert form["answers"]["first_treatment"] is False
    assert "systolic_before" not in form["from_record"]


def test_what_was_submitted_stays(day: Day, left: Patient) -> None:
    fill(left, **SAID)
    submit(left)
    path = f"/rems-forms/{form_of(left)['id']}"

    again = day.monitor.refused(NAME, path, "PUT", answers=SAID)

    assert (again["status"], again["code"]) == (409, "already_submitted")


def test_a_form_that_nobody_submits_is_missed_and_can_still_be_submitted(
    day: Day, left: Patient
) -> None:
    day.lab.clock.advance(days=7, seconds=-1)
    day.lab.settle()
    assert day.told("rems_form.missed") == []

    day.lab.clock.advance(seconds=1)
    day.lab.settle()

    assert len(day.told("rems_form.missed")) == 1
    (item,) = day.monitor.get(NAME, "/rems-forms")["items"]
    assert item["status"] == "missed"
    fill(left, **SAID)
    assert submit(left)["status"] == "submitted"
    assert day.monitor.get(NAME, "/rems-forms")["items"] == []


def test_a_reading_far_from_forty_minutes_is_not_taken_for_it() -> None:
    def at(minutes: int) -> Pressure:
        taken_at = NOW + timedelta(minutes=minutes)
        return Pressure(taken_at=taken_at, systolic_mmhg=minutes, diastolic_mmhg=70)

    treated = Treatment(
        first_dose_at=NOW,
        ended_at=None,
        dose_mg=Decimal(56),
        lots=(),
        is_first=True,
        had_serious_event=False,
        baseline={},
        pressures=[at(-5), at(20), at(60)],
    )

    answers = treated.answers(PACK)

    assert "systolic_40_min" not in answers
    assert answers["systolic_end"] == 60
    assert treated.monitored_minutes is None
