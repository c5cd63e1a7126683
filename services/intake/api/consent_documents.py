"""Routes of consent documents: which there are, what they say, and a clinic's own."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.domain import ConsentDocument
from services.intake.schemas import consent_documents as schemas
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/consent-documents",
    scope=access.CONSENT_DOCUMENTS_READ,
    gives=schemas.DocumentsView(),
)
def list_consent_documents(reading: Reading) -> dict[str, Any]:
    """Every consent document of the product and the clinic, without the text."""
    return {"items": queries.consent_documents_of(reading)}


@routes.get(
    "/consent-documents/<reference>",
    scope=access.CONSENT_DOCUMENTS_READ,
    gives=schemas.DocumentView(),
)
def show_consent_document(reading: Reading, reference: str) -> queries.Row:
    """A consent document as a patient reads it, also one that is no longer in force."""
    return queries.consent_document(reading, reference)


@routes.post(
    "/consent-documents",
    scope=access.CONSENT_DOCUMENTS_MANAGE,
    takes=schemas.DocumentBody(),
    gives=schemas.PublishedView(),
    status=201,
)
def publish_consent_document(uow: UnitOfWork, body: dict[str, Any]) -> ConsentDocument:
    """The clinic publishes a consent document, or a further edition of one."""
    given = {name: value for name, value in body.items() if value is not None}
    return handlers.publish_document(given, uow)


@routes.post(
    "/consent-documents/<uuid:document_id>/retire",
    scope=access.CONSENT_DOCUMENTS_MANAGE,
    gives=schemas.PublishedView(),
)
def retire_consent_document(uow: UnitOfWork, document_id: UUID) -> ConsentDocument:
    """Nobody can sign a document any more, and consents to it end."""
    return handlers.retire_document(document_id, uow)
