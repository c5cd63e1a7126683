"""A PostgreSQL server for tests and benchmarks."""

import hashlib
import secrets
import signal
import sys
from contextlib import suppress
from urllib.parse import quote, urlsplit

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal

from shared.testing.servers.process import Daemon, Sandbox, free_port, run_once
from shared.testing.servers.programs import find_postgres
from shared.testing.servers.server import Server

_USER = "postgres"
SERVICE_ROLE = "kap_service"
_LOCALE = "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8"
# With this off nothing survives the machine, which no test needs; but a killed server
# still loses nothing it had confirmed, which fault tests do need. So nothing else is.
_NOT_DURABLE = ("-c", "fsync=off")


def service_url(owner_url: str) -> str:
    """The same database for the role services run as: no owner and no superuser."""
    parts = urlsplit(owner_url)
    where = parts.netloc.rpartition("@")[2]
    who = f"{SERVICE_ROLE}:{_service_password(owner_url)}"
    return parts._replace(netloc=f"{who}@{where}").geturl()


def _service_password(owner_url: str) -> str:
    """The same for all who use a server, whoever of them made the role."""
    known = f"{SERVICE_ROLE} {urlsplit(owner_url).password}"
    return hashlib.sha256(known.encode()).hexdigest()


class PostgresServer(Server):
    """A server of our own, or the one that `KAP_TEST_POSTGRES_URL` names.

    `url` is that of its first database, for a user who may create others; psycopg and
    SQLAlchemy take it alike.
    """

    url_variable = "KAP_TEST_POSTGRES_URL"
    account = "postgres"

    def __init__(self, *, durable: bool = False) -> None:
        """Args: durable: write through to the disk, as benchmarks must."""
        super().__init__()
        self._durable = durable

    def create_database(self, name: str) -> str:
        """An empty database; its URL."""
        return self.create_database_from("template1", name)

    def create_database_from(self, template: str, name: str) -> str:
        """A copy of a database that nobody is connected to; its URL."""
        # Without fsync, copying files takes a third of the time of the default.
        make = SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
        names = Identifier(name), Identifier(template)
        return self._create(make.format(*names), name)

    def drop_database(self, name: str) -> None:
        """Remove a database, together with the connections to it."""
        drop = SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._execute(drop.format(Identifier(name)))
        if name in self._made:
            self._made.remove(name)

    def _create(self, statement: Composed, name: str) -> str:
        self._make_role()
        self._execute(statement)
        self._made.append(name)
        path = f"/{quote(name, safe='')}"
        return urlsplit(self.url)._replace(path=path).geturl()

    def _make_role(self) -> None:
        """Make the role services run as, unless somebody made it before."""
        role, secret = Identifier(SERVICE_ROLE), Literal(_service_password(self.url))
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            self._execute(SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, secret))

    def _execute(self, statement: Composed) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)

    def _remove(self, name: str) -> None:
        self.drop_database(name)

    def _use(self, url: str) -> None:
        # SQLAlchemy allows a driver's name in the scheme, psycopg does not.
        parts = urlsplit(url)
        self.url = parts._replace(scheme=parts.scheme.partition("+")[0]).geturl()

    def _prepare(self, sandbox: Sandbox) -> Daemon:
        programs = find_postgres()
        port, password = free_port(), secrets.token_hex(16)
        self.url = f"postgresql://{_USER}:{password}@127.0.0.1:{port}/postgres"
        data = str(sandbox.folder / "data")
        secret = sandbox.write("password", password)
        initdb = [str(programs / "initdb"), "-D", data, "-U", _USER, "--no-sync"]
        initdb += ["--auth=scram-sha-256", f"--pwfile={secret}"]
        initdb += ["--encoding=UTF8", f"--locale={_LOCALE}"]
        run_once(sandbox, initdb, {})
        server = [str(programs / "postgres"), "-D", data, "-p", str(port)]
        server += ["-h", "127.0.0.1", "-c", "unix_socket_directories="]
        server += ["-c", "max_connections=200"]
        # In its folder, which is removed: what a killed server has elsewhere stays.
        server += ["-c", "dynamic_shared_memory_type=mmap"]
        return Daemon(
            sandbox,
            server if self._durable else [*server, *_NOT_DURABLE],
            {},
            is_ready=self._answers,
            # The "fast" shutdown: it ends the clients' connections and waits for none.
            stop_with=signal.SIGINT,
        )

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True
