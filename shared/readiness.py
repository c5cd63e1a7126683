"""Readiness: facts in, answer with reasons out. May this patient be dosed then?

Every service that asks uses this one rule, on its own copy of the facts; the copies
come from events by the one mapping in `facts_told_by`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from shared.errors import InvalidError
from shared.events import Event, intake, scheduling, sessions
from shared.instruments import InstrumentCode

if TYPE_CHECKING:  # A pack names facts and gates, so it imports this module.
    from shared.rulepack import RulePack


class FactName(StrEnum):
    """What must be so before a dose."""

    ELIGIBILITY = "eligibility"
    CONSENT_TREATMENT = "consent.treatment"
    CONSENT_OFFLABEL = "consent.offlabel"
    CLEARANCE_MEDICAL = "clearance.medical"
    PREP_COMPLETED = "prep.completed"
    MEASURES_PHQ9 = "measures.phq9"
    MEASURES_GAD7 = "measures.gad7"
    MEASURES_SAFETY = "measures.safety"
    ORDER_ACTIVE = "order.active"
    WEIGHT_CURRENT = "weight.current"
    ESCORT_CONFIRMED = "escort.confirmed"
    NO_OPEN_HOLD = "no.open.hold"


LASTING = frozenset({FactName.ESCORT_CONFIRMED, FactName.NO_OPEN_HOLD})
"""Facts that no time ends: an escort is for one appointment, a hold is cleared."""


class Gate(StrEnum):
    """The moments at which readiness is asked for."""

    BOOKING = "booking"
    THREE_DAYS_BEFORE = "three_days_before"
    DAY_BEFORE = "day_before"
    ARRIVAL = "arrival"
    AUTHORISATION = "authorisation"


class Cause(StrEnum):
    """Why a fact does not hold; the first that applies is told."""

    WITHDRAWN = "withdrawn"
    """Its source says that it does not hold, or no longer."""
    EXPIRED = "expired"
    """It held, until a time that is past by then."""
    OTHER_APPOINTMENT = "other_appointment"
    """It holds, but for another appointment."""
    MISSING = "missing"
    """Nobody has said anything."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What one source said last about a fact: that it holds, or that it does not."""

    name: FactName
    holds: bool
    valid_until: datetime | None = None
    appointment_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why not."""

    fact: FactName
    cause: Cause


@dataclass(frozen=True, kw_only=True)
class FactState:
    """How it stands with a required fact; it holds if there is no cause against it.

    `valid_until` is the latest end of what holds or, if expired, of what held.
    """

    fact: FactName
    cause: Cause | None = None
    valid_until: datetime | None = None

    @property
    def holds(self) -> bool:
        """Whether the gate can count on the fact."""
        return self.cause is None


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """The answer: every fact the gate asks for, in the order the pack asks."""

    facts: tuple[FactState, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What speaks against it."""
        return tuple(
            Reason(fact=state.fact, cause=state.cause)
            for state in self.facts
            if state.cause is not None
        )

    @property
    def missing(self) -> tuple[str, ...]:
        """The names of the facts that do not hold, as events carry them."""
        return tuple(str(reason.fact) for reason in self.reasons)


def evaluate(
    facts: Iterable[Fact],
    *,
    gate: Gate,
    at: datetime,
    pack: "RulePack",
    appointment_id: UUID | None = None,
) -> Readiness:
    """Whether a patient is ready for a gate, as of a moment.

    Several sources may speak of one fact: an old consent is withdrawn, a new one is
    signed. One source that says it holds, and is not past its end, is enough. Holds
    are the other way round: `no.open.hold` holds unless any source says otherwise,
    so every open flag must be cleared, and no time ends one.

    Args:
        facts: what is known of one patient, one for each source of a fact.
        at: the moment the facts must hold: the planned time of the dose when it is
            booked, now when it is authorised. A fact ends at its `valid_until`.
        appointment_id: the dose in question; without it no escort counts.

    Raises:
        InvalidError: `at` has no time zone.
    """
    if at.tzinfo is None:
        raise InvalidError("A time without a zone is no moment.", field="at")
    known = tuple(facts)
    return Readiness(
        facts=tuple(
            _state(
                name, [fact for fact in known if fact.name == name], at, appointment_id
            )
            for name in pack.readiness.gates[gate]
        )
    )


def _state(
    name: FactName, told: list[Fact], at: datetime, appointment_id: UUID | None
) -> FactState:
    """How it stands with one fact, given what all its sources said."""
    if name is FactName.NO_OPEN_HOLD:
        is_open = any(not fact.holds for fact in told)
        return FactState(fact=name, cause=Cause.WITHDRAWN if is_open else None)
    found = [(_against(fact, at, appointment_id), fact.valid_until) for fact in told]
    causes = {cause for cause, _ in found}
    cause = None
    if None not in causes:
        cause = next((worst for worst in Cause if worst in causes), Cause.MISSING)
    return FactState(
        fact=name,
        cause=cause,
        valid_until=_latest(until for against, until in found if against is cause),
    )


def _against(fact: Fact, at: datetime, appointment_id: UUID | None) -> Cause | None:
    """Why one source's word does not count, if it does not."""
    if fact.name == FactName.ESCORT_CONFIRMED and (
        appointment_id is None or fact.appointment_id != appointment_id
    ):
        return Cause.OTHER_APPOINTMENT if fact.holds else Cause.MISSING
    if not fact.holds:
        return Cause.WITHDRAWN
    if fact.valid_until is not None and fact.valid_until <= at:
        return Cause.EXPIRED
    return None


def _latest(ends: Iterable[datetime | None]) -> datetime | None:
    """The latest of some ends; None, which is no end, if one of them has none."""
    known = []
    for end in ends:
        if end is None:
            return None
        known.append(end)
    return max(known, default=None)


@dataclass(frozen=True, kw_only=True)
class FactChange:
    """What an event changes about a fact.

    A service keeps one row for each patient, fact and `source_id`, and lets the
    newest `told_at` win, as events of different aggregates come in no fixed order.
    The source is the consent, clearance, order, preparation, flag or appointment.
    For eligibility and measures it is the patient: a newer decision or answer stands
    in for the older one, and must not be outvoted by it.
    """

    patient_id: UUID
    fact: FactName
    holds: bool
    valid_until: datetime | None
    source_id: UUID
    told_at: datetime
    appointment_id: UUID | None = None


def facts_told_by(
    event: Event, *, occurred_at: datetime, pack: "RulePack"
) -> tuple[FactChange, ...]:
    """What an event says about readiness; nothing, for most events.

    A fact lasts as long as the event says or, where it says nothing, as long as the
    pack does. `weight.current` is in no event: sessions takes weights itself.
    """
    says = _TOLD_BY.get(type(event))
    fact = says.fact_of(event) if says else None
    if says is None or fact is None:
        return ()
    holds = says.holds and not _alarms(event)
    until = getattr(event, "valid_until", None) if holds else None
    if holds and until is None and fact not in LASTING:
        until = occurred_at + pack.readiness.validity[fact]
    told: Any = event
    source_id = getattr(told, says.source)
    return (
        FactChange(
            patient_id=told.patient_id,
            fact=fact,
            holds=holds,
            valid_until=until,
            source_id=source_id,
            told_at=occurred_at,
            appointment_id=source_id if fact is FactName.ESCORT_CONFIRMED else None,
        ),
    )


def _alarms(event: Event) -> bool:
    """Whether a safety screen was answered so that it speaks against a dose."""
    return (
        isinstance(event, intake.MeasureRecorded)
        and event.instrument == InstrumentCode.CSSRS
        and event.alert
    )


class _Says(NamedTuple):
    """One row of the mapping: the fact, whether it holds, the field of its source.

    Where the fact depends on a field of the event, that field is `by`, and values
    that are in no row of `fact` say nothing about readiness.
    """

    fact: FactName | Mapping[str, FactName]
    holds: bool
    source: str
    by: str = ""

    def fact_of(self, event: Event) -> FactName | None:
        """The fact that an event speaks of, if any."""
        if isinstance(self.fact, FactName):
            return self.fact
        return self.fact.get(getattr(event, self.by))


_CONSENTS: Mapping[str, FactName] = {
    "treatment": FactName.CONSENT_TREATMENT,
    "offlabel": FactName.CONSENT_OFFLABEL,
}

_MEASURES: Mapping[str, FactName] = {
    InstrumentCode.PHQ9: FactName.MEASURES_PHQ9,
    InstrumentCode.GAD7: FactName.MEASURES_GAD7,
    InstrumentCode.CSSRS: FactName.MEASURES_SAFETY,
}

_CONCLUSIONS: Mapping[str, FactName] = {
    "continue": FactName.NO_OPEN_HOLD,
    "adjust": FactName.NO_OPEN_HOLD,
}
"""After a review that comes to anything else, the hold stays."""

_TOLD_BY: Mapping[type[Event], _Says] = {
    intake.PatientEligible: _Says(FactName.ELIGIBILITY, True, "patient_id"),
    intake.PatientIneligible: _Says(FactName.ELIGIBILITY, False, "patient_id"),
    intake.EligibilityDeferred: _Says(FactName.ELIGIBILITY, False, "patient_id"),
    intake.EligibilityLapsed: _Says(FactName.ELIGIBILITY, False, "patient_id"),
    intake.EpisodePaused: _Says(FactName.NO_OPEN_HOLD, False, "episode_id"),
    intake.EpisodeResumed: _Says(FactName.NO_OPEN_HOLD, True, "episode_id"),
    intake.EpisodeClosed: _Says(FactName.ELIGIBILITY, False, "patient_id"),
    intake.ConsentSigned: _Says(_CONSENTS, True, "consent_id", "consent_type"),
    intake.ConsentWithdrawn: _Says(_CONSENTS, False, "consent_id", "consent_type"),
    intake.ConsentExpired: _Says(_CONSENTS, False, "consent_id", "consent_type"),
    intake.ClearanceGranted: _Says(FactName.CLEARANCE_MEDICAL, True, "clearance_id"),
    intake.ClearanceLapsed: _Says(FactName.CLEARANCE_MEDICAL, False, "clearance_id"),
    intake.MeasureRecorded: _Says(_MEASURES, True, "patient_id", "instrument"),
    intake.SafetyFlagged: _Says(FactName.NO_OPEN_HOLD, False, "flag_id"),
    intake.SafetyCleared: _Says(FactName.NO_OPEN_HOLD, True, "flag_id"),
    scheduling.EscortConfirmed: _Says(
        FactName.ESCORT_CONFIRMED, True, "appointment_id"
    ),
    scheduling.EscortWithdrawn: _Says(
        FactName.ESCORT_CONFIRMED, False, "appointment_id"
    ),
    sessions.OrderPlaced: _Says(FactName.ORDER_ACTIVE, True, "order_id"),
    sessions.OrderClosed: _Says(FactName.ORDER_ACTIVE, False, "order_id"),
    sessions.PreparationCompleted: _Says(
        FactName.PREP_COMPLETED, True, "preparation_id"
    ),
    sessions.AdverseEventReviewRequested: _Says(
        FactName.NO_OPEN_HOLD, False, "adverse_event_id"
    ),
    sessions.AdverseEventReviewed: _Says(
        _CONCLUSIONS, True, "adverse_event_id", "conclusion"
    ),
}


def told_by(producer: str) -> frozenset[FactName]:
    """The facts that events of a producer can change."""
    told = [says.fact for event, says in _TOLD_BY.items() if event.producer == producer]
    each = ([one] if isinstance(one, FactName) else one.values() for one in told)
    return frozenset(fact for facts in each for fact in facts)


FACT_EVENTS: tuple[type[Event], ...] = tuple(_TOLD_BY)
"""The events that can change a fact: what a service that asks for readiness hears."""
