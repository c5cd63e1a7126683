"""A treatment session, from the opened record to the signature, as a state machine."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from services.sessions.domain.discharge import Checklist
from services.sessions.domain.dose import Authorisation, Dose
from services.sessions.domain.errors import (
    DischargeCriteriaUnmetError,
    DoseStoppedError,
    EscortMissingError,
    HoldNotOverridableError,
    ReasonRequiredError,
    RechecksUsedUpError,
)
from services.sessions.domain.precheck import NEVER_OVERRIDDEN, HoldReason, Precheck
from services.sessions.domain.states import (
    BEFORE_DOSE,
    ENDED,
    PENDING,
    Phase,
    SessionStatus,
)
from services.sessions.domain.vitals import gravest
from services.sessions.domain.watched import Watched
from shared.events import Event
from shared.events.sessions import (
    DoseAdministered,
    DoseAuthorised,
    DoseHeld,
    PatientDischarged,
    PhaseChanged,
    PrecheckCompleted,
    RecordAborted,
    RecordOpened,
    RecordSigned,
)
from shared.rulepack import Decision, Route


@dataclass(kw_only=True, eq=False)
class Session(Watched):
    """One treatment of one patient at one appointment."""

    episode_id: UUID
    appointment_id: UUID
    order_id: UUID
    route: Route
    identifiers_checked: list[str]
    opened_by: UUID
    last_dose_at: datetime | None = None
    recovery_at: datetime | None = None
    ended_at: datetime | None = None
    ended_by: UUID | None = None
    discharge_record: dict[str, Any] | None = None
    abort_record: dict[str, Any] | None = None
    signed_at: datetime | None = None
    signed_by: UUID | None = None
    signature_hash: str | None = None
    prechecks: list[Precheck] = field(default_factory=list)
    authorisations: list[Authorisation] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)

    @property
    def phase(self) -> Phase | None:
        """What the patient goes through; None before the first dose."""
        if self.recovery_at is not None:
            return Phase.RECOVERY
        return Phase.EXPERIENCE if self.is_dosed else None

    @property
    def given_ug(self) -> int:
        """What the patient got in this session so far."""
        return sum(dose.given_ug for dose in self.doses)

    def open(self) -> RecordOpened:
        """The right patient is in the right room."""
        return RecordOpened(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
            route_class=self.route.value,
        )

    def note_reading(
        self, values: Mapping[str, float], level: Decision
    ) -> DoseHeld | None:
        """The first value of each measure before the first dose is the baseline.

        A reading graver than what was decided on undoes the decision: nobody gives a
        dose on the word of a prescriber who did not know.
        """
        if self._adds_to_baseline(values):
            self.baseline = {**values, **self.baseline}
        if not self._is_doubted(level):
            return None
        self.outcome = gravest([level, self.outcome or level])
        if HoldReason.VITAL_SIGNS not in self.hold_reasons:
            self.hold_reasons = [HoldReason.VITAL_SIGNS.value, *self.hold_reasons]
        dosed = self.is_dosed
        self.status = SessionStatus.EXPERIENCE if dosed else SessionStatus.HELD
        return self._held()

    def demand_checkable(self, rechecks_at_most: int) -> None:
        """Refuse the checks before a dose when it is too late for them.

        Raises:
            DoseStoppedError: no dose today, so nothing is left to check.
            RechecksUsedUpError: blood pressure was rechecked often enough.
        """
        self._demand(BEFORE_DOSE, dosed=False)
        if self.outcome is Decision.STOP:
            raise DoseStoppedError
        held = sum(check.pressure_held for check in self.prechecks)
        if held > rechecks_at_most:
            raise RechecksUsedUpError

    def precheck(self, check: Precheck) -> tuple[Event, ...]:
        """The checks before a dose are done; anything but go holds it."""
        self.prechecks.append(check)
        self.outcome, self.hold_reasons = check.outcome, check.reasons
        done = PrecheckCompleted(
            session_id=self.id, patient_id=self.patient_id, outcome=check.outcome.value
        )
        if check.outcome is Decision.GO:
            self.status = SessionStatus.PRECHECKED
            return (done,)
        self.status = SessionStatus.HELD
        return done, self._held()

    def demand_authorisable(self) -> None:
        """Refuse an authorisation that comes too early or too late.

        Raises:
            DoseStoppedError: vital signs allow no dose.
        """
        self._demand(PENDING | {SessionStatus.EXPERIENCE})
        if not self.is_dosed and self.outcome is Decision.STOP:
            raise DoseStoppedError

    def judge_again(self, level: Decision) -> None:
        """What vital signs say about a further dose.

        Raises:
            DoseStoppedError: they allow none.
        """
        if level is Decision.STOP:
            raise DoseStoppedError
        held = level is Decision.HOLD
        self.outcome = level
        self.hold_reasons = [HoldReason.VITAL_SIGNS.value] if held else []

    def demand_override(self, reason: str | None) -> None:
        """Refuse to authorise a held dose unless a prescriber may, and says why.

        Raises:
            HoldNotOverridableError: a hold no reason is good enough for.
            ReasonRequiredError: a hold, and no reason.
        """
        if self.outcome is Decision.GO:
            return
        if fixed := [one for one in self.hold_reasons if one in NEVER_OVERRIDDEN]:
            raise HoldNotOverridableError(details={"reasons": fixed})
        if not reason:
            raise ReasonRequiredError(
                field="override_reason", details={"reasons": self.hold_reasons}
            )

    def authorise(self, authorisation: Authorisation) -> DoseAuthorised:
        """A dose may be given."""
        self.authorisations.append(authorisation)
        self.order_id = authorisation.order_id
        self.status = SessionStatus.AUTHORISED
        return DoseAuthorised(session_id=self.id, patient_id=self.patient_id)

    def demand_authorised(self) -> None:
        """Refuse a dose that nobody authorised.

        Raises:
            DoseStoppedError: vital signs allow none.
        """
        if self.status is SessionStatus.HELD and self.outcome is Decision.STOP:
            raise DoseStoppedError
        self._demand(frozenset({SessionStatus.AUTHORISED}))

    def give(self, dose: Dose) -> tuple[Event, ...]:
        """A dose was given; from the first one on, the experience takes its course."""
        self.doses.append(dose)
        self.status = SessionStatus.EXPERIENCE
        self.last_dose_at = dose.given_at
        given = DoseAdministered(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
            administration_id=dose.id,
            seq=dose.seq,
        )
        if self.is_dosed:
            return (given,)
        self.first_dose_at = dose.given_at
        return given, self._entered(Phase.EXPERIENCE)

    def recover(self, *, at: datetime) -> PhaseChanged:
        """The experience fades; no further dose from now on."""
        allowed = frozenset({SessionStatus.EXPERIENCE, SessionStatus.AUTHORISED})
        self._demand(allowed, dosed=True)
        self.status = SessionStatus.RECOVERY
        self.recovery_at = at
        return self._entered(Phase.RECOVERY)

    def demand_dischargeable(self, checklist: Checklist) -> None:
        """Refuse to let a patient go who has not recovered or has no escort."""
        self._demand(frozenset({SessionStatus.RECOVERY}))
        if not checklist.escort_present:
            raise EscortMissingError

    def discharge(
        self,
        checklist: Checklist,
        unmet: tuple[str, ...],
        *,
        override_reason: str | None,
        at: datetime,
        by: UUID,
    ) -> PatientDischarged:
        """The patient leaves with the escort.

        Args:
            override_reason: why the patient leaves all the same, by a prescriber.

        Raises:
            DischargeCriteriaUnmetError: something speaks against it.
        """
        if unmet and not override_reason:
            raise DischargeCriteriaUnmetError(details={"unmet": list(unmet)})
        self.status = SessionStatus.DISCHARGED
        self.ended_at, self.ended_by = at, by
        self.discharge_record = {
            **asdict(checklist),
            "unmet": list(unmet),
            "override_reason": override_reason if unmet else None,
        }
        return PatientDischarged(
            session_id=self.id,
            appointment_id=self.appointment_id,
            patient_id=self.patient_id,
            discharged_at=at,
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

    def _held(self) -> DoseHeld:
        return DoseHeld(
            session_id=self.id,
            patient_id=self.patient_id,
            reason_code=self.hold_reasons[0],
        )

    def _entered(self, phase: Phase) -> PhaseChanged:
        return PhaseChanged(
            session_id=self.id, patient_id=self.patient_id, phase=phase.value
        )
