"""A known vulnerability fails the check; an advisory database that is away is said."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cli import checks
from cli.advisories import NOT_REACHABLE, audit

LOCKED = f"flask==3.1.0 \\\n    --hash=sha256:{'0' * 64}\n"
ADVISORY = {
    "id": "KAP-2026-1",
    "schema_version": "1.0.0",
    "summary": "it does what it should not",
    "affected": [
        {
            "package": {"name": "flask", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"fixed": "3.1.1"}]}],
        }
    ],
}


class Advisories(ThreadingHTTPServer):
    """An advisory database: a real server that answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, object] = {}
        self.status = 200
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it is asked."""
        return f"http://127.0.0.1:{self.server_port}/v1/query"


class _Handler(BaseHTTPRequestHandler):
    server: Advisories

    def do_POST(self) -> None:
        """Answer what is known against a package."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = asked["package"]["name"]
        self.server.asked.append(name)
        body = json.dumps(self.server.answers.get(name, {})).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def advisories() -> Iterator[Advisories]:
    """An advisory database that knows nothing yet."""
    with Advisories() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A lock file with one package."""
    file = tmp_path / "locked.txt"
    file.write_text(LOCKED)
    return file


def test_packages_that_nothing_is_known_against_are_fine(
    advisories: Advisories, locked: Path
) -> None:
    assert audit([locked], advisories.url) == 0
    assert "flask" in advisories.asked


def test_a_known_vulnerability_fails_and_is_named(
    advisories: Advisories, locked: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    advisories.answers["flask"] = {"vulns": [ADVISORY]}

    assert audit([locked], advisories.url) == 1
    assert "KAP-2026-1" in capfd.readouterr().out


def test_a_lock_file_without_hashes_fails(
    advisories: Advisories, tmp_path: Path
) -> None:
    loose = tmp_path / "loose.txt"
    loose.write_text("flask>=3\n")

    assert audit([loose], advisories.url) == 1


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_database_that_does_not_answer_as_one_is_not_reachable(
    advisories: Advisories, locked: Path, status: int
) -> None:
    advisories.status = status

    assert audit([locked], advisories.url) == NOT_REACHABLE


def test_nobody_there_is_not_reachable(locked: Path) -> None:
    assert audit([locked], "http://127.0.0.1:1/v1/query") == NOT_REACHABLE


def test_the_check_says_that_it_could_not_ask_and_does_not_fail(
    capfd: pytest.CaptureFixture[str],
) -> None:
    step = ["cli.advisories", "http://127.0.0.1:1/v1/query"]

    assert checks._step("pip-audit", step)

    printed = capfd.readouterr().out
    assert printed.startswith("pip-audit: index not reachable")
    assert " ok" not in printed


def test_the_check_fails_on_a_vulnerability(
    advisories: Advisories, capfd: pytest.CaptureFixture[str]
) -> None:
    advisories.answers["flask"] = {"vulns": [ADVISORY]}

    assert not checks._step("pip-audit", ["cli.advisories", advisories.url])

    printed = capfd.readouterr().out
    assert printed.startswith("pip-audit     failed")
    assert "KAP-2026-1" in printed


def test_no_other_step_is_let_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gives_up.py").write_text(f"raise SystemExit({NOT_REACHABLE})\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    assert not checks._step("types", ["gives_up"])
    assert "failed" in capfd.readouterr().out
