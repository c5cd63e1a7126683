"""What a prescriber decides on an episode, and what stands in the way of a yes."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.errors import ConflictError, InvalidError


class AbsoluteContraindicationError(ConflictError):
    """A rule without exception speaks against treatment."""

    code = "absolute_contraindication"


class ScreeningIncompleteError(ConflictError):
    """Answers are missing without which nobody can decide."""

    code = "screening_incomplete"


class OverrideReasonRequiredError(ConflictError):
    """A rule speaks against treatment; to overrule it takes a reason."""

    code = "override_reason_required"


class SafetyFlagOpenError(ConflictError):
    """A safety flag of high risk is open; see to it first."""

    code = "safety_flag_open"


class DecisionKind(StrEnum):
    """What can be decided."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    DEFERRED = "deferred"


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What speaks against treatment at the moment of a decision.

    `missing` names screening facts and questionnaires that nobody has answered.
    """

    is_ruled_out: bool
    is_spoken_against: bool
    missing: tuple[str, ...]
    has_high_flag: bool

    def demand_treatable(self, override_reason: str | None) -> None:
        """Refuse a yes that may not be given, the gravest cause first.

        Raises:
            AbsoluteContraindicationError, ScreeningIncompleteError,
            OverrideReasonRequiredError, SafetyFlagOpenError: what stands in the way.
        """
        if self.is_ruled_out:
            raise AbsoluteContraindicationError
        if self.missing:
            raise ScreeningIncompleteError(details={"missing": list(self.missing)})
        if self.is_spoken_against and override_reason is None:
            raise OverrideReasonRequiredError
        if self.has_high_flag:
            raise SafetyFlagOpenError


@dataclass(kw_only=True, eq=False)
class Decision:
    """A signed decision, and what it rests on.

    `outcome` is what the rule pack said of the screen `screen_id` at that moment;
    `due_at` until when it waits for what is `missing`.
    `signature_hash` is over all the rest, so that a later change shows.
    """

    id: UUID
    clinic_id: UUID
    episode_id: UUID
    kind: DecisionKind
    reason_codes: list[str]
    missing: list[str]
    override_reason: str | None
    outcome: str
    rule_pack: str
    screen_id: UUID | None
    signed_by: UUID
    signed_at: datetime
    valid_until: datetime | None
    due_at: datetime | None = None
    signature_hash: str = ""

    def demand_reasoned(self) -> None:
        """Refuse a no without a reason, and a wait for nothing.

        Raises:
            InvalidError: it says neither why not nor what it waits for.
        """
        if self.kind is DecisionKind.INELIGIBLE and not self.reason_codes:
            raise InvalidError("a no needs a reason", field="reason_codes")
        if self.kind is DecisionKind.DEFERRED and not self.missing:
            raise InvalidError("it must say what it waits for", field="missing")

    def sign(self) -> None:
        """Seal the content."""
        self.signature_hash = self._digest()

    @property
    def is_intact(self) -> bool:
        """Whether the content is what was signed."""
        return self.signature_hash == self._digest()

    def _digest(self) -> str:
        """SHA-256 over the content as JSON: keys in order, no blanks, times in UTC."""
        until = self.valid_until.isoformat() if self.valid_until else None
        content: dict[str, object] = {
            "id": str(self.id),
            "clinic_id": str(self.clinic_id),
            "episode_id": str(self.episode_id),
            "decision": self.kind.value,
            "reason_codes": self.reason_codes,
            "missing": self.missing,
            "override_reason": self.override_reason,
            "outcome": self.outcome,
            "rule_pack": self.rule_pack,
            "screen_id": str(self.screen_id) if self.screen_id else None,
            "signed_by": str(self.signed_by),
            "signed_at": self.signed_at.isoformat(),
            "valid_until": until,
        }
        if self.due_at is not None:
            content["due_at"] = self.due_at.isoformat()
        said = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()
