"""Every service describes its API, wholly and truly."""

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from cli.services import NAMES, load
from shared import access
from shared.testing.lab import Lab

METHODS = {"get", "put", "post", "delete", "patch", "head", "options", "trace"}
PROBLEM = "application/problem+json"
FILES = {
    access.FILE_OPEN.name: "application/pdf",
    access.CALENDAR_OPEN.name: "text/calendar",
}
"""What is answered with a file, and of which kind."""

Document = dict[str, Any]


@pytest.fixture(scope="module", params=NAMES)
def document(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Document]:
    """What a service says of itself at `/<service>/openapi.json`."""
    lab = Lab([load(request.param)], tmp_path_factory.mktemp(request.param))
    client = lab.platform.apps[request.param].test_client()
    answer = client.get(f"/{request.param}/openapi.json")
    assert answer.status_code == 200
    yield answer.get_json()
    lab.close()


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every operation of a document, with its method and path."""
    for path, item in document["paths"].items():
        for method in METHODS & item.keys():
            yield f"{method.upper()} {path}", item[method]


def test_a_description_is_valid_openapi(document: Document) -> None:
    faults = list(OpenAPIV31SpecValidator(document).iter_errors())

    assert document["openapi"].startswith("3.1")
    assert faults == []


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(
    document: Document,
) -> None:
    found = dict(operations(document))

    names = [operation.get("operationId") for operation in found.values()]
    assert all(names)
    assert len(set(names)) == len(names)
    assert [where for where, each in found.items() if not each.get("summary")] == []


def test_every_operation_needs_a_token_and_says_which_roles_may(
    document: Document,
) -> None:
    schemes = document["components"]["securitySchemes"]

    assert schemes["bearer"]["scheme"] == "bearer"
    for where, operation in operations(document):
        scope = access.scopes()[operation["x-kap-scope"]]
        assert operation["security"] == ([] if scope.is_open else [{"bearer": []}])
        assert set(operation["x-kap-roles"]) == set(scope.roles), where
        assert scope.roles or scope.is_open, where


def test_every_operation_tells_of_its_problems_as_they_are_answered(
    document: Document,
) -> None:
    for where, operation in operations(document):
        default = _resolve(document, operation["responses"]["default"])
        schema = _resolve(document, default["content"][PROBLEM]["schema"])
        assert {"type", "title", "status", "detail", "code"} <= set(
            schema["required"]
        ), where


def test_every_operation_with_a_body_or_a_query_tells_of_its_refusal(
    document: Document,
) -> None:
    for where, operation in operations(document):
        takes_query = any(item["in"] == "query" for item in _parameters(operation))
        if "requestBody" in operation or takes_query:
            refusal = _resolve(document, operation["responses"]["422"])
            assert list(refusal["content"]) == [PROBLEM], where


def test_every_operation_says_what_it_gives(document: Document) -> None:
    for where, operation in operations(document):
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, where
        for status in good:
            content = operation["responses"][status]["content"]
            kind = FILES.get(operation["x-kap-scope"], "application/json")
            expected = {"text/csv" if where.endswith(".csv") else kind}
            assert content.keys() & (expected | {"application/pdf"}), where


def test_a_path_of_a_clinic_names_it_first(document: Document) -> None:
    for path in document["paths"]:
        service = document["info"]["title"].rpartition(" ")[2]
        assert path.startswith(f"/{service}/v1/")
        if "{clinic_id}" in path:
            assert path.startswith(f"/{service}/v1/clinics/{{clinic_id}}")


def names_in(document: Document, items: list[dict[str, Any]], place: str) -> set[str]:
    """The names of an operation's parameters in a place."""
    found = [_resolve(document, item) for item in items]
    return {item["name"] for item in found if item.get("in") == place}


def test_headers_that_count_are_told_where_they_count(document: Document) -> None:
    for where, operation in operations(document):
        method, path = where.split(" ")
        headers = names_in(document, operation["parameters"], "header")
        about_a_record = "{" in path.replace("{clinic_id}", "")

        assert "X-Request-Id" in headers, where
        assert ("Idempotency-Key" in headers) == (method == "POST"), where
        assert ("If-Match" in headers) == (method != "GET" and about_a_record), where


def test_a_good_answer_tells_of_its_headers(document: Document) -> None:
    for where, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                assert {"X-Request-Id", "X-Trace-Id", "ETag"} <= set(answer["headers"])
                assert ("Idempotency-Replayed" in answer["headers"]) == (
                    where.startswith("POST ")
                )


def test_every_problem_an_operation_may_be_answered_with_is_told(
    document: Document,
) -> None:
    for where, operation in operations(document):
        told = set(operation["responses"])
        expected = {"401", "403", "429", "431", "503"}
        if not where.startswith("GET "):
            expected |= {"404", "409", "412", "413", "422"}
        if "requestBody" in operation:
            expected |= {"400", "415", "422"}
        if "{" in where:
            expected |= {"404"}

        assert expected <= told, where
        for status in told - {"default"}:
            if not status.startswith("2"):
                problem = _resolve(document, operation["responses"][status])
                assert list(problem["content"]) == [PROBLEM], where
                again = status in ("429", "503")
                assert ("Retry-After" in problem["headers"]) == again, where


def _parameters(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in operation.get("parameters", []) if "in" in item]


def _resolve(document: Document, item: dict[str, Any]) -> dict[str, Any]:
    """What a reference stands for."""
    if "$ref" not in item:
        return item
    found: Any = document
    for step in item["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return _resolve(document, found)
