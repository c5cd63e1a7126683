"""How a session comes to its end: recovery, discharge, early end, signature."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.discharge import Checklist
from services.sessions.domain.emergency import EmergencyStep
from services.sessions.domain.errors import (
    DischargeCriteriaUnmetError,
    EscortMissingError,
)
from services.sessions.domain.states import (
    DOSED,
    ENDED,
    RUNNING,
    Phase,
    SessionStatus,
)
from services.sessions.domain.watched import Watched
from shared.errors import InvalidError
from shared.events.sessions import (
    DischargeCriteriaMet,
    EmergencyNoted,
    EscortMissing,
    PatientDischarged,
    PhaseChanged,
    RecordAborted,
    RecordSigned,
)

EVERY_CRITERION = "*"
"""Stands for all criteria of a discharge that are overridden for one reason."""


@dataclass(kw_only=True, eq=False)
class Leaving(Watched):
    """A session as it ends; `criteria_met_at` is when nothing spoke against it."""

    appointment_id: UUID
    recovery_at: datetime | None = None
    criteria_met_at: datetime | None = None
    escort_missing_at: datetime | None = None
    ended_by: UUID | None = None
    discharge_record: dict[str, Any] | None = None
    abort_record: dict[str, Any] | None = None
    signed_at: datetime | None = None
    signed_by: UUID | None = None
    signature_hash: str | None = None

    @property
    def phase(self) -> Phase | None:
        """What the patient goes through; None before the first dose."""
        if self.recovery_at is not None:
            return Phase.RECOVERY
        return Phase.EXPERIENCE if self.is_dosed else None

    def recover(self, *, at: datetime) -> PhaseChanged:
        """The experience fades; no further dose from now on."""
        allowed = frozenset({SessionStatus.EXPERIENCE, SessionStatus.AUTHORISED})
        self._demand(allowed, dosed=True)
        self.status = SessionStatus.RECOVERY
        self.recovery_at = at
        return self._entered(Phase.RECOVERY)

    def demand_dischargeable(self, checklist: Checklist) -> None:
        """Refuse to let a patient go who has not recovered or has no escort.

        Raises:
            EscortMissingError: nobody is there.
            InvalidError: nobody says who is there.
        """
        self._demand(frozenset({SessionStatus.RECOVERY}))
        if not checklist.escort_present:
            raise EscortMissingError
        if not checklist.escort_name:
            raise InvalidError("the escort is named", field="escort_name")

    def discharge(
        self,
        checklist: Checklist,
        unmet: tuple[str, ...],
        *,
        overrides: Mapping[str, str],
        at: datetime,
        by: UUID,
    ) -> PatientDischarged:
        """The patient leaves with the escort.

        Args:
            overrides: by criterion, why the patient leaves all the same; a prescriber
                says so, and `*` is said of all that have no reason of their own.

        Raises:
            DischargeCriteriaUnmetError: something speaks against it.
        """
        if left := [
            code for code in unmet if not overrides.get(code, _of_all(overrides))
        ]:
            raise DischargeCriteriaUnmetError(details={"unmet": left})
        self.status = SessionStatus.DISCHARGED
        self.ended_at, self.ended_by = at, by
        self.discharge_record = {
            **asdict(checklist),
            "unmet": list(unmet),
            "override_reason": _of_all(overrides) if unmet else None,
            "overrides": {code: overrides[code] for code in unmet if code in overrides},
        }
        return PatientDischarged(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
            discharged_at=at,
        )

    def meet_criteria(
        self, unmet: tuple[str, ...], *, at: datetime
    ) -> DischargeCriteriaMet | None:
        """Tell once that nothing speaks against the patient leaving."""
        if unmet or self.criteria_met_at or self.status is not SessionStatus.RECOVERY:
            return None
        self.criteria_met_at = at
        return DischargeCriteriaMet(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
        )

    def miss_escort(self, role: str, *, level: int, at: datetime) -> EscortMissing:
        """Nobody is there to take the patient home; the patient stays."""
        self._demand(DOSED, dosed=True)
        self.escort_missing_at = self.escort_missing_at or at
        return EscortMissing(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
            level=level,
            role=role,
        )

    def note_emergency(self, step: EmergencyStep) -> EmergencyNoted:
        """Something was done in an emergency."""
        self._demand(RUNNING | ENDED)
        return EmergencyNoted(
            session_id=self.id, patient_id=self.patient_id, step=step.value
        )

    def abort(
        self, record: dict[str, Any], reason_code: str, *, at: datetime, by: UUID
    ) -> RecordAborted:
        """The session ends early."""
        self.status = SessionStatus.ABORTED
        self.ended_at, self.ended_by = at, by
        self.abort_record = record
        return RecordAborted(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
            reason_code=reason_code,
        )

    def sign(self, *, at: datetime, by: UUID) -> RecordSigned:
        """The record is complete and changes no more."""
        self._demand(ENDED)
        self.status = SessionStatus.SIGNED
        self.signed_at, self.signed_by = at, by
        return RecordSigned(session_id=self.id, patient_id=self.patient_id)

    def _entered(self, phase: Phase) -> PhaseChanged:
        return PhaseChanged(
            session_id=self.id, patient_id=self.patient_id, phase=phase.value
        )


def _of_all(overrides: Mapping[str, str]) -> str | None:
    return overrides.get(EVERY_CRITERION)
