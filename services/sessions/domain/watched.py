"""What a reading is taken by: the little of a session that vital signs ask for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.errors import RecordLockedError, WrongStateError
from services.sessions.domain.precheck import HoldReason
from services.sessions.domain.states import (
    ENDED,
    PENDING,
    RUNNING,
    SessionStatus,
)
from services.sessions.domain.vitals import is_graver
from shared.aggregate import Aggregate
from shared.rulepack import Decision, Route, VitalsPhase


@dataclass(kw_only=True, eq=False)
class Watched(Aggregate):
    """A session as a reading sees it: enough to judge by, too little to change.

    `outcome` is what the dose in question was last found to be: go, hold or stop, and
    `hold_reasons` why not go. `baseline` is the first value of each measure before the
    first dose, `limits` what goes before the rule pack's for this patient.
    """

    patient_id: UUID
    route: Route
    opened_at: datetime
    status: SessionStatus = SessionStatus.OPENED
    outcome: Decision | None = None
    hold_reasons: list[str] = field(default_factory=list)
    baseline: dict[str, float] = field(default_factory=dict)
    limits: list[dict[str, Any]] | None = None
    first_dose_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def is_dosed(self) -> bool:
        """Whether a dose was given."""
        return self.first_dose_at is not None

    def phase_at(self, moment: datetime) -> VitalsPhase:
        """Which limits count at a time; what is entered late counts for its own."""
        before = self.first_dose_at is None or moment < self.first_dose_at
        return VitalsPhase.BEFORE_DOSE if before else VitalsPhase.DURING

    @property
    def is_running(self) -> bool:
        """Whether it still goes on."""
        return self.status in RUNNING

    def demand_running(self) -> None:
        """Refuse what belongs to a session that still goes on."""
        self._demand(RUNNING)

    def demand_took_place(self, moment: datetime) -> None:
        """Refuse what was not during the session; what was may be entered later."""
        is_of_then = self.ended_at is not None and moment < self.ended_at
        self._demand(RUNNING | ENDED if is_of_then else RUNNING)

    def demand_unlocked(self) -> None:
        """Refuse any change of a signed record."""
        if self.status is SessionStatus.SIGNED:
            raise RecordLockedError

    def is_moved_by(self, values: Mapping[str, float], level: Decision) -> bool:
        """Whether a reading changes the session; most do not."""
        return self._adds_to_baseline(values) or self._is_doubted(level)

    def _adds_to_baseline(self, values: Mapping[str, float]) -> bool:
        return not self.is_dosed and not values.keys() <= self.baseline.keys()

    def _is_doubted(self, level: Decision) -> bool:
        """Whether a dose is in question, and what is known of it was not this grave."""
        if self.status not in PENDING | {SessionStatus.AUTHORISED}:
            return False
        known = Decision.GO
        if HoldReason.VITAL_SIGNS in self.hold_reasons and self.outcome:
            known = self.outcome
        return is_graver(level, known)

    def _demand(
        self, allowed: frozenset[SessionStatus], *, dosed: bool | None = None
    ) -> None:
        self.demand_unlocked()
        fits = dosed is None or dosed is self.is_dosed
        if self.status not in allowed or not fits:
            raise WrongStateError(
                f"this cannot be done to a session that is {self.status.value}",
                details={"state": self.status.value},
            )
