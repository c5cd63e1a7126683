"""Files as answers: kept apart by the browser, never shown as a page of ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, request

MEBIBYTE = 1_048_576

HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, kw_only=True)
class Download:
    """A file about patients, to be answered as it is."""

    patient_ids: Sequence[UUID]
    name: str
    media_type: str
    content: bytes

    @property
    def response(self) -> Response:
        """It as an answer that is saved and not opened in place."""
        response = Response(self.content, mimetype=self.media_type)
        response.headers |= HEADERS
        response.headers["Content-Disposition"] = (
            f"attachment; filename*=UTF-8''{quote(self.name, safe='')}"
        )
        return response


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A file that programs fetch again and again; `mark` changes when it does.

    It tells nothing of a patient, so none has it in the audit trail.
    """

    media_type: str
    write: Callable[[], bytes]
    mark: str
    patient_ids: Sequence[UUID] = ()

    @property
    def response(self) -> Response:
        """It as an answer; 304 for whoever has it already, and it is not written."""
        is_known = request.if_none_match.contains_weak(self.mark)
        content = b"" if is_known else self.write()
        response = Response(content, mimetype=self.media_type)
        response.headers |= HEADERS
        response.headers["Cache-Control"] = "private, no-cache"
        response.set_etag(self.mark, weak=True)
        response.make_conditional(request)
        return response


def documented(media_types: Sequence[str]) -> dict[str, Any]:
    """What the API's document says of such an answer."""
    content = {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types
    }
    return {"responses": {"200": {"description": "The file", "content": content}}}
