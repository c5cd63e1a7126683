"""What is read of the texts a clinic lets its patients sign, and of what they sign."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement

from services.intake.domain import Consent, ConsentDocument
from services.intake.models import consent_documents, consents, episodes
from shared.consents import TEMPLATES, Document
from shared.errors import NotFoundError
from shared.reading import Reading, Row


def consent_documents_of(reading: Reading) -> list[Row]:
    """Every consent document of the product, then the clinic's, newest last.

    A template is in force until the clinic has published a text of its type.
    """
    rows = reading.rows(
        reading.select(consent_documents).order_by(consent_documents.c.id)
    )
    types = {row["type"] for row in rows}
    ours = [
        {
            **_said(document),
            "id": None,
            "is_own": False,
            "in_force": document.type not in types,
        }
        for document in TEMPLATES.values()
    ]
    return [*ours, *(_published(row) for row in rows)]


def consent_document(reading: Reading, reference: str) -> Row:
    """A consent document with its text.

    Raises:
        NotFoundError: neither the product nor the clinic has one of this name.
    """
    for row in consent_documents_of(reading):
        if row["reference"] == reference:
            return row
    raise NotFoundError("there is no such consent document in this clinic")


def own_consents(reading: Reading, patient_id: UUID, now: datetime) -> Row:
    """What a patient has consented to, newest first, and what can be signed."""
    return _consents(reading, consents.c.patient_id == patient_id, now)


def consents_of(reading: Reading, episode_id: UUID, now: datetime) -> Row:
    """What was consented to in an episode, newest first, and what can be signed.

    Raises:
        NotFoundError: there is no such episode in this clinic.
    """
    query = reading.select(episodes, episodes.c.id)
    reading.one(query.where(episodes.c.id == episode_id), "episode")
    return _consents(reading, consents.c.episode_id == episode_id, now)


def _consents(reading: Reading, which: ColumnElement[bool], now: datetime) -> Row:
    found = reading.select(consents).where(which).order_by(consents.c.id.desc())
    return {
        "items": [lasting_consent(row, now) for row in reading.rows(found)],
        "documents": [
            document
            for document in consent_documents_of(reading)
            if document["in_force"]
        ],
    }


def lasting_consent(row: Row, now: datetime) -> Row:
    """A consent, and whether it holds now."""
    return {**row, "holds": Consent(**row).holds(now)}


def _published(row: Row) -> Row:
    document = ConsentDocument(**row).document
    return {
        **_said(document),
        "id": row["id"],
        "is_own": True,
        "in_force": row["retired_at"] is None,
    }


def _said(document: Document) -> Row:
    return {**vars(document), "reference": document.reference}
