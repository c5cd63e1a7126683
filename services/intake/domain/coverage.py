"""Who pays for an episode of care: an insurance, or the patient.

Money never stands between a patient and a dose: a lapse is told, and blocks nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from shared.aggregate import Aggregate
from shared.errors import ConflictError, InvalidError
from shared.events.intake import CoverageConfirmed, CoverageLapsed


class CoverageOverError(ConflictError):
    """This coverage has come to its end."""

    code = "coverage_over"


class Payer(StrEnum):
    """Who pays."""

    INSURANCE = "insurance"
    SELF_PAY = "self_pay"


class CheckOutcome(StrEnum):
    """What an insurer said when it was asked."""

    COVERED = "covered"
    NOT_COVERED = "not_covered"
    UNCLEAR = "unclear"


class CoverageEnd(StrEnum):
    """Why a coverage came to its end."""

    EXPIRED = "expired"
    UNITS_USED = "units_used"
    ENDED = "ended"
    REPLACED = "replaced"


@dataclass(kw_only=True, eq=False)
class UsedUnit:
    """A session that used a unit up; `id` is the session's."""

    id: UUID
    clinic_id: UUID
    episode_coverage_id: UUID
    used_at: datetime


@dataclass(kw_only=True, eq=False)
class EpisodeCoverage(Aggregate):
    """Who pays for an episode, and how much of it was authorised beforehand.

    An insurance has a payer and a member number, and maybe an authorisation with its
    number and units, one for each session with a dose. Who pays for themselves has
    signed an agreement.
    """

    patient_id: UUID
    episode_id: UUID
    payer: Payer
    insurer: str | None
    member_number: str | None
    authorisation_number: str | None
    units_granted: int | None
    valid_until: datetime | None
    agreement_signed: bool
    confirmed_by: UUID
    confirmed_at: datetime
    checked_at: datetime | None = None
    check_outcome: CheckOutcome | None = None
    ended_at: datetime | None = None
    end_cause: CoverageEnd | None = None
    used: list[UsedUnit] = field(default_factory=list)

    @property
    def units_left(self) -> int | None:
        """How many sessions are still paid for; None if that is not limited."""
        if self.units_granted is None:
            return None
        return max(0, self.units_granted - len(self.used))

    def confirm(self) -> CoverageConfirmed:
        """Somebody will pay.

        Raises:
            InvalidError: it lacks what its kind needs, or ends before it begins.
        """
        if self.payer is Payer.INSURANCE and not (self.insurer and self.member_number):
            raise InvalidError("an insurance has a name and a number", field="insurer")
        if self.payer is Payer.SELF_PAY and not self.agreement_signed:
            raise InvalidError(
                "who pays for themselves signs an agreement", field="agreement_signed"
            )
        if self.valid_until is not None and self.valid_until <= self.confirmed_at:
            raise InvalidError("is past", field="valid_until")
        return CoverageConfirmed(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            coverage_id=self.id,
            payer=self.payer.value,
            units_left=self.units_left,
            valid_until=self.valid_until,
        )

    def note_check(self, outcome: CheckOutcome, *, at: datetime) -> None:
        """An insurer was asked."""
        self._demand_open()
        self.version += 1
        self.check_outcome, self.checked_at = outcome, at

    def use(self, session_id: UUID, *, at: datetime) -> tuple[CoverageLapsed, ...]:
        """A session with a dose uses a unit up, once; the last one ends it."""
        is_known = any(one.id == session_id for one in self.used)
        if self.units_granted is None or self.ended_at is not None or is_known:
            return ()
        self.version += 1
        self.used.append(
            UsedUnit(
                id=session_id,
                clinic_id=self.clinic_id,
                episode_coverage_id=self.id,
                used_at=at,
            )
        )
        if self.units_left:
            return ()
        return (self.end(CoverageEnd.UNITS_USED, at=at),)

    def end(self, cause: CoverageEnd, *, at: datetime) -> CoverageLapsed:
        """It pays for nothing more.

        Raises:
            CoverageOverError: it came to its end before.
        """
        self._demand_open()
        self.ended_at, self.end_cause = at, cause
        return CoverageLapsed(
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            coverage_id=self.id,
            cause_code=cause.value,
        )

    def close(self, cause: CoverageEnd, *, at: datetime) -> None:
        """It pays for nothing more, and nobody has to see to that."""
        self.version += 1
        self.ended_at, self.end_cause = at, cause

    def _demand_open(self) -> None:
        if self.ended_at is not None:
            raise CoverageOverError
