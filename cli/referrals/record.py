"""What one row of an export becomes: a referral to send, or the reason it is refused.

Reasons name fields and what is wrong with them. They never quote a value, because the
result file travels further than the export it tells of.
"""

import functools
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from shared.errors import InvalidError

LONGEST_TEXT = 500
LONGEST_IDENTIFIER = 200

# HL7's word for "there is a value, but nobody has coded it".
UNCODED_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
UNCODED = "UNC"

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SOURCE_TYPE = re.compile(r"[a-z0-9][a-z0-9_.\-]{0,63}")


class UnreadableFileError(InvalidError):
    """The file cannot be read as an export of referrals."""

    code = "unreadable_file"


class RowRefusedError(InvalidError):
    """A row does not fit; the message is its reason in the result file."""

    code = "row_refused"


class Outcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    ALREADY_KNOWN = "already_known"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Identifier:
    """The number another system knows the patient by, and which system that is."""

    system: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who is referred; no `time_zone` means that of the clinic."""

    given_name: str
    family_name: str
    birth_date: str
    email: str | None
    phone: str | None
    time_zone: str | None


@dataclass(frozen=True, kw_only=True)
class Coding:
    """A condition or a medication."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Who may pay, and the number the patient has there."""

    payer: str
    member_id: str | None


@dataclass(frozen=True, kw_only=True)
class Referral:
    """What the intake service takes; `body` is its JSON."""

    source_type: str
    identifier: Identifier
    patient: Person
    conditions: tuple[Coding, ...]
    medications: tuple[Coding, ...]
    coverages: tuple[Coverage, ...]
    letter_reference: str | None = None

    def body(self) -> dict[str, Any]:
        """The request body; a letter is named only where there is one."""
        content = asdict(self)
        if self.letter_reference is None:
            del content["letter_reference"]
        return content


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of the result file to be: `referral` is None where `reason` says why."""

    number: int
    identifier: str = ""
    referral: Referral | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Source:
    """An opened export: its rows, and how many they are.

    `ignored` counts entries of kinds nobody reads; `broken` says where a file breaks
    off, which its last row tells too.
    """

    total: int
    rows: Iterator[Row]
    ignored: int = 0
    broken: str = ""


def refused(field: str, problem: str) -> RowRefusedError:
    """The error that refuses a row because of one field."""
    return RowRefusedError(f"{field}: {problem}", field=field)


def text(value: object, field: str, *, longest: int = LONGEST_TEXT) -> str | None:
    """A text with single blanks between its words; None where nothing is written.

    Raises:
        RowRefusedError: it is no text, too long, or has control characters.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise refused(field, "a text is expected")
    # Before blanks are taken out: a reader may have cut a long text just above this.
    if len(value) > longest:
        raise refused(field, f"longer than {longest} characters")
    plain = " ".join(value.split())
    if _CONTROL.search(plain):
        raise refused(field, "has control characters")
    return plain or None


def required(value: object, field: str, *, longest: int = LONGEST_TEXT) -> str:
    """A text that has to be there.

    Raises:
        RowRefusedError: it is missing, or `text` refuses it.
    """
    found = text(value, field, longest=longest)
    if found is None:
        raise refused(field, "missing")
    return found


def identifier(fields: Mapping[str, object]) -> Identifier:
    """The patient's identifier, from `identifier_system` and `identifier`."""
    return Identifier(
        value=required(
            fields.get("identifier"), "identifier", longest=LONGEST_IDENTIFIER
        ),
        system=required(fields.get("identifier_system"), "identifier_system"),
    )


def person(fields: Mapping[str, object]) -> Person:
    """The patient, from fields that are named like those of `Person`."""
    return Person(
        given_name=required(fields.get("given_name"), "given_name"),
        family_name=required(fields.get("family_name"), "family_name"),
        birth_date=_birth_date(fields.get("birth_date")),
        email=text(fields.get("email"), "email"),
        phone=text(fields.get("phone"), "phone"),
        time_zone=_time_zone(fields.get("time_zone")),
    )


def source_type(value: object, default: str) -> str:
    """Where the referral comes from: a word for programs."""
    found = text(value, "source_type") or default
    if not _SOURCE_TYPE.fullmatch(found):
        raise refused("source_type", "not a code of a-z, 0-9, '_', '.' and '-'")
    return found


def uncoded(words: str) -> Coding:
    """What is known in words only; it is sent, so that a clinician sees it."""
    return Coding(system=UNCODED_SYSTEM, code=UNCODED, display=words)


def distinct(codings: Iterable[Coding]) -> tuple[Coding, ...]:
    """Each coding once, in the order of their first mention."""
    return tuple(dict.fromkeys(codings))


def _birth_date(value: object) -> str:
    found = required(value, "birth_date")
    try:
        # fromisoformat also takes 19800229 and 1980-W09-5, which nobody means here.
        valid = _DATE.fullmatch(found) and date.fromisoformat(found)
    except ValueError:
        valid = None
    if not valid:
        raise refused("birth_date", "not a full date like 1980-02-29")
    return found


def _time_zone(value: object) -> str | None:
    found = text(value, "time_zone")
    if found is not None and found not in _zones():
        raise refused("time_zone", "not an IANA time zone like America/Chicago")
    return found


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
