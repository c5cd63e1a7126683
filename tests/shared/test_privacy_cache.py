"""Keys are remembered for a while, and no longer than that."""

import weakref

from shared.ids import uuid7
from shared.privacy.cache import KeyCache
from shared.privacy.keys import Key, Owner


def _key() -> Key:
    return Key(id=uuid7(), clinic_id=uuid7(), owner=Owner.PERSON, secret=bytes(32))


def test_what_was_used_longest_ago_goes_first() -> None:
    cache = KeyCache[str](most=2, seconds=10, ticks=lambda: 0.0)
    first, second = _key(), _key()
    cache.put("first", first)
    cache.put("second", second)
    assert cache.get("first") is first

    cache.put("third", _key())

    assert cache.get("second") is None
    assert cache.get("first") is first


def test_what_is_over_leaves_memory_though_nobody_asks_for_it() -> None:
    now = [0.0]
    cache = KeyCache[str](most=100, seconds=10, ticks=lambda: now[0])
    key = _key()
    is_there = weakref.ref(key)
    cache.put("one", key)
    del key
    now[0] = 9.0
    cache.put("two", _key())
    assert is_there()

    now[0] = 10.0
    cache.put("three", _key())

    assert is_there() is None
    assert cache.get("two")
