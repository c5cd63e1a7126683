"""An import from its first row to its last."""

import hashlib
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from cli.referrals.fhir import open_bundle
from cli.referrals.record import Outcome, Row, Source, UnreadableFileError
from cli.referrals.result import ResultFile
from cli.referrals.send import Answer, Intake
from cli.referrals.spool import temporary_database
from cli.referrals.table import open_table
from shared.errors import InvalidError

FORMATS = ("fhir", "csv")


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """How an import ended, in counts of rows.

    `ignored` counts bundle entries of kinds that are not imported; `broken` is empty,
    or says where the file breaks off.
    """

    created: int
    already_known: int
    refused: int
    ignored: int
    broken: str
    result: Path

    def __str__(self) -> str:
        counts = (
            f"{self.created} created, {self.already_known} already known, "
            f"{self.refused} refused"
        )
        aside = f" ({self.ignored} entries of other kinds)" if self.ignored else ""
        return f"{counts}{aside}; row by row in {self.result}"


def import_referrals(
    path: Path,
    *,
    clinic_id: UUID,
    client: httpx.Client,
    result: Path,
    file_format: str | None,
    progress: Callable[[int, int | None], None],
    sleep: Callable[[float], None] = time.sleep,
) -> ImportReport:
    """Sends every referral of an export to a clinic, and tells what became of each.

    Args:
        client: its base URL is the service's address; it carries the bearer token.
        file_format: one of `FORMATS`; None means that the content decides.
        progress: is told rows done, and rows in all once that is known.

    Raises:
        UnreadableFileError: the export cannot be read; nothing was sent.
        UnauthenticatedError, ForbiddenError, NotFoundError, UnavailableError: the
            import stopped; what was done is in the `.part` file, and another run
            goes on without doing anything twice.
        OSError: the result file cannot be written.
    """
    if result.resolve() == path.resolve():
        raise InvalidError("the result would overwrite the export", field="result")
    progress(0, None)
    intake = Intake(client, clinic_id, sleep=sleep)
    with _opened(path, file_format) as source, ResultFile(result) as results:
        counts = _carry_over(source, intake, results, progress)
    return ImportReport(
        created=counts[Outcome.CREATED],
        already_known=counts[Outcome.ALREADY_KNOWN],
        refused=counts[Outcome.REFUSED],
        ignored=source.ignored,
        broken=source.broken,
        result=result,
    )


def _carry_over(
    source: Source,
    intake: Intake,
    results: ResultFile,
    progress: Callable[[int, int | None], None],
) -> Counter[Outcome]:
    counts: Counter[Outcome] = Counter()
    with temporary_database() as db:
        seen = _Seen(db)
        for done, row in enumerate(source.rows, 1):
            answer = _handled(row, seen, intake)
            results.write(row, answer)
            counts[answer.outcome] += 1
            progress(done, source.total)
    return counts


def _handled(row: Row, seen: "_Seen", intake: Intake) -> Answer:
    if row.referral is None:
        return Answer(outcome=Outcome.REFUSED, reason=row.reason)
    earlier = seen.before(row.referral.identifier, row.number)
    if earlier is not None:
        # To the service it would be "already known", and what it adds would be lost.
        reason = f"identifier: row {earlier} has the same one"
        return Answer(outcome=Outcome.REFUSED, reason=reason)
    return intake.send(row.referral)


def _opened(path: Path, file_format: str | None) -> AbstractContextManager[Source]:
    try:
        with path.open("rb") as file:
            start = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    except OSError as error:
        raise UnreadableFileError(
            f"the file cannot be read: {error.strerror}"
        ) from error
    if file_format is None:
        looks_json = start.startswith((b"{", b"[")) or path.suffix.lower() == ".json"
        file_format = "fhir" if looks_json else "csv"
    if file_format not in FORMATS:
        raise InvalidError(f"formats are {', '.join(FORMATS)}", field="format")
    if start.startswith(b"<"):
        raise UnreadableFileError("XML is not read; export a FHIR Bundle as JSON")
    return open_bundle(path) if file_format == "fhir" else open_table(path)


class _Seen:
    """The identifiers of one run, on disk as soon as they are many."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.execute("CREATE TABLE seen (digest BLOB PRIMARY KEY, number INTEGER)")

    def before(self, identifier: object, number: int) -> int | None:
        """The row that had this identifier before, if there is one."""
        digest = hashlib.sha256(repr(identifier).encode()).digest()
        found = self._db.execute(
            "SELECT number FROM seen WHERE digest = ?", (digest,)
        ).fetchone()
        if found:
            return int(found[0])
        self._db.execute("INSERT INTO seen VALUES (?, ?)", (digest, number))
        return None
