"""`kap ledger`: whether every clinic's controlled-substance ledger is whole."""

from collections.abc import Iterator

import click

from cli.api_client import Caller
from cli.asking import ask, caller_options, network_admin


@click.group()
def ledger() -> None:
    """Verify the controlled-substance ledgers."""


@ledger.command()
@click.option("--clinic", type=click.UUID, help="One clinic only.")
@caller_options
def verify(clinic: str | None, url: str, token: str | None) -> None:
    """Find entries that were altered or removed, and sums that do not add up.

    It prints the hash of each ledger's last entry: kept elsewhere, it shows later
    whether a ledger was cut at its end. Exit 1 if anything is wrong.
    """
    caller = network_admin(url, token)
    faults = 0
    for place in _clinics(caller, clinic):
        said = ask(lambda: place.get("sessions", "/ledger/verification"))  # noqa: B023
        if not said["entries"] and not said["findings"]:
            continue
        state = "not whole" if said["findings"] else "whole"
        click.echo(
            f"{said['clinic_id']}  {said['entries']} entries  {state}  {said['head']}"
        )
        for finding in said["findings"]:
            where = f" at {finding['position']}" if finding["position"] else ""
            click.echo(
                f"  {finding['record_id'] or 'an entry'}{where} {finding['what']}"
            )
        faults += len(said["findings"])
    if faults:
        raise click.ClickException("these ledgers are not as they were written")


def _clinics(caller: Caller, clinic: str | None) -> Iterator[Caller]:
    """The caller in each clinic."""
    if clinic is not None:
        yield caller.in_clinic(str(clinic))
        return
    for row in ask(lambda: caller.in_network().get("scheduling", "/clinics"))["items"]:
        yield caller.in_clinic(row["id"])
