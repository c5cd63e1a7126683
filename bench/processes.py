"""What processes take: memory, and time of a processor."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def memory_mb(process_id: int) -> float:
    """Resident memory of a process and its children, the largest of them, in MB."""
    sizes = [_resident_mb(child) for child in _family(process_id)]
    return max(sizes)


def cpu_seconds(process_id: int) -> float:
    """What a process and its children have computed so far, for themselves and in the
    kernel; what a database computes for them is the database's.
    """
    return sum(_computed_ticks(child) for child in _family(process_id)) / _TICKS


def _computed_ticks(process_id: int) -> int:
    # The second field is the program's name, which may have spaces in it.
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _resident_mb(process_id: int) -> float:
    for line in Path(f"/proc/{process_id}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _family(process_id: int) -> list[int]:
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text()
    found = [process_id]
    for child in children.split():
        found += _family(int(child))
    return found
