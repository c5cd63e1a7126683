"""`kap up` starts, stops, keeps what it was told, and says in a line why it cannot."""

import json
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from click import ClickException

from cli.api_client import Caller, Deployment
from shared.testing.deployment import ROOT
from shared.testing.servers.process import free_port
from tests.system.processes import EmbeddedProcess

ENDS_WITHIN_SECONDS = 60
CLINIC = "Fictional Meadow Clinic"


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[EmbeddedProcess]:
    """A running platform, whose folder did not exist before."""
    with EmbeddedProcess(tmp_path / "new" / "data") as platform:
        platform.start()
        yield platform


@pytest.mark.parametrize(
    ("number", "status"),
    [(signal.SIGINT, 0), (signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)],
)
def test_records_stay_however_the_platform_ends(
    platform: EmbeddedProcess, number: signal.Signals, status: int
) -> None:
    onboard(platform.url)

    ended_with = platform.signal(number)
    said = platform.log()
    platform.start()

    assert ended_with == status
    assert "Traceback" not in said
    assert clinics(platform.url) == [CLINIC]


def test_the_address_it_tells_answers_with_a_page(platform: EmbeddedProcess) -> None:
    page = httpx.get(platform.url, follow_redirects=True)
    platform.signal(signal.SIGINT)

    assert page.status_code == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert "KAP" in page.text
    assert platform.url in platform.log()


def test_a_second_platform_on_the_same_folder_is_refused(
    platform: EmbeddedProcess,
) -> None:
    refused = up("--data", str(platform.folder))

    assert complaint(refused).startswith("Error: another platform is using")
    assert clinics(platform.url) == []


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        refused = up("--data", str(tmp_path), "--port", str(port))

    assert complaint(refused) == (
        f"Error: port {port} is taken; choose another with --port"
    )


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "kap.example", ""])
def test_it_is_not_started_for_other_machines(host: str, tmp_path: Path) -> None:
    refused = up("--data", str(tmp_path / "data"), "--host", host)

    assert complaint(refused).startswith(
        "Error: kap up signs anybody in as anybody, so it listens on this machine only"
    )
    assert not (tmp_path / "data").exists()


def test_another_address_of_this_machine_will_do(tmp_path: Path) -> None:
    with EmbeddedProcess(tmp_path / "data", host="127.0.0.2") as platform:
        platform.start()

        assert clinics(platform.url) == []


def test_what_its_programs_are_known_by_is_made_once_and_for_the_owner(
    tmp_path: Path,
) -> None:
    secret, known = tmp_path / "development-secret", tmp_path / "clients.json"
    with EmbeddedProcess(tmp_path) as platform:
        platform.start(KAP_DEVELOPMENT_SECRET="")
        first = secret.read_text(), known.read_text()
        platform.signal(signal.SIGTERM)
        platform.start(KAP_DEVELOPMENT_SECRET="")
        deployment = Deployment(platform.url, secret=secret.read_text().strip())
        with deployment.client:
            admin = deployment.development_caller("network_admin")
            items = admin.get("scheduling", "/clinics")["items"]

    assert items == []
    assert (secret.read_text(), known.read_text()) == first
    assert len(first[0]) > 30
    assert set(json.loads(first[1])) == {"demo", "integrator", "kap-console"}
    for path in (secret, known):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_program_with_another_secret_is_told_what_to_do(
    platform: EmbeddedProcess,
) -> None:
    deployment = Deployment(platform.url, secret="of another platform")

    with deployment.client, pytest.raises(ClickException, match="KAP_DEVELOPMENT"):
        deployment.development_caller("network_admin")


@pytest.mark.parametrize("folder", ["a-file/below", "/proc/kap"])
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, folder: str) -> None:
    (tmp_path / "a-file").write_text("no folder")

    refused = up("--data", str(tmp_path / folder))

    assert "--data" in complaint(refused)
    assert (tmp_path / "a-file").read_text() == "no folder"


def test_an_old_python_is_told_before_anything_is_set_up(tmp_path: Path) -> None:
    old = script(tmp_path / "python3", 'test "$1" = -V && echo Python 3.9.2; exit 1')

    refused = launch(tmp_path, python=old)

    assert complaint(refused).startswith("kap: Python 3.11 or newer is needed")
    assert "3.9.2" in refused.stderr
    assert not (tmp_path / ".venv").exists()


def test_a_python_that_is_not_there_is_told(tmp_path: Path) -> None:
    refused = launch(tmp_path, python="python-of-nowhere")

    assert complaint(refused).startswith("kap: python-of-nowhere was not found")


def test_a_python_without_pip_is_told(tmp_path: Path) -> None:
    bare = script(tmp_path / "python3", 'test "$1" = -c')

    refused = launch(tmp_path, python=bare)

    assert complaint(refused).startswith("kap: pip is needed")
    assert not (tmp_path / ".venv").exists()


def onboard(url: str) -> None:
    """A clinic joins the network."""
    with network_admin(url) as admin:
        admin.post("scheduling", "/clinics", name=CLINIC, time_zone="America/Denver")


def clinics(url: str) -> list[str]:
    """The clinics there are, by name."""
    with network_admin(url) as admin:
        items = admin.get("scheduling", "/clinics")["items"]
    return [clinic["name"] for clinic in items]


@contextmanager
def network_admin(url: str) -> Iterator[Caller]:
    """Somebody who may see and do everything in the network."""
    deployment = Deployment(url)
    with deployment.client:
        yield deployment.development_caller("network_admin")


def up(*options: str) -> subprocess.CompletedProcess[str]:
    """`kap up`, which is to end by itself."""
    command = [sys.executable, "-m", "cli.main", "up", "--no-seed"]
    if "--port" not in options:
        command += ["--port", str(free_port())]
    return subprocess.run(
        [*command, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_SECONDS,
        check=False,
    )


def launch(folder: Path, *, python: str) -> subprocess.CompletedProcess[str]:
    """The launcher in a fresh checkout, on a machine with little besides a shell."""
    shutil.copy(ROOT / "kap", folder)
    shutil.copytree(ROOT / "requirements", folder / "requirements")
    path = folder / "bin"
    path.mkdir()
    for tool in ("cat", "cksum", "dirname"):
        (path / tool).symlink_to(str(shutil.which(tool)))
    return subprocess.run(
        ["/bin/sh", str(folder / "kap"), "up"],
        env={"PATH": str(path), "PYTHON": python},
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN_SECONDS,
        check=False,
    )


def script(path: Path, text: str) -> str:
    """A program that runs this in a shell; its path."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def complaint(ended: subprocess.CompletedProcess[str]) -> str:
    """The one line a program that failed has said."""
    assert ended.returncode > 0
    assert ended.stdout == ""
    (line,) = ended.stderr.splitlines()
    return line
