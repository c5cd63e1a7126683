"""That somebody must look at a patient, and who has been asked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.sessions.domain.errors import AlreadyAcknowledgedError, WrongStateError
from services.sessions.domain.vitals import alarms
from shared.aggregate import Aggregate
from shared.events.sessions import (
    AlertAcknowledged,
    AlertEscalated,
    AlertRaised,
    AlertResolved,
    CheckMissed,
)
from shared.rulepack import Measure, Rating, RulePack

CHECK_MISSED = "check_missed"
"""The rule of alerts that no reading raised, but that there was none."""


class AlertStatus(StrEnum):
    """Whether somebody has taken an alert on, and whether it is over."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


UNRESOLVED = frozenset({AlertStatus.OPEN, AlertStatus.ACKNOWLEDGED})


class Severity(StrEnum):
    """How bad it is."""

    RED = "red"
    EMERGENCY = "emergency"
    MISSED = "missed"


class AlertOutcome(StrEnum):
    """How an alert ended: by what was measured, or by what a clinician says."""

    SETTLED = "settled"
    PERSISTS = "persists"
    CHECKED = "checked"
    NOT_RECHECKED = "not_rechecked"
    MANAGED = "managed"
    FALSE_READING = "false_reading"
    HANDED_OVER = "handed_over"


SAID = (
    AlertOutcome.SETTLED,
    AlertOutcome.MANAGED,
    AlertOutcome.FALSE_READING,
    AlertOutcome.HANDED_OVER,
)
"""The outcomes that a clinician may say; the others follow from what is recorded."""


@dataclass(kw_only=True, eq=False)
class Alert(Aggregate):
    """Something to be looked at; `level` counts how often the next role was asked.

    Who takes it on measures again before `recheck_due_at`, or it is raised anew.
    """

    session_id: UUID
    patient_id: UUID
    severity: Severity
    rule_code: str
    raised_at: datetime
    due_at: datetime
    level: int = 0
    status: AlertStatus = AlertStatus.OPEN
    acknowledged_at: datetime | None = None
    acknowledged_by: UUID | None = None
    note: str | None = None
    recheck_due_at: datetime | None = None
    resolution: AlertOutcome | None = None
    resolved_at: datetime | None = None
    resolved_by: UUID | None = None
    resolved_note: str | None = None

    @property
    def is_of_missed_check(self) -> bool:
        """Whether it was raised because nobody had looked."""
        return self.rule_code == CHECK_MISSED

    def call(self, pack: RulePack) -> AlertRaised | CheckMissed:
        """Somebody must look before `due_at`."""
        if self.is_of_missed_check:
            return CheckMissed(
                alert_id=self.id,
                session_id=self.session_id,
                patient_id=self.patient_id,
                due_at=self.due_at,
                role=self._asked(pack),
            )
        return AlertRaised(
            alert_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            severity=self.severity.value,
            rule_code=self.rule_code,
            due_at=self.due_at,
        )

    def escalate(self, pack: RulePack, *, due_at: datetime) -> AlertEscalated:
        """Nobody came in time; the next role is asked, in the end the last again."""
        self.level += 1
        self.due_at = due_at
        return AlertEscalated(
            alert_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            level=self.level,
            due_at=due_at,
            role=self._asked(pack),
        )

    def _asked(self, pack: RulePack) -> str:
        roles = (
            pack.monitoring.escalation_roles
            if self.is_of_missed_check
            else pack.alerts.escalation_roles
        )
        return str(roles[min(self.level, len(roles) - 1)])

    def acknowledge(
        self,
        *,
        at: datetime,
        by: UUID,
        note: str | None,
        recheck_due_at: datetime | None,
    ) -> AlertAcknowledged:
        """A clinician takes it on.

        Args:
            recheck_due_at: by when it is measured again; None in an ended session.

        Raises:
            AlreadyAcknowledgedError: somebody else has.
        """
        if self.status is not AlertStatus.OPEN:
            raise AlreadyAcknowledgedError
        self.status = AlertStatus.ACKNOWLEDGED
        self.acknowledged_at, self.acknowledged_by, self.note = at, by, note
        self.recheck_due_at = recheck_due_at
        return AlertAcknowledged(
            alert_id=self.id, session_id=self.session_id, patient_id=self.patient_id
        )

    def answer(
        self,
        rating: Rating,
        values: Mapping[str, float],
        taken_at: datetime,
        *,
        pack: RulePack,
        needed: Collection[str],
    ) -> AlertOutcome | None:
        """What a reading makes of it; None if it says nothing about it.

        A missed check is made up for by all that a check takes. Of what crossed a
        limit, every measure of that limit has to be taken again.

        Args:
            needed: the measures of a check in this session.
        """
        if self.is_of_missed_check:
            rules = pack.monitoring
            since = self.raised_at - rules.missed_after - rules.early_by
            is_made = taken_at >= since and values.keys() >= set(needed)
            return AlertOutcome.CHECKED if is_made else None
        if self.status is not AlertStatus.ACKNOWLEDGED or taken_at < self.raised_at:
            return None
        concerned = self._measures(pack)
        if any(one.measure in concerned for one in alarms(rating)):
            return AlertOutcome.PERSISTS
        return AlertOutcome.SETTLED if concerned <= values.keys() else None

    def resolve(
        self, outcome: AlertOutcome, *, at: datetime, by: UUID, note: str | None = None
    ) -> AlertResolved:
        """It is over, or is told anew by another."""
        self.status, self.resolution = AlertStatus.RESOLVED, outcome
        self.resolved_at, self.resolved_by, self.resolved_note = at, by, note
        return AlertResolved(
            alert_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            outcome=outcome.value,
        )

    def demand_taken_on(self) -> None:
        """Refuse to end what nobody has taken on, or what has ended."""
        if self.status is not AlertStatus.ACKNOWLEDGED:
            raise WrongStateError(details={"state": self.status.value})

    def _measures(self, pack: RulePack) -> frozenset[Measure]:
        """What the limit it is about is measured by."""
        rule = self.rule_code.rpartition("_")[0]
        return frozenset(
            measure
            for measure, limits in pack.vitals.measures.items()
            if limits.rule == rule
        )
