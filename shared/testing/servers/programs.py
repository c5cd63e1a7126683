"""Where the programs of a real server are: installed already, or installed now.

Nobody who runs the tests should have to prepare a machine first. So a program is looked
for where distributions put it, and on Debian, as root, apt-get brings it when it is
missing. Everywhere else the answer is an error that says what to install.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shared.errors import UnavailableError

CHROMIUM_VARIABLE = "KAP_TEST_CHROMIUM"
_INSTEAD = {
    "postgresql": "KAP_TEST_POSTGRES_URL",
    "rabbitmq-server": "KAP_TEST_RABBITMQ_URL",
    "chromium": CHROMIUM_VARIABLE,
}
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_APT = ("apt-get", "-q", "-o", "DPkg::Lock::Timeout=300")
_DENY_SERVICES = Path("/usr/sbin/policy-rc.d")
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/kap-tests.conf")


class ServerMissingError(UnavailableError):
    """A program that the tests need is not installed."""

    code = "server_missing"


def find_postgres() -> Path:
    """The folder that holds `postgres` and `initdb` of one installation.

    Raises:
        ServerMissingError: it is neither installed nor could it be.
    """
    return _find_or_install("PostgreSQL", "postgresql", _installed_postgres)


def find_rabbitmq() -> Path:
    """The folder that holds RabbitMQ's own `rabbitmq-server` script.

    Raises:
        ServerMissingError: it is neither installed nor could it be.
    """
    return _find_or_install("RabbitMQ", "rabbitmq-server", _installed_rabbitmq)


def find_chromium() -> str:
    """The path of a Chromium or Chrome to drive in browser tests.

    Raises:
        ServerMissingError: it is neither installed nor could it be.
    """
    if given := os.environ.get(CHROMIUM_VARIABLE):
        if not os.access(given, os.X_OK):
            raise ServerMissingError(
                f"{CHROMIUM_VARIABLE} names {given}, which is not a program."
            )
        return given
    return str(_find_or_install("Chromium", "chromium", _installed_chromium))


def find_all() -> None:
    """Find, or install, all that tests need: before several of them ask at once.

    Raises:
        ServerMissingError: something is missing; it says what to install.
    """
    if not os.environ.get("KAP_TEST_POSTGRES_URL"):
        find_postgres()
    if not os.environ.get("KAP_TEST_RABBITMQ_URL"):
        find_rabbitmq()
    find_chromium()


def _find_or_install(title: str, package: str, find: Callable[[], Path | None]) -> Path:
    found = find()
    if found is None and _can_install():
        _install(package)
        found = find()
    if found is None:
        raise ServerMissingError(
            f"{title} is needed and was not found: install it (the Debian package is "
            f"{package}), or name one in {_INSTEAD[package]}."
        )
    return found


def _installed_postgres() -> Path | None:
    folders = [Path(path).resolve().parent for path in _on_path("postgres")]
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda folder: _version(folder.parent), reverse=True)
    whole = (
        f for f in folders if (f / "postgres").exists() and (f / "initdb").exists()
    )
    return next(whole, None)


def _installed_rabbitmq() -> Path | None:
    # The distribution's layout comes before PATH: what Debian puts on PATH is a wrapper
    # that insists on its own user and folders, which a private server must not touch.
    folders = sorted(Path("/usr/lib/rabbitmq/lib").glob("*/sbin"), reverse=True)
    folders.append(Path("/usr/lib/rabbitmq/bin"))
    folders += [Path(path).resolve().parent for path in _on_path("rabbitmq-server")]
    return next((f for f in folders if (f / "rabbitmq-server").exists()), None)


def _installed_chromium() -> Path | None:
    paths = (path for name in _CHROMIUM_NAMES for path in _on_path(name))
    return next((Path(path) for path in paths), None)


def _on_path(name: str) -> list[str]:
    found = shutil.which(name)
    return [found] if found else []


def _version(folder: Path) -> float:
    try:
        return float(folder.name)
    except ValueError:
        return 0.0


def _can_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _install(package: str) -> None:
    """Install one Debian package, and leave none of its services running."""
    print(f"kap: installing the Debian package {package} with apt-get", flush=True)
    with ExitStack() as stack:
        stack.enter_context(
            _temporary_file(_DENY_SERVICES, "#!/bin/sh\nexit 101\n", mode=0o755)
        )
        if package == "postgresql":
            stack.enter_context(
                _temporary_file(_NO_CLUSTER, "create_main_cluster = false\n")
            )
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", package)


def _apt(*arguments: str) -> None:
    done = subprocess.run(  # noqa: S603
        [*_APT, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        check=False,
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-15:])
        raise ServerMissingError(f"apt-get {' '.join(arguments)} failed:\n{tail}")


@contextmanager
def _temporary_file(path: Path, text: str, *, mode: int = 0o644) -> Iterator[None]:
    """Put a file in place for as long as it is needed; one already there stays."""
    if path.exists():
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
