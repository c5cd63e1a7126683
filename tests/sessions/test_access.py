"""Who may do what, and that nobody reaches into another clinic."""

from typing import Any
from uuid import UUID

import pytest

from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.sessions.clinic_day import (
    ANSWERS,
    CALM,
    CHECKLIST,
    NAME,
    Day,
    Patient,
)

CLINIC_ROLES = (
    Role.FRONT_DESK,
    Role.THERAPIST,
    Role.PRESCRIBER,
    Role.MONITOR,
    Role.CLINIC_ADMIN,
    Role.INTEGRATOR,
)
PRESCRIBER = {Role.PRESCRIBER}
THERAPIST = {Role.THERAPIST}
MONITOR = {Role.MONITOR}
BEDSIDE = {Role.MONITOR, Role.PRESCRIBER}
CLINICAL = BEDSIDE | THERAPIST
CHART = CLINICAL | {Role.CLINIC_ADMIN}

LIMITS = {
    "measure": "systolic_mmhg",
    "phase": "during",
    "limits": {"red": {"at_least": 150}},
    "reason": "as the cardiologist asked",
}
UNTIL = "2026-12-01T00:00:00+00:00"

CHANGES: dict[str, tuple[set[Role], dict[str, Any]]] = {
    "/orders": (PRESCRIBER, {"drug": "esketamine"}),
    "/orders/{order}/cancel": (PRESCRIBER, {}),
    "/preparations": (THERAPIST, {"appointment_id": str(uuid7())}),
    "/patients/{patient}/weights": (BEDSIDE, {"weight_kg": 80}),
    "/sessions": (BEDSIDE, {"identifiers_checked": ["name", "birth_date"]}),
    "/sessions/{session}/vitals": (CLINICAL, CALM),
    "/sessions/{session}/precheck": (MONITOR, ANSWERS),
    "/sessions/{session}/authorise": (PRESCRIBER, {}),
    "/sessions/{session}/doses": (
        BEDSIDE,
        {"given_mg": 1, "drawn_mg": 1, "wasted_mg": 0, "lot": "x"},
    ),
    "/sessions/{session}/phase": (
        {Role.THERAPIST, Role.MONITOR},
        {"phase": "recovery"},
    ),
    "/alerts/{alert}/acknowledge": (CLINICAL, {}),
    "/alerts/{alert}/resolve": (CLINICAL, {"outcome": "settled"}),
    "/sessions/{session}/vitals/{vitals}/reverse": (
        CLINICAL,
        {"reason_code": "entry_error"},
    ),
    "/sessions/{session}/devices": (BEDSIDE, {"name": "monitor_3"}),
    "/sessions/{session}/devices/{device}/revoke": (BEDSIDE, {}),
    "/patients/{patient}/limits": (PRESCRIBER, {**LIMITS, "until": UNTIL}),
    "/orders/{order}/limits": (PRESCRIBER, LIMITS),
    "/limits/{limits}/end": (PRESCRIBER, {}),
    "/sessions/{session}/discharge-checklist": (BEDSIDE, {"oriented": True}),
    "/sessions/{session}/escort-missing": (BEDSIDE, {}),
    "/sessions/{session}/emergency": (CLINICAL, {"step": "team_called"}),
    "/sessions/{session}/discharge": (BEDSIDE, CHECKLIST),
    "/sessions/{session}/abort": (CLINICAL, {"reason_code": "unwell"}),
    "/sessions/{session}/sign": (PRESCRIBER, {}),
    "/integrations/{integration}/complete": (THERAPIST, {}),
}
READS: dict[str, set[Role]] = {
    "/patients/{patient}/orders": CHART,
    "/patients/{patient}/sessions": CHART,
    "/patients/{patient}/integrations": CHART,
    "/patients/{patient}/readiness": CHART | {Role.FRONT_DESK},
    "/sessions": CHART,
    "/sessions/{session}": CHART,
    "/sessions/{session}/discharge-checklist": CHART,
    "/sessions/{session}/emergency": CHART,
    "/patients/{patient}/limits": CHART,
    "/alerts": CHART,
}
WITHOUT_ID = {"/orders", "/preparations", "/sessions", "/alerts"}


@pytest.fixture(scope="module")
def ids(lab: Lab) -> dict[str, str]:
    """A record of each kind, in a clinic of their own."""
    return records(Day(lab))


def records(day: Day) -> dict[str, str]:
    """A record of each kind in a clinic."""
    done = day.patient().dosed().recover()
    done.discharge()
    path = f"/patients/{done.id}/integrations"
    integration = day.therapist.get(NAME, path)["items"][0]["id"]
    patient: Patient = day.patient().dosed()
    red = patient.vitals(systolic_mmhg=190)
    device = day.monitor.post(NAME, f"{patient.path}/devices", name="monitor_3")
    path = f"/patients/{patient.id}/limits"
    limits = day.prescriber.post(NAME, path, **LIMITS, until=UNTIL)
    return {
        "clinic": str(day.clinic_id),
        "patient": str(patient.id),
        "order": patient.order_id,
        "session": patient.session_id,
        "alert": red["alert_id"],
        "vitals": red["id"],
        "device": device["id"],
        "limits": limits["id"],
        "integration": integration,
        "appointment": str(patient.appointment_id),
    }


@pytest.mark.parametrize("role", CLINIC_ROLES)
@pytest.mark.parametrize("path", CHANGES)
def test_a_change_is_for_its_roles_only(
    lab: Lab, ids: dict[str, str], path: str, role: Role
) -> None:
    allowed, _ = CHANGES[path]
    caller = lab.caller(role, clinic_id=ids["clinic"])

    # A body nobody understands: who may come is told that, nobody is let in by it.
    answer = caller.request("POST", NAME, path.format(**ids), ["no", "object"])

    if role not in allowed:
        assert (answer.status_code, answer.get_json()["code"]) == (403, "forbidden")
    else:
        assert answer.status_code != 403


@pytest.mark.parametrize("role", CLINIC_ROLES)
@pytest.mark.parametrize("path", READS)
def test_a_read_is_for_its_roles_only(
    lab: Lab, ids: dict[str, str], path: str, role: Role
) -> None:
    caller = lab.caller(role, clinic_id=ids["clinic"])

    answer = caller.request("GET", NAME, path.format(**ids))

    assert answer.status_code == (200 if role in READS[path] else 403)


@pytest.mark.parametrize("path", [*CHANGES, *READS])
def test_nobody_comes_in_without_a_token(
    lab: Lab, ids: dict[str, str], path: str
) -> None:
    method = "POST" if path in CHANGES else "GET"

    caller = lab.nobody(UUID(ids["clinic"]))
    answer = caller.request(method, NAME, path.format(**ids), {})

    assert answer.status_code == 401


@pytest.mark.parametrize("path", [*CHANGES, *READS])
def test_a_token_of_one_clinic_opens_no_other(
    lab: Lab, ids: dict[str, str], path: str
) -> None:
    stranger = lab.caller(*Role, clinic_id=uuid7())
    stranger.clinic_id = UUID(ids["clinic"])
    method = "POST" if path in CHANGES else "GET"

    answer = stranger.request(method, NAME, path.format(**ids), {})

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", [path for path in CHANGES if path not in WITHOUT_ID])
def test_an_id_of_another_clinic_changes_nothing(
    lab: Lab, ids: dict[str, str], path: str
) -> None:
    other = Day(lab)
    before = len(lab.names(NAME))

    caller = lab.caller(*CLINICAL, clinic_id=other.clinic_id)
    answer = caller.request("POST", NAME, path.format(**ids), CHANGES[path][1])

    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert len(lab.names(NAME)) == before


def test_an_order_for_another_clinics_patient_is_not_found(
    lab: Lab, ids: dict[str, str]
) -> None:
    body: dict[str, Any] = {
        "patient_id": ids["patient"],
        "drug": "racemic_ketamine",
        "route": "sl",
        "dose_mg": 200,
        "max_doses": 1,
    }

    problem = Day(lab).prescriber.refused(NAME, "/orders", **body)

    assert (problem["status"], problem["code"]) == (404, "not_found")


def test_a_session_at_another_clinics_appointment_is_not_found(
    lab: Lab, ids: dict[str, str]
) -> None:
    problem = Day(lab).monitor.refused(
        NAME,
        "/sessions",
        appointment_id=ids["appointment"],
        identifiers_checked=["name", "birth_date"],
    )

    assert (problem["status"], problem["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    [
        "/patients/{patient}/orders",
        "/patients/{patient}/sessions",
        "/patients/{patient}/integrations",
        "/patients/{patient}/limits",
        "/sessions/{session}",
        "/sessions/{session}/discharge-checklist",
        "/sessions/{session}/emergency",
    ],
)
def test_a_read_of_another_clinics_record_is_not_found(
    lab: Lab, ids: dict[str, str], path: str
) -> None:
    answer = Day(lab).prescriber.request("GET", NAME, path.format(**ids))

    assert answer.status_code == 404


def test_lists_show_the_own_clinic_only(lab: Lab, ids: dict[str, str]) -> None:
    other = Day(lab).prescriber

    assert other.get(NAME, "/sessions")["items"] == []
    assert other.get(NAME, "/alerts")["items"] == []
    readiness = other.get(NAME, f"/patients/{ids['patient']}/readiness")
    causes = {fact["cause"] for fact in readiness["facts"] if not fact["holds"]}
    assert causes == {"missing"}
    held = [fact["fact"] for fact in readiness["facts"] if fact["holds"]]
    assert held == ["no.open.hold"]
