"""Referrals from a CSV table: one line, one referral.

A line is parsed by itself, so a quotation mark that is never closed spoils its own row
and no other. A column nobody knows refuses the whole file: a misspelt `medications`
that is quietly left out would be worse than no import.
"""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from cli.referrals.record import (
    Coding,
    Coverage,
    Referral,
    Row,
    RowRefusedError,
    Source,
    UnreadableFileError,
    distinct,
    identifier,
    person,
    refused,
    required,
    source_type,
    text,
    uncoded,
)

REQUIRED = (
    "identifier_system",
    "identifier",
    "given_name",
    "family_name",
    "birth_date",
)
OPTIONAL = (
    "email",
    "phone",
    "time_zone",
    "conditions",
    "medications",
    "coverage_payer",
    "coverage_member_id",
    "source_type",
    "letter_reference",
)
DELIMITERS = (",", ";", "\t")
LONGEST_LINE = 64 * 1024
MOST_CODES = 500


@dataclass(frozen=True, kw_only=True)
class CodeSystem:
    """What a code without a system means in a column, and how such a code looks."""

    uri: str
    form: re.Pattern[str]
    example: str


_SYSTEMS = {
    "conditions": CodeSystem(
        uri="http://hl7.org/fhir/sid/icd-10-cm",
        form=re.compile(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]{1,4})?", re.ASCII),
        example="an ICD-10-CM code like F33.2",
    ),
    "medications": CodeSystem(
        uri="http://www.nlm.nih.gov/research/umls/rxnorm",
        form=re.compile(r"[0-9]{1,8}", re.ASCII),
        example="an RxNorm number like 36437",
    ),
}


@dataclass(frozen=True, kw_only=True)
class _Layout:
    columns: tuple[str, ...]
    delimiter: str


@contextmanager
def open_table(path: Path) -> Iterator[Source]:
    """Opens a CSV file, looked through once so that nothing is sent from a bad one.

    Raises:
        UnreadableFileError: it is not UTF-8, or its header does not fit.
    """
    with path.open(encoding="utf-8-sig") as file:
        layout, total = _survey(file)
    with path.open(encoding="utf-8-sig") as file:
        yield Source(total=total, rows=_rows(file, layout))


def _survey(file: TextIO) -> tuple[_Layout, int]:
    lines = _lines(file)
    number = 0
    try:
        number, header = next(lines, (0, ""))
        if not number:
            raise UnreadableFileError("the file is empty; a header row is expected")
        layout = _layout(header)
        total = 0
        for number, line in lines:  # noqa: B007
            total += not _is_blank(line, layout)
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"the file is not UTF-8 (somewhere after line {number}); "
            'save it as "CSV UTF-8" and try again'
        ) from error
    return layout, total


def _rows(file: TextIO, layout: _Layout) -> Iterator[Row]:
    for number, line in _lines(file):
        if number > 1 and not _is_blank(line, layout):
            yield _row(number, line, layout)


def _lines(file: TextIO) -> Iterator[tuple[int, str]]:
    """Every line with its number; of one that is too long only its beginning."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        rest = line
        while len(rest) > LONGEST_LINE and not rest.endswith("\n"):
            rest = file.readline(LONGEST_LINE + 1)
        yield number, line.removesuffix("\n")


def _is_blank(line: str, layout: _Layout) -> bool:
    return not line.strip(layout.delimiter + '" \t')


def _layout(line: str) -> _Layout:
    delimiter = max(DELIMITERS, key=line.count)
    try:
        cells = _cells(line, delimiter)
    except RowRefusedError as error:
        raise UnreadableFileError("the header row cannot be read") from error
    columns = tuple(cell.strip().lower().replace(" ", "_") for cell in cells)
    known = {*REQUIRED, *OPTIONAL}
    problems = {
        "missing": [name for name in REQUIRED if name not in columns],
        "twice": sorted({name for name in columns if columns.count(name) > 1}),
        # By place and not by name: a file without a header has a patient there.
        "unknown": [
            f"column {i}" for i, name in enumerate(columns, 1) if name not in known
        ],
    }
    if any(problems.values()):
        told = "; ".join(f"{key}: {', '.join(x)}" for key, x in problems.items() if x)
        known_ones = ", ".join(REQUIRED + OPTIONAL)
        raise UnreadableFileError(
            f"the columns do not fit ({told}); known are {known_ones}"
        )
    return _Layout(columns=columns, delimiter=delimiter)


def _cells(line: str, delimiter: str) -> list[str]:
    if len(line) > LONGEST_LINE:
        raise refused("row", f"longer than {LONGEST_LINE} characters")
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise refused(
            "row", "a quotation mark is not closed or stands in a wrong place"
        ) from error


def _row(number: int, line: str, layout: _Layout) -> Row:
    known_as = ""
    try:
        cells = _cells(line, layout.delimiter)
        if len(cells) != len(layout.columns):
            raise refused(
                "row", f"{len(cells)} cells where {len(layout.columns)} are expected"
            )
        fields = dict(zip(layout.columns, cells, strict=True))
        known_as = identifier(fields).value
        return Row(number=number, identifier=known_as, referral=_referral(fields))
    except RowRefusedError as error:
        return Row(number=number, identifier=known_as, reason=error.message)


def _referral(fields: Mapping[str, str]) -> Referral:
    return Referral(
        source_type=source_type(fields.get("source_type"), default="csv"),
        identifier=identifier(fields),
        patient=person(fields),
        conditions=_codings(fields, "conditions"),
        medications=_codings(fields, "medications"),
        coverages=_coverages(fields),
        letter_reference=text(fields.get("letter_reference"), "letter_reference"),
    )


def _coverages(fields: Mapping[str, str]) -> tuple[Coverage, ...]:
    member_id = text(fields.get("coverage_member_id"), "coverage_member_id")
    payer = text(fields.get("coverage_payer"), "coverage_payer")
    if payer is None and member_id is not None:
        raise refused("coverage_payer", "missing, but coverage_member_id is given")
    return (Coverage(payer=payer, member_id=member_id),) if payer else ()


def _codings(fields: Mapping[str, str], column: str) -> tuple[Coding, ...]:
    items = [item for item in fields.get(column, "").split(";") if item.strip()]
    if len(items) > MOST_CODES:
        raise refused(column, f"more than {MOST_CODES} items")
    return distinct(
        _coding(item, _SYSTEMS[column], f"{column} item {place}")
        for place, item in enumerate(items, 1)
    )


def _coding(item: str, usual: CodeSystem, field: str) -> Coding:
    """`code`, `code|display`, `system|code|display`, or `|words` without a code."""
    parts = [part.strip() for part in item.split("|")]
    named = ":" in parts[0]
    system = parts.pop(0) if named else usual.uri
    if not 1 <= len(parts) <= 2:
        raise refused(field, "not code, code|display or system|code|display")
    code, display = text(parts[0], field), text(parts[-1], field)
    if code is None and not named:
        return uncoded(required(display, field))
    if not named and not usual.form.fullmatch(code or ""):
        raise refused(
            field, f"not {usual.example}; write |words where there is no code"
        )
    code = required(code, field)
    return Coding(system=required(system, field), code=code, display=display or code)
