"""Private servers start, come back after a fault, and never outlive their owner."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import kombu
import psycopg
import pytest
from kombu.simple import SimpleQueue

from shared.testing.servers import (
    PostgresServer,
    RabbitServer,
    ServerFailedError,
    ServerNotOursError,
)
from shared.testing.servers.guardian import process_tree
from shared.testing.servers.process import Daemon, Sandbox

# A quorum queue that is killed in its first second may come back without a leader, for
# good: a fault of RabbitMQ 3.10, and none of the server's keeping that is tested here.
_QUEUE_SETTLES_WITHIN_SECONDS = 2.5
_OWNER_OF_BOTH = """
import time
from shared.testing.servers import PostgresServer, RabbitServer
with PostgresServer() as postgres, RabbitServer() as rabbit:
    print(postgres.url, flush=True)
    time.sleep(120)
"""
_OWNER_THAT_FORKED = """
import os, time
from shared.testing.servers import PostgresServer
with PostgresServer() as postgres:
    if os.fork():
        print(postgres.url, flush=True)
    time.sleep(120)
"""

_OWNER_OF_PORTS = """
from shared.testing.servers.process import free_port
print(*(free_port() for _ in range(300)), flush=True)
input()
"""


def test_a_database_has_the_extension_that_keeps_bookings_apart(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.create_database("extension")

    with psycopg.connect(url) as connection:
        connection.execute("CREATE EXTENSION btree_gist")
        found = connection.execute("SELECT 1 FROM pg_extension WHERE extname LIKE 'b%'")
        assert found.fetchall() == [(1,)]


def test_a_database_made_from_a_template_has_its_rows_and_its_own_life(
    postgres_server: PostgresServer,
) -> None:
    with psycopg.connect(postgres_server.create_database("template")) as connection:
        connection.execute("CREATE TABLE room (name text)")
        connection.execute("INSERT INTO room VALUES ('blue')")

    url = postgres_server.create_database_from("template", "copy")
    postgres_server.drop_database("template")

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT name FROM room").fetchall() == [("blue",)]


def test_a_killed_database_comes_back_with_all_it_confirmed(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.create_database("killed")
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE dose (number int)")
    writer = psycopg.connect(url, autocommit=True)
    for number in range(50):
        writer.execute("INSERT INTO dose VALUES (%s)", [number])

    postgres_server.kill()
    try:
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        with pytest.raises(psycopg.OperationalError):
            writer.execute("INSERT INTO dose VALUES (50)")
    finally:
        writer.close()
        postgres_server.start()

    with psycopg.connect(url) as connection:
        counted = connection.execute("SELECT count(*) FROM dose").fetchone()
    assert counted == (50,)


def test_a_stopped_database_comes_back_on_the_same_port(
    postgres_server: PostgresServer,
) -> None:
    url = postgres_server.create_database("restarted")

    with psycopg.connect(url) as connected_meanwhile:
        postgres_server.restart()
        with pytest.raises(psycopg.OperationalError):
            connected_meanwhile.execute("SELECT 1")

    psycopg.connect(url).close()


def test_only_a_durable_server_writes_through_to_the_disk(
    postgres_server: PostgresServer,
) -> None:
    with PostgresServer(durable=True) as durable:
        assert _fsync(durable.url) == "on"

    assert _fsync(postgres_server.url) == "off"


def test_a_database_server_of_the_environment_is_used_and_left_as_it_was(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_server.url.replace("postgresql:", "postgresql+psycopg:")
    monkeypatch.setenv("KAP_TEST_POSTGRES_URL", url)

    with PostgresServer() as theirs:
        made = theirs.create_database("made by a guest")
        psycopg.connect(made).close()
        with pytest.raises(ServerNotOursError, match="KAP_TEST_POSTGRES_URL"):
            theirs.kill()

    psycopg.connect(postgres_server.url).close()
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(made)


def test_virtual_hosts_keep_their_queues_apart(rabbit_server: RabbitServer) -> None:
    one, other = rabbit_server.create_vhost("one"), rabbit_server.create_vhost("other")

    with kombu.Connection(one) as connection:
        _queue(connection).put("hello")

    with kombu.Connection(other) as connection:
        assert _queue(connection).qsize() == 0
    with kombu.Connection(one) as connection:
        assert _queue(connection).qsize() == 1


def test_a_virtual_host_is_not_given_to_two(rabbit_server: RabbitServer) -> None:
    rabbit_server.create_vhost("mine")

    with pytest.raises(ServerFailedError, match="already has a virtual host mine"):
        rabbit_server.create_vhost("mine")


def test_a_deleted_virtual_host_is_gone(rabbit_server: RabbitServer) -> None:
    url = rabbit_server.create_vhost("short lived")

    rabbit_server.delete_vhost("short lived")

    with pytest.raises(Exception, match="vhost"), kombu.Connection(url) as connection:
        connection.connect()


def test_a_killed_broker_comes_back_on_the_same_port_with_its_queues(
    rabbit_server: RabbitServer,
) -> None:
    url = rabbit_server.create_vhost("killed")
    with kombu.Connection(url) as connection:
        _queue(connection).put("kept")
    time.sleep(_QUEUE_SETTLES_WITHIN_SECONDS)

    rabbit_server.kill()
    try:
        with pytest.raises(OSError), kombu.Connection(url) as connection:
            connection.connect()
    finally:
        rabbit_server.start()

    with kombu.Connection(url) as connection:
        message = _queue(connection).get(timeout=10)
    assert message.payload == "kept"


def test_a_broker_of_the_environment_is_used_and_left_as_it_was(
    rabbit_server: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAP_TEST_RABBITMQ_URL", rabbit_server.url)
    monkeypatch.setenv("KAP_TEST_RABBITMQ_API", rabbit_server.api)

    with RabbitServer() as theirs:
        made = theirs.create_vhost("made by a guest")
        with kombu.Connection(made) as connection:
            connection.connect()
        with pytest.raises(ServerNotOursError, match="KAP_TEST_RABBITMQ_URL"):
            theirs.stop()

    rabbit_server.create_vhost("made by a guest")


def test_a_broker_of_the_environment_needs_its_api_for_virtual_hosts(
    rabbit_server: RabbitServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAP_TEST_RABBITMQ_URL", rabbit_server.url)
    monkeypatch.delenv("KAP_TEST_RABBITMQ_API", raising=False)

    with (
        RabbitServer() as theirs,
        pytest.raises(ServerNotOursError, match="KAP_TEST_RABBITMQ_API"),
    ):
        theirs.create_vhost("unreachable")


def test_servers_listen_on_this_machine_alone(
    postgres_server: PostgresServer, rabbit_server: RabbitServer
) -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("the kernel does not list its sockets in /proc")

    addresses = _listening_addresses(process_tree(os.getpid()))

    loopback = {"0100007F", "00000000000000000000000001000000"}
    assert len(addresses) >= 4
    assert set(addresses) <= loopback


def test_servers_are_gone_when_their_owner_was_killed() -> None:
    before = _shared_memory()
    with _owner(_OWNER_OF_BOTH) as (owner, folder):
        servers = process_tree(owner.pid)[1:]
        names = {_command(pid, "comm").decode().strip() for pid in servers}
        assert {"postgres", "beam.smp", "epmd"} <= names

        owner.kill()
        owner.wait()

        _wait_until_gone(servers)
        assert not folder.exists()
        assert _shared_memory() <= before


def test_servers_are_gone_though_a_fork_of_their_owner_lives_on() -> None:
    with _owner(_OWNER_THAT_FORKED) as (owner, folder):
        started = process_tree(owner.pid)[1:]
        forked = [pid for pid in started if _command(pid) == _command(owner.pid)]
        servers = [pid for pid in started if pid not in forked]

        owner.kill()
        owner.wait()

        try:
            _wait_until_gone(servers)
            assert not folder.exists()
            assert process_tree(forked[0])
        finally:
            os.kill(forked[0], signal.SIGKILL)


def test_nobody_is_given_a_port_that_another_has_been_given() -> None:
    with _owner_of_ports() as ours, _owner_of_ports() as theirs:
        assert len(ours) == len(theirs) == len(set(ours)) == len(set(theirs)) == 300
        assert not set(ours) & set(theirs)


def test_a_server_that_does_not_start_says_why() -> None:
    sandbox = Sandbox(user="nobody")
    try:
        command = ["/bin/sh", "-c", "echo there is no room; exit 3"]
        daemon = Daemon(sandbox, command, {}, is_ready=lambda: False)

        with pytest.raises(ServerFailedError, match="status 3:\nthere is no room"):
            daemon.start()
    finally:
        sandbox.close()

    assert not sandbox.folder.exists()


def _fsync(url: str) -> str:
    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW fsync").fetchone()
    return str(row and row[0])


def _queue(connection: kombu.Connection) -> SimpleQueue:
    return connection.SimpleQueue("tests", queue_args={"x-queue-type": "quorum"})


@contextmanager
def _owner(script: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """A process of its own that runs servers, and the folder of its database."""
    owner = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert owner.stdout is not None
    try:
        with psycopg.connect(owner.stdout.readline().strip()) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
        yield owner, Path(str(row and row[0])).parent
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()


@contextmanager
def _owner_of_ports() -> Iterator[list[str]]:
    """A process of its own, and the ports it was given."""
    owner = subprocess.Popen(
        [sys.executable, "-c", _OWNER_OF_PORTS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    with owner:
        assert owner.stdin is not None and owner.stdout is not None
        yield owner.stdout.readline().split()
        owner.stdin.close()


def _shared_memory() -> set[Path]:
    """What PostgreSQL servers have of the machine's shared memory, by name."""
    return set(Path("/dev/shm").glob("PostgreSQL.*"))


def _command(pid: int, told: str = "cmdline") -> bytes:
    """What a process runs; nothing, if it has ended meanwhile."""
    try:
        return Path(f"/proc/{pid}/{told}").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


def _wait_until_gone(pids: list[int]) -> None:
    deadline = time.monotonic() + 20
    while left := [pid for pid in pids if process_tree(pid)]:
        assert time.monotonic() < deadline, f"still there: {left}"
        time.sleep(0.05)


def _listening_addresses(pids: list[int]) -> list[str]:
    """The addresses, as the kernel writes them, these processes accept clients on."""
    sockets = set()
    for pid in pids:
        for entry in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = str(entry.readlink())
            except FileNotFoundError:
                continue
            sockets.add(target.removeprefix("socket:[").removesuffix("]"))
    listening = "0A"
    addresses = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == listening and rest[5] in sockets:
                addresses.append(local.partition(":")[0])
    return addresses
