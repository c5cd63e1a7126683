"""`kap up`: the platform, and what to try with it."""

import threading
import time
from pathlib import Path

import click

from cli.api_client import SECRET_FILE, Deployment
from cli.embedded import HOST, Embedded
from cli.stopping import Stopping


@click.command()
@click.option("--port", default=8080, show_default=True, help="Where pages answer.")
@click.option(
    "--host", default=HOST, show_default=True, help="Where; on this machine only."
)
@click.option(
    "--data",
    default="data",
    show_default=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Where records are kept; delete the folder to begin anew.",
)
@click.option("--seed/--no-seed", default=True, help="Begin with fictional clinics.")
def up(port: int, host: str, data: Path, seed: bool) -> None:
    """Start the whole platform in this process. Ctrl-C stops it; records stay.

    It listens on this machine only, signs anybody in, and keeps its records in SQLite
    files: for trying it and for one small clinic's laptop.
    """
    began = time.monotonic()
    embedded = Embedded(data.absolute(), port=port, host=host)
    embedded.start()
    stopping = Stopping()
    threading.Thread(target=embedded.serve, name="http", daemon=True).start()
    if seed:
        from cli.seed import seed_once

        seed_once(Deployment(embedded.url, secret=embedded.secret))
    _greet(embedded.url, data, time.monotonic() - began)
    stopping.wait()
    click.echo("\nStopping; everything recorded is kept.")
    embedded.stop()


def _greet(url: str, data: Path, seconds: float) -> None:
    click.echo(
        f"""
  KAP Network is running (ready in {seconds:.1f} s)

    Console      {url}
    API docs     {url}/intake/openapi.json  (and scheduling, sessions, notifications)
    Records      {data}/  (log in {data}/kap.log)
    Programs     {url}/oauth/token, with the secrets in {data}/clients.json

  Try
    1. Open the console and choose who you are: one click, no password, nobody exists.
    2. In another terminal:  {_with_secret(data)}./kap demo --url {url}
       and watch three clinics live through a day.
    3. ./kap events list     who tells what to whom
       ./kap feed sessions --url {url}   the events themselves

  Everything in here is fictional. It answers on this machine only. Stop with Ctrl-C.
"""
    )


def _with_secret(data: Path) -> str:
    """How another terminal is told of a platform that is not where one looks first."""
    path = data / SECRET_FILE.name
    return "" if path == SECRET_FILE else f"KAP_DEVELOPMENT_SECRET=@{path} "
