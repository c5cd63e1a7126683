"""A RabbitMQ server for tests and benchmarks.

Virtual hosts are made through the server's management API: 20 ms each, where the
command line tool takes half a second, and the same on a server that is not ours.
"""

import os
import secrets
import socket
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit

import httpx

from shared.testing.servers.process import (
    Daemon,
    Sandbox,
    ServerFailedError,
    find_beside,
    free_port,
)
from shared.testing.servers.programs import find_rabbitmq
from shared.testing.servers.server import Server, ServerNotOursError

API_VARIABLE = "KAP_TEST_RABBITMQ_API"
_USER = "kap"
_ANSWERS_WITHIN_SECONDS = 10
_PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
_METHOD_FRAME = b"\x01"
_EVERYTHING = {"configure": ".*", "write": ".*", "read": ".*"}
_CONFIGURATION = """\
listeners.tcp.1 = 127.0.0.1:{amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = {api}
management_agent.disable_metrics_collector = true
default_user = {user}
default_pass = {password}
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
log.console = true
log.file = false
"""
# Two schedulers, no busy waiting, and the port on which nodes talk to each other open
# to this machine alone.
_ERLANG_OPTIONS = (
    "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none "
    "-kernel inet_dist_use_interface {127,0,0,1}"
)


class RabbitServer(Server):
    """A server of our own, or the one that `KAP_TEST_RABBITMQ_URL` names.

    `url` is that of its first virtual host. To make others on a server that is not
    ours, `KAP_TEST_RABBITMQ_API` names its management address, such as
    `http://user:password@host:15672`. `api` is that address, of either kind of server.
    """

    url_variable = "KAP_TEST_RABBITMQ_URL"
    account = "rabbitmq"

    def __init__(self) -> None:
        super().__init__()
        self.api = ""

    def create_vhost(self, name: str) -> str:
        """An empty virtual host; its URL.

        Raises:
            ServerFailedError: there is one of that name, or the server refused.
            ServerNotOursError: the server is not ours and its API was not named.
        """
        path = quote(name, safe="")
        user = unquote(urlsplit(self.url).username or "guest")
        made = self._call("PUT", f"vhosts/{path}", {})
        if made == httpx.codes.NO_CONTENT:
            raise ServerFailedError(f"RabbitMQ already has a virtual host {name}.")
        self._made.append(name)
        self._call("PUT", f"permissions/{path}/{quote(user, safe='')}", _EVERYTHING)
        return urlsplit(self.url)._replace(path=f"/{path}").geturl()

    def delete_vhost(self, name: str) -> None:
        """Remove a virtual host with its queues, and the connections to it."""
        self._call("DELETE", f"vhosts/{quote(name, safe='')}", None)
        if name in self._made:
            self._made.remove(name)

    def _call(self, method: str, path: str, body: Mapping[str, str] | None) -> int:
        """Ask the management API for something; the status of a good answer."""
        if not self.api:
            raise ServerNotOursError(
                f"Tests need virtual hosts of their own on the server of "
                f"{self.url_variable}: name its management API in {API_VARIABLE} (such "
                "as http://user:password@host:15672), or unset both variables for a "
                "private server."
            )
        answer = httpx.request(
            method,
            f"{self.api.rstrip('/')}/api/{path}",
            json=body,
            timeout=_ANSWERS_WITHIN_SECONDS,
            trust_env=False,
            verify=self.api.startswith("https:"),
        )
        if not answer.is_success:
            raise ServerFailedError(
                f"RabbitMQ answered {answer.status_code} to {method} {path}: "
                f"{answer.text[:200]}"
            )
        return answer.status_code

    def _remove(self, name: str) -> None:
        self.delete_vhost(name)

    def _use(self, url: str) -> None:
        self.url = url
        self.api = os.environ.get(API_VARIABLE, "")

    def _prepare(self, sandbox: Sandbox) -> Daemon:
        programs = find_rabbitmq()
        password = secrets.token_hex(16)
        amqp, api, epmd = free_port(), free_port(), free_port()
        self.url = f"amqp://{_USER}:{password}@127.0.0.1:{amqp}/%2F"
        self.api = f"http://{_USER}:{password}@127.0.0.1:{api}"
        settings = _CONFIGURATION.format(
            amqp=amqp, api=api, user=_USER, password=password
        )
        environment = _environment(sandbox, settings, node=amqp, epmd=epmd)
        # Erlang's port mapper would outlive the server if that had to start it.
        mapper = [find_beside(programs, "epmd"), "-port", str(epmd)]
        Daemon(
            sandbox,
            [*mapper, "-address", "127.0.0.1"],
            environment,
            is_ready=lambda: _listens(epmd),
        ).start()
        return Daemon(
            sandbox,
            [str(programs / "rabbitmq-server")],
            environment,
            is_ready=lambda: _speaks_amqp(amqp) and _listens(api),
        )


def _environment(
    sandbox: Sandbox, settings: str, *, node: int, epmd: int
) -> dict[str, str]:
    """Write the server's files, and name every place it would else share."""
    write, folder = sandbox.write, sandbox.folder
    write(".erlang.cookie", secrets.token_hex(20), mode=0o400)
    plugins = write("plugins", "[rabbitmq_management].\n")
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(epmd),
        "RABBITMQ_NODENAME": f"kap{node}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONF_ENV_FILE": str(write("environment.conf", "")),
        "RABBITMQ_CONFIG_FILE": str(write("rabbitmq.conf", settings)),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "generated"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_PID_FILE": str(folder / "node.pid"),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG_OPTIONS,
        # The start script then becomes the server instead of staying its parent.
        "RUNNING_UNDER_SYSTEMD": "true",
    }


def _speaks_amqp(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as probe:
            probe.sendall(_PROTOCOL_HEADER)
            return probe.recv(1) == _METHOD_FRAME
    except OSError:
        return False


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
