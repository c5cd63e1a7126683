"""That somebody must look at a patient, and who has been asked."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.sessions.domain.errors import AlreadyAcknowledgedError
from shared.aggregate import Aggregate
from shared.events.sessions import AlertAcknowledged, AlertEscalated, AlertRaised


class AlertStatus(StrEnum):
    """Whether somebody has taken an alert on."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"


class Severity(StrEnum):
    """How bad it is."""

    RED = "red"
    EMERGENCY = "emergency"


@dataclass(kw_only=True, eq=False)
class Alert(Aggregate):
    """A limit that was crossed; `level` counts how often the next role was asked."""

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

    def call(self) -> AlertRaised:
        """Somebody must look before `due_at`."""
        return AlertRaised(
            alert_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            severity=self.severity.value,
            rule_code=self.rule_code,
            due_at=self.due_at,
        )

    def escalate(self, *, due_at: datetime) -> AlertEscalated:
        """Nobody came in time; the next role is asked."""
        self.level += 1
        self.due_at = due_at
        return AlertEscalated(
            alert_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            level=self.level,
            due_at=due_at,
        )

    def acknowledge(
        self, *, at: datetime, by: UUID, note: str | None
    ) -> AlertAcknowledged:
        """A clinician takes it on.

        Raises:
            AlreadyAcknowledgedError: somebody else has.
        """
        if self.status is not AlertStatus.OPEN:
            raise AlreadyAcknowledgedError
        self.status = AlertStatus.ACKNOWLEDGED
        self.acknowledged_at, self.acknowledged_by, self.note = at, by, note
        return AlertAcknowledged(
            alert_id=self.id, session_id=self.session_id, patient_id=self.patient_id
        )
