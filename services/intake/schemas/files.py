"""The JSON about files of patients."""

import binascii
from base64 import b64decode
from typing import Any

from marshmallow import fields, validate

from services.intake.domain import MADE_HERE, FileKind, MediaType
from services.intake.schemas.values import LineField
from shared.http import Body, View
from shared.http.schemas import Instant, TextField


class ContentField(fields.Field[bytes]):
    """What is in a file, in base64 as FHIR's Attachment has it."""

    default_error_messages = {"base64": "Not base64."}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bytes:
        if not isinstance(value, str):
            raise self.make_error("base64")
        try:
            return b64decode(value, validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.make_error("base64") from error


class LetterBody(Body):
    """A file: its name and kind of content, and what is in it in base64."""

    name = LineField(required=True, longest=120)
    media_type = fields.Enum(MediaType, by_value=True, required=True)
    content = ContentField(required=True, metadata={"type": "string", "format": "byte"})


class FileBody(LetterBody):
    """A file about a patient, and what it is."""

    kind = fields.Enum(
        FileKind, by_value=True, required=True, validate=validate.NoneOf(MADE_HERE)
    )


class StrikeBody(Body):
    """Why a file should not be there."""

    reason = TextField(required=True, longest=1_000)


class FileView(View):
    """A file about a patient; `digest` is the SHA-256 of what is in it."""

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    kind = fields.Enum(FileKind, by_value=True)
    name = fields.String(allow_none=True)
    media_type = fields.Enum(MediaType, by_value=True)
    size = fields.Integer()
    digest = fields.String()
    added_by = fields.UUID()
    added_at = Instant()
    struck_at = Instant(allow_none=True)


class FilesView(View):
    """A patient's files, newest first."""

    items = fields.List(fields.Nested(FileView))


class FileLinkView(View):
    """Where a browser fetches a file, for a few minutes; the path is the proof."""

    file_id = fields.UUID()
    patient_id = fields.UUID()
    path = fields.String()
    expires_at = Instant()
