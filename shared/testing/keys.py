"""Master keys and vaults for tests."""

from pathlib import Path

from shared.privacy.keyring import Keyring, new_ring, write_ring
from shared.privacy.vault import LIVES_SECONDS, Vault

MASTER_KEYS = "master-keys.json"


def ring_in(folder: Path) -> Path:
    """The file of the master keys of a folder's databases, made once."""
    path = folder / MASTER_KEYS
    if not path.exists():
        write_ring(path, new_ring())
    return path


def new_vault(*, seconds: float = LIVES_SECONDS) -> Vault:
    """A vault with master keys of its own."""
    return Vault(Keyring(new_ring()), seconds=seconds)
