"""A program in a sandbox: started, watched, taken down and brought back.

The sandbox is a temporary folder, a user without rights (servers refuse to run as root,
or should) and the guardian that cleans up after us. A daemon is one program in it.
"""

import atexit
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from shared.errors import UnavailableError
from shared.testing.servers.guardian import Guardian, kill_tree

_READY_WITHIN = timedelta(seconds=90)
_STOPPED_WITHIN = timedelta(seconds=30)
_LOOK_EVERY_SECONDS = 0.02
# Below the range from which systems take the ports of outgoing connections, so that
# none of those takes our port while a server is down and about to come back.
_PORTS = range(20_000, 32_000)
_LOG_LINES_SHOWN = 25


class ServerFailedError(UnavailableError):
    """A private server did not start."""

    code = "server_failed"


def free_port() -> int:
    """A port of the loopback interface that nothing uses, and nobody else is given here
    as long as this process lives.

    What is to listen there takes a while to start. Until then the UDP port of the same
    number, for which nobody has any use, is the sign that it is taken.
    """
    for port in random.sample(_PORTS, k=len(_PORTS)):
        sign = socket.socket(type=socket.SOCK_DGRAM)
        with socket.socket() as probe:
            try:
                sign.bind(("127.0.0.1", port))
                probe.bind(("127.0.0.1", port))
            except OSError:
                sign.close()
                continue
        atexit.register(sign.close)
        return port
    raise ServerFailedError("No free port is left on 127.0.0.1.")


class Sandbox:
    """Where programs run that must not outlive us."""

    def __init__(self, *, user: str) -> None:
        """Args: user: whom programs run as when we are root; else `nobody`."""
        self._account = _account(user) if os.geteuid() == 0 else None
        self.folder = Path(tempfile.mkdtemp(prefix="kap-", dir=self._parent()))
        self._guardian = Guardian(self.folder)
        self._running: list[subprocess.Popen[bytes]] = []
        self.own(self.folder)

    def own(self, path: Path) -> Path:
        """Hand a file or folder to the user the programs run as."""
        if self._account is not None:
            os.chown(path, self._account.pw_uid, self._account.pw_gid)
        return path

    def write(self, name: str, text: str, *, mode: int = 0o600) -> Path:
        """Put a file into the folder."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return self.own(path)

    def spawn(
        self, command: Sequence[str], environment: Mapping[str, str], *, log: Path
    ) -> subprocess.Popen[bytes]:
        """Start a program that the guardian ends if we cannot."""
        account = self._account
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": os.environ.get("PATH", os.defpath), **environment},
                start_new_session=True,
                user=None if account is None else account.pw_uid,
                group=None if account is None else account.pw_gid,
                extra_groups=None if account is None else [],
            )
        self._guardian.watch(process.pid)
        self._running.append(process)
        return process

    def ended(self, process: subprocess.Popen[bytes]) -> None:
        """Wait for a process that is ending, and have it watched no longer."""
        process.wait()
        self._guardian.forget(process.pid)
        self._running.remove(process)

    def close(self) -> None:
        """Kill what still runs here and remove the folder."""
        for process in list(self._running):
            if process.poll() is None:
                kill_tree(process.pid)
            self.ended(process)
        self._guardian.close()

    def _parent(self) -> str:
        """A folder for temporary files that the programs' user can reach."""
        chosen = Path(tempfile.gettempdir()).resolve()
        if self._account is None:
            return str(chosen)
        open_to_all = all(p.stat().st_mode & 0o001 for p in (chosen, *chosen.parents))
        return str(chosen) if open_to_all else "/tmp"  # noqa: S108


class Daemon:
    """One long-running program in a sandbox."""

    def __init__(
        self,
        sandbox: Sandbox,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        is_ready: Callable[[], bool],
        stop_with: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._sandbox = sandbox
        self._command = command
        self._environment = environment
        self._is_ready = is_ready
        self._stop_with = stop_with
        self._process: subprocess.Popen[bytes] | None = None
        self.log = sandbox.folder / f"{Path(command[0]).name}.log"

    def start(self) -> None:
        """Start the program and wait until it answers; nothing if it runs already.

        Raises:
            ServerFailedError: it ended or did not answer, with the end of its log.
        """
        if self._process is not None and self._process.poll() is None:
            return
        self._end()
        self._process = self._sandbox.spawn(
            self._command, self._environment, log=self.log
        )
        deadline = time.monotonic() + _READY_WITHIN.total_seconds()
        while not self._is_ready():
            if self._process.poll() is not None:
                self._fail(f"ended with status {self._process.returncode}")
            if time.monotonic() > deadline:
                self._fail(f"did not answer within {_READY_WITHIN.seconds} s")
            time.sleep(_LOOK_EVERY_SECONDS)

    def stop(self) -> None:
        """Ask the program to end in good order, and wait for it."""
        if self._process is None:
            return
        self._process.send_signal(self._stop_with)
        try:
            self._process.wait(timeout=_STOPPED_WITHIN.total_seconds())
        except subprocess.TimeoutExpired:
            kill_tree(self._process.pid)
        self._end()

    def kill(self) -> None:
        """Take the program away without a word, as a crashed machine would."""
        if self._process is not None and self._process.poll() is None:
            kill_tree(self._process.pid)
        self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._sandbox.ended(self._process)
        self._process = None

    def _fail(self, what: str) -> None:
        self.kill()
        lines = self.log.read_text(errors="replace").splitlines()
        tail = "\n".join(lines[-_LOG_LINES_SHOWN:])
        raise ServerFailedError(f"{self._command[0]} {what}:\n{tail}")


def run_once(
    sandbox: Sandbox, command: Sequence[str], environment: Mapping[str, str]
) -> None:
    """Run a program in the sandbox to its end.

    Raises:
        ServerFailedError: it ended with a status that means failure.
    """
    log = sandbox.folder / f"{Path(command[0]).name}.log"
    process = sandbox.spawn(command, environment, log=log)
    sandbox.ended(process)
    if process.returncode:
        raise ServerFailedError(
            f"{command[0]} failed:\n{log.read_text(errors='replace')}"
        )


def find_beside(folder: Path, program: str) -> str:
    """The path of a program that comes with another: in its folder, else on PATH."""
    beside = folder / program
    return str(beside) if beside.exists() else shutil.which(program) or program


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        return pwd.getpwnam("nobody")
