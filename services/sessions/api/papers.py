"""The ledger on paper, as an inspector asks for it: a table, as CSV or PDF."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from services.sessions.schemas.ledger_lists import CSV, MEDIA_TYPES
from shared.errors import InvalidError
from shared.http.downloads import Download
from shared.paper.pdf import Paper, Part, Table, pdf_of

Row = Mapping[str, Any]

MOST_ON_PAPER = 2_000
"""Lines of a PDF; of more, a spreadsheet is of more use."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

_REGISTER = {
    "position": "No.",
    "at": "When",
    "kind": "Entry",
    "number": "Container",
    "drug": "Drug",
    "form": "Form",
    "lot": "Lot",
    "strength_mg": "Strength mg",
    "amount_mg": "Amount mg",
    "change_mg": "Change mg",
    "balance_mg": "Left mg",
    "patient_id": "Patient",
    "patient": "Name",
    "session_id": "Session",
    "actor_id": "By",
    "witness_id": "Witness",
    "second_witness_id": "Second witness",
    "details": "Details",
    "hash": "Hash",
}
_ON_PAPER = ("position", "at", "kind", "number", "drug", "lot", "amount_mg",
             "balance_mg", "patient", "actor_id", "witness_id", "details")  # fmt: skip
_COUNT = {
    "number": "Container",
    "drug": "Drug",
    "form": "Form",
    "lot": "Lot",
    "strength_mg": "Strength mg",
    "amount_mg": "Counted mg",
    "balance_mg": "Ledger mg",
    "variance_mg": "Variance mg",
    "details": "Note",
}


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A paper before it is one: what stands above the table, and the table."""

    title: str
    said: Mapping[str, str]
    columns: Mapping[str, str]
    rows: Sequence[Row]
    zone: Any


def register_paper(
    found: Row, names: Mapping[UUID, str], *, kind: str, now: datetime
) -> Download:
    """The register of a registration from one day to another."""
    entries = found["entries"]
    rows = [
        {**row, "patient": names.get(row["patient_id"], "")}
        | ({"at": row["at"].astimezone(found["zone"])})
        for row in entries
    ]
    said = {
        **_heading(found),
        "From": str(found["first"]),
        "To": str(found["last"]),
        **_balances("Opening balance", found["opening"]),
        **_balances("Closing balance", found["closing"]),
        "Entries": str(len(rows)),
        "Last entry of the range": entries[-1]["hash"] if entries else "",
    }
    columns = _REGISTER
    if kind != CSV:
        columns = {name: _REGISTER[name] for name in _ON_PAPER}
        rows = [{**row, "patient": _patient(row)} for row in rows]
    title = "Controlled-substance register"
    sheet = Sheet(
        title=title, said=said, columns=columns, rows=rows, zone=found["zone"]
    )
    name = f"register-{found['first']}-{found['last']}"
    patients = sorted({row["patient_id"] for row in entries if row["patient_id"]})
    return _download(sheet, name, patients, kind=kind, now=now)


def count_paper(found: Row, *, kind: str, now: datetime) -> Download:
    """An inventory: what was counted, beside what the ledger said."""
    counted_at = found["counted_at"].astimezone(found["zone"])
    said = {
        **_heading(found),
        "Inventory": found["moment"].value,
        "Counted": f"{counted_at:%Y-%m-%d %H:%M %Z}",
        "By": str(found["counted_by"]),
        "Containers": str(found["containers"]),
        "Variances": str(found["variances"]),
    }
    sheet = Sheet(
        title="Inventory of controlled substances",
        said=said,
        columns=_COUNT,
        rows=found["lines"],
        zone=found["zone"],
    )
    return _download(sheet, f"inventory-{counted_at:%Y-%m-%d}", (), kind=kind, now=now)


def _heading(found: Row) -> dict[str, str]:
    registration = found["registration"]
    return {
        "Registration": registration["number"],
        "Schedule": registration["schedule"].value.upper(),
        "Entries in all": str(registration["position"]),
        "Head of the chain": registration["head"],
    }


def _balances(what: str, by_drug: Mapping[str, Decimal]) -> dict[str, str]:
    return {f"{what}, {drug}": f"{amount} mg" for drug, amount in by_drug.items()}


def _patient(row: Row) -> str:
    """A name, or the end of an id where there is none."""
    return row["patient"] or (str(row["patient_id"])[-6:] if row["patient_id"] else "")


def _download(
    sheet: Sheet, name: str, patients: Sequence[UUID], *, kind: str, now: datetime
) -> Download:
    content = _csv(sheet) if kind == CSV else _pdf(sheet, now)
    return Download(
        patient_ids=patients,
        name=f"{name}.{kind}",
        media_type=MEDIA_TYPES[kind],
        content=content,
    )


def _csv(sheet: Sheet) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([sheet.title])
    writer.writerows([name, _harmless(value)] for name, value in sheet.said.items())
    writer.writerow([])
    writer.writerow(sheet.columns.values())
    for row in sheet.rows:
        writer.writerow(_cell(row[name]) for name in sheet.columns)
    return text.getvalue().encode()


def _pdf(sheet: Sheet, now: datetime) -> bytes:
    if len(sheet.rows) > MOST_ON_PAPER:
        raise InvalidError(
            f"more than {MOST_ON_PAPER} lines: ask for fewer days, or for CSV",
            field="from",
        )
    rows = [[_short(name, row[name]) for name in sheet.columns] for row in sheet.rows]
    said = [f"{name}: {value}" for name, value in sheet.said.items()]
    table = Table(headings=list(sheet.columns.values()), rows=rows)
    return pdf_of(
        Paper(
            title=sheet.title,
            parts=[Part(paragraphs=["\n".join(said)], table=table if rows else None)],
            made_at=now,
            foot=f"{sheet.title}, made {now.astimezone(sheet.zone):%Y-%m-%d %H:%M %Z}",
            is_wide=True,
        )
    )


def _short(name: str, value: object) -> str:
    """A cell on paper, where an id has no room."""
    return str(value)[-6:] if name.endswith("_id") and value else _plain(value)


def _cell(value: object) -> object:
    """A cell of a table; text that a spreadsheet would compute is made harmless."""
    return value if isinstance(value, Decimal | int) else _harmless(_plain(value))


def _plain(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S %Z}"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {said}" for name, said in value.items())
    return str(value)


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
