"""Consent documents a clinic publishes for itself, version by version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.aggregate import Aggregate
from shared.consents import TEMPLATES, ConsentType, Document, read_document
from shared.errors import ConflictError, InvalidError


class DocumentExistsError(ConflictError):
    """A consent document of this code and edition is there; consents may rest on it."""

    code = "document_exists"


class AlreadyRetiredError(ConflictError):
    """This consent document is retired already."""

    code = "already_retired"


class DocumentNotInForceError(InvalidError):
    """No consent document of this name is in force in the clinic."""

    code = "document_not_in_force"


@dataclass(kw_only=True, eq=False)
class ConsentDocument(Aggregate):
    """One version of a clinic's consent document; its text never changes.

    `reference` is what consents call it, `definition` the document as tables and lists.
    """

    reference: str
    type: ConsentType
    definition: dict[str, Any]
    published_by: UUID
    published_at: datetime
    retired_at: datetime | None = None
    retired_by: UUID | None = None

    @property
    def document(self) -> Document:
        """What it says."""
        return read_document(self.definition)

    def demand_own_reference(self) -> None:
        """Refuse the code and edition of a document that ships with the product.

        Raises:
            DocumentExistsError: it has them.
        """
        if self.reference in TEMPLATES:
            raise DocumentExistsError

    def retire(self, *, by: UUID, at: datetime) -> None:
        """Nobody can sign it any more.

        Raises:
            AlreadyRetiredError: it was retired before.
        """
        if self.retired_at is not None:
            raise AlreadyRetiredError
        self.version += 1
        self.retired_at, self.retired_by = at, by
