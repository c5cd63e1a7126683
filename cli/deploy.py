"""`kap migrate`, `topology`, `token`: what a deployment is prepared with."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import click

from cli.services import NAMES, load, load_all
from shared.access import Role
from shared.context import Actor

MASTER_KEYS = "master-keys.json"


def _secret(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> str | None:
    """A value, or what a file holds if the value starts with an `@`, as in settings."""
    if value is None or not value.startswith("@"):
        return value
    try:
        return Path(value[1:]).read_text().strip()
    except OSError as error:
        raise click.BadParameter(f"{value[1:]} cannot be read") from error


@click.command()
@click.argument("service", type=click.Choice([*NAMES, "all"]))
@click.option(
    "--database-url",
    envvar="KAP_DATABASE_URL",
    required=True,
    callback=_secret,
    help="The database as the service uses it; its role is given what it needs there. "
    "{service} stands for the service's name, needed for `all`.",
)
@click.option(
    "--owner-url",
    envvar="KAP_OWNER_DATABASE_URL",
    callback=_secret,
    help="The same database as its owner; needed on PostgreSQL.",
)
@click.option(
    "--master-keys",
    envvar="KAP_MASTER_KEYS",
    required=True,
    help="The ring of master keys, or @ and the file that holds it.",
)
def migrate(
    service: str, database_url: str, owner_url: str | None, master_keys: str
) -> None:
    """Bring the database of SERVICE, or of all, up to date.

    On PostgreSQL this also puts every table under row-level security. The owner does
    it: the role that a service runs as owns nothing.
    """
    from shared import migrations
    from shared.privacy.keyring import Keyring
    from shared.privacy.vault import Vault

    vault = Vault(Keyring(master_keys))
    names = NAMES if service == "all" else (service,)
    for url in filter(None, (database_url, owner_url)):
        if service == "all" and "{service}" not in url:
            raise click.UsageError("for `all` the URLs need {service} in them")
    if owner_url is None and not database_url.startswith("sqlite"):
        raise click.UsageError("on PostgreSQL the owner's URL is needed: --owner-url")
    for name in names:
        load(name)
        own = owner_url.replace("{service}", name) if owner_url else None
        url = database_url.replace("{service}", name)
        migrations.migrate(name, url, owner_url=own, vault=vault)
        click.echo(f"{name}: up to date")


@click.group()
def topology() -> None:
    """Declare exchanges and queues on the broker."""


@topology.command()
@click.option("--broker-url", envvar="KAP_BROKER_URL", required=True, callback=_secret)
def apply(broker_url: str) -> None:
    """Make the exchange, and a queue per service bound to the events it hears."""
    from shared.broker import connect
    from shared.platform import subscriptions

    told = subscriptions(load_all())
    connect(broker_url).declare(told)
    for name, types in told.items():
        click.echo(f"{name}: {len(types)} event types")


@topology.command()
def show() -> None:
    """Print which queue hears which events."""
    from shared.broker import binding_key
    from shared.platform import subscriptions

    for name, types in subscriptions(load_all()).items():
        click.echo(name)
        for event_type in types:
            click.echo(f"  {binding_key(event_type)}")


def make_master_keys(folder: Path) -> Path:
    """The file of the master keys that records are sealed under; made once.

    Without it nothing that is sealed can ever be read again.
    """
    from shared.privacy.keyring import new_ring, write_ring

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / MASTER_KEYS
    if not path.exists():
        write_ring(path, new_ring())
    return path


@click.command()
@click.option("--clinic", type=click.UUID, help="The clinic the roles are for.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice([role.value for role in Role]),
    help="A role; may be given several times.",
)
@click.option("--person", type=click.UUID, help="Who it is for; a new id if not given.")
@click.option("--hours", default=1.0, show_default=True, help="How long it is valid.")
@click.option(
    "--signing-key",
    envvar="KAP_SIGNING_KEY",
    default="@data/signing-key.json",
    show_default=True,
    help="Private JWK, or @ and the file that holds it.",
)
@click.option("--issuer", envvar="KAP_TOKEN_ISSUER", default="kap", show_default=True)
def token(
    clinic: UUID | None,
    roles: tuple[str, ...],
    person: UUID | None,
    hours: float,
    signing_key: str,
    issuer: str,
) -> None:
    """Sign a bearer token. Without a clinic the roles are for the network."""
    from shared.identity import TokenIssuer

    if signing_key.startswith("@"):
        path = Path(signing_key[1:])
        if not path.exists():
            raise click.ClickException(f"there is no signing key at {path}")
        signing_key = path.read_text()
    held = frozenset(Role(role) for role in roles)
    actor = Actor(
        id=person or uuid4(),
        roles={clinic: held} if clinic else {},
        network_roles=frozenset() if clinic else held,
    )
    issued = TokenIssuer(signing_key, issuer=issuer)
    click.echo(issued.issue(actor, valid_for=timedelta(hours=hours)))
