"""Which consent documents are in force in a clinic: the product's, until it has own."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.intake.domain import (
    ConsentDocument,
    ConsentType,
    DocumentExistsError,
    DocumentNotInForceError,
)
from services.intake.handlers.expiring import end_consents_to
from services.intake.models import consent_documents
from shared.consents import TEMPLATES, Document, read_document
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork

NAMED = "document_version"


def publish_document(definition: Mapping[str, Any], uow: UnitOfWork) -> ConsentDocument:
    """The clinic publishes a consent document, or a further edition of one.

    Args:
        definition: the document as tables and lists.

    Raises:
        InvalidError: it does not fit.
        DocumentExistsError: the clinic or the product has this code and edition.
    """
    document = read_document(definition)
    made = ConsentDocument(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        reference=document.reference,
        type=document.type,
        definition=dict(definition),
        published_by=uow.actor_id,
        published_at=uow.now,
    )
    made.demand_own_reference()
    if _own(made.reference, uow) is not None:
        raise DocumentExistsError
    uow.add(made)
    uow.flush()
    uow.touch(record=("consent_document", made.id))
    return made


def document_in_force(
    reference: str, consent_type: ConsentType, uow: UnitOfWork
) -> Document:
    """The document that a consent of this type may be signed to.

    It stays in force until the commit.

    Raises:
        DocumentNotInForceError: there is none of this name, or it is of another type
            or retired, or it is a template and the clinic has published an own text
            of its type.
    """
    if (own := _own(reference, uow)) is not None:
        found = own.document if own.retired_at is None else None
    elif _has_own(consent_type, uow):
        found = None
    else:
        found = TEMPLATES.get(reference)
    if found is None or found.type is not consent_type:
        raise DocumentNotInForceError(field=NAMED)
    return found


def retire_document(document_id: UUID, uow: UnitOfWork) -> ConsentDocument:
    """Nobody can sign a document of the clinic any more; consents to it end.

    Raises:
        AlreadyRetiredError: it was retired before.
    """
    row = select(consent_documents.c.id).where(consent_documents.c.id == document_id)
    uow.connection.execute(row.with_for_update())
    document = uow.get(ConsentDocument, document_id)
    document.retire(by=uow.actor_id, at=uow.now)
    uow.touch(record=("consent_document", document.id))
    end_consents_to(document.reference, uow)
    return document


def end_of(document: Document, at: datetime) -> datetime:
    """When a consent to a document ends that was given at a moment.

    The same day of the month; in a shorter month, its last day.
    """
    months = at.month - 1 + document.valid_months
    year, month = at.year + months // 12, months % 12 + 1
    for day in range(at.day, at.day - 4, -1):
        try:
            return at.replace(year=year, month=month, day=day)
        except ValueError:
            continue
    raise AssertionError("a month has 28 days")


def _own(reference: str, uow: UnitOfWork) -> ConsentDocument | None:
    same = (
        consent_documents.c.clinic_id == uow.clinic_id,
        consent_documents.c.reference == reference,
    )
    # Whoever retires it waits for this, so no consent to it slips through.
    query = select(ConsentDocument).where(*same).with_for_update(read=True)
    return uow.db.scalars(query).first()


def _has_own(consent_type: ConsentType, uow: UnitOfWork) -> bool:
    same = (
        consent_documents.c.clinic_id == uow.clinic_id,
        consent_documents.c.type == consent_type,
    )
    return uow.db.scalars(select(ConsentDocument).where(*same)).first() is not None
