"""Forms of the treatment record: what a note of each part asks, and the REMS form.

Each is data, a TOML file in `forms`. An edition never changes: a note that was signed
is read with the form it was written on.
"""

from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType

from shared import datafile
from shared.record_forms.definition import (
    LONGEST_TEXT,
    Answers,
    Form,
    Section,
    SectionKind,
)
from shared.rulepack import NotePart

__all__ = [
    "FORMS",
    "LONGEST_TEXT",
    "NOTES",
    "REMS",
    "Answers",
    "Form",
    "Section",
    "SectionKind",
]


def _read_all() -> Iterable[Form]:
    files = (resources.files("shared.record_forms") / "forms").iterdir()
    for file in sorted(files, key=lambda each: each.name):
        if file.name.endswith(".toml"):
            yield datafile.read(Form, file.read_text(encoding="utf-8"), "form")


FORMS: Mapping[str, Form] = MappingProxyType(
    {form.reference: form for form in _read_all()}
)
"""Every edition of every form, by its reference."""

NOTES: Mapping[NotePart, Form] = MappingProxyType(
    {form.part: form for form in FORMS.values() if form.part is not None}
)
"""What a new note of each part is written on: the newest edition, as names sort."""

REMS = FORMS["rems_monitoring-2026.1"]
"""The monitoring form of the esketamine REMS."""
