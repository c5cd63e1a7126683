"""Doses in figures: amounts, the highest blood pressure, and what happened."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from services.sessions.app import service
from services.sessions.domain.dose_report import Given, report
from shared.access import Role
from shared.rulepack import Route
from shared.testing.caller import Caller
from tests.conftest import MakeLab
from tests.sessions.clinic_day import NAME, Day, Patient, dosed_at
from tests.sessions.test_adverse_events import record

PATH = "/reports/doses"
NOTHING = {
    "patients": None,
    "doses": None,
    "median_dose_mg": None,
    "median_dose_mg_per_kg": None,
    "median_peak_systolic_mmhg": None,
    "median_peak_diastolic_mmhg": None,
    "recorded_per_100": None,
    "severe_per_100": None,
    "serious_per_100": None,
}


def dosed(day: Day, *, systolic_mmhg: float, **order: Any) -> Patient:
    """A patient after one dose, measured ten minutes later."""
    patient = day.patient().dosed(**order)
    day.lab.clock.advance(minutes=10)
    patient.vitals(systolic_mmhg=systolic_mmhg, diastolic_mmhg=90)
    day.lab.clock.advance(minutes=40)
    return patient


def test_figures_are_told_of_ten_patients_and_not_of_fewer(day: Day) -> None:
    patients = [dosed(day, systolic_mmhg=130 + n) for n in range(9)]
    early = day.admin.get(NAME, PATH)
    patients.append(dosed(day, systolic_mmhg=171))
    record(patients[0])
    record(patients[1], grade=3)
    alike = day.admin.get(NAME, PATH)
    spray = dosed(day, systolic_mmhg=120, route="sl", reason="as before")
    for term in ("vomiting", "headache"):
        record(spray, term=term)
    month = f"{dosed_at(spray):%Y-%m}"
    before = f"{dosed_at(spray) - timedelta(days=40):%Y-%m}"

    found = day.admin.get(NAME, PATH, first_month=month, last_month=month)
    table = day.admin.request("GET", NAME, f"{PATH}.csv?first_month={month}")

    assert early["lines"] == [
        {"route": None, **NOTHING},
        {"route": "im", **NOTHING},
    ]
    of_all, *routes = found["lines"]
    im = alike["lines"][1]
    assert found["least"] == 10
    assert (of_all["route"], of_all["patients"], of_all["doses"]) == (None, 11, 11)
    assert (of_all["recorded_per_100"], of_all["severe_per_100"]) == (36.4, 9.1)
    assert im == {
        "route": "im",
        "patients": 10,
        "doses": 10,
        "median_dose_mg": 50.0,
        "median_dose_mg_per_kg": 0.62,
        "median_peak_systolic_mmhg": 134.0,
        "median_peak_diastolic_mmhg": 90.0,
        "recorded_per_100": 20.0,
        "severe_per_100": 10.0,
        "serious_per_100": 0.0,
    }
    assert alike["lines"][0] == {**im, "route": None}
    # Else whoever takes the one from all learns what the other is about.
    assert routes == [{"route": route, **NOTHING} for route in ("im", "sl")]
    earlier = day.admin.get(NAME, PATH, first_month=before, last_month=before)
    assert earlier["lines"] == [{"route": None, **NOTHING}]
    rows = table.get_data(as_text=True).splitlines()
    assert rows[0].startswith("route,patients,doses,median_dose_mg")
    assert [row.split(",")[:3] for row in rows[1:]] == [
        ["all", "11", "11"],
        ["im", "", ""],
        ["sl", "", ""],
    ]


def test_the_figures_are_for_who_leads_this_clinic(make_lab: MakeLab) -> None:
    lab = make_lab([service])
    day, other = Day(lab), Day(lab)
    record(dosed(day, systolic_mmhg=150))
    assert [one["route"] for one in day.admin.get(NAME, PATH)["lines"]] == [None, "im"]

    assert other.admin.get(NAME, PATH)["lines"] == [{"route": None, **NOTHING}]
    for role in (Role.THERAPIST, Role.PRESCRIBER, Role.FRONT_DESK, Role.MONITOR):
        refused = day.caller(role).refused(NAME, PATH, method="GET")
        assert refused["status"] == 403
    stranger = Caller(day.lab, other.admin.token, day.clinic_id)
    assert stranger.refused(NAME, PATH, method="GET")["status"] in (403, 404)
    problem = day.admin.refused(NAME, f"{PATH}?first_month=soon", method="GET")
    assert problem["status"] == 422


def test_what_is_told_leaves_no_few_to_be_worked_out() -> None:
    def told(**patients: int) -> set[str]:
        doses = [
            Given(patient_id=uuid4(), route=Route(route), dose_mg=50, weight_kg=70)
            for route, count in patients.items()
            for _ in range(count)
        ]
        lines = report(doses, [], [], least=10)
        return {line.route or "all" for line in lines if line.doses is not None}

    assert told(im=9) == set()
    assert told(im=10, iv=12) == {"all", "im", "iv"}
    assert told(im=20, iv=4, sl=6) == {"all", "im"}
    assert told(im=20, iv=15, sl=3) == {"all", "im"}
    assert told(im=5, iv=4) == set()
