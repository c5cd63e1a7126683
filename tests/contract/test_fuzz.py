"""Whatever an API is sent, it answers as its description says, and never fails.

Requests are generated from each service's own OpenAPI document, valid ones and
damaged ones, against a clinic in which a patient was treated.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from uuid import UUID

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Err, Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from sqlalchemy import MetaData, Uuid, select

from cli.demo.days import GOOD_IM, RED
from cli.services import FRONT, NAMES, load_all
from shared.access import NETWORK, Role, scopes
from shared.context import Actor
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING, Lab
from tests.system.conftest import World, open_world

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 4, GenerationMode.NEGATIVE: 3}
Operation = APIOperation[Any, Any, Any, Any]
Request = Case[Operation]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A clinic in which a patient was treated and another one's alert is open."""
    lab = Lab(load_all(), tmp_path_factory.mktemp("fuzz"), front=FRONT)
    made = open_world(lab)
    for journey in (GOOD_IM, RED):
        journey.play(made.clinic, made.patient(), lambda _: None)
    yield made
    lab.close()


def token_of(lab: Lab, *, clinic_id: str | None, network: bool = False) -> str:
    """A token with every role of a clinic, or of the network."""
    every = frozenset(Role) - NETWORK
    return lab.issuer.issue(
        Actor(
            id=uuid7(),
            roles={UUID(clinic_id): every} if clinic_id else {},
            network_roles=NETWORK if network else frozenset(),
        )
    )


def operations_of(world: World, service: str) -> list[Operation]:
    """Every operation of a service's description."""
    app = world.lab.platform.apps[service]
    schema = schemathesis.openapi.from_wsgi(f"/{service}/openapi.json", app)
    found = list(schema.get_all_operations())
    assert not [one for one in found if isinstance(one, Err)]
    return [one.ok() for one in found if isinstance(one, Ok)]


def ids_of(world: World, service: str) -> Mapping[str, list[str]]:
    """The ids of records there are, by table."""
    metadata: MetaData = world.lab.runtime(service).service.metadata
    found = {}
    with world.lab.runtime(service).begin(EVERYTHING) as connection:
        for table in metadata.sorted_tables:
            if "id" in table.c and isinstance(table.c.id.type, Uuid):
                rows = connection.execute(select(table.c.id).limit(3)).scalars()
                found[table.name] = [str(one) for one in rows]
    return found


def play(
    operation: Operation,
    mode: GenerationMode,
    known: Mapping[str, list[str]],
    check: Callable[[Request], None],
) -> None:
    """Make requests of an operation, most of them about records that there are."""

    @settings(
        max_examples=EXAMPLES[mode],
        derandomize=True,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def run(case: Request, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            stem = name.removesuffix("_id")
            ids = [i for table in known if stem in table for i in known[table]]
            if ids and (chosen := data.draw(st.sampled_from(["", *ids]))):
                case.path_parameters[name] = chosen
        check(case)

    run()


@pytest.mark.parametrize("service", NAMES)
def test_whatever_is_asked_is_answered_as_described(service: str, world: World) -> None:
    clinic_id = world.clinic.id
    ours = token_of(world.lab, clinic_id=clinic_id)
    network = token_of(world.lab, clinic_id=None, network=True)
    known, answered = ids_of(world, service), set()

    def check(case: Request) -> None:
        token = network
        if "clinic_id" in case.path_parameters:
            case.path_parameters["clinic_id"], token = clinic_id, ours
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        described = case.operation.definition.raw["responses"]
        assert str(answer.status_code) in described, (case.operation.label, answer.text)
        case.validate_response(answer, checks=CHECKS)
        answered.add(answer.status_code)

    for operation in operations_of(world, service):
        for mode in EXAMPLES:
            play(operation, mode, known, check)

    # Otherwise what was sent did not get far enough to show anything.
    assert {200, 404} <= answered


@pytest.mark.parametrize("service", NAMES)
def test_a_token_without_a_role_gets_nothing_whatever_it_asks(
    service: str, world: World
) -> None:
    token = token_of(world.lab, clinic_id=None)
    known = ids_of(world, service)

    def check(case: Request) -> None:
        due = {403}
        if "clinic_id" in case.path_parameters:
            case.path_parameters["clinic_id"], due = world.clinic.id, {404}
        scope = scopes()[case.operation.definition.raw["x-kap-scope"]]
        # What asks for no token proves itself by its body, which here is made up.
        due |= {422} if scope.is_open else set()
        answer = case.call(headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in due, (case.operation.label, answer.text)

    for operation in operations_of(world, service):
        play(operation, GenerationMode.POSITIVE, known, check)


@pytest.mark.parametrize("service", NAMES)
def test_without_a_token_nothing_is_answered(service: str, world: World) -> None:
    def check(case: Request) -> None:
        answer = case.call()
        scope = scopes()[case.operation.definition.raw["x-kap-scope"]]
        # What asks for no token proves itself by its body, which here is made up.
        due = {404, 422} if scope.is_open else {401}
        assert answer.status_code in due, (case.operation.label, answer.text)

    for operation in operations_of(world, service):
        play(operation, GenerationMode.POSITIVE, {}, check)
