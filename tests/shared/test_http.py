"""Whatever is asked wrongly is refused clearly, and changes nothing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.access import Role
from shared.http.bodies import MAX_BODY_BYTES
from shared.ids import uuid7
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
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


def nested(levels: int) -> object:
    """An object with so many levels, itself included."""
    inner: object = []
    for _ in range(levels - 2):
        inner = [inner]
    return {**ROOM, "extra": inner}


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
    "21 levels": Wrong(status=422, code="too_deep", body=nested(21)),
    "endless levels": Wrong(
        status=422,
        code="too_deep",
        more={"data": "[" * 500_000, "content_type": "application/json"},
    ),
    "1,001 items": Wrong(
        status=422, code="too_many_items", body={**ROOM, "extra": [0] * 1_001}
    ),
    "1,001 members": Wrong(
        status=422, code="too_many_items", body=dict.fromkeys(map(str, range(1_001)))
    ),
    "1 MiB and a byte": Wrong(
        status=413,
        code="too_large",
        more={
            "data": b" " * (MAX_BODY_BYTES + 1),
            "content_type": "application/json",
        },
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


@pytest.mark.parametrize("extra", [nested(20), {**ROOM, "extra": [0] * 1_000}])
def test_a_body_at_the_very_limit_of_its_shape_is_looked_at(
    extra: object, admin: Caller
) -> None:
    answer = admin.request("POST", "scheduling", "/resources", extra)

    assert problem_of(answer)["errors"] == [
        {"pointer": "#/extra", "detail": "Unknown field."}
    ]


def test_a_body_of_exactly_one_mebibyte_is_taken(admin: Caller) -> None:
    body = json.dumps({"kind": "room", "name": "Wide"}).encode()

    answer = admin.request(
        "POST",
        "scheduling",
        "/resources",
        data=body.ljust(MAX_BODY_BYTES),
        content_type="application/json",
    )

    assert answer.status_code == 201


def test_a_body_that_does_not_say_how_long_it_is_is_not_cut_off_in_silence(
    admin: Caller,
) -> None:
    for length, status in ((MAX_BODY_BYTES - 1, 422), (MAX_BODY_BYTES, 413)):
        answer = admin.request(
            "POST",
            "scheduling",
            "/resources",
            input_stream=BytesIO(b"{}".ljust(length)),
            content_type="application/json",
            environ_overrides={
                "wsgi.input_terminated": True,
                "HTTP_TRANSFER_ENCODING": "chunked",
            },
        )

        assert answer.status_code == status


@pytest.mark.parametrize(("limit", "status"), [(500, 200), (501, 422), (0, 422)])
def test_a_page_is_as_long_as_the_limit_at_most(
    limit: int, status: int, lab: Lab
) -> None:
    admin = lab.caller(Role.NETWORK_ADMIN)

    answer = admin.request(
        "GET", "scheduling", "/dead", query_string={"limit": str(limit)}
    )

    assert answer.status_code == status


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
        assert answer.headers["Content-Security-Policy"] == (
            "default-src 'none'; frame-ancestors 'none'"
        )
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "Strict-Transport-Security" not in answer.headers
        assert answer.headers["X-Request-Id"]
        assert len(answer.headers["X-Trace-Id"]) == 32
    assert good.headers["X-Request-Id"] != bad.headers["X-Request-Id"]


@pytest.mark.parametrize(
    "more",
    [{"base_url": "https://kap.example"}, {"headers": {"X-Forwarded-Proto": "https"}}],
)
def test_under_tls_an_answer_asks_to_stay_with_it(
    more: dict[str, Any], admin: Caller
) -> None:
    answer = admin.request("GET", "scheduling", "/resources", **more)

    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_a_request_keeps_the_id_its_caller_gave_it(admin: Caller) -> None:
    given = str(uuid4())

    for path in ("/resources", f"/appointments/{uuid4()}"):
        answer = admin.request(
            "GET", "scheduling", path, headers={"X-Request-Id": given.upper()}
        )

        assert answer.headers["X-Request-Id"] == given
    assert problem_of(answer)["request_id"] == given


@pytest.mark.parametrize(
    "given",
    [
        "",
        "1",
        "Ada Canary",
        "{5a1b0e5c-1111-4222-8333-944455556666}",
        "5a1b0e5c111142228333944455556666",
        "5a1b0e5c-1111-4222-8333-94445555666",
        "5a1b0e5c-1111-4222-8333-9444555566660",
    ],
)
def test_an_id_that_is_no_uuid_is_left_aside(given: str, admin: Caller) -> None:
    answer = admin.request(
        "GET", "scheduling", "/resources", headers={"X-Request-Id": given}
    )

    assert UUID(answer.headers["X-Request-Id"]).version == 7
    assert answer.headers["X-Request-Id"] != given
