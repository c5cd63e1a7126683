"""The result file: what became of each row, written while it happens."""

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from cli.referrals.record import Row
from cli.referrals.send import Answer

COLUMNS = ("row", "identifier", "outcome", "reason", "referral_id", "patient_id")

# A spreadsheet takes a cell that starts so for a formula and would run it.
_FORMULA = ("=", "+", "-", "@")


def default_result(export: Path) -> Path:
    """Where the result of an import goes if nobody says otherwise."""
    return export.with_name(f"{export.name}.result.csv")


def part_of(result: Path) -> Path:
    """The result as long as it is not complete."""
    return result.with_name(f"{result.name}.part")


class ResultFile:
    """A CSV file that only its owner may read; it gets its name when it is complete.

    What is left of an import that stopped stays in the `.part` file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        part = os.open(part_of(path), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(part, "w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file)
        self._writer.writerow(COLUMNS)

    def write(self, row: Row, answer: Answer) -> None:
        """Adds a line, and hands it to the system before the next row is sent."""
        cells = (
            row.identifier,
            answer.outcome,
            answer.reason,
            answer.referral_id,
            answer.patient_id,
        )
        self._writer.writerow([row.number, *map(_harmless, cells)])
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        if kind is None:
            part_of(self._path).replace(self._path)


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
