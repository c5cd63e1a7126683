"""The whole platform in one process: SQLite files and the memory broker."""

import fcntl
import json
import logging
import os
import secrets
import socket
from ipaddress import ip_network
from pathlib import Path
from typing import IO, Any

import click

from cli.api_client import SECRET_FILE
from cli.deploy import make_master_keys
from cli.services import FRONT, load_all
from cli.signing_keys import make_keys
from shared.logs import log_to
from shared.memory import share_one_arena, spare_what_stays
from shared.platform import Platform
from shared.settings import Settings, is_loopback
from shared.worker import Worker

HOST = "127.0.0.1"
THREADS = 16
LOG = "kap.log"
CLIENTS = "clients.json"


class Embedded:
    """A platform in this process, with its data in one folder.

    Raises:
        ClickException: the folder cannot be written, another platform uses it, or the
            port is taken.
    """

    def __init__(self, folder: Path, *, port: int, host: str = HOST) -> None:
        _demand_loopback(host)
        share_one_arena()
        self._lock = _lock(folder)
        self._socket = _listen(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self._log = (folder / LOG).open("a")
        log_to(self._log, logging.INFO)
        signing, public = make_keys(folder)
        master_keys = make_master_keys(folder)
        self.secret = _development_secret(folder)

        def settings(name: str) -> Settings:
            return Settings(
                database_url=f"sqlite:///{folder / name}.db",
                broker_url="memory://embedded",
                signing_key=signing.read_text(),
                master_keys=f"@{master_keys}",
                token_keys=f"@{public}",
                public_url=self.url,
                development_secret=self.secret,
                webhook_hosts=frozenset({HOST, "localhost"}),
                development_issuer=True,
                callback_host=HOST,
                repair_seconds=5.0,
                # Whoever reaches it is on this machine.
                trusted_proxies=frozenset({ip_network("127.0.0.0/8")}),
            )

        self.platform = Platform(load_all(), settings, front=FRONT)
        self._workers: list[Worker] = []
        self._server: Any = None
        self._stopping = False

    def start(self) -> None:
        """Bring the data up to date and begin to work."""
        from waitress.server import create_server

        self.platform.migrate()
        self.platform.open()
        self._server = create_server(
            self.platform.wsgi,
            sockets=[self._socket],
            threads=THREADS,
            max_request_body_size=2 * 1_048_576,
            ident="kap",
        )
        spare_what_stays()
        self._workers = self.platform.workers()
        for worker in self._workers:
            worker.start()

    def serve(self) -> None:
        """Answer requests until `stop` is called."""
        try:
            self._server.run()
        except Exception:
            # Closing the listening socket ends the server's loop wherever it stands.
            if not self._stopping:
                raise

    def stop(self) -> None:
        """End it; what is not done is done at the next start."""
        self._stopping = True
        if self._server is not None:
            self._server.close()
        for worker in self._workers:
            worker.stop()
        self.platform.close()
        self._log.close()
        self._lock.close()


def _lock(folder: Path) -> IO[str]:
    """Keep another process from using the same folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / "lock").open("w")
    except OSError as error:
        raise click.ClickException(
            f"the folder {folder} cannot be written ({error.strerror}); "
            "name another with --data"
        ) from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise click.ClickException(
            f"another platform is using {folder}; stop it, or name another with --data"
        ) from error
    file.write(str(os.getpid()))
    file.flush()
    return file


def _demand_loopback(host: str) -> None:
    if not is_loopback(f"[{host}]" if ":" in host else host):
        raise click.ClickException(
            "kap up signs anybody in as anybody, so it listens on this machine only; "
            f"{host} is reached from outside. For other machines see docs/operations.md"
        )


def _development_secret(folder: Path) -> str:
    """What the secrets of the issuer's programs are made from, and those for people."""
    from services.console.development.clients import Client, client_secret

    path, clients = folder / SECRET_FILE.name, folder / CLIENTS
    secret = os.environ.get("KAP_DEVELOPMENT_SECRET", "")
    if secret.startswith("@"):
        secret = Path(secret[1:]).read_text().strip()
    if not secret and path.exists():
        secret = path.read_text().strip()
    secret = secret or secrets.token_urlsafe(24)
    known = {client.value: client_secret(secret, client) for client in Client}
    for file, text in ((path, secret), (clients, json.dumps(known, indent=2))):
        file.touch(mode=0o600)
        file.chmod(0o600)
        file.write_text(f"{text}\n")
    return secret


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        raise click.ClickException(
            f"port {port} is taken; choose another with --port"
        ) from error
    return listening
