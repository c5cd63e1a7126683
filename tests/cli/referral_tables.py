"""Tables of fictional people, and the result of importing them."""

import csv
from pathlib import Path

HEADER = "identifier_system,identifier,given_name,family_name,birth_date"
ONE = "urn:ex,A-1,Testa,Fictional,1980-02-29"
TWO = "urn:ex,A-2,Probato,Invented,1991-11-05"
THREE = "urn:ex,A-3,Sampla,Madeup,1975-07-14"


def export_of(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "export.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


def result_of(export: Path) -> list[dict[str, str]]:
    with export.with_suffix(".result").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
