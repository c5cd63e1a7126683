"""`kap keys`: the keys of a deployment are made, and new ones put in their place."""

from pathlib import Path
from typing import Any

import click

from cli.signing_keys import FOLDER, make_keys, prune_signing, rotate_signing


class _Keys(click.Group):
    """`kap keys FOLDER` is short for `kap keys make FOLDER`."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """The command that is meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["make", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Keys)
def keys() -> None:
    """Make the keys of a deployment, and put new ones in their place."""


@keys.command()
@FOLDER
def make(folder: Path) -> None:
    """Make the keys of a deployment in FOLDER, unless they are there."""
    signing, public = make_keys(folder)
    click.echo(f"KAP_SIGNING_KEY=@{signing}\nKAP_TOKEN_KEYS=@{public}")


keys.add_command(rotate_signing)
keys.add_command(prune_signing)
