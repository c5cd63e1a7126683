"""Whatever is asked wrongly is refused clearly, and changes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.access import Role
from shared.http.app import MAX_BODY_BYTES
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING, Caller, Lab
from tests.shared.noting import CLINIC, scheduling

OTHER_CLINIC = uuid7()
ROOM = {"kind": "room", "name": "Blue"}
TABLES = ("clinics", "resources", "appointments", "event_log", "idempotency_keys")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Scheduling with a clinic that has one room: refusals leave it as it is."""
    made = Lab([scheduling], tmp_path_factory.mktemp("http"))
    made.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC).post(
        "scheduling", "/resources", kind="room", name="First"
    )
    yield made
    made.close()


@pytest.fixture
def admin(lab: Lab) -> Caller:
    """Somebody who may add rooms to the clinic."""
    return lab.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC)


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A request with something wrong, and what is said of it."""

    status: int
    code: str
    pointer: str | None = None
    method: str = "POST"
    path: str = "/resources"
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


def rows(lab: Lab) -> dict[str, int]:
    """How many rows there are."""
    with lab.runtime("scheduling").begin(EVERYTHING) as connection:
        return {
            table: connection.execute(
                text(f"select count(*) from {table}")
            ).scalar_one()
            for table in TABLES
        }


def problem_of(answer: TestResponse) -> dict[str, Any]:
    """The problem document of an answer, which must be a whole one."""
    assert answer.mimetype == "application/problem+json"
    problem: dict[str, Any] = answer.get_json()
    assert problem["status"] == answer.status_code
    assert problem["type"] == f"urn:kap:problem:{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == answer.headers["X-Request-Id"]
    return problem


WRONG = {
    "unknown field": Wrong(
        status=422, code="invalid", pointer="#/extra", body={**ROOM, "extra": 1}
    ),
    "missing field": Wrong(
        status=422, code="invalid", pointer="#/kind", body={"name": "Blue"}
    ),
    "wrong type": Wrong(
        status=422, code="invalid", pointer="#/name", body={**ROOM, "name": 5}
    ),
    "null": Wrong(
        status=422, code="invalid", pointer="#/name", body={**ROOM, "name": None}
    ),
    "unknown word": Wrong(
        status=422, code="invalid", pointer="#/kind", body={**ROOM, "kind": "garden"}
    ),
    "long text": Wrong(
        status=422, code="invalid", pointer="#/name", body={**ROOM, "name": "x" * 121}
    ),
    "empty text": Wrong(
        status=422, code="invalid", pointer="#/name", body={**ROOM, "name": ""}
    ),
    "nul": Wrong(
        status=422, code="invalid", pointer="#/name", body={**ROOM, "name": "a\x00b"}
    ),
    "half a character": Wrong(
        status=422, code="invalid", pointer="#/name", body={**ROOM, "name": "\ud800"}
    ),
    "list": Wrong(status=422, code="invalid", body=[ROOM]),
    "bad json": Wrong(
        status=400,
        code="bad_json",
        more={"data": "{", "content_type": "application/json"},
    ),
    "bad bytes": Wrong(
        status=400,
        code="bad_json",
        more={"data": b"\xff\xfe{", "content_type": "application/json"},
    ),
    "no body": Wrong(status=415, code="unsupported_media_type"),
    "form": Wrong(status=415, code="unsupported_media_type", more={"data": ROOM}),
    "text": Wrong(
        status=415,
        code="unsupported_media_type",
        more={"data": "{}", "content_type": "text/plain"},
    ),
    "2 MB": Wrong(
        status=413, code="too_large", body={**ROOM, "name": "x" * 2 * MAX_BODY_BYTES}
    ),
    "2 MB with a key": Wrong(
        status=413,
        code="too_large",
        body={**ROOM, "name": "x" * 2 * MAX_BODY_BYTES},
        headers={"Idempotency-Key": "large"},
    ),
    "no such route": Wrong(status=404, code="not_found", path="/rooms", body=ROOM),
    "no id": Wrong(
        status=404, code="not_found", path="/appointments/five/escort", body={}
    ),
    "wrong method": Wrong(
        status=405, code="method_not_allowed", method="PATCH", body=ROOM
    ),
    "unknown query": Wrong(
        status=422,
        code="invalid",
        pointer="query:/extra",
        method="GET",
        path="/day",
        more={"query_string": {"extra": "1"}},
    ),
    "bad query": Wrong(
        status=422,
        code="invalid",
        pointer="query:/date",
        method="GET",
        path="/day",
        more={"query_string": {"date": "yesterday"}},
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_named_and_changes_nothing(
    case: str, lab: Lab, admin: Caller
) -> None:
    wrong, before = WRONG[case], rows(lab)

    answer = admin.request(
        wrong.method,
        "scheduling",
        wrong.path,
        wrong.body,
        headers=wrong.headers,
        **wrong.more,
    )

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (wrong.status, wrong.code)
    if wrong.pointer:
        assert wrong.pointer in [error["pointer"] for error in problem["errors"]]
    assert rows(lab) == before


def test_a_method_that_is_not_allowed_says_which_are(admin: Caller) -> None:
    answer = admin.request("DELETE", "scheduling", "/resources")

    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_another_clinic_looks_like_one_that_does_not_exist(
    lab: Lab, admin: Caller
) -> None:
    lab.caller(Role.CLINIC_ADMIN, clinic_id=OTHER_CLINIC).post(
        "scheduling", "/resources", kind="room", name="Theirs"
    )
    answers = []
    for clinic_id in (OTHER_CLINIC, uuid7()):
        stranger = Caller(lab, admin.token, clinic_id)
        answer = stranger.request("GET", "scheduling", "/resources")
        answers.append({**problem_of(answer), "request_id": None})

    assert answers[0] == answers[1]
    assert answers[0]["status"] == 404


def test_a_record_of_another_clinic_looks_like_one_that_does_not_exist(
    lab: Lab, admin: Caller
) -> None:
    from services.scheduling.domain import Appointment, AppointmentType

    theirs = Appointment(
        id=uuid7(),
        clinic_id=OTHER_CLINIC,
        patient_id=uuid7(),
        episode_id=uuid7(),
        type=AppointmentType.PREPARATION,
        starts_at=lab.clock(),
        ends_at=lab.clock.now.replace(hour=18),
    )
    with lab.unit_of_work("scheduling", OTHER_CLINIC) as uow:
        uow.publish(theirs.book(), of=uow.add(theirs))
    before = rows(lab)
    for method, path in (
        ("GET", "/appointments/{}"),
        ("POST", "/appointments/{}/escort"),
        ("DELETE", "/appointments/{}/escort"),
    ):
        answers = []
        for appointment_id in (theirs.id, uuid7()):
            where = path.format(appointment_id)
            answer = admin.request(method, "scheduling", where)
            answers.append({**problem_of(answer), "request_id": None})

        assert answers[0] == answers[1]
        assert answers[0]["code"] == "not_found"
    assert rows(lab) == before


@pytest.mark.parametrize("role", [Role.MONITOR, Role.FRONT_DESK, Role.INTEGRATOR])
def test_who_may_not_is_told_so(role: Role, lab: Lab) -> None:
    before = rows(lab)

    answer = lab.caller(role, clinic_id=CLINIC).request(
        "POST", "scheduling", "/resources", ROOM
    )

    assert problem_of(answer)["code"] == "forbidden"
    assert answer.status_code == 403
    assert rows(lab) == before


def test_a_role_in_one_clinic_is_none_on_the_network(lab: Lab, admin: Caller) -> None:
    answer = Caller(lab, admin.token, None).request("GET", "scheduling", "/clinics")

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer x.y.z", "Basic YTpi", "x" * 3000]
)
def test_who_brings_no_token_is_asked_for_one(header: str | None, lab: Lab) -> None:
    before = rows(lab)
    headers = {} if header is None else {"Authorization": header}

    answer = lab.nobody(CLINIC).request(
        "POST", "scheduling", "/resources", ROOM, headers=headers
    )

    assert answer.status_code == 401
    assert problem_of(answer)["code"] == "unauthenticated"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert rows(lab) == before


def test_nobody_learns_from_an_error_which_routes_take_what(lab: Lab) -> None:
    wrong = lab.nobody(CLINIC).request("POST", "scheduling", "/resources", {"x": 1})

    assert wrong.status_code == 401


def test_every_answer_forbids_to_keep_it_and_has_a_name(
    lab: Lab, admin: Caller
) -> None:
    good = admin.request("GET", "scheduling", "/resources")
    bad = admin.request("GET", "scheduling", f"/appointments/{uuid4()}")

    for answer in (good, bad):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Request-Id"]
        assert len(answer.headers["X-Trace-Id"]) == 32
    assert good.headers["X-Request-Id"] != bad.headers["X-Request-Id"]
