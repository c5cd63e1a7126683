"""How a process uses memory: from where it takes it, and how often it looks for what
can be given back.
"""

import ctypes
import gc

THRESHOLDS = (5_000, 10, 10)
"""More would be kept waiting in memory than is saved in time."""
_RARELY = (50_000, 20, 20)

_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1
_LARGE = 64 * 1024


def share_one_arena() -> None:
    """Let all threads of a process take memory from one place; to be called before
    there are any.

    The C library gives each thread a place of its own, so that they need not wait for
    each other. Threads of Python wait anyway, and what one place has free no other can
    use. Blocks of 64 KiB and more are given back to the system as they are freed. Where
    the C library has no such settings, nothing is changed.

    Source: glibc manual, "Malloc Tunable Parameters"; mallopt(3).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _LARGE)
        mallopt(_TRIM_THRESHOLD, _LARGE)


def look_rarely() -> None:
    """Hardly ever look for what can be given back; to be called before imports, until
    `spare_what_stays`.

    Modules leave hardly any circles behind. With Python's own thresholds a sixth of the
    time to start goes into looking through them again and again.
    """
    gc.set_threshold(*_RARELY)


def spare_what_stays() -> None:
    """Leave alone what is there now, and look among the rest less often; to be called
    once everything is imported.

    What is imported once stays for the life of a process, and a request leaves hardly
    any circles behind. With Python's own thresholds much of the time of a request that
    reads many rows may go into looking through modules again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
