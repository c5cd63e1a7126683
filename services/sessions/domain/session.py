"""A treatment session, from the opened record to the signature, as a state machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.sessions.domain.dose import Authorisation, Dose
from services.sessions.domain.errors import (
    DoseStoppedError,
    HoldNotOverridableError,
    ReasonRequiredError,
    RechecksUsedUpError,
)
from services.sessions.domain.leaving import Leaving
from services.sessions.domain.note import Note
from services.sessions.domain.precheck import NEVER_OVERRIDDEN, HoldReason, Precheck
from services.sessions.domain.states import (
    BEFORE_DOSE,
    PENDING,
    Phase,
    SessionStatus,
)
from services.sessions.domain.vitals import gravest
from shared.events import Event
from shared.events.sessions import (
    DoseAdministered,
    DoseAuthorised,
    DoseHeld,
    PrecheckCompleted,
    RecordAmended,
    RecordOpened,
)
from shared.rulepack import Decision


@dataclass(kw_only=True, eq=False)
class Session(Leaving):
    """One treatment of one patient at one appointment."""

    episode_id: UUID
    order_id: UUID
    identifiers_checked: list[str]
    opened_by: UUID
    last_dose_at: datetime | None = None
    prechecks: list[Precheck] = field(default_factory=list)
    authorisations: list[Authorisation] = field(default_factory=list)
    doses: list[Dose] = field(default_factory=list)

    @property
    def given_ug(self) -> int:
        """What the patient got in this session so far."""
        return sum(dose.given_ug for dose in self.doses)

    @property
    def begun_ug(self) -> int:
        """What was given so far of the dose that was authorised last."""
        if not self.authorisations:
            return 0
        last = self.authorisations[-1].id
        return sum(one.given_ug for one in self.doses if one.authorisation_id == last)

    @property
    def is_between_devices(self) -> bool:
        """Whether the dose that was authorised last is given in part."""
        if self.status is not SessionStatus.EXPERIENCE:
            return False
        return 0 < self.begun_ug < self.authorisations[-1].ordered_ug

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

    def forget_reading(
        self, left: Iterable[Mapping[str, float]], level: Decision
    ) -> None:
        """A reading does not count after all, for the baseline either.

        What it stopped is held: the checks before the dose are done anew.

        Args:
            left: the values before the first dose that still count, in their order.
            level: the gravest of what they say.
        """
        self.baseline = {}
        for values in left:
            self.baseline = {**values, **self.baseline}
        is_stopped = self.outcome is Decision.STOP and not self.is_dosed
        if is_stopped and level is not Decision.STOP:
            self.outcome = Decision.HOLD

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
        return DoseAuthorised(
            session_id=self.id,
            patient_id=self.patient_id,
            confirmed_facts=authorisation.confirmed or None,
        )

    def demand_authorised(self, *, by_device: bool = False) -> None:
        """Refuse a dose that nobody authorised.

        Args:
            by_device: whether what was authorised may be given bit by bit.

        Raises:
            DoseStoppedError: vital signs allow none.
        """
        if self.status is SessionStatus.HELD and self.outcome is Decision.STOP:
            raise DoseStoppedError
        if by_device and self.is_between_devices:
            return
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

    def amend(self, note: Note | None = None) -> RecordAmended:
        """Something was added to a signed note of it, or to the signed whole."""
        return RecordAmended(
            session_id=self.id,
            patient_id=self.patient_id,
            note_id=note.id if note else None,
            part=note.part.value if note else None,
        )

    def _held(self) -> DoseHeld:
        return DoseHeld(
            session_id=self.id,
            patient_id=self.patient_id,
            reason_code=self.hold_reasons[0],
        )
