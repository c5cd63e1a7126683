"""Holds the repository to its rules: `check` looks at the code, `test` also runs it.

CI runs `test` and nothing else, so what it finds anybody can find before.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from cli.advisories import NOT_REACHABLE
from shared.testing.servers import ServerMissingError, programs

ROOT = Path(__file__).resolve().parents[1]
GROUPS = {
    "unit": (
        "tests/shared",
        "tests/intake",
        "tests/scheduling",
        "tests/sessions",
        "tests/notifications",
        "tests/console",
        "tests/cli",
    ),
    "contract": ("tests/contract",),
    "system": ("tests/system",),
    "browser": ("tests/browser",),
}
PIP_AUDIT = "pip-audit"
_ARCHITECTURE = "tests/test_architecture.py"
_MANIFESTS = "deploy/k8s"
_NOT_OURS = {".git", ".venv", "build", "data", "node_modules", "test-results"}
_YAML_RULES = (
    "{extends: default, rules: {document-start: disable, line-length: {max: 120},"
    " truthy: {check-keys: false}}}"
)
_PYTEST = (sys.executable, "-m", "pytest")
_NOTHING_COLLECTED = 5
_GRAVITY = ("", "skipped", "failure", "error")
_STEPS_AT_ONCE = 2
_SIDE_BY_SIDE = {
    "unit": ("-p", "xdist", "-n", "2", "--dist", "worksteal"),
    "contract": ("-p", "xdist", "-n", "2", "--dist", "worksteal"),
    "system": ("-p", "xdist", "-n", "2", "--dist", "loadfile"),
}
"""Groups whose tests run in two processes; tests of one file may share a deployment."""

_MEMORY = Path("/dev/shm")  # noqa: S108
_MEMORY_BYTES = 6 * 2**30
"""What must be free before tests' files and servers go there."""


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """How one group of tests went; `trouble` says what no test's failure shows."""

    group: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    took: timedelta = timedelta()
    trouble: str = ""


def check(*, fast: bool = False) -> int:
    """Look at form, style, types and rules; the exit status.

    Args:
        fast: leave out what takes more than a few seconds, the types.
    """
    steps = list(_steps(fast))
    with ThreadPoolExecutor(_STEPS_AT_ONCE) as runners:
        went = list(runners.map(lambda step: _step(*step), steps))
    failed = [
        name for (name, _), is_well in zip(steps, went, strict=True) if not is_well
    ]
    if failed:
        print(f"failed: {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def test(groups: Sequence[str] = (), pytest_arguments: Sequence[str] = ()) -> int:
    """Check the code, then run these groups of tests, or all; the exit status.

    In CI a skipped test counts as a failure: what it left out was not shown to work.
    """
    if unknown := sorted(set(groups) - GROUPS.keys()):
        print(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
        return 2
    checked = check()
    try:
        programs.find_all()
    except ServerMissingError as error:
        print(f"kap: {error.message}", flush=True)
        return 1
    return run(groups, pytest_arguments) or checked


def run(
    groups: Sequence[str], pytest_arguments: Sequence[str], *, root: Path = ROOT
) -> int:
    """Run groups of tests and sum them up; the exit status.

    Args:
        groups: their names; none means every group that has a folder.
        pytest_arguments: handed on; a group may then be left without a test.
    """
    results = [
        _run_group(group, pytest_arguments, root)
        for group in groups or _with_folders(root)
    ]
    passed = sum(result.passed for result in results)
    failed = sum(result.failed for result in results)
    skipped = sum(result.skipped for result in results)
    trouble = [f"{r.group}: {r.trouble}" for r in results if r.trouble]
    trouble += [f"{name}: no group runs this file" for name in strays(root)]
    if passed + failed == 0:
        trouble.append("no test ran")
    if skipped and in_ci():
        trouble.append("a skipped test counts as a failure in CI")
    _show(results, trouble)
    print(f"{passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or trouble else 0


def in_ci() -> bool:
    """Whether this is a CI run, by the variable that CI systems agree on."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def strays(root: Path = ROOT) -> list[str]:
    """Test files that no group runs: nobody would notice when they fail."""
    known = [root / path for paths in GROUPS.values() for path in paths]
    known.append(root / _ARCHITECTURE)
    return [
        str(file.relative_to(root))
        for file in sorted((root / "tests").rglob("test_*.py"))
        if not any(file.is_relative_to(path) for path in known)
    ]


def _steps(fast: bool) -> Iterator[tuple[str, list[str]]]:
    """Each step's name and the command whose status decides it."""
    yield "format", ["ruff", "format", "--check"]
    yield "lint", ["ruff", "check"]
    if not fast:
        yield "types", ["mypy"]
    yield "architecture", ["pytest", "-q", _ARCHITECTURE]
    if not fast:
        yield "bandit", ["cli.findings"]
        yield PIP_AUDIT, ["cli.advisories"]
    if files := _yaml_files(ROOT):
        yield "yaml", ["yamllint", "--strict", "-d", _YAML_RULES, *files]
    if any(file.startswith(f"{_MANIFESTS}/") for file in files):
        yield "manifests", ["cli.manifests", _MANIFESTS]


def _step(name: str, command: Sequence[str]) -> bool:
    """Run one step, say in a line how it went, and show why it failed."""
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    took = f"{time.monotonic() - began:5.1f} s"
    if name == PIP_AUDIT and done.returncode == NOT_REACHABLE:
        # Nothing was found out; that is not ok, and no fault of this code either.
        print(f"{name}: index not reachable {took}\n", end="", flush=True)
        return True
    verdict = "failed" if done.returncode else "ok"
    said = f"{done.stdout.rstrip()}\n" if done.returncode else ""
    # In one piece: two steps may end at once.
    print(f"{name:<14}{verdict:<8}{took}\n{said}", end="", flush=True)
    return done.returncode == 0


def _yaml_files(root: Path) -> list[str]:
    found: list[str] = []
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = sorted(set(subfolders) - _NOT_OURS)
        paths = (Path(folder, name) for name in sorted(names))
        found += [
            str(path.relative_to(root))
            for path in paths
            if path.suffix in (".yaml", ".yml")
        ]
    return found


def _with_folders(root: Path) -> list[str]:
    return [group for group in GROUPS if _folders(group, root)]


def _folders(group: str, root: Path) -> list[str]:
    return [path for path in GROUPS[group] if (root / path).is_dir()]


def _run_group(group: str, arguments: Sequence[str], root: Path) -> GroupResult:
    """Run pytest on a group's folders, and read how it went from its report."""
    folders = _folders(group, root)
    if not folders:
        return GroupResult(group=group, trouble="there is no folder of such tests")
    print(f"\n{group}: {' '.join(folders)}", flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(
        # A server that is just ending may be removing files of its own.
        prefix="kap-tests-",
        dir=_in_memory(),
        ignore_cleanup_errors=True,
    ) as folder:
        Path(folder).chmod(0o711)  # Servers have users of their own.
        report = Path(folder) / "report.xml"
        status = subprocess.run(  # noqa: S603
            [
                *_PYTEST,
                f"--junitxml={report}",
                *_SIDE_BY_SIDE.get(group, ()),
                *arguments,
                *folders,
            ],
            cwd=root,
            env={**os.environ, "TMPDIR": folder},
            check=False,
        ).returncode
        took = timedelta(seconds=time.monotonic() - began)
        return _read(group, report, status, took, chosen=bool(arguments))


def _in_memory() -> Path | None:
    """Where files are memory, if there is room, so that no commit waits for a disk.
    Else None, the usual temporary folder.
    """
    try:
        is_roomy = shutil.disk_usage(_MEMORY).free > _MEMORY_BYTES
    except OSError:
        return None
    return _MEMORY if is_roomy and os.access(_MEMORY, os.W_OK) else None


def _read(
    group: str, report: Path, status: int, took: timedelta, *, chosen: bool
) -> GroupResult:
    """Counts from the report, and the status where that says more than they do."""
    outcomes: dict[tuple[str | None, str | None], str] = {}
    if report.exists():
        for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314
            told = {child.tag for child in case} & {"failure", "error", "skipped"}
            # Each of several processes tells of a file that cannot be read.
            which = (case.get("classname"), case.get("name"))
            outcomes[which] = max([*told, outcomes.get(which, "")], key=_GRAVITY.index)
    failed = sum(told in ("failure", "error") for told in outcomes.values())
    skipped = sum(told == "skipped" for told in outcomes.values())
    trouble = ""
    if status == _NOTHING_COLLECTED:
        trouble = "" if chosen else "no test was found"
    elif status and not failed:
        trouble = f"pytest ended with status {status}"
    return GroupResult(
        group=group,
        passed=len(outcomes) - failed - skipped,
        failed=failed,
        skipped=skipped,
        took=took,
        trouble=trouble,
    )


def _show(results: Sequence[GroupResult], trouble: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE)
    table.add_column("group")
    for title in ("passed", "failed", "skipped", "seconds"):
        table.add_column(title, justify="right")
    for result in results:
        counts = (result.passed, result.failed, result.skipped)
        seconds = f"{result.took.total_seconds():.1f}"
        table.add_row(result.group, *map(str, counts), seconds)
    console = Console(highlight=False)
    console.print(table)
    for line in trouble:
        console.print(line, markup=False)
