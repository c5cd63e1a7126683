"""What is common to both ways of deploying: the image, scripts, alerts, the manual."""

import os
import re
import stat
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest
import yaml

from cli.services import NAMES
from cli.signing_keys import TOKEN_KEYS
from shared.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "deploy/compose"
MANUAL = (ROOT / "docs/operations.md").read_text()


def test_the_image_runs_as_the_user_that_kubernetes_names() -> None:
    final_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]

    users = re.findall(r"^USER (\d+):(\d+)$", final_stage, re.MULTILINE)

    assert users == [("10001", "10001")]
    assert "runAsUser: 10001" in (ROOT / "deploy/k8s/base/intake.yaml").read_text()


def test_the_image_is_labelled_with_the_release_it_holds() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    labelled = re.findall(
        r"^ARG VERSION=(.+)$", (ROOT / "Dockerfile").read_text(), re.M
    )

    assert labelled == [project["version"]]


def test_the_image_takes_only_packages_whose_hashes_are_known() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")

    installs = [line for line in dockerfile.splitlines() if "pip" in line]

    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_no_more_gets_into_the_image_than_it_copies() -> None:
    rules = (ROOT / ".dockerignore").read_text().split()
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    dockerfile = (ROOT / "Dockerfile").read_text()

    copied = set(re.findall(r"^COPY (?!--from)(\S+)", dockerfile, re.MULTILINE))

    assert "*" in rules
    assert allowed == copied


@pytest.mark.parametrize(
    "script", ["compose/secrets.sh", "compose/setup.sh", "compose/postgres.sh"]
)
def test_a_script_leaves_no_service_out(script: str) -> None:
    text = (ROOT / "deploy" / script).read_text()

    lists = re.findall(r'(?:for service in |services=")((?:[a-z]+ ?)+)', text)

    assert lists
    assert all(tuple(names.split()) == NAMES for names in lists)


@pytest.fixture
def path_with_kap(tmp_path: Path) -> str:
    """A PATH on which `kap` and `python` are this checkout's."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, arguments in (("python", ""), ("kap", " -m cli.main")):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable}{arguments} "$@"\n')
        program.chmod(0o755)
    return f"{programs}:{os.defpath}"


def _make_secrets(folder: Path, path: str) -> dict[str, str]:
    subprocess.run(
        ["sh", COMPOSE / "secrets.sh", folder],
        check=True,
        env={"PATH": path, "PYTHONPATH": str(ROOT)},
    )
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_secrets_are_made_once_and_differ(tmp_path: Path, path_with_kap: str) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()

    first = _make_secrets(folder, path_with_kap)
    second = _make_secrets(folder, path_with_kap)

    passwords = {text for name, text in first.items() if name.endswith("-password")}
    assert second == first
    assert len(passwords) == 2 * len(NAMES) + 6
    assert all(len(password) >= 32 for password in passwords)


def test_each_service_is_told_its_own_password_only(
    tmp_path: Path, path_with_kap: str
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()

    made = _make_secrets(folder, path_with_kap)

    for name in NAMES:
        password = made[f"{name}-password"]
        url = f"postgresql+psycopg://{name}:{password}@postgres:5432/{name}"
        assert made[f"{name}.database-url"] == url
    assert f":{made['rabbitmq-password']}@" in made["broker-url"]


def test_only_what_the_engines_read_is_readable_by_others(
    tmp_path: Path, path_with_kap: str
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()

    made = _make_secrets(folder, path_with_kap)

    for name in made:
        mode = stat.S_IMODE((folder / name).stat().st_mode)
        is_open = name.endswith("-password") or name == TOKEN_KEYS
        assert mode == (0o644 if is_open else 0o600), name


def test_the_proxy_knows_every_service() -> None:
    config = (COMPOSE / "nginx.conf").read_text()

    named = re.search(r"\(\?<named>([a-z|]+)\)", config)
    front = re.search(r"default ([a-z]+);", config)

    assert named
    assert front
    assert {*named[1].split("|"), front[1]} == set(NAMES)


def test_the_proxy_writes_no_path_into_its_log() -> None:
    config = (COMPOSE / "nginx.conf").read_text()

    log_format = config.partition("log_format")[2].partition(";")[0]

    assert not re.search(r"\$(request|uri|request_uri|args|http_referer)\b", log_format)
    assert re.findall(r"error_log \S+ (\w+);", config) == ["crit"]


def test_metrics_are_collected_from_every_process() -> None:
    config = yaml.safe_load((COMPOSE / "prometheus.yml").read_text())

    targets = {
        target
        for job in config["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }

    expected = {f"{name}-api:8000" for name in NAMES}
    expected |= {f"{name}-worker:9000" for name in NAMES}
    assert targets == expected | {"rabbitmq:15692"}


def _alerts() -> list[dict[str, object]]:
    content = yaml.safe_load((COMPOSE / "alerts.yml").read_text())
    return [rule for group in content["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", _alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_is_about_metrics_there_are(rule: dict[str, object]) -> None:
    known = re.findall(r'"(kap_[a-z_]+)"', (ROOT / "shared/metrics.py").read_text())

    used = re.findall(r"kap_[a-z_]+", str(rule["expr"]))

    assert {name.removesuffix("_count") for name in used} <= set(known)


@pytest.mark.parametrize("rule", _alerts(), ids=lambda rule: rule["alert"])
def test_an_alert_names_a_page_that_says_what_to_do(rule: dict[str, object]) -> None:
    annotations = rule["annotations"]
    assert isinstance(annotations, dict)

    page, _, anchor = annotations["runbook_url"].partition("#")

    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert anchor in {heading.lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize(
    "variable", [item.metadata["name"] for item in fields(Settings)]
)
def test_the_manual_tells_what_a_setting_does(variable: str) -> None:
    rows = [line for line in MANUAL.splitlines() if line.startswith("| `")]

    assert any(f"`{variable}`" in row.split(" | ")[0] for row in rows)
