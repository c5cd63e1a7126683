"""`kap demo`: play a day of three clinics and check every step of it."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import httpx

from cli.api_client import Caller, Deployment
from cli.demo import steps
from cli.demo.receiver import Receiver
from cli.demo.steps import Clinic
from shared.ids import uuid7

if TYPE_CHECKING:
    from rich.console import Console

    from cli.demo.audit import Findings
    from cli.demo.day import Played

SESSION_EVENTS = ["sessions.*"]


@click.command()
@click.option(
    "--url", help="A running deployment; an embedded one is started if not given."
)
@click.option("--quiet", is_flag=True, help="Only the result.")
def demo(url: str | None, quiet: bool) -> None:
    """Play a day of three clinics over HTTP, as an outside client would.

    Thirty patients, every way a day can go; at the end everything is checked:
    each event heard once by all who should, nothing dead, no booking overlapping. A
    miss ends it with status 1.
    """
    if url:
        raise SystemExit(play(Deployment(url.rstrip("/")), quiet=quiet))
    with _embedded() as own:
        raise SystemExit(play(own, quiet=quiet))


def play(deployment: Deployment, *, quiet: bool) -> int:
    """Play against a deployment; the exit status."""
    from rich.console import Console

    from cli.demo.report import print_report, print_verdict

    console = Console()
    played, found = _play_and_look(deployment, console, quiet=quiet)
    print_report(played, found, console)
    return print_verdict(played, found, console)


def _play_and_look(
    deployment: Deployment, console: "Console", *, quiet: bool
) -> "tuple[list[Played], Findings]":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from cli.demo import audit, day

    host = _callback_host(deployment)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Receiver(reachable_from_outside=host != "127.0.0.1") as receiver:
        clinics = day.open_clinics(deployment, f" {str(uuid7())[-4:]}")
        for clinic in clinics:
            _subscribe(clinic, f"http://{host}:{receiver.port}/webhooks", receiver)
            steps.keep_ledger(clinic)
        with Progress(*columns, console=console, disable=quiet) as progress:
            bar = progress.add_task("A day of three clinics", total=day.STEPS)
            played = day.play_day(clinics, lambda: progress.advance(bar))
            played += day.close_day(clinics, lambda: progress.advance(bar))
            progress.update(bar, description="Waiting until all is heard")
            callers = [_auditor(deployment, clinic) for clinic in clinics]
            audit.wait_until_quiet(callers, receiver)
        return played, audit.look(callers, receiver)


def _callback_host(deployment: Deployment) -> str:
    try:
        return deployment.callback_host()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise click.ClickException(
            f"no platform for trying it answers at {deployment.url}"
        ) from error


def _subscribe(clinic: Clinic, url: str, receiver: Receiver) -> None:
    made = clinic.admin.post(
        "notifications",
        "/subscriptions",
        url=url,
        types=SESSION_EVENTS,
        grants=["clinical"],
    )
    receiver.trust(made["secret"])


def _auditor(deployment: Deployment, clinic: Clinic) -> Caller:
    """A network admin who looks at one clinic."""
    return deployment.development_caller("network_admin").in_clinic(clinic.id)


@contextmanager
def _embedded() -> Iterator[Deployment]:
    """A platform of our own, in a folder that goes away."""
    from cli.embedded import Embedded

    with tempfile.TemporaryDirectory(prefix="kap-demo-") as folder:
        embedded = Embedded(Path(folder), port=0)
        embedded.start()
        thread = threading.Thread(target=embedded.serve, daemon=True)
        thread.start()
        try:
            yield Deployment(embedded.url, secret=embedded.secret)
        finally:
            embedded.stop()
