"""`kap audit`: who saw or changed what, and whether anybody tampered with it."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from cli.api_client import Caller
from cli.asking import ask, caller_options, network_admin
from cli.services import NAMES

if TYPE_CHECKING:
    from rich.table import Column

WITNESS = {name: "intake" if name == "console" else "console" for name in NAMES}
"""The service that hears of another's chain once a day."""
PAGE = 500


@click.group()
def audit() -> None:
    """Show, verify and export who saw or changed what."""


@audit.command()
@click.option("--clinic", type=click.UUID, help="One clinic only.")
@caller_options
def verify(clinic: str | None, url: str, token: str | None) -> None:
    """Find entries that were altered, removed or inserted; exit 1 if there are any."""
    from rich.console import Console
    from rich.table import Table

    caller = network_admin(url, token)
    table = Table(*_columns("service", "clinic", "entries", "result"), box=None)
    faults: list[str] = []
    for place in _trails(caller, clinic):
        for service in NAMES:
            said = ask(lambda: _verify(service, place))  # noqa: B023
            if not said["entries"] and not said["findings"]:
                continue
            result = "[red]tampered with[/]" if said["findings"] else "[green]whole[/]"
            table.add_row(service, _name(said), str(said["entries"]), result)
            faults += [
                f"{service}, clinic {_name(said)}: {_sentence(finding)}"
                for finding in said["findings"]
            ]
    Console().print(table)
    for fault in faults:
        click.echo(fault)
    if faults:
        raise click.ClickException("these entries are not as they were written")


@audit.command()
@click.option("--clinic", type=click.UUID, help="One clinic only.")
@caller_options
def export(clinic: str | None, url: str, token: str | None) -> None:
    """Print every sealed entry, one JSON object a line, oldest first in each trail."""
    caller = network_admin(url, token)
    for place in _trails(caller, clinic):
        for service in NAMES:
            for entry in _entries(service, place):
                click.echo(json.dumps({"service": service, **entry}))


@audit.command("who-saw")
@click.argument("patient", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@caller_options
def who_saw(patient: str, as_json: bool, url: str, token: str | None) -> None:
    """Everybody who saw or changed the record of PATIENT, in time order."""
    from rich.console import Console
    from rich.table import Table

    caller = network_admin(url, token)
    found = [
        {"service": service, **entry}
        for place in _trails(caller, None)
        for service in NAMES
        for entry in _entries(service, place, patient_id=patient)
    ]
    found.sort(key=lambda entry: entry["at"])
    if as_json:
        for entry in found:
            click.echo(json.dumps(entry))
        return
    heads = ("at", "who", "in the role of", "why", "what", "outcome")
    table = Table(*_columns(*heads), box=None)
    for entry in found:
        words = ("at", "actor_id", "roles", "purpose", "action", "outcome")
        table.add_row(*(str(entry[word]) for word in words))
    Console().print(table if found else "nobody has")


def _columns(*titles: str) -> "list[Column]":
    """Columns that cut nothing off: an id that is cut is none."""
    from rich.table import Column

    return [Column(title, overflow="fold") for title in titles]


def _trails(caller: Caller, clinic: str | None) -> Iterator[Caller]:
    """The caller in each clinic, and in the network."""
    if clinic is not None:
        yield caller.in_clinic(str(clinic))
        return
    listed = ask(lambda: caller.in_network().get("scheduling", "/clinics"))
    for row in listed["items"]:
        yield caller.in_clinic(row["id"])
    yield caller.in_network()


def _verify(service: str, place: Caller) -> Any:
    """What a service finds in its trail, held against what its witness was told."""
    heard = place.get(WITNESS[service], "/audit/anchors", producer=service)
    return place.post(service, "/audit/verify", anchors=heard["items"])


def _entries(service: str, place: Caller, **chosen: Any) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        query = {"after": after, "limit": PAGE, **chosen}
        page = ask(lambda: place.get(service, "/audit", **query))["items"]  # noqa: B023
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]["position"]


def _name(said: dict[str, Any]) -> str:
    """A clinic by its id; the trail of the network has none."""
    clinic_id: str = said["clinic_id"]
    return "network" if not int(clinic_id.replace("-", ""), 16) else clinic_id


def _sentence(finding: dict[str, Any]) -> str:
    which = finding["entry_id"] or "an entry"
    place = f" at {finding['position']}" if finding["position"] else ""
    return f"{which}{place} {finding['what']}"
