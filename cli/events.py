"""`kap events`: the published language, as a table or for programs."""

import json
from typing import Any

import click

from cli.services import load_all
from shared.events import Event, catalogue

WIDE = 100


@click.group()
def events() -> None:
    """Show which events there are and who hears them."""


@events.command("list")
@click.option(
    "--json", "as_json", is_flag=True, help="With JSON Schemas, for programs."
)
def list_(as_json: bool) -> None:
    """Every event, with who hears it; the first word of a name is who tells it."""
    consumers = hearers()
    if as_json:
        click.echo(json.dumps([describe(e, consumers) for e in catalogue().values()]))
        return
    from rich.console import Console
    from rich.table import Column, Table

    console = Console()
    # A name that is cut off is of no use: a narrow screen does without the producer,
    # which is the first word of the name.
    titles = ["event", "version", "sensitivity"]
    titles += ["told by"] if console.width >= WIDE else []
    words = (Column(title, no_wrap=True) for title in titles)
    table = Table(*words, "heard by", box=None, padding=(0, 1, 0, 0))
    for event in catalogue().values():
        said = [event.name, str(event.version), event.sensitivity.value]
        said += [event.producer] if console.width >= WIDE else []
        table.add_row(*said, ", ".join(consumers[event.type]))
    console.print(table)


def hearers() -> dict[str, list[str]]:
    """Which services handle each event type."""
    services = load_all()
    return {
        event.type: [s.name for s in services if event in s.handlers]
        for event in catalogue().values()
    }


def describe(event: type[Event], consumers: dict[str, list[str]]) -> dict[str, Any]:
    """All that is said of an event, with the JSON Schema of its payload."""
    from shared.events.jsonschema import json_schema

    return {
        "name": event.name,
        "version": event.version,
        "type": event.type,
        "producer": event.producer,
        "consumers": consumers[event.type],
        "aggregate": event.aggregate,
        "sensitivity": event.sensitivity.value,
        "about": (event.__doc__ or "").partition("\n")[0],
        "schema": json_schema(event),
    }
