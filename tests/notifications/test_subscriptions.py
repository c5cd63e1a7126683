"""Who may subscribe to what, and who sees which subscription."""

import base64
from typing import Any

import pytest
from sqlalchemy import select

from services.notifications.models import subscriptions
from shared.access import Role
from shared.ids import uuid7
from shared.privacy.columns import opened
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING
from tests.notifications.clinic_lab import Clinic

URL = "https://hooks.example.com/in"
SERVICE = "notifications"


def subscribe(caller: Caller, **asked: object) -> dict[str, Any]:
    body = {"url": URL, "types": ["scheduling.*"], **asked}
    made: dict[str, Any] = caller.post(SERVICE, "/subscriptions", **body)
    return made


def test_a_subscription_shows_its_secret_once(clinic: Clinic) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)

    made = subscribe(admin, grants=["clinical"])

    shown = admin.get(SERVICE, f"/subscriptions/{made['id']}")
    listed = admin.get(SERVICE, "/subscriptions")["items"]
    prefix, _, key = made["secret"].partition("_")
    assert prefix == "whsec"
    assert len(base64.b64decode(key, validate=True)) == 32
    assert "secret" not in shown
    assert listed == [shown]
    assert (shown["url"], shown["types"], shown["grants"], shown["status"]) == (
        URL,
        ["scheduling.*"],
        ["clinical"],
        "active",
    )


def test_two_subscriptions_have_two_secrets(clinic: Clinic) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)

    assert subscribe(admin)["secret"] != subscribe(admin)["secret"]


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"url": "http://hooks.example.com/"}, "#/url"),
        ({"url": "https://127.0.0.1/"}, "#/url"),
        ({"url": "https://user:pw@hooks.example.com/"}, "#/url"),
        ({"url": ""}, "#/url"),
        ({"url": "https://hooks.example.com/" + "x" * 500}, "#/url"),
        ({"url": 7}, "#/url"),
        ({"types": []}, "#/types"),
        ({"types": ["scheduling.nonsense"]}, "#/types"),
        ({"types": ["notifications.*"]}, "#/types"),
        ({"types": ["sessions.alert.*"]}, "#/types"),
        ({"types": "scheduling.*"}, "#/types"),
        ({"types": ["scheduling.*"] * 101}, "#/types"),
        ({"types": ["x" * 101]}, "#/types/0"),
        ({"grants": ["routine"]}, "#/grants/0"),
        ({"grants": ["everything"]}, "#/grants/0"),
        ({"secret": "mine"}, "#/secret"),
    ],
)
def test_a_subscription_that_makes_no_sense_is_refused(
    clinic: Clinic, asked: dict[str, object], pointer: str
) -> None:
    body = {"url": URL, "types": ["scheduling.*"], **asked}

    admin = clinic.caller(Role.CLINIC_ADMIN)
    answer = admin.request("POST", SERVICE, "/subscriptions", body)

    problem = answer.get_json()
    assert (answer.status_code, problem["status"]) == (422, 422)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("role", "grants", "status"),
    [
        (Role.INTEGRATOR, [], 201),
        (Role.INTEGRATOR, ["clinical"], 201),
        (Role.INTEGRATOR, ["behavioural_health"], 403),
        (Role.INTEGRATOR, ["clinical", "sud"], 403),
        (Role.CLINIC_ADMIN, ["clinical", "behavioural_health", "sud"], 201),
        (Role.FRONT_DESK, [], 403),
        (Role.PRESCRIBER, ["clinical"], 403),
    ],
)
def test_what_discloses_most_is_granted_by_administrators_only(
    clinic: Clinic, role: Role, grants: list[str], status: int
) -> None:
    body = {"url": URL, "types": ["intake.*"], "grants": grants}

    answer = clinic.caller(role).request("POST", SERVICE, "/subscriptions", body)

    assert answer.status_code == status


def test_an_integrator_sees_and_ends_the_own_subscriptions_only(
    clinic: Clinic,
) -> None:
    mine = clinic.caller(Role.INTEGRATOR)
    other = clinic.caller(Role.INTEGRATOR)
    made = subscribe(mine)
    path = f"/subscriptions/{made['id']}"

    assert other.get(SERVICE, "/subscriptions")["items"] == []
    for method, where in (
        ("GET", path),
        ("GET", f"{path}/attempts"),
        ("DELETE", path),
    ):
        assert other.refused(SERVICE, where, method)["code"] == "not_found"
    assert mine.get(SERVICE, path)["id"] == made["id"]
    assert mine.get(SERVICE, f"{path}/attempts")["items"] == []


def test_a_subscription_of_another_clinic_is_not_there(clinic: Clinic) -> None:
    made = subscribe(clinic.caller(Role.CLINIC_ADMIN))
    elsewhere = clinic.lab.caller(Role.CLINIC_ADMIN, clinic_id=uuid7())

    path = f"/subscriptions/{made['id']}"

    assert elsewhere.refused(SERVICE, path, "GET")["code"] == "not_found"
    assert elsewhere.refused(SERVICE, path, "DELETE")["code"] == "not_found"


def test_a_subscription_that_ended_is_gone_with_its_secret(clinic: Clinic) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)
    made = subscribe(admin)
    path = f"/subscriptions/{made['id']}"

    ended = admin.delete(SERVICE, path)

    assert ended["status"] == "ended"
    assert admin.get(SERVICE, "/subscriptions")["items"] == []
    assert admin.refused(SERVICE, path, "GET")["code"] == "not_found"
    assert admin.refused(SERVICE, path, "DELETE")["code"] == "not_found"
    with clinic.lab.runtime(SERVICE).begin(EVERYTHING) as connection:
        kept = connection.execute(select(subscriptions.c.secret))
        assert opened(connection, kept) == [{"secret": ""}]


def test_an_end_decided_on_an_older_state_is_refused(clinic: Clinic) -> None:
    admin = clinic.caller(Role.CLINIC_ADMIN)
    made = subscribe(admin)

    stale = admin.request(
        "DELETE",
        SERVICE,
        f"/subscriptions/{made['id']}",
        headers={"If-Match": '"9"'},
    )

    assert stale.status_code == 412
