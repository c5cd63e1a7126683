"""The platform on one machine: what docker-compose.yml must keep to."""

import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli import processes
from cli.services import NAMES
from shared.service import Runtime
from shared.settings import Settings
from shared.worker.run import STOP_SECONDS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
OURS = [f"{name}-{kind}" for name in NAMES for kind in ("api", "worker")]
HARDENED = [*OURS, "secrets", "setup", "proxy"]
VARIABLES = {item.metadata["name"]: item for item in fields(Settings)}
FOREIGN = ("OTEL_", "POSTGRES_", "RABBITMQ_DEFAULT_", "KC_")


def _seconds(text: str) -> int:
    assert re.fullmatch(r"\d+s", text), text
    return int(text[:-1])


def test_every_service_has_an_api_and_a_worker() -> None:
    running = {
        tuple(content["command"]): name
        for name, content in SERVICES.items()
        if content["image"].startswith("kap-network") and content["command"]
    }

    assert running == {
        (kind, name): f"{name}-{kind}" for name in NAMES for kind in ("api", "worker")
    }


def test_without_a_profile_only_the_proxy_is_published() -> None:
    published = {
        name
        for name, content in SERVICES.items()
        if "ports" in content and "profiles" not in content
    }

    assert published == {"proxy"}


def test_what_is_published_is_published_on_this_machine_only() -> None:
    ports = [port for content in SERVICES.values() for port in content.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_engines_network_leads_nowhere() -> None:
    networks = yaml.safe_load(TEXT)["networks"]

    assert networks["engines"]["internal"] is True
    assert SERVICES["postgres"]["networks"] == ["engines"]
    assert SERVICES["rabbitmq"]["networks"] == ["engines"]
    assert "networks" not in SERVICES["proxy"]


@pytest.mark.parametrize("name", SERVICES)
def test_an_image_has_a_tag_that_stays(name: str) -> None:
    tag = SERVICES[name]["image"].rpartition(":")[2]

    assert tag not in ("", "latest")


@pytest.mark.parametrize("name", SERVICES)
def test_a_variable_that_is_set_is_one_that_is_read(name: str) -> None:
    given = SERVICES[name].get("environment", {})

    unread = {
        key for key in given if key not in VARIABLES and not key.startswith(FOREIGN)
    }

    assert not unread


@pytest.mark.parametrize("name", OURS)
def test_a_process_is_told_what_it_cannot_do_without(name: str) -> None:
    needed = {key for key, item in VARIABLES.items() if item.default is MISSING}

    assert needed <= SERVICES[name]["environment"].keys()


@pytest.mark.parametrize("name", OURS)
def test_a_process_enters_its_own_database(name: str) -> None:
    own = name.rpartition("-")[0]

    url = SERVICES[name]["environment"]["KAP_DATABASE_URL"]

    assert url == f"@/run/kap/{own}.database-url"


def test_a_service_is_looked_for_where_it_is() -> None:
    peer_url = SERVICES["intake-api"]["environment"]["KAP_PEER_URL"]

    assert {peer_url.format(service=name) for name in NAMES} == {
        f"http://{name}-api:8000" for name in NAMES
    }


def test_nothing_secret_stands_in_the_file() -> None:
    for content in SERVICES.values():
        for key, value in content.get("environment", {}).items():
            if re.search("PASS|SECRET|KEY|DATABASE_URL|BROKER_URL", key):
                assert str(value).startswith("@/run/kap/"), key


@pytest.mark.parametrize("name", HARDENED)
def test_a_container_of_ours_can_do_nothing_but_its_work(name: str) -> None:
    content = SERVICES[name]

    assert content["read_only"] is True
    assert content["cap_drop"] == ["ALL"]
    assert content["security_opt"] == ["no-new-privileges:true"]
    assert content["init"] is True
    assert content["pids_limit"] > 0
    assert "privileged" not in content


@pytest.mark.parametrize("name", OURS)
def test_a_process_starts_once_the_setup_is_done(name: str) -> None:
    awaited = SERVICES[name]["depends_on"]

    assert awaited == {"setup": {"condition": "service_completed_successfully"}}


def test_the_setup_waits_for_engines_that_answer() -> None:
    awaited = SERVICES["setup"]["depends_on"]

    assert awaited["postgres"] == {"condition": "service_healthy"}
    assert awaited["rabbitmq"] == {"condition": "service_healthy"}
    assert "healthcheck" in SERVICES["postgres"]
    assert "healthcheck" in SERVICES["rabbitmq"]


@pytest.mark.parametrize("name", SERVICES)
def test_what_should_run_is_started_again(name: str) -> None:
    is_done_once = name in ("secrets", "setup")

    assert SERVICES[name]["restart"] == ("no" if is_done_once else "unless-stopped")


@pytest.mark.parametrize("name", SERVICES)
def test_logs_do_not_fill_the_disk(name: str) -> None:
    options = SERVICES[name]["logging"]["options"]

    assert {"max-size", "max-file"} <= options.keys()


def test_a_process_is_not_killed_while_it_stops(settings: Settings) -> None:
    server = processes.gunicorn_for("intake", settings, Runtime.start)
    graceful = server.cfg.graceful_timeout

    for name in NAMES:
        assert graceful < _seconds(SERVICES[f"{name}-api"]["stop_grace_period"])
        assert _seconds(SERVICES[f"{name}-worker"]["stop_grace_period"]) > STOP_SECONDS


@pytest.fixture
def settings() -> Settings:
    """Settings of no deployment: what gunicorn is told does not depend on them."""
    return Settings(
        database_url="postgresql+psycopg://x@x/x",
        broker_url="amqp://x",
        signing_key="{}",
        token_keys="{}",
        master_keys="{}",
    )


def test_what_the_settings_file_offers_is_read() -> None:
    offered = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env").read_text(), re.MULTILINE)

    read = set(re.findall(r"\$\{([A-Z_]+)", TEXT)) | {"COMPOSE_PROJECT_NAME"}

    assert offered
    assert set(offered) <= read
