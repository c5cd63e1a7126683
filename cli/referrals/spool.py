"""The resources of one bundle on disk, to be found by entry and by reference.

The entries of a bundle come in any order, so a patient is complete only at the end of
the file. Until then they lie in a temporary database.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from shared.errors import UnavailableError

# What a resource says about itself by these kinds is found by its names.
NAMED = ("Patient", "Medication", "Organization")

# Nothing in it has to outlive a crash.
_QUICK = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -4096;
"""
_SCHEMA = """
CREATE TABLE entry (
  number INTEGER PRIMARY KEY, kind TEXT, url TEXT, body TEXT, refusal TEXT
);
CREATE TABLE name (key TEXT, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE target (key TEXT, number INTEGER, PRIMARY KEY (key, number)) WITHOUT ROWID;
CREATE TABLE patient_of (number INTEGER, patient INTEGER);
"""
_LINK = """
INSERT INTO patient_of
  SELECT DISTINCT target.number, name.number FROM target
  JOIN name USING (key) JOIN entry ON entry.number = name.number
  WHERE entry.kind = 'Patient';
CREATE INDEX by_number ON patient_of (number);
CREATE INDEX by_patient ON patient_of (patient);
"""
_COLUMNS = "SELECT entry.number, kind, url, body, refusal FROM entry "
# Patients, and what belongs to none of them, get a row in the result file.
_ROWS = """
WHERE kind = 'Patient' OR (
  kind NOT IN ('Medication', 'Organization')
  AND number NOT IN (SELECT number FROM patient_of)
)
"""
_COUNT_ROWS = f"SELECT count(*) FROM entry {_ROWS}"  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Stored:
    """An entry as kept; `refusal` says why it cannot be used, if it cannot.

    `kind` is its resource type, and empty where it has none.
    """

    number: int
    kind: str
    url: str
    resource: dict[str, Any]
    refusal: str = ""


@contextmanager
def temporary_database() -> Iterator[sqlite3.Connection]:
    """A private database without a name: gone when closed, or when the process dies.

    Raises:
        UnavailableError: there is no room for it.
    """
    db = sqlite3.connect("")
    try:
        db.executescript(_QUICK)
        yield db
    except sqlite3.Error as error:
        raise UnavailableError(
            "the temporary database failed; is there room where TMPDIR points to?"
        ) from error
    finally:
        db.close()


class Spool:
    """Keeps entries; `link` is called once, between the last `add` and any read."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._db.executescript(_SCHEMA)

    def add(self, stored: Stored, reference: str = "") -> None:
        """Keeps an entry; `reference` is what it says about its patient."""
        self._db.execute(
            "INSERT INTO entry VALUES (?, ?, ?, ?, ?)",
            (
                stored.number,
                stored.kind,
                stored.url,
                json.dumps(stored.resource),
                stored.refusal,
            ),
        )
        if stored.kind in NAMED:
            self._keys("name", stored.number, names(stored))
        else:
            self._keys("target", stored.number, targets(reference, stored.url))

    def link(self) -> None:
        """Finds out which patient each resource is about."""
        self._db.executescript(_LINK)

    def rows(self) -> Iterator[Stored]:
        """The entries that get a row of their own, in the order of the file."""
        return self._stored(f"{_COLUMNS} {_ROWS} ORDER BY number")

    def count_rows(self) -> int:
        """How many entries get a row of their own."""
        found = self._db.execute(_COUNT_ROWS).fetchone()
        return int(found[0])

    def about(self, patient: Stored, at_most: int) -> list[Stored]:
        """What the bundle says about a patient, in the order of the file."""
        where = (
            "JOIN patient_of USING (number) WHERE patient = ? ORDER BY number LIMIT ?"
        )
        return list(self._stored(f"{_COLUMNS} {where}", (patient.number, at_most)))

    def patients_of(self, stored: Stored) -> int:
        """How many patients a resource could be about; more than one is a muddle."""
        found = self._db.execute(
            "SELECT count(*) FROM patient_of WHERE number = ?", (stored.number,)
        ).fetchone()
        return int(found[0])

    def find(self, reference: str, seen_from: Stored, kind: str) -> Stored | None:
        """What a resource refers to, if the bundle holds exactly one such."""
        where = (
            "WHERE kind = ? AND refusal = '' AND number IN (SELECT number FROM name "
            "WHERE key IN (SELECT value FROM json_each(?))) LIMIT 2"
        )
        keys = json.dumps(targets(reference, seen_from.url))
        found = list(self._stored(f"{_COLUMNS} {where}", (kind, keys)))
        return found[0] if len(found) == 1 else None

    def _keys(self, table: str, number: int, keys: Iterable[str]) -> None:
        self._db.executemany(
            f"INSERT OR IGNORE INTO {table} VALUES (?, ?)",  # noqa: S608
            [(key, number) for key in keys],
        )

    def _stored(self, query: str, values: Sequence[object] = ()) -> Iterator[Stored]:
        for number, kind, url, body, refusal in self._db.execute(query, values):
            yield Stored(
                number=number,
                kind=kind,
                url=url,
                resource=json.loads(body),
                refusal=refusal,
            )


def names(stored: Stored) -> list[str]:
    """The keys a resource is found by.

    `*/Patient/1` is the patient 1 of a server that the bundle does not name; a
    resource with a web address is never that, so patients of two servers stay apart.
    """
    found = [_bare(stored.url)] if stored.url else []
    if isinstance(own_id := stored.resource.get("id"), str):
        found.append(f"{stored.kind}/{own_id}")
        if not _is_web(stored.url):
            found.append(f"*/{stored.kind}/{own_id}")
    return found


def targets(reference: str, url: str) -> list[str]:
    """The keys that a reference in the entry with the full URL `url` may mean.

    Source: FHIR R4, Bundle, "Resolving references in Bundles".
    """
    reference = _bare(reference)
    if not reference or reference.startswith(("#", "urn:")):
        return [reference] if reference.startswith("urn:") else []
    relative = "/".join(reference.split("/")[-2:])
    if _is_web(reference):
        return [reference, f"*/{relative}"]
    if _is_web(url):
        server = _bare(url).rsplit("/", 2)[0]
        return [f"{server}/{relative}", f"*/{relative}"]
    return [relative]


def _bare(reference: str) -> str:
    """Without the version that a reference may end in."""
    return reference.partition("/_history/")[0]


def _is_web(url: str) -> bool:
    return url.startswith(("http://", "https://"))
