"""Routes of files about patients: added, listed, fetched by a short link, struck."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import AddFile, SendLetter
from services.intake.domain import MOST_BYTES, File, MediaType
from services.intake.schemas import files as schemas
from shared import access
from shared.http.downloads import MEBIBYTE, Download
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

MOST_SENT = MOST_BYTES * 4 // 3 + MEBIBYTE
"""A body with the largest file, which base64 makes longer by a third."""


@routes.post(
    "/patients/<uuid:patient_id>/files",
    scope=access.FILES_WRITE,
    takes=schemas.FileBody(),
    gives=schemas.FileView(),
    status=201,
    most_bytes=MOST_SENT,
)
def add_file(uow: UnitOfWork, body: dict[str, Any], patient_id: UUID) -> File:
    """Keep a file about a patient: a PDF, PNG or JPEG of at most 10 MiB."""
    return handlers.add_file(AddFile(patient_id=patient_id, **body), uow)


@routes.post(
    "/referrals/<uuid:referral_id>/letter",
    scope=access.REFERRALS_SEND,
    takes=schemas.LetterBody(),
    gives=schemas.FileView(),
    status=201,
    most_bytes=MOST_SENT,
)
def add_letter(uow: UnitOfWork, body: dict[str, Any], referral_id: UUID) -> File:
    """Whoever sent a referral sends the letter to it."""
    return handlers.add_letter(SendLetter(referral_id=referral_id, **body), uow)


@routes.get(
    "/patients/<uuid:patient_id>/files",
    scope=access.FILES_READ,
    gives=schemas.FilesView(),
)
def list_files(reading: Reading, patient_id: UUID) -> dict[str, Any]:
    """A patient's files, newest first."""
    return {"items": queries.files_of(reading, patient_id)}


@routes.post(
    "/patients/<uuid:patient_id>/files/<uuid:file_id>/links",
    scope=access.FILES_READ,
    gives=schemas.FileLinkView(),
    status=201,
)
def make_file_link(uow: UnitOfWork, patient_id: UUID, file_id: UUID) -> dict[str, Any]:
    """A link by which a browser fetches a file, for five minutes."""
    link, code = handlers.make_file_link(patient_id, file_id, uow)
    return {
        "file_id": link.file_id,
        "patient_id": link.patient_id,
        "path": f"/intake/v1/clinics/{uow.clinic_id}/files/{code}",
        "expires_at": link.expires_at,
    }


@routes.post(
    "/patients/<uuid:patient_id>/files/<uuid:file_id>/strike",
    scope=access.FILES_WRITE,
    takes=schemas.StrikeBody(),
    gives=schemas.FileView(),
)
def strike_file(
    uow: UnitOfWork, body: dict[str, Any], patient_id: UUID, file_id: UUID
) -> File:
    """A file was added by mistake; it is marked so, and stays."""
    return handlers.strike_file(patient_id, file_id, body["reason"], uow)


@routes.download("/files/<code>", scope=access.FILE_OPEN, media_types=[*MediaType])
def open_file(reading: Reading, code: str) -> Download:
    """The file a link opens; its code is the proof."""
    found = dict(queries.file_at(reading, code, current_runtime().clock()))
    return Download(patient_ids=[found.pop("patient_id")], **found)
