"""Notes on a session: drafts that are saved as one types, and what was signed of them.

A draft is its author's alone and tells no event. What is signed never changes; what is
to be added is an addendum.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.answers import demand_complete
from services.sessions.domain.errors import (
    AlreadyCosignedError,
    CarriedUnreviewedError,
    CosignerIsAuthorError,
)
from shared.aggregate import Aggregate
from shared.events.sessions import (
    NoteCosignatureRequested,
    NoteCosigned,
    NoteSigned,
)
from shared.record_forms import FORMS, Form
from shared.rulepack import NotePart, Route


@dataclass(kw_only=True, eq=False)
class NoteDraft(Aggregate):
    """A note that is being written; `version` counts how often it was saved.

    `carried` are the sections whose answers came from an earlier note and that nobody
    has looked at yet.
    """

    session_id: UUID
    patient_id: UUID
    part: NotePart
    form: str
    author_id: UUID
    started_at: datetime
    saved_at: datetime
    content: dict[str, Any] = field(default_factory=dict)
    carried: list[str] = field(default_factory=list)
    carried_from: UUID | None = None

    @property
    def on(self) -> Form:
        """The form it is written on."""
        return FORMS[self.form]

    def save(
        self, said: Mapping[str, Any], *, reviewed: Iterable[str], at: datetime
    ) -> None:
        """What it says now; what was carried is seen if it is confirmed or changed.

        Args:
            said: the answer of each section, checked against the form.
        """
        seen = set(reviewed) | {
            code for code in self.carried if said.get(code) != self.content.get(code)
        }
        self.carried = [code for code in self.carried if code not in seen]
        self.content, self.saved_at = dict(said), at
        self.version += 1

    def carry(self, earlier: "Note", route: Route, *, at: datetime) -> None:
        """Fill what is empty with what may be carried forward from an earlier note."""
        carried = {
            section.code: earlier.content[section.code]
            for section in self.on.asked(route)
            if section.carry_forward
            and section.code in earlier.content
            and section.code not in self.content
            and section.fault(earlier.content[section.code]) is None
        }
        self.content = {**self.content, **carried}
        self.carried = [*self.carried, *carried]
        self.carried_from, self.saved_at = earlier.id, at
        self.version += 1

    def demand_signable(self, route: Route) -> None:
        """Refuse to sign what is incomplete, or what nobody has looked at.

        Raises:
            FormIncompleteError: it names each section.
            CarriedUnreviewedError: likewise.
        """
        demand_complete(self.on.missing(self.content, route))
        if self.carried:
            raise CarriedUnreviewedError(details={"sections": list(self.carried)})


@dataclass(kw_only=True, eq=False)
class Note(Aggregate):
    """A note as it was signed.

    `in_record` says that it was there when the record as a whole was signed, or could
    have been; a note on integration may come after that.
    """

    session_id: UUID
    patient_id: UUID
    part: NotePart
    form: str
    author_id: UUID
    content: dict[str, Any]
    in_record: bool
    signed_at: datetime
    signature_hash: str
    needs_cosignature: bool
    cosigned_at: datetime | None = None
    cosigned_by: UUID | None = None

    @property
    def is_complete(self) -> bool:
        """Whether all have signed who should."""
        return not self.needs_cosignature or self.cosigned_at is not None

    def sign(self) -> NoteSigned:
        """Its author stands by it."""
        return NoteSigned(
            note_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            part=self.part.value,
        )

    def ask_cosignature(self) -> NoteCosignatureRequested:
        """A second clinician should sign it."""
        return NoteCosignatureRequested(
            note_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            part=self.part.value,
        )

    def cosign(self, *, at: datetime, by: UUID) -> NoteCosigned:
        """A second clinician stands by it.

        Raises:
            AlreadyCosignedError: it needs no second signature, or has one.
            CosignerIsAuthorError: the author is no second clinician.
        """
        if self.is_complete:
            raise AlreadyCosignedError
        if by == self.author_id:
            raise CosignerIsAuthorError
        self.cosigned_at, self.cosigned_by = at, by
        return NoteCosigned(
            note_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            part=self.part.value,
        )


_SIGNED = (
    "id",
    "session_id",
    "note_id",
    "part",
    "form",
    "author_id",
    "content",
    "text",
    "signed_at",
)


def hash_of(signed: Mapping[str, Any]) -> str:
    """The SHA-256 of what a note's or an addendum's signature covers, in hexadecimal.

    It is that of canonical JSON: sorted keys, no spaces, times in UTC.
    """
    covered = {name: signed[name] for name in _SIGNED if name in signed}
    text = json.dumps(covered, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> str:
    """What JSON has no word for: times and ids."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value)
