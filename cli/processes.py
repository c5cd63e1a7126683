"""`kap api`, `kap worker`, `kap health`: the processes of a deployment."""

import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import click
import httpx

from cli.services import NAMES, load
from cli.stopping import Stopping
from shared.errors import UnavailableError
from shared.logs import log_to
from shared.memory import spare_what_stays
from shared.settings import Settings

SERVICE = click.Choice(NAMES)


@click.command()
@click.argument("service", type=SERVICE)
def api(service: str) -> None:
    """Run the API of SERVICE under gunicorn, as the environment says."""
    from shared.service import Runtime

    settings = Settings.from_env()
    share_metrics()
    log_to()
    _demand_restricted(settings)
    gunicorn_for(service, settings, Runtime.start).run()


@click.command()
@click.argument("service", type=SERVICE)
def worker(service: str) -> None:
    """Run the worker of SERVICE until it is told to stop (SIGTERM)."""
    from shared.broker import connect
    from shared.http.health import worker_app
    from shared.service import Runtime
    from shared.worker import Worker

    settings = Settings.from_env()
    log_to()
    if settings.broker_url.startswith("memory://"):
        raise click.UsageError("a memory broker reaches no other process; use kap up")
    _demand_restricted(settings)
    runtime = Runtime.start(load(service), settings)
    running = Worker(runtime, connect(settings.broker_url))
    server = _serve(worker_app(runtime, running), settings.worker_bind)
    stopping = Stopping()
    spare_what_stays()
    running.start()
    stopping.wait()
    running.stop()
    server.close()
    runtime.close()


@click.command()
@click.option("--url", default="", help="Where it answers; the API here if not given.")
def health(url: str) -> None:
    """Exit 0 if the process that answers here is alive and can work."""
    bind = os.environ.get("KAP_HTTP_BIND", "0.0.0.0:8000")
    url = url or f"http://127.0.0.1:{bind.rpartition(':')[2]}"
    try:
        answer = httpx.get(f"{url}/readyz", timeout=4)
    except httpx.HTTPError as error:
        raise click.ClickException(f"nobody answers at {url}") from error
    click.echo(answer.text.strip())
    if answer.is_error:
        raise SystemExit(1)


def _demand_restricted(settings: Settings) -> None:
    """Refuse to start as a role that row-level security does not hold."""
    from shared.database import Database
    from shared.isolation import demand_restricted

    database = Database(settings.database_url)
    try:
        demand_restricted(database)
    except UnavailableError:
        # The database may come later; `/readyz` asks again before it says yes.
        return
    finally:
        database.close()


def share_metrics() -> None:
    """Let the API's processes add up their metrics in a folder."""
    folder = os.environ.setdefault(
        "PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="kap-metrics-")
    )
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, exist_ok=True)  # noqa: PTH103


def gunicorn_for(
    name: str, settings: Settings, start: Callable[[Any, Settings], Any]
) -> Any:
    """gunicorn, ready to run the API of a service; `start` makes its runtime."""
    from gunicorn.app.base import BaseApplication

    class Api(BaseApplication):  # type: ignore[misc]
        """gunicorn with our settings; each process makes its own runtime."""

        def load_config(self) -> None:
            """What would otherwise stand in a file."""
            options = {
                "bind": settings.http_bind,
                "workers": settings.http_workers,
                "worker_class": "gthread" if name == "console" else "sync",
                "threads": _threads(name),
                "timeout": 60,
                "graceful_timeout": 30,
                "keepalive": 75,
                "worker_tmp_dir": "/dev/shm" if os.path.isdir("/dev/shm") else None,  # noqa: S108, PTH112
                "control_socket_disable": True,
                "proc_name": f"kap-api-{name}",
                "logger_class": _logger(),
                "child_exit": _forget_metrics,
                "on_exit": lambda _: shutil.rmtree(
                    os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True
                ),
                "worker_exit": lambda _, __: self.runtime and self.runtime.close(),
            }
            for option, value in options.items():
                if value is not None:
                    self.cfg.set(option, value)

        runtime: Any = None

        def load(self) -> Any:
            """The application, in a process of its own: after the fork."""
            from shared.http import create_app

            self.runtime = start(load(name), settings)
            app = create_app(self.runtime)
            spare_what_stays()
            return app

    return Api()


def _threads(name: str) -> int:
    """How many requests one process answers at once; pages wait for news in most."""
    from services.console.bell import MOST_WAITING

    return MOST_WAITING + 8 if name == "console" else 1


def _forget_metrics(_server: Any, child: Any) -> None:
    """A process that ended no longer counts in the metrics of the API."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(child.pid)  # type: ignore[no-untyped-call]


def _logger() -> type:
    from gunicorn.glogging import Logger

    class Quiet(Logger):  # type: ignore[misc]
        """gunicorn's own lines go where all our lines go, as JSON."""

        def setup(self, _config: object) -> None:
            """Nothing to set up: our handler is on the root logger."""
            self.error_log.propagate = True
            self.access_log.disabled = True

    return Quiet


def _serve(app: Any, bind: str) -> Any:
    """Answer health and metrics in a thread."""
    from waitress.server import create_server

    server = create_server(
        app, listen=bind, threads=2, clear_untrusted_proxy_headers=True
    )
    threading.Thread(target=server.run, name="health", daemon=True).start()
    return server
