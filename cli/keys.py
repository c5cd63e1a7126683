"""`kap keys`: the keys of a deployment are made, and new ones put in their place."""

from pathlib import Path

import click

from cli.deploy import make_keys, make_master_keys


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def keys(folder: Path) -> None:
    """Make the keys of a deployment in FOLDER, unless they are there."""
    signing, public = make_keys(folder)
    master = make_master_keys(folder)
    click.echo(f"KAP_SIGNING_KEY=@{signing}\nKAP_TOKEN_KEYS=@{public}")
    click.echo(f"KAP_MASTER_KEYS=@{master}")
