"""A clinic's rule packs: drafted, tried on every open episode, signed."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.intake import RulePackSigned
from shared.rulepack import ClinicPack, Outcome, RulePack, read_clinic_pack


class PackExistsError(ConflictError):
    """The clinic has a rule pack of this version already."""

    code = "rule_pack_exists"


class AlreadySignedError(ConflictError):
    """The rule pack is signed; what it says never changes."""

    code = "already_signed"


class CasesFailError(ConflictError):
    """Test cases of the rule pack fail, or a rule has none that would notice it."""

    code = "cases_fail"


class NotTriedError(ConflictError):
    """What the rule pack says now was not tried on the open episodes to the end."""

    code = "not_tried"


class TrialRunningError(ConflictError):
    """The rule pack is being tried at this moment."""

    code = "trial_running"


@dataclass(kw_only=True, eq=False)
class PackEdition(Aggregate):
    """One version of a clinic's rule pack; it is a draft until it is signed.

    `text` is TOML, `digest` the SHA-256 of the whole that it makes with its base.
    `signature_hash` is over what was signed, by whom and when.
    """

    reference: str
    text: str
    digest: str
    drafted_by: UUID
    drafted_at: datetime
    signed_by: UUID | None = None
    signed_at: datetime | None = None
    effective_at: datetime | None = None
    signature_hash: str | None = None

    @property
    def read(self) -> ClinicPack:
        """What it says, laid over its base."""
        return read_clinic_pack(self.text)

    @property
    def is_intact(self) -> bool:
        """Whether it still is what was signed; a draft is what it is."""
        if self.signed_at is None:
            return True
        return (
            self.signature_hash == self._signature() and self.read.digest == self.digest
        )

    def rewrite(self, text: str) -> None:
        """Say something else, under the same version or another.

        Raises:
            AlreadySignedError: it is no draft any more.
            InvalidError: the text does not fit.
        """
        self.demand_draft()
        said = read_clinic_pack(text)
        self.version += 1
        self.text, self.digest = text, said.digest
        self.reference = said.pack.version

    def demand_draft(self) -> None:
        """Refuse what only a draft allows.

        Raises:
            AlreadySignedError: it is signed.
        """
        if self.signed_at is not None:
            raise AlreadySignedError

    def sign(
        self,
        trial: "Trial | None",
        *,
        by: UUID,
        at: datetime,
        effective_at: datetime,
        notice: timedelta,
    ) -> RulePackSigned:
        """The medical lead makes it the clinic's pack from a time on.

        Args:
            trial: the latest trial of this pack.
            notice: how long before it takes effect it is signed.

        Raises:
            AlreadySignedError: it is signed.
            CasesFailError: `details` says which cases fail and which rules have none.
            NotTriedError: it was not tried as it is now.
            InvalidError: it would take effect too soon.
        """
        self.demand_draft()
        demand_tested(self.read.pack)
        if trial is None or trial.ended_at is None or trial.digest != self.digest:
            raise NotTriedError
        if effective_at < at + notice:
            minutes = int(notice.total_seconds() // 60)
            raise InvalidError(
                f"must be at least {minutes} minutes from now", field="effective_at"
            )
        self.signed_by, self.signed_at = by, at
        self.effective_at = effective_at
        self.signature_hash = self._signature()
        return RulePackSigned(
            pack_id=self.id,
            rule_pack=self.reference,
            digest=self.digest,
            effective_at=effective_at,
        )

    def _signature(self) -> str:
        """SHA-256 over the content as JSON: keys in order, no blanks, times in UTC."""
        content = {
            "id": str(self.id),
            "clinic_id": str(self.clinic_id),
            "digest": self.digest,
            "signed_by": str(self.signed_by),
            "signed_at": self.signed_at.isoformat() if self.signed_at else None,
            "effective_at": (
                self.effective_at.isoformat() if self.effective_at else None
            ),
        }
        said = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()


def demand_tested(pack: RulePack) -> None:
    """Refuse a pack whose own cases do not hold it to what it says.

    Raises:
        CasesFailError: `details` says which cases fail and which rules have none.
    """
    failing = [one.case.code for one in pack.case_results if not one.passes]
    untested = pack.untested_rules
    if failing or untested:
        raise CasesFailError(details={"failing": failing, "untested_rules": untested})


@dataclass(kw_only=True, eq=False)
class Trial(Aggregate):
    """A pack tried on every open episode, some at a time, beside another pack.

    It is compared with the pack in force at `beside_at`. `after` is the last episode
    looked at, so that it goes on from there after a stop; `seen` of `total` are done,
    of which `changed` came out otherwise. A trial that `is_binding` is made as the pack
    takes effect and lets decisions lapse that the new rules speak against.
    """

    pack_id: UUID
    digest: str
    is_binding: bool
    beside_at: datetime
    begun_by: UUID
    begun_at: datetime
    total: int
    after: UUID | None = None
    seen: int = 0
    changed: int = 0
    ended_at: datetime | None = None

    def note(self, *, seen: int, changed: int, last: UUID | None, at: datetime) -> None:
        """Some more episodes were looked at; none is left if there is no last one."""
        self.version += 1
        self.seen += seen
        self.changed += changed
        self.after = last or self.after
        if last is None:
            self.ended_at = at


@dataclass(kw_only=True, eq=False)
class TrialFinding:
    """An episode that comes out otherwise under a pack that is tried.

    `details` has codes: rules newly `met`, `no_longer` met, and facts newly `missing`.
    """

    id: UUID
    clinic_id: UUID
    trial_id: UUID
    episode_id: UUID
    before: Outcome
    after: Outcome
    details: dict[str, list[str]]
    has_lapsed: bool
