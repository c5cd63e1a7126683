"""Files about a patient: what was measured, sent or signed elsewhere, and here."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from services.intake.domain.access import CodedLink
from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.intake import FileAdded

MOST_BYTES = 10 * 1_048_576
FILE_LINK_LASTS = timedelta(minutes=5)


class FileRefusedError(InvalidError):
    """This is no file that is kept here."""

    code = "file_refused"


class AlreadyStruckError(ConflictError):
    """The file is struck already."""

    code = "already_struck"


class FileKind(StrEnum):
    """What a file is."""

    ECG = "ecg"
    LAB_REPORT = "lab_report"
    REFERRAL_LETTER = "referral_letter"
    OTHER = "other"
    CONSENT = "consent"
    """A consent as it was signed; we make it."""
    TRANSFER_SUMMARY = "transfer_summary"
    """What another clinic of the network sent along with a patient."""
    DECISION_LETTER = "decision_letter"
    """What a patient is told of a decision; we make it."""


MADE_HERE = frozenset(
    {FileKind.CONSENT, FileKind.DECISION_LETTER, FileKind.TRANSFER_SUMMARY}
)


class MediaType(StrEnum):
    """What files are kept: such as can be shown without running anything in them."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


_BEGINNINGS = {
    MediaType.PDF: b"%PDF-",
    MediaType.PNG: b"\x89PNG\r\n\x1a\n",
    MediaType.JPEG: b"\xff\xd8\xff",
}
_ACTIVE = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")
"""What makes a PDF do something. A file that hides it does nothing here either: it is
never run, and browsers are told to keep it apart.
"""


@dataclass(kw_only=True, eq=False)
class File(Aggregate):
    """A file about a patient; what is in it never changes, and is kept apart.

    `digest` is its SHA-256. One that was added by mistake is struck, and stays.
    """

    patient_id: UUID
    kind: FileKind
    name: str
    media_type: MediaType
    size: int
    digest: str
    added_by: UUID
    added_at: datetime
    struck_at: datetime | None = None
    struck_by: UUID | None = None
    struck_because: str | None = None

    def add(self) -> FileAdded:
        """The file is kept."""
        return FileAdded(
            patient_id=self.patient_id, file_id=self.id, kind=self.kind.value
        )

    def strike(self, *, by: UUID, because: str, at: datetime) -> None:
        """It was added by mistake.

        Raises:
            AlreadyStruckError: somebody said so before.
        """
        if self.struck_at is not None:
            raise AlreadyStruckError
        self.version += 1
        self.struck_at, self.struck_by, self.struck_because = at, by, because


@dataclass(kw_only=True, eq=False)
class FileContent:
    """What is in a file; its id is the file's."""

    id: UUID
    clinic_id: UUID
    patient_id: UUID
    content: bytes


@dataclass(kw_only=True, eq=False)
class FileLink(CodedLink):
    """A private link by which a browser fetches a file, for a few minutes."""

    file_id: UUID
    patient_id: UUID


def demand_kept(content: bytes, media_type: MediaType) -> None:
    """Refuse what is empty, too large, not what it is called, or does something.

    Raises:
        FileRefusedError: it is.
    """
    if not content:
        raise FileRefusedError("the file is empty", field="content")
    if len(content) > MOST_BYTES:
        most = MOST_BYTES // 1_048_576
        raise FileRefusedError(f"is larger than {most} MiB", field="content")
    if not content.startswith(_BEGINNINGS[media_type]):
        raise FileRefusedError(f"is no {media_type.value}", field="content")
    if media_type is MediaType.PDF and any(mark in content for mark in _ACTIVE):
        told = "has parts that do something; print it to a new PDF"
        raise FileRefusedError(told, field="content")


def digest_of_content(content: bytes) -> str:
    """The SHA-256 of a file, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()
