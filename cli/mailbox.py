"""`kap feed` and `kap dead`: what a service told, and what it could not handle."""

import json
import time

import click

from cli.asking import ask, caller_options, network_admin
from cli.services import NAMES

SERVICE = click.Choice(NAMES)


@click.command()
@click.argument("service", type=SERVICE)
@click.option("--after", default=0, help="Begin behind this place in the feed.")
@click.option("--follow", is_flag=True, help="Go on as new events are told.")
@caller_options
def feed(service: str, after: int, follow: bool, url: str, token: str | None) -> None:
    """Print the events SERVICE told, one CloudEvent a line."""
    caller = ask(lambda: network_admin(url, token))
    while True:
        place = after
        page = ask(lambda: caller.get(service, "/feed", after=place, limit=500))  # noqa: B023
        for event in page["items"]:
            click.echo(json.dumps(event))
            after = int(event["sequence"])
        if not page["items"]:
            if not follow:
                return
            time.sleep(1)


@click.group()
def dead() -> None:
    """List, show and retry what could not be handled."""


@dead.command("list")
@click.argument("service", type=SERVICE, required=False)
@caller_options
def list_(service: str | None, url: str, token: str | None) -> None:
    """What waits for a person, in SERVICE or in all."""
    from rich.console import Console
    from rich.table import Column, Table

    caller = ask(lambda: network_admin(url, token))
    # The id is what `show` and `retry` ask for: it is never cut off.
    words = (Column(title, no_wrap=True) for title in ("service", "event id"))
    rest = (Column(title, overflow="fold") for title in ("type", "tries", "reason"))
    table = Table(*words, *rest, box=None, padding=(0, 1, 0, 0))
    for name in [service] if service else NAMES:
        for row in ask(lambda: caller.get(name, "/dead"))["items"]:  # noqa: B023
            table.add_row(
                name, row["event_id"], row["type"], str(row["attempts"]), row["reason"]
            )
    Console().print(table if table.row_count else "nothing is dead")


@dead.command()
@click.argument("service", type=SERVICE)
@click.argument("event_id", type=click.UUID)
@caller_options
def show(service: str, event_id: str, url: str, token: str | None) -> None:
    """One dead row of SERVICE, with what it holds, as JSON."""
    caller = ask(lambda: network_admin(url, token))
    row = ask(lambda: caller.get(service, f"/dead/{event_id}"))
    click.echo(json.dumps(row, indent=2))


@dead.command()
@click.argument("service", type=SERVICE)
@click.argument("event_id", type=click.UUID)
@click.option("--skip", is_flag=True, help="Give it up instead of trying it again.")
@caller_options
def retry(service: str, event_id: str, skip: bool, url: str, token: str | None) -> None:
    """Handle a dead row of SERVICE again."""
    caller = ask(lambda: network_admin(url, token))
    what = "skip" if skip else "retry"
    ask(lambda: caller.post(service, f"/dead/{event_id}/{what}"))
    click.echo("given up" if skip else "will be tried again")
