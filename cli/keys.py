"""`kap keys`: the keys of a deployment are made, and new ones put in their place."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from cli.deploy import MASTER_KEYS, make_master_keys
from cli.services import NAMES, load
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
    master = make_master_keys(folder)
    click.echo(f"KAP_SIGNING_KEY=@{signing}\nKAP_TOKEN_KEYS=@{public}")
    click.echo(f"KAP_MASTER_KEYS=@{master}")


def _where(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which databases, and which master keys."""
    for option in (
        click.option(
            "--master-keys",
            envvar="KAP_MASTER_KEYS",
            help="The ring of master keys, or @ and the file that holds it.",
        ),
        click.option(
            "--database-url",
            envvar="KAP_DATABASE_URL",
            help="The databases, or @ and their files; {service} is a service's name.",
        ),
        click.option(
            "--data",
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="The folder of an embedded platform, instead of the other two.",
        ),
    ):
        command = option(command)
    return command


@keys.command("rotate-master")
@_where
@click.option(
    "--new/--no-new", default=True, help="Make a new key, or only wrap by the newest."
)
@click.option("--forget", is_flag=True, help="Remove keys that nothing uses any more.")
def rotate_master(
    data: Path | None,
    database_url: str | None,
    master_keys: str | None,
    new: bool,
    forget: bool,
) -> None:
    """Wrap every clinic's key by a new master key. Needs no restart and no pause.

    Old master keys stay in the file, for backups need them: a key that is forgotten
    takes every backup from before with it.
    """
    from shared.privacy.keyring import Ring, write_ring
    from shared.privacy.rotation import masters_in_use, rewrap

    url, setting = _told(data, database_url, master_keys)
    if not setting.startswith("@"):
        raise click.UsageError("the master keys must be in a file, named with an @")
    path = Path(setting[1:])
    if new:
        write_ring(path, Ring.parse(path.read_text()).with_new().dump())
    used: set[str] = set()
    for name, database in _databases(url, setting):
        click.echo(f"{name}: {rewrap(database)} keys wrapped anew")
        used |= masters_in_use(database)
    ring = Ring.parse(path.read_text())
    unused = ring.keys.keys() - used - {ring.current}
    if forget:
        write_ring(path, ring.without(frozenset(unused)).dump())
    if unused:
        what = "forgotten" if forget else "no longer used, kept for backups"
        click.echo(f"{what}: {', '.join(sorted(unused))}")


@keys.command()
@_where
@click.option("--clinic", type=click.UUID, help="One clinic; all if not given.")
def rotate(
    data: Path | None,
    database_url: str | None,
    master_keys: str | None,
    clinic: UUID | None,
) -> None:
    """Give clinics new keys and seal anew what the old ones sealed.

    It needs no restart and no pause, and can be stopped and run again: a rotation that
    was begun is finished before another one begins.
    """
    from shared.privacy import rotation

    url, setting = _told(data, database_url, master_keys)
    # First all, then the long part: what processes remember is waited for only once.
    for name, database in _databases(url, setting):
        if rotation.left(database, _tables(name), clinic_id=clinic).total:
            click.echo(f"{name}: going on with a rotation that was begun")
        else:
            rotation.renew(database, clinic_id=clinic)
    for name, database in _databases(url, setting):
        tables = _tables(name)
        total = rotation.left(database, tables, clinic_id=clinic).total
        with click.progressbar(length=total, label=f"{name:<14}") as bar:
            done = rotation.finish(
                database, tables, clinic_id=clinic, progress=bar.update
            )
        click.echo(f"{name}: {done} sealed anew")


def _tables(name: str) -> list[Any]:
    """Every table of a service's database that may hold something sealed."""
    from shared.mailbox.tables import metadata

    return [*load(name).metadata.tables.values(), *metadata.tables.values()]


def _told(
    data: Path | None, database_url: str | None, master_keys: str | None
) -> tuple[str, str]:
    """Where the databases and the master keys are."""
    if data is not None:
        return f"sqlite:///{data.absolute()}/{{service}}.db", f"@{data / MASTER_KEYS}"
    if database_url is None or master_keys is None:
        raise click.UsageError("name --data, or --database-url and --master-keys")
    if "{service}" not in database_url:
        raise click.UsageError("the database URL needs {service} in it")
    return database_url, master_keys


def _databases(url: str, master_keys: str) -> Iterator[tuple[str, Any]]:
    """Every service's database, open while it is looked at."""
    from shared.database import Database
    from shared.privacy.keyring import Keyring
    from shared.privacy.vault import Vault

    masters = Keyring(master_keys)
    for name in NAMES:
        own = url.replace("{service}", name)
        if own.startswith("@"):
            own = Path(own[1:]).read_text().strip()
        with closing(Database(own, vault=Vault(masters))) as database:
            yield name, database


keys.add_command(rotate_signing)
keys.add_command(prune_signing)
