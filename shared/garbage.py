"""How often Python looks for garbage.

What is imported once stays for the life of a process, and a request leaves hardly any
circles behind. With Python's own thresholds much of the time of a request that reads
many rows may go into looking through modules again and again.
"""

import gc

THRESHOLDS = (5_000, 10, 10)
"""More would be kept waiting in memory than is saved in time."""


def spare_what_stays() -> None:
    """Leave alone what is there now, and look among the rest less often; to be called
    once everything is imported.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
