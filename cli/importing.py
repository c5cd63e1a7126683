"""`kap import`: data from outside."""

import click

from cli.referrals.command import referrals


@click.group("import")
def import_() -> None:
    """Take data in from outside."""


import_.add_command(referrals)
