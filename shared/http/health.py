"""Is the process alive, can it work, and how is it doing."""

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shared.http.routes import current_runtime
from shared.metrics import exposition


def blueprint(service: str) -> Blueprint:
    """`/healthz`, `/readyz`, `/metrics`, at the root and below the service's name."""
    health = Blueprint("health", __name__)
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
    try:
        with current_runtime().database.reading.connect() as connection:
            connection.execute(text("select 1 from feed"))
    except SQLAlchemyError:
        return jsonify(status="the database does not answer"), 503
    return jsonify(status="ready"), 200


def metrics() -> Response:
    """Prometheus metrics."""
    return Response(exposition(current_runtime()), content_type=CONTENT_TYPE_LATEST)
