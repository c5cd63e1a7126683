"""`kap demo`: play a day of three clinics and check every step of it."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import httpx

from cli.api_client import Caller, Deployment
from cli.demo.receiver import Receiver
from cli.demo.steps import Clinic
from shared.ids import uuid7

SESSION_EVENTS = ["sessions.*"]


@click.command()
@click.option(
    "--url", help="A running deployment; an embedded one is started if not given."
)
@click.option("--quiet", is_flag=True, help="Only the result.")
def demo(url: str | None, quiet: bool) -> None:
    """Play a day of three clinics over HTTP, as an outside client would.

    Twenty-seven patients, every way a day can go; at the end everything is checked:
    each event heard once by all who should, nothing dead, no booking overlapping. A
    miss ends it with status 1.
    """
    if url:
        raise SystemExit(play(url.rstrip("/"), quiet=quiet))
    with _embedded() as own:
        raise SystemExit(play(own, quiet=quiet))


def play(url: str, *, quiet: bool) -> int:
    """Play against a deployment; the exit status."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
    )

    from cli.demo import audit, day
    from cli.demo.journeys import DAYS
    from cli.demo.report import print_report

    console = Console()
    deployment = Deployment(url)
    try:
        host = deployment.callback_host()
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise click.ClickException(
            f"no platform for trying it answers at {url}"
        ) from error
    with Receiver(reachable_from_outside=host != "127.0.0.1") as receiver:
        clinics = day.open_clinics(deployment, f" {str(uuid7())[-4:]}")
        for clinic in clinics:
            _subscribe(clinic, f"http://{host}:{receiver.port}/webhooks", receiver)
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=console, disable=quiet) as progress:
            bar = progress.add_task("A day of three clinics", total=None)
            played = day.play_day(clinics, lambda: progress.advance(bar))
            progress.update(bar, description="Waiting until all is heard", total=None)
            callers = [_auditor(deployment, clinic) for clinic in clinics]
            audit.wait_until_quiet(callers, receiver)
        found = audit.look(callers, receiver)
    print_report(played, found, console)
    failures = [one for one in played if one.failure]
    patients = sum(map(len, DAYS))
    if failures or found.misses:
        console.print(
            f"[red bold]Failed:[/] {len(failures)} of {patients} journeys, "
            f"{len(found.misses)} misses"
        )
        return 1
    console.print(
        f"[green bold]All well:[/] {patients} patients in {len(clinics)} clinics, "
        f"{len(found.events)} events, each heard once by all who should."
    )
    return 0


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
def _embedded() -> Iterator[str]:
    """A platform of our own, in a folder that goes away."""
    from cli.embedded import Embedded

    with tempfile.TemporaryDirectory(prefix="kap-demo-") as folder:
        embedded = Embedded(Path(folder), port=0)
        embedded.start()
        thread = threading.Thread(target=embedded.serve, daemon=True)
        thread.start()
        try:
            yield embedded.url
        finally:
            embedded.stop()
