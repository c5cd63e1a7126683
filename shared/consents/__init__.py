"""Consent documents: what a patient is told before saying yes, version by version.

Each template is data, a TOML file in `documents`, and says that it is one: a clinic
publishes texts of its own, which its counsel has seen.
"""

from collections.abc import Iterable, Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

from shared import datafile
from shared.consents.definition import ConsentType, Document, Item, Section

__all__ = ["TEMPLATES", "ConsentType", "Document", "Item", "Section", "read_document"]

_WHAT = "consent document"


def read_document(table: Mapping[str, Any]) -> Document:
    """The consent document that tables, lists and single values tell.

    Raises:
        InvalidError: they do not fit; `details["errors"]` names the path of each fault.
    """
    return datafile.read_table(Document, table, _WHAT)


def _read_all() -> Iterable[Document]:
    files = (resources.files("shared.consents") / "documents").iterdir()
    for file in sorted(files, key=lambda each: each.name):
        if file.name.endswith(".toml"):
            yield datafile.read(Document, file.read_text(encoding="utf-8"), _WHAT)


TEMPLATES: Mapping[str, Document] = MappingProxyType(
    {document.reference: document for document in _read_all()}
)
"""Every consent document that ships with the product, by its reference."""
