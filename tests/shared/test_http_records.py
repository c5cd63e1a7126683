"""A record's version goes out with it and comes back; outages are said to be ones."""

from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from services.scheduling.domain import Appointment, AppointmentType
from shared import access
from shared.access import Role, Scope
from shared.http import Routes, View
from shared.ids import uuid7
from shared.reading import Reading
from shared.service import Service
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from tests.conftest import MakeLab
from tests.shared.noting import CLINIC, scheduling

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)
on_servers = pytest.mark.parametrize("stack", ["real"], indirect=True)


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Scheduling alone."""
    return make_lab([scheduling])


@pytest.fixture
def desk(lab: Lab) -> Caller:
    """The front desk."""
    return lab.caller(Role.FRONT_DESK, clinic_id=CLINIC)


@pytest.fixture
def appointment_id(lab: Lab) -> UUID:
    """An appointment of version 1."""
    booked = Appointment(
        id=uuid7(),
        clinic_id=CLINIC,
        patient_id=uuid7(),
        episode_id=uuid7(),
        type=AppointmentType.PREPARATION,
        starts_at=lab.clock(),
        ends_at=lab.clock.now.replace(hour=18),
    )
    with lab.unit_of_work("scheduling", CLINIC) as uow:
        uow.publish(booked.book(), of=uow.add(booked))
    return booked.id


def escort(
    caller: Caller, appointment_id: UUID, if_match: str | None, method: str = "POST"
) -> TestResponse:
    """Confirm or withdraw an escort, on a version or on any."""
    return caller.request(
        method,
        "scheduling",
        f"/appointments/{appointment_id}/escort",
        headers={"If-Match": if_match} if if_match else {},
    )


def test_a_version_goes_out_with_a_record_and_comes_back(
    desk: Caller, appointment_id: UUID
) -> None:
    path = f"/appointments/{appointment_id}"
    read = desk.request("GET", "scheduling", path)
    assert read.headers["ETag"] == '"1"'

    changed = escort(desk, appointment_id, read.headers["ETag"])

    assert changed.status_code == 200
    assert changed.headers["ETag"] == '"2"'


def test_who_decided_on_an_older_version_is_refused_and_changes_nothing(
    lab: Lab, desk: Caller, appointment_id: UUID
) -> None:
    escort(desk, appointment_id, None)

    late = escort(desk, appointment_id, '"1"', method="DELETE")

    problem = late.get_json()
    assert (late.status_code, problem["code"]) == (412, "stale_version")
    assert problem["version"] == 2
    assert lab.names("scheduling")[-1] == "scheduling.escort.confirmed"


@in_memory
@pytest.mark.parametrize("tag", ["1", '"one"', '"-1"', '"1", "2"', '"99999999999"'])
def test_a_tag_that_is_none_of_ours_is_refused(
    tag: str, desk: Caller, appointment_id: UUID
) -> None:
    answer = escort(desk, appointment_id, tag)

    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == "#/If-Match"


@in_memory
def test_a_weak_tag_counts_like_a_strong_one(
    desk: Caller, appointment_id: UUID
) -> None:
    assert escort(desk, appointment_id, 'W/"1"').status_code == 200
    assert escort(desk, appointment_id, 'W/"1"').status_code == 412


@on_servers
def test_a_database_that_is_down_is_said_to_be_and_asks_to_try_again(
    lab: Lab, desk: Caller, appointment_id: UUID, postgres_server: PostgresServer
) -> None:
    client = lab.platform.apps["scheduling"].test_client()
    assert client.get("/readyz").status_code == 200

    postgres_server.stop()
    try:
        answers = [
            desk.request("GET", "scheduling", f"/appointments/{appointment_id}"),
            escort(desk, appointment_id, None),
            escort(desk, appointment_id, None),
        ]
        ready, alive = client.get("/readyz"), client.get("/healthz")
        shown = client.get("/metrics").get_data(as_text=True)
    finally:
        postgres_server.start()

    for answer in answers:
        problem = answer.get_json()
        assert (answer.status_code, problem["code"]) == (503, "unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        assert "postgres" not in problem["detail"]
    assert (ready.status_code, alive.status_code) == (503, 200)
    assert 'kap_database_up{service="scheduling"} 0.0' in shown
    assert escort(desk, appointment_id, '"1"').status_code == 200
    assert len(lab.told("scheduling")) == 2


@in_memory
def test_what_nobody_foresaw_tells_nothing(
    make_lab: MakeLab, caplog: pytest.LogCaptureFixture
) -> None:
    routes = Routes("scheduling", "A route that fails")

    @routes.get("/broken", scope=access.CLINIC_READ, gives=View())
    def show_broken(reading: Reading) -> Any:
        """It fails."""
        raise LookupError("Ada Canary, born 1990")

    service = Service(name="scheduling", metadata=scheduling.metadata, blueprint=routes)
    lab = make_lab([service])

    answer = lab.caller(Role.FRONT_DESK, clinic_id=CLINIC).request(
        "GET", "scheduling", "/broken"
    )

    assert answer.status_code == 500
    assert answer.get_json()["code"] == "internal"
    assert "Canary" not in answer.get_data(as_text=True)
    assert "Canary" not in caplog.records[-1].getMessage()
    assert caplog.records[-1].exc_info


@in_memory
def test_two_routes_of_one_name_are_noticed_before_anybody_calls_them(
    make_lab: MakeLab,
) -> None:
    routes = Routes("scheduling", "Two routes of one name")

    @routes.get("/one", scope=access.CLINIC_READ, gives=View())
    def read_feed(reading: Reading) -> Any:
        """The kernel has one of this name."""

    service = Service(name="scheduling", metadata=scheduling.metadata, blueprint=routes)

    with pytest.raises(TypeError, match="two routes are called read_feed"):
        make_lab([service])


def test_a_route_must_state_a_scope() -> None:
    routes = Routes("scheduling", "Careless routes")

    with pytest.raises(TypeError, match="scope"):
        routes.get("/open", gives=View())  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="names no patient, whom it lets in"):
        routes.get("/mine", scope=access.PATIENT_READ, gives=View())
    with pytest.raises(TypeError, match="names no patient to open"):
        routes.get("/all", scope=access.CHART_READ, gives=View(), in_emergency=True)


def test_a_scope_is_held_by_a_role_and_one_of_the_network_by_no_clinic_s() -> None:
    with pytest.raises(TypeError, match="held by a role, or be open"):
        Scope(name="nobody.may", roles=frozenset(), about="nothing")
    with pytest.raises(TypeError, match="clinic roles act on the network"):
        Scope(
            name="all.read",
            roles=frozenset({Role.THERAPIST}),
            about="everything",
            in_network=True,
        )


@in_memory
def test_a_service_answers_below_its_own_name_only(
    make_lab: MakeLab,
) -> None:
    lab = make_lab([scheduling])
    app: Flask = lab.platform.apps["scheduling"]

    rules = {str(rule) for rule in app.url_map.iter_rules()}

    outside = {rule for rule in rules if not rule.startswith("/scheduling/")}
    assert outside == {"/healthz", "/readyz", "/metrics"}
