"""Master keys: read from a setting, read again when they change, and never guessed."""

import base64
import json
import os
import stat
from pathlib import Path

import pytest

from shared.privacy.keyring import (
    Keyring,
    MasterKeyError,
    Ring,
    new_ring,
    write_ring,
)

KEY = b"k" * 32


def ring_of(**keys: bytes) -> str:
    """A ring; the first key is the current one."""
    encoded = {name: base64.b64encode(key).decode() for name, key in keys.items()}
    return json.dumps({"current": next(iter(keys)), "keys": encoded})


def test_what_a_key_wraps_it_unwraps() -> None:
    masters = Keyring(new_ring())

    master_id, wrapped = masters.wrap(KEY)

    assert master_id == masters.current
    assert KEY not in wrapped
    assert masters.unwrap(master_id, wrapped) == KEY


def test_the_same_key_is_never_wrapped_the_same_way() -> None:
    masters = Keyring(new_ring())

    assert masters.wrap(KEY)[1] != masters.wrap(KEY)[1]


def test_what_was_altered_or_wrapped_by_another_key_is_refused() -> None:
    masters = Keyring(ring_of(a=b"a" * 32, b=b"b" * 32))
    master_id, wrapped = masters.wrap(KEY)
    altered = wrapped[:-1] + bytes([wrapped[-1] ^ 1])

    for name, blob in (("a", altered), ("b", wrapped), ("a", b""), ("a", b"short")):
        with pytest.raises(MasterKeyError, match=f"what master key {name} wrapped"):
            masters.unwrap(name, blob)
    with pytest.raises(MasterKeyError, match="there is no master key gone"):
        masters.unwrap("gone", wrapped)
    assert masters.unwrap(master_id, wrapped) == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        '{"current": "a"}',
        '{"current": "a", "keys": []}',
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "not base64!"}}',
        '{"current": "a", "keys": {"a": 7}}',
        '{"current": "a", "keys": {"a": "c2VjcmV0LXRvby1zaG9ydA=="}}',
        ring_of(b=KEY).replace('"current": "b"', '"current": "a"'),
    ],
)
def test_what_is_no_ring_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(MasterKeyError) as refused:
        Keyring(text)

    assert "c2VjcmV0" not in str(refused.value)
    assert refused.value.__cause__ is None


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(MasterKeyError, match="cannot be read"):
        Keyring(f"@{tmp_path / 'nowhere'}")


def test_a_new_key_in_the_file_needs_no_restart(tmp_path: Path) -> None:
    path = tmp_path / "ring"
    write_ring(path, new_ring())
    running = Keyring(f"@{path}")
    before, wrapped = running.wrap(KEY)

    write_ring(path, Ring.parse(path.read_text()).with_new().dump())
    after, _ = running.wrap(KEY)

    assert after != before
    assert running.unwrap(before, wrapped) == KEY


def test_a_file_that_was_rewritten_unseen_is_read_again_for_an_unknown_key(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ring"
    path.write_text(ring_of(a=b"a" * 32))
    running = Keyring(f"@{path}")
    running.wrap(KEY)
    seen = path.stat()

    # In place, of the same length, with the same time: nothing of the file tells.
    with path.open("r+") as file:
        file.write(ring_of(b=b"b" * 32))
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    master_id, wrapped = Keyring(ring_of(b=b"b" * 32)).wrap(KEY)

    assert running.current == "a"
    assert running.unwrap(master_id, wrapped) == KEY


def test_a_file_that_becomes_nonsense_is_said_and_the_next_good_one_counts(
    tmp_path: Path,
) -> None:
    path = tmp_path / "ring"
    write_ring(path, new_ring())
    running = Keyring(f"@{path}")

    path.write_text("half a ri")
    with pytest.raises(MasterKeyError):
        running.wrap(KEY)
    write_ring(path, new_ring())

    assert running.wrap(KEY)[0] == Ring.parse(path.read_text()).current


def test_only_its_owner_reads_the_file_and_nothing_else_is_left(tmp_path: Path) -> None:
    path = tmp_path / "ring"

    write_ring(path, new_ring())
    write_ring(path, new_ring())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["ring"]


def test_the_current_key_is_never_taken_out_of_a_ring() -> None:
    old = Ring.parse(new_ring())
    ring = old.with_new()

    assert ring.without(frozenset(ring.keys)).keys.keys() == {ring.current}
    assert ring.without(frozenset()).keys.keys() == ring.keys.keys()
