"""`kap keys`: made once, replaced while everything stays readable."""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from cli.keys import keys
from cli.main import kap
from cli.services import NAMES
from services.scheduling.models import resources
from shared import migrations
from shared.database import Database, insert_rows
from shared.ids import uuid7
from shared.privacy.columns import opened, seal_row
from shared.privacy.keyring import Keyring, MasterKeyError
from shared.privacy.tables import data_keys
from shared.privacy.vault import Vault
from shared.testing.lab import EVERYTHING

CLINIC = uuid7()


def run(*arguments: object, **environment: str) -> Result:
    """`kap keys` with these arguments, and nothing of our own environment."""
    nothing = {name: None for name in os.environ if name.startswith("KAP_")}
    return CliRunner().invoke(
        keys, [str(each) for each in arguments], env={**nothing, **environment}
    )


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The folder of an embedded platform, with a therapist in it."""
    assert run(tmp_path).exit_code == 0
    for name in NAMES:
        with closing(open_database(tmp_path, name)) as database:
            migrations.upgrade(name, database)
    row = {"id": uuid7(), "clinic_id": CLINIC, "version": 1, "kind": "therapist"}
    with (
        closing(open_database(tmp_path, "scheduling")) as database,
        database.begin(EVERYTHING) as connection,
    ):
        named = seal_row(connection, resources, {**row, "name": "Dr. Bird"})
        insert_rows(connection, [(resources, named)])
    return tmp_path


def open_database(folder: Path, name: str) -> Database:
    """A service's database, as a process that starts now sees it."""
    vault = Vault(Keyring(f"@{folder / 'master-keys.json'}"))
    return Database(f"sqlite:///{folder / name}.db", vault=vault)


@pytest.fixture
def scheduling(data: Path) -> Iterator[Database]:
    """Scheduling's database."""
    with closing(open_database(data, "scheduling")) as database:
        yield database


def staff(database: Database) -> list[str]:
    """Who works there."""
    with database.read(EVERYTHING) as connection:
        rows = opened(connection, connection.execute(select(resources)))
        return [row["name"] for row in rows]


def ring(folder: Path) -> dict[str, object]:
    """The master keys' ids."""
    said = json.loads((folder / "master-keys.json").read_text())
    return {"current": said["current"], "all": list(said["keys"])}


@pytest.mark.parametrize("words", [(), ("make",)])
def test_keys_are_made_once_and_only_their_owner_reads_the_secret_ones(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    folder = tmp_path / "keys"

    first = run(*words, folder)
    before = {each.name: each.read_text() for each in folder.iterdir()}
    second = run(*words, folder)

    assert first.output == second.output
    assert f"KAP_MASTER_KEYS=@{folder / 'master-keys.json'}" in first.output
    assert {each.name: each.read_text() for each in folder.iterdir()} == before
    for name in ("signing-key.json", "master-keys.json"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600


def test_a_new_master_key_wraps_everything_and_the_old_one_is_kept(
    data: Path, scheduling: Database
) -> None:
    old = ring(data)

    said = run("rotate-master", "--data", data)

    new = ring(data)
    assert said.exit_code == 0, said.output
    assert "scheduling: 1 keys wrapped anew" in said.output
    assert f"no longer used, kept for backups: {old['current']}" in said.output
    assert (new["current"] != old["current"], len(new["all"])) == (True, 2)  # type: ignore[arg-type]
    with scheduling.read(EVERYTHING) as connection:
        used = connection.execute(select(data_keys.c.master_id)).scalars().all()
    assert used == [new["current"]]
    assert staff(scheduling) == ["Dr. Bird"]


def test_a_master_key_that_nothing_uses_can_be_forgotten(
    data: Path, scheduling: Database
) -> None:
    old = ring(data)["current"]

    said = run("rotate-master", "--data", data, "--forget")

    assert f"forgotten: {old}" in said.output
    assert ring(data)["all"] == [ring(data)["current"]]
    assert staff(scheduling) == ["Dr. Bird"]


def test_keys_can_be_wrapped_by_a_key_that_was_made_elsewhere(data: Path) -> None:
    before = ring(data)

    said = run("rotate-master", "--data", data, "--no-new")

    assert said.exit_code == 0
    assert ring(data) == before
    assert "scheduling: 0 keys wrapped anew" in said.output


def test_a_deployment_names_its_databases_and_its_keys(data: Path) -> None:
    for name in NAMES:
        url = f"sqlite:///{data / name}.db"
        (data / f"{name}.database-url").write_text(url + "\n")

    said = run(
        "rotate-master",
        KAP_DATABASE_URL=f"@{data}/{{service}}.database-url",
        KAP_MASTER_KEYS=f"@{data / 'master-keys.json'}",
    )

    assert said.exit_code == 0, said.output
    assert "scheduling: 1 keys wrapped anew" in said.output


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        ((), "name --data, or --database-url and --master-keys"),
        (("--database-url", "sqlite:///x.db", "--master-keys", "@x"), "{service}"),
        (
            ("--database-url", "sqlite:///{service}.db", "--master-keys", "{}"),
            "the master keys must be in a file",
        ),
    ],
)
def test_what_is_not_named_is_said(arguments: tuple[str, ...], fault: str) -> None:
    said = run("rotate-master", *arguments)

    assert said.exit_code == 2
    assert fault in said.output


def test_a_clinics_key_is_replaced_and_what_it_sealed_is_sealed_anew(
    data: Path, scheduling: Database
) -> None:
    with scheduling.read(EVERYTHING) as connection:
        before = connection.execute(select(resources.c.name)).scalar_one()

    said = run("rotate", "--data", data)

    assert said.exit_code == 0, said.output
    assert "scheduling: 1 sealed anew" in said.output
    with scheduling.read(EVERYTHING) as connection:
        after = connection.execute(select(resources.c.name)).scalar_one()
    assert after[:17] != before[:17]
    assert staff(scheduling) == ["Dr. Bird"]


def test_a_platform_does_not_start_with_master_keys_that_make_no_sense(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ring"
    path.write_text("{}")

    said = CliRunner().invoke(
        kap,
        ["migrate", "intake", "--database-url", f"sqlite:///{tmp_path}/x.db"],
        env={"KAP_MASTER_KEYS": f"@{path}"},
    )

    assert isinstance(said.exception, MasterKeyError)
    assert not (tmp_path / "x.db").exists()
