"""Stylesheets, scripts and pictures: served from here alone, and cached by content."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, request, send_from_directory, url_for

FOLDER = Path(__file__).parent / "static"
GRID = "grid.css"
WORKER = "session-worker.js"
"""Answers for sessions' pages without a connection; it may not for any other."""

A_YEAR = "public, max-age=31536000, immutable"

STEP_MINUTES = 5
LONGEST_DAY_HOURS = 25
"""On the day the clocks go back."""

STEPS = LONGEST_DAY_HOURS * 60 // STEP_MINUTES

LANES = 12

assets = Blueprint("assets", __name__, url_prefix="/static")


@assets.get(f"/{GRID}")
def grid() -> Response:
    """Where tiles of the day board may stand; a strict policy allows no other way."""
    return _cached(Response(grid_css(), mimetype="text/css"))


@assets.get("/<path:name>")
def static(name: str) -> Response:
    """One file."""
    response = _cached(send_from_directory(FOLDER, name))
    if name == WORKER:
        response.headers["Service-Worker-Allowed"] = "/clinics/"
    return response


@cache
def grid_css() -> str:
    """A class for every column a tile may begin in, its width, its lane and the day."""
    rules = [f".c{n}{{grid-column-start:{n + 1}}}" for n in range(STEPS)]
    rules += [f".s{n}{{grid-column-end:span {n}}}" for n in range(1, STEPS + 1)]
    rules += [f".r{n}{{grid-row:{n + 1}}}" for n in range(LANES)]
    rules += [
        f".hours-{n}{{--hours:{n};--columns:{n * 60 // STEP_MINUTES}}}"
        for n in range(1, LONGEST_DAY_HOURS + 1)
    ]
    return "\n".join(rules)


def asset(name: str) -> str:
    """The address of a file; it changes with the content, so it may be kept."""
    return url_for("assets.static", name=name, v=_digest(name))


@cache
def _digest(name: str) -> str:
    content = grid_css().encode() if name == GRID else (FOLDER / name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


def _cached(response: Response) -> Response:
    if "v" in request.args:
        response.headers["Cache-Control"] = A_YEAR
    return response
