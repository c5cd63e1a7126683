"""Every command in every state: what goes on, and what is refused with which code."""

from collections.abc import Callable
from typing import Any

import pytest

from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.sessions.clinic_day import ANSWERS, CALM, CHECKLIST, NAME, Day, Patient

OK = "ok"
WRONG = "wrong_state"
LOCKED = "record_locked"
STOPPED = "dose_stopped"

COMMANDS = (
    "vitals",
    "precheck",
    "authorise",
    "doses",
    "phase",
    "discharge",
    "abort",
    "sign",
)
BODIES: dict[str, dict[str, Any]] = {
    "vitals": CALM,
    "precheck": ANSWERS,
    "authorise": {"override_reason": "seen and judged"},
    "doses": {"given_mg": 20, "drawn_mg": 20, "wasted_mg": 0, "lot": "fict-1"},
    "phase": {"phase": "recovery"},
    "discharge": CHECKLIST,
    "abort": {"reason_code": "patient_request"},
    "sign": {},
}
TABLE = {
    "opened": (OK, OK, WRONG, WRONG, WRONG, WRONG, OK, WRONG),
    "prechecked": (OK, OK, OK, WRONG, WRONG, WRONG, OK, WRONG),
    "held": (OK, OK, OK, WRONG, WRONG, WRONG, OK, WRONG),
    "stopped": (OK, STOPPED, STOPPED, STOPPED, WRONG, WRONG, OK, WRONG),
    "authorised": (OK, OK, WRONG, OK, WRONG, WRONG, OK, WRONG),
    "experience": (OK, WRONG, OK, WRONG, OK, WRONG, OK, WRONG),
    "authorised again": (OK, WRONG, WRONG, OK, OK, WRONG, OK, WRONG),
    "recovery": (OK, WRONG, WRONG, WRONG, WRONG, OK, OK, WRONG),
    "discharged": (WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, OK),
    "aborted": (WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, WRONG, OK),
    "signed": (LOCKED,) * len(COMMANDS),
}
CASES = [
    (state, command, expected)
    for state, row in TABLE.items()
    for command, expected in zip(COMMANDS, row, strict=True)
]


@pytest.fixture(scope="module")
def day(lab: Lab) -> Day:
    """One clinic for all of this table; each allowed command gets its own patient."""
    return Day(lab)


@pytest.fixture(scope="module")
def standing(day: Day) -> dict[str, Patient]:
    """A session in each state, for the commands that leave it as it is."""
    return {state: session_in(state, day) for state in TABLE}


@pytest.mark.parametrize(
    ("state", "command"),
    [(state, command) for state, command, expected in CASES if expected == OK],
)
def test_a_command_that_fits_the_state_goes_on(
    day: Day, state: str, command: str
) -> None:
    patient = session_in(state, day)

    path = f"{patient.path}/{command}"
    answer = caller_of(command, day).post(NAME, path, **BODIES[command])

    assert answer["id"]


@pytest.mark.parametrize(
    ("state", "command", "code"),
    [case for case in CASES if case[2] != OK],
)
def test_a_command_that_does_not_fit_is_refused_and_changes_nothing(
    day: Day, standing: dict[str, Patient], state: str, command: str, code: str
) -> None:
    patient = standing[state]
    before, told = patient.chart, len(day.lab.names(NAME))

    problem = patient.refused(command, by=caller_of(command, day), **BODIES[command])

    assert (problem["status"], problem["code"]) == (409, code)
    assert patient.chart == before
    assert len(day.lab.names(NAME)) == told


@pytest.mark.parametrize("state", TABLE)
def test_an_appointment_gets_one_record_in_whatever_state(
    day: Day, standing: dict[str, Patient], state: str
) -> None:
    problem = day.monitor.refused(
        NAME,
        "/sessions",
        appointment_id=standing[state].appointment_id,
        identifiers_checked=["name", "birth_date"],
    )

    assert (problem["status"], problem["code"]) == (409, "session_exists")


def caller_of(command: str, day: Day) -> Caller:
    """Who may ask for a command."""
    return {"precheck": day.monitor, "phase": day.therapist}.get(
        command, day.prescriber
    )


def session_in(state: str, day: Day) -> Patient:
    """A session that has come to a state by the ordinary way."""
    patient = day.patient().here().open()
    patient.vitals()
    for step in WAYS[state]:
        STEPS[step](patient)
    return patient


def stop(patient: Patient) -> None:
    """A red blood pressure before the dose, seen by a clinician."""
    alert_id = patient.vitals(systolic_mmhg=190)["alert_id"]
    patient.day.monitor.post(NAME, f"/alerts/{alert_id}/acknowledge")
    patient.precheck()


def sign(patient: Patient) -> None:
    """The prescriber signs."""
    patient.day.prescriber.post(NAME, f"{patient.path}/sign")


def abort(patient: Patient) -> None:
    """It ends early."""
    path = f"{patient.path}/abort"
    patient.day.monitor.post(NAME, path, reason_code="patient_request")


STEPS: dict[str, Callable[[Patient], object]] = {
    "precheck": Patient.precheck,
    "hold": lambda patient: patient.precheck(fasting=False),
    "stop": stop,
    "authorise": Patient.authorise,
    "give": lambda patient: patient.give(20),
    "vitals": Patient.vitals,
    "recover": Patient.recover,
    "discharge": Patient.discharge,
    "abort": abort,
    "sign": sign,
}
_DOSED = ("precheck", "authorise", "give", "vitals")
WAYS = {
    "opened": (),
    "prechecked": ("precheck",),
    "held": ("hold",),
    "stopped": ("stop",),
    "authorised": ("precheck", "authorise"),
    "experience": _DOSED,
    "authorised again": (*_DOSED, "authorise"),
    "recovery": (*_DOSED, "recover"),
    "discharged": (*_DOSED, "recover", "discharge"),
    "aborted": ("abort",),
    "signed": (*_DOSED, "recover", "discharge", "sign"),
}
