"""Is the process alive, can it work, and how is it doing."""

from flask import Blueprint, Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.errors import UnavailableError
from shared.http.routes import current_runtime
from shared.isolation import demand_restricted
from shared.metrics import exposition
from shared.reach import MAILBOX
from shared.service import Runtime
from shared.settings import SettingsError
from shared.worker import Worker

NAME = "health"
"""Its own deployment asks this again and again: neither traced nor limited."""


def blueprint(service: str) -> Blueprint:
    """`/healthz`, `/readyz`, `/metrics`, at the root and below the service's name."""
    health = Blueprint(NAME, __name__)
    for prefix in ("", f"/{service}"):
        health.add_url_rule(f"{prefix}/healthz", f"{prefix[1:]}healthz", healthz)
        health.add_url_rule(f"{prefix}/readyz", f"{prefix[1:]}readyz", readyz)
        health.add_url_rule(f"{prefix}/metrics", f"{prefix[1:]}metrics", metrics)
    return health


def healthz() -> Response:
    """The process lives."""
    return jsonify(status="alive", service=current_runtime().service.name)


def readyz() -> tuple[Response, int]:
    """The database answers. A silent broker is no reason to stop taking care."""
    database = current_runtime().database
    try:
        demand_restricted(database)
        with database.read(MAILBOX) as connection:
            connection.execute(text("select 1 from feed"))
    except SettingsError:
        return jsonify(status="the database role is held by no policy"), 503
    except (SQLAlchemyError, UnavailableError):
        return jsonify(status="the database does not answer"), 503
    return jsonify(status="ready"), 200


def metrics() -> Response:
    """Prometheus metrics."""
    return Response(exposition(current_runtime()), content_type=CONTENT_TYPE_LATEST)


def worker_app(runtime: Runtime, worker: Worker) -> Flask:
    """The same three questions, answered by a worker."""
    app = Flask("worker", static_folder=None)
    app.extensions["kap"] = runtime

    @app.get("/healthz")
    def alive() -> tuple[Response, int]:
        """Every loop has come round lately."""
        stuck = worker.stuck()
        status = "stuck" if stuck else "alive"
        return jsonify(status=status, loops=stuck), 503 if stuck else 200

    @app.get("/readyz")
    def ready() -> tuple[Response, int]:
        """Every loop's last step went well."""
        failing = worker.failing()
        status = "failing" if failing else "ready"
        return jsonify(status=status, loops=failing), 503 if failing else 200

    app.add_url_rule("/metrics", "metrics", metrics)
    return app
