"""Time-ordered ids (RFC 9562, version 7) and the instants they are made at."""

import io
import os
import threading
import time
from datetime import UTC, datetime
from uuid import UUID

_AT_A_TIME = 512
"""Asking the system for randomness costs as much for one id as for many."""

_lock = threading.Lock()
_last = 0
_random = io.BytesIO()


def _forget() -> None:
    """A child process must not make the ids its parent makes."""
    _random.seek(0, io.SEEK_END)


os.register_at_fork(after_in_child=_forget)


def uuid7() -> UUID:
    """A new id; those of one process ascend strictly, also within a millisecond.

    Source: RFC 9562 section 6.2, method 1, a 12-bit counter after the milliseconds.
    """
    global _last, _random
    with _lock:
        stamp = max(time.time_ns() // 1_000_000 << 12, _last + 1)
        _last = stamp
        tail_bytes = _random.read(8)
        if not tail_bytes:
            _random = io.BytesIO(os.urandom(_AT_A_TIME))
            tail_bytes = _random.read(8)
    milliseconds, counter = stamp >> 12, stamp & 0xFFF
    tail = int.from_bytes(tail_bytes) & ((1 << 62) - 1)
    return UUID(int=milliseconds << 80 | 7 << 76 | counter << 64 | 2 << 62 | tail)


def utc_now() -> datetime:
    """Now, aware, in UTC: the clock every process starts with."""
    return datetime.now(UTC)
