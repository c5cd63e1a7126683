"""The key that signs a deployment's own tokens, and the public keys that verify them.

Two files in one folder: the private key that signs now, and the set of public keys. A
new key joins the set before anything is signed with it, and the old one stays in it
until what it signed has ended, so that nobody is refused in between.
"""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click

SIGNING_KEY = "signing-key.json"
TOKEN_KEYS = "token-keys.json"  # noqa: S105 - a file's name.

FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))


def make_keys(folder: Path) -> tuple[Path, Path]:
    """The files of a signing key and of its public key set; made once.

    Raises:
        ClickException: what is there already is no key, or no set.
    """
    from shared.identity import new_key

    folder.mkdir(parents=True, exist_ok=True)
    signing, public = folder / SIGNING_KEY, folder / TOKEN_KEYS
    if not signing.exists():
        _write(signing, new_key(), mode=0o600)
    own = _public_half(signing)
    listed = _listed(public) if public.exists() else []
    if own not in listed:
        _write_set(public, [own, *listed])
    return signing, public


def rotate(folder: Path) -> str:
    """Sign with a new key from now on; the id of the new one.

    Raises:
        ClickException: there is no key to replace.
    """
    from shared.identity import new_key

    signing, public = _existing(folder)
    fresh = new_key()
    known = [_public_half(signing), *_listed(public)]
    # Whoever verifies knows the key before anybody signs with it.
    _write_set(public, [_public(fresh), *_distinct(known)])
    _write(signing, fresh, mode=0o600)
    return str(json.loads(fresh)["kid"])


def prune(folder: Path) -> list[str]:
    """Withdraw every key but the one that signs now; the ids of the others.

    Raises:
        ClickException: there are no keys.
    """
    signing, public = _existing(folder)
    own = _public_half(signing)
    gone = [key["kid"] for key in _listed(public) if key["kid"] != own["kid"]]
    _write_set(public, [own])
    return gone


@click.command("rotate-signing")
@FOLDER
def rotate_signing(folder: Path) -> None:
    """Put a new signing key in the place of the one in FOLDER.

    The old public key stays in the set, so nobody is refused. Restart every process:
    each signs with the new key from then on. Then `kap keys prune-signing`.
    """
    click.echo(f"signing with {rotate(folder)} from the next start on")


@click.command("prune-signing")
@FOLDER
def prune_signing(folder: Path) -> None:
    """Withdraw the public keys in FOLDER that nothing is signed with any more.

    Tokens signed with them are refused within seconds. Processes that were not
    restarted since the rotation, and tokens of `kap token`, may still be.
    """
    gone = prune(folder)
    click.echo("\n".join(f"withdrawn: {kid}" for kid in gone) or "nothing to withdraw")


def _existing(folder: Path) -> tuple[Path, Path]:
    signing, public = folder / SIGNING_KEY, folder / TOKEN_KEYS
    for path in (signing, public):
        if not path.exists():
            raise click.ClickException(f"there is no {path}; kap keys makes it")
    return signing, public


def _public(private_key: str) -> dict[str, Any]:
    from shared.identity import public_keys

    key: dict[str, Any] = json.loads(public_keys(private_key))["keys"][0]
    return key


def _public_half(signing: Path) -> dict[str, Any]:
    from joserfc.errors import JoseError

    try:
        return _public(signing.read_text())
    except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
        raise click.ClickException(f"{signing} is no private key") from error


def _listed(public: Path) -> list[dict[str, Any]]:
    try:
        listed = json.loads(public.read_text())["keys"]
        return [dict(key) for key in listed if key["kid"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise click.ClickException(f"{public} is no key set") from error


def _distinct(keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({key["kid"]: key for key in keys}.values())


def _write_set(path: Path, keys: list[dict[str, Any]]) -> None:
    _write(path, json.dumps({"keys": keys}), mode=0o644)


def _write(path: Path, text: str, *, mode: int) -> None:
    """Write a file as a whole: who reads it sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
