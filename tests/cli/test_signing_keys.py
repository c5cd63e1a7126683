"""`kap keys`: signing keys are made once, replaced without refusing anybody, pruned."""

import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.deploy import MASTER_KEYS
from cli.main import kap
from cli.signing_keys import SIGNING_KEY, TOKEN_KEYS
from shared.context import Actor
from shared.errors import UnauthenticatedError
from shared.identity import TokenIssuer, TokenVerifier, verifier_of
from shared.ids import uuid7
from shared.settings import Settings

SOMEBODY = Actor(id=uuid7())


def run(*arguments: str) -> Result:
    """`kap keys` with these arguments."""
    return CliRunner().invoke(kap, ["keys", *arguments])


def verifier(folder: Path) -> TokenVerifier:
    """What a process that starts now verifies with."""
    return verifier_of(
        Settings(
            database_url="sqlite://",
            broker_url="memory://",
            signing_key=(folder / SIGNING_KEY).read_text(),
            master_keys="{}",
            token_keys=f"@{folder / TOKEN_KEYS}",
        )
    )


def token(folder: Path) -> str:
    """What a process that starts now signs."""
    issuer = TokenIssuer((folder / SIGNING_KEY).read_text(), issuer="kap")
    return issuer.issue(SOMEBODY)


def kids(folder: Path) -> list[str]:
    """The ids of the keys that count, the current one first."""
    return [key["kid"] for key in json.loads((folder / TOKEN_KEYS).read_text())["keys"]]


def test_keys_are_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "new"

    first = run(str(folder))
    made = (folder / SIGNING_KEY).read_text(), (folder / TOKEN_KEYS).read_text()
    again = run("make", str(folder))

    assert first.exit_code == again.exit_code == 0
    assert first.output == again.output
    assert f"KAP_SIGNING_KEY=@{folder / SIGNING_KEY}" in first.output
    assert made == (
        (folder / SIGNING_KEY).read_text(),
        (folder / TOKEN_KEYS).read_text(),
    )
    assert verifier(folder).verify(token(folder)) == SOMEBODY


def test_only_the_owner_reads_what_signs_and_nothing_private_is_published(
    tmp_path: Path,
) -> None:
    run(str(tmp_path))
    run("rotate-signing", str(tmp_path))

    assert stat.S_IMODE((tmp_path / SIGNING_KEY).stat().st_mode) == 0o600
    assert '"d"' not in (tmp_path / TOKEN_KEYS).read_text()
    assert {path.name for path in tmp_path.iterdir()} == {
        SIGNING_KEY,
        TOKEN_KEYS,
        MASTER_KEYS,
    }


def test_a_rotation_refuses_nobody_and_a_pruning_the_old_key_only(
    tmp_path: Path,
) -> None:
    run(str(tmp_path))
    old = token(tmp_path)

    rotated = run("rotate-signing", str(tmp_path))
    new = token(tmp_path)

    assert rotated.exit_code == 0
    assert kids(tmp_path)[0] in rotated.output
    assert len(kids(tmp_path)) == 2
    assert verifier(tmp_path).verify(old) == SOMEBODY
    assert verifier(tmp_path).verify(new) == SOMEBODY

    withdrawn = kids(tmp_path)[1]
    pruned = run("prune-signing", str(tmp_path))

    assert pruned.output == f"withdrawn: {withdrawn}\n"
    assert verifier(tmp_path).verify(new) == SOMEBODY
    with pytest.raises(UnauthenticatedError):
        verifier(tmp_path).verify(old)
    assert run("prune-signing", str(tmp_path)).output == "nothing to withdraw\n"


def test_a_start_after_a_rotation_keeps_the_old_key(tmp_path: Path) -> None:
    run(str(tmp_path))
    run("rotate-signing", str(tmp_path))
    before = kids(tmp_path)

    run(str(tmp_path))

    assert kids(tmp_path) == before


@pytest.mark.parametrize("command", ["rotate-signing", "prune-signing"])
def test_what_is_not_there_is_not_replaced(command: str, tmp_path: Path) -> None:
    refused = run(command, str(tmp_path))

    assert refused.exit_code == 1
    assert refused.output.startswith(f"Error: there is no {tmp_path / SIGNING_KEY}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["make", "rotate-signing", "prune-signing"])
@pytest.mark.parametrize("spoilt", [SIGNING_KEY, TOKEN_KEYS])
def test_what_is_no_key_is_said_and_left_alone(
    command: str, spoilt: str, tmp_path: Path
) -> None:
    run(str(tmp_path))
    (tmp_path / spoilt).write_text('{"keys": 5, "kty": "EC"}')

    refused = run(command, str(tmp_path))

    assert refused.exit_code == 1
    assert f"{tmp_path / spoilt} is no" in refused.output
    assert (tmp_path / spoilt).read_text() == '{"keys": 5, "kty": "EC"}'
