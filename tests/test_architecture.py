"""The rules that keep the whole simple, made executable."""

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cli.services import NAMES
from shared.logs import FIELDS

ROOT = Path(__file__).parent.parent
PRODUCT = ("services", "shared", "cli", "bench")

LONGEST_MODULE = 350
LONGEST_FUNCTION = 45

# What each kind of file of a service may import of its own service.
LAYERS: dict[str, set[str]] = {
    "domain": {"domain"},
    "commands": {"commands", "domain"},
    "models": {"models", "domain"},
    "handlers": {"handlers", "domain", "commands", "models"},
    "queries": {"queries", "models", "domain"},
    "schemas": {"schemas", "commands", "domain"},
    "api": {"api", "handlers", "queries", "schemas", "commands", "domain"},
}
# What the domain may know of `shared`: what it is made of, and no machinery.
FOR_THE_DOMAIN = {
    "aggregate",
    "consents",
    "errors",
    "events",
    "ids",
    "instruments",
    "protocols",
    "readiness",
    "record_forms",
    "rulepack",
}
KINDS = {*LAYERS, "app", "migrations"}
# The console decides nothing, so nobody commands it; all its own notions are about
# who looks at it.
WITHOUT = {"console": {"commands", "domain"}}
STANDS_FOR_A_DOMAIN = {"console": "visitor"}

# Who reads the environment besides the settings, and why.
READS_THE_ENVIRONMENT = {
    "shared/settings.py": "where a process starts",
    "shared/crash.py": "a test makes a process die; no setting of the product",
    "shared/telemetry.py": "OTEL_* are OpenTelemetry's own variables",
    "shared/metrics.py": "PROMETHEUS_MULTIPROC_DIR is prometheus-client's own",
    "shared/testing/servers/server.py": "which servers tests are to use",
    "shared/testing/servers/rabbit.py": "which servers tests are to use",
    "shared/testing/servers/programs.py": "where the servers' programs are",
    "shared/testing/servers/process.py": "what a server's process inherits",
}

# Put together here, so that this file does not name what none may name.
FORBIDDEN = {
    "the name of a package registry's host": re.compile(
        r"\b(pypi\.org|pythonhosted\.org|npmjs\.(org|com)|registry\.npm\w*"
        r"|(docker|quay|ghcr|gcr)\.io|registry\.k8s\.io|mcr\.microsoft)\b"
    ),
    "a path of some machine": re.compile(r"(?<![\w.~-])/" + r"(work|home/\w+|root)/"),
    "a note to do something later": re.compile(r"\b(TO" + r"DO|FIX" + r"ME)\b"),
}


def modules(*folders: str) -> list[Path]:
    """Every Python file of these folders."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(path for path in found if "__pycache__" not in path.parts)


def name_of(path: Path) -> str:
    """A file's path from the root, as people write it."""
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(), str(path))


def imports_of(path: Path) -> Iterator[str]:
    """Every module a file imports, with what it takes from it where that may be one."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)} imports relatively"
            assert node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def inside(module: str, *packages: str) -> bool:
    """Whether a module is one of these or inside one."""
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def files_of(service: str) -> Iterator[tuple[str, Path]]:
    """A service's files, each with its kind: the file's or the package's name."""
    folder = ROOT / "services" / service
    for path in modules(f"services/{service}"):
        yield path.relative_to(folder).parts[0].removesuffix(".py"), path


def listed_files() -> list[Path]:
    """Every file that is, or would be, in the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    paths = {ROOT / name for name in listing.stdout.split("\0") if name}
    return sorted(path for path in paths if path.is_file())


every_service = pytest.mark.parametrize("service", NAMES)


def test_services_never_import_each_other() -> None:
    for service in NAMES:
        others = [f"services.{name}" for name in NAMES if name != service]
        for path in modules(f"services/{service}"):
            known = [name for name in imports_of(path) if inside(name, *others)]
            assert known == [], name_of(path)


def test_there_is_no_service_that_the_command_does_not_know() -> None:
    folders = {path.parent.name for path in (ROOT / "services").glob("*/app.py")}

    assert folders == set(NAMES)


def test_what_is_shared_knows_no_service_and_no_command() -> None:
    for path in modules("shared"):
        known = [each for each in imports_of(path) if inside(each, "services", "cli")]
        assert known == [], name_of(path)


def test_nobody_imports_the_command_but_itself_tests_and_benchmarks() -> None:
    for path in modules("services", "shared"):
        known = [each for each in imports_of(path) if inside(each, "cli", "bench")]
        assert known == [], name_of(path)


def test_the_product_imports_neither_tests_nor_what_they_are_built_from() -> None:
    for path in modules("services", "shared"):
        if inside(".".join(path.relative_to(ROOT).parts), "shared.testing"):
            continue
        known = [
            each for each in imports_of(path) if inside(each, "tests", "shared.testing")
        ]
        assert known == [], name_of(path)


@every_service
def test_imports_of_a_service_point_inward(service: str) -> None:
    own = f"services.{service}"
    for kind, path in files_of(service):
        if kind not in LAYERS:
            continue
        allowed = [f"{own}.{layer}" for layer in LAYERS[kind]]
        if "domain" in LAYERS[kind] and service in STANDS_FOR_A_DOMAIN:
            allowed.append(f"{own}.{STANDS_FOR_A_DOMAIN[service]}")
        for module in imports_of(path):
            if inside(module, own):
                expanded = module if module != own else f"{own}.__init__"
                assert inside(expanded, *allowed), f"{name_of(path)}: {module}"


@every_service
def test_a_domain_knows_of_the_shared_only_what_it_is_made_of(service: str) -> None:
    allowed = [f"shared.{name}" for name in FOR_THE_DOMAIN]
    for kind, path in files_of(service):
        if kind == "domain":
            shared = [each for each in imports_of(path) if inside(each, "shared")]
            assert [each for each in shared if not inside(each, *allowed)] == [], (
                name_of(path)
            )


@every_service
def test_a_domain_knows_no_database_no_web_and_no_broker(service: str) -> None:
    machinery = ("sqlalchemy", "flask", "flask_smorest", "kombu", "httpx", "alembic")
    for kind, path in files_of(service):
        if kind in ("domain", "commands"):
            known = [each for each in imports_of(path) if inside(each, *machinery)]
            assert known == [], name_of(path)


@every_service
def test_services_are_all_alike(service: str) -> None:
    kinds = {kind for kind, _ in files_of(service)}

    assert KINDS - WITHOUT.get(service, set()) <= kinds


def test_what_stands_for_a_domain_knows_nothing_of_its_service() -> None:
    for service, kind in STANDS_FOR_A_DOMAIN.items():
        path = ROOT / "services" / service / f"{kind}.py"
        known = [each for each in imports_of(path) if inside(each, "services")]
        assert known == [], name_of(path)


def test_only_the_broker_knows_kombu() -> None:
    for path in modules("services", "shared", "cli"):
        if not inside(".".join(path.relative_to(ROOT).parts), "shared.broker"):
            known = [each for each in imports_of(path) if inside(each, "kombu", "amqp")]
            assert known == [], name_of(path)


def test_only_settings_and_a_few_others_read_the_environment() -> None:
    readers = {
        name_of(path)
        for path in modules("services", "shared")
        if any(
            isinstance(node, ast.Attribute)
            and node.attr in ("environ", "getenv")
            and getattr(node.value, "id", "") != "request"
            for node in ast.walk(tree_of(path))
        )
    }

    assert readers <= READS_THE_ENVIRONMENT.keys()


def test_no_module_is_longer_than_a_few_screens() -> None:
    lengths = {
        name_of(path): len(path.read_text().splitlines()) for path in modules(*PRODUCT)
    }

    assert {name: n for name, n in lengths.items() if n > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {}
    for path in modules(*PRODUCT):
        if "migrations" in path.parts:
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno
                where = f"{name_of(path)}:{node.name}"
                lengths[where] = node.end_lineno - node.lineno + 1

    assert {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION} == {}


def test_every_public_module_class_and_function_says_what_it_is_for() -> None:
    silent = []
    for path in modules(*PRODUCT):
        if "versions" in path.parts:
            continue
        tree = tree_of(path)
        if not ast.get_docstring(tree) and path.read_text().strip():
            silent.append(name_of(path))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                public = not node.name.startswith("_")
                if public and not ast.get_docstring(node):
                    silent.append(f"{name_of(path)}:{node.name}")

    assert silent == []


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = []
    for path in listed_files():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        found += [
            f"{name_of(path)}:{number}: {line.strip()[:100]}"
            for number, line in enumerate(text.splitlines(), 1)
            if FORBIDDEN[what].search(line)
        ]

    assert found == []


LOGGING_CALLS = {"debug", "info", "warning", "error", "exception", "critical", "log"}


def log_calls(path: Path) -> Iterator[ast.Call]:
    """Every call of a logger in a file: of `log`, of `logging`, of `getLogger(...)`."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            name = getattr(of, "id", getattr(of, "attr", None))
            made = isinstance(of, ast.Call) and "getLogger" in ast.dump(of.func)
            known = name in ("log", "logger", "logging", "_log", "_logger")
            if node.func.attr in LOGGING_CALLS and (made or known):
                yield node


def fields_of(call: ast.Call, path: Path) -> set[object]:
    """The names of the fields a log call gives, written out near it or in it."""
    displays = {
        getattr(target, "id", ""): node.value
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)
        for target in node.targets
    }
    for keyword in call.keywords:
        if keyword.arg == "extra":
            said = keyword.value
            display = displays.get(said.id) if isinstance(said, ast.Name) else said
            assert isinstance(display, ast.Dict), f"{name_of(path)}:{call.lineno}"
            return {getattr(key, "value", None) for key in display.keys}
    return set()


def test_a_log_call_has_a_constant_message_and_only_listed_fields() -> None:
    faults, calls = [], 0
    for path in modules(*PRODUCT):
        for call in log_calls(path):
            calls += 1
            message = call.args[0] if len(call.args) == 1 else None
            constant = isinstance(message, ast.Constant) and type(message.value) is str
            if not constant or not fields_of(call, path) <= FIELDS:
                faults.append(f"{name_of(path)}:{call.lineno}")

    assert faults == []
    assert calls
