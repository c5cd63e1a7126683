"""`kap test` cannot go green without having run what there is to run."""

import re
from pathlib import Path

import pytest

from cli import checks

_PASSES = "def test_it() -> None:\n    assert True\n"
_FAILS = "def test_it() -> None:\n    assert False\n"
_SKIPS = "import pytest\n\ndef test_it() -> None:\n    pytest.skip('no server')\n"
_IS_ERROR = "import pytest\n\n@pytest.fixture\ndef gone() -> None:\n    1 / 0\n\n"
_IS_ERROR += "def test_it(gone: None) -> None:\n    assert True\n"


@pytest.fixture(autouse=True)
def outside_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test says itself whether it is in CI."""
    monkeypatch.delenv("CI", raising=False)
    # Loading plug-ins is most of the time that a run of one test takes.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def _write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / "tests" / name / "test_something.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _last_line(printed: str) -> str:
    return printed.rstrip().rpartition("\n")[2]


def test_groups_that_pass_are_summed_up(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, intake=_PASSES, system=_PASSES)

    status = checks.run((), (), root=tmp_path)

    printed = capfd.readouterr().out
    assert status == 0
    assert re.search(r"unit +1 +0 +0", printed)
    assert re.search(r"system +1 +0 +0", printed)
    assert _last_line(printed) == "2 passed, 0 failed, 0 skipped"


@pytest.mark.parametrize("text", [_FAILS, _IS_ERROR, "1 / 0\n"])
def test_a_group_with_a_failure_or_an_error_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    _write(tmp_path, intake=text, system=_PASSES)

    status = checks.run((), (), root=tmp_path)

    assert status == 1
    assert _last_line(capfd.readouterr().out) == "1 passed, 1 failed, 0 skipped"


def test_a_folder_without_a_test_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, intake=_PASSES, system="")

    status = checks.run((), (), root=tmp_path)

    assert status == 1
    assert "system: no test was found" in capfd.readouterr().out


def test_a_group_without_a_folder_fails_when_it_was_asked_for(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, intake=_PASSES)

    status = checks.run(["unit", "browser"], (), root=tmp_path)

    assert status == 1
    assert "browser: there is no folder" in capfd.readouterr().out


@pytest.mark.parametrize(("ci", "expected"), [("", 0), ("false", 0), ("true", 1)])
def test_a_skipped_test_fails_in_ci_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, expected: int
) -> None:
    monkeypatch.setenv("CI", ci)
    _write(tmp_path, intake=_SKIPS, system=_PASSES)

    assert checks.run((), (), root=tmp_path) == expected


def test_chosen_tests_may_leave_a_group_empty_but_not_all(tmp_path: Path) -> None:
    _write(tmp_path, intake=_PASSES, system=_PASSES.replace("test_it", "test_other"))

    assert checks.run((), ("-k", "test_it"), root=tmp_path) == 0
    assert checks.run((), ("-k", "test_nothing"), root=tmp_path) == 1


def test_a_test_file_that_no_group_runs_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, intake=_PASSES, billing=_PASSES)

    status = checks.run((), (), root=tmp_path)

    assert status == 1
    assert "test_something.py: no group runs this file" in capfd.readouterr().out


def test_a_group_that_pytest_could_not_run_fails(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path, intake=_PASSES, system=_PASSES)

    status = checks.run((), ("--no-such-option",), root=tmp_path)

    assert status == 1
    assert "unit: pytest ended with status 4" in capfd.readouterr().out


def test_a_group_nobody_knows_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert checks.test(["untt"]) == 2
    assert "no such group: untt" in capsys.readouterr().out


def test_every_test_of_this_repository_is_in_a_group() -> None:
    assert checks.strays() == []
