"""Limits of vital signs for one patient, and which limits are in force.

A patient's own limit goes before that of the order, the clinic's and the pack's. What
stops a dose or calls somebody may be made stricter, never looser.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.sessions.domain.errors import AlreadyEndedError, LimitLooserError
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.sessions import LimitsChanged
from shared.rulepack import (
    BeforeDose,
    During,
    Limit,
    LimitsSaid,
    Measure,
    MeasureLimits,
    RulePack,
    Vitals,
    VitalsPhase,
    load_pack,
)

NAMES = {
    VitalsPhase.BEFORE_DOSE: ("hold", "hard_hold", "stop"),
    VitalsPhase.DURING: ("amber", "rise", "red", "emergency"),
}
"""What limits of a phase are called."""
HARD = frozenset({"hard_hold", "stop", "red", "emergency"})


class Origin(StrEnum):
    """Where a limit comes from; the first that says something counts."""

    PATIENT = "patient"
    ORDER = "order"
    CLINIC = "clinic"
    PACK = "pack"


@dataclass(kw_only=True, eq=False)
class OwnLimits(Aggregate):
    """Limits of one measure for one patient, or for as long as an order is open."""

    patient_id: UUID
    order_id: UUID | None
    measure: Measure
    phase: VitalsPhase
    bounds: dict[str, dict[str, float]]
    reason: str
    set_at: datetime
    set_by: UUID
    until: datetime
    ended_at: datetime | None = None
    ended_by: UUID | None = None

    @property
    def origin(self) -> Origin:
        """Whose they are."""
        return Origin.ORDER if self.order_id else Origin.PATIENT

    def set(self, pack: RulePack, *, at: datetime) -> LimitsChanged:
        """They are in force from now on.

        Raises:
            InvalidError: they are over already, or limit nothing there is.
            LimitLooserError: they let through what the pack's stop.
        """
        if self.until <= at:
            raise InvalidError("that time is over", field="until")
        demand_not_looser(pack, self.measure, self.phase, self.bounds)
        return self._changed(in_force=True)

    def end(self, *, at: datetime, by: UUID) -> LimitsChanged:
        """They are in force no longer.

        Raises:
            AlreadyEndedError: they were ended before, or ended by themselves.
        """
        if self.ended_at is not None or self.until <= at:
            raise AlreadyEndedError
        self.ended_at, self.ended_by = at, by
        return self._changed(in_force=False)

    def kept(self) -> dict[str, Any]:
        """What a session keeps of them."""
        return {
            "measure": self.measure.value,
            "phase": self.phase.value,
            "bounds": self.bounds,
            "origin": self.origin.value,
            "until": self.until.isoformat(),
        }

    def _changed(self, *, in_force: bool) -> LimitsChanged:
        return LimitsChanged(
            limits_id=self.id, patient_id=self.patient_id, in_force=in_force
        )


def demand_not_looser(
    pack: RulePack,
    measure: Measure,
    phase: VitalsPhase,
    bounds: Mapping[str, Mapping[str, float]],
) -> None:
    """Refuse limits that let through what the pack's stop, or that are none.

    Raises:
        InvalidError: there is no limit of that name in the phase, or it bounds nothing.
        LimitLooserError: a limit is looser than the pack's.
    """
    if not bounds:
        raise InvalidError("at least one limit is needed", field="limits")
    known = _of_phase(pack.vitals.measures[measure], phase)
    for name, bound in bounds.items():
        if name not in NAMES[phase]:
            raise InvalidError("there is no such limit in this phase", field="limits")
        own, packs = Limit(**bound), getattr(known, name)
        if name in HARD and packs is not None and not own.covers(packs):
            raise LimitLooserError(details={"limit": name})


@dataclass(frozen=True, kw_only=True)
class InForce:
    """The limits in force in a phase, and where those of each measure come from."""

    phase: VitalsPhase
    rules: Vitals
    origins: Mapping[str, str]

    @property
    def said(self) -> LimitsSaid:
        """The limits as they are written down."""
        return self.rules.said[self.phase]


def in_force(
    pack: RulePack,
    phase: VitalsPhase,
    own: Iterable[Mapping[str, Any]] | None,
    *,
    at: datetime,
) -> InForce:
    """Which limits count at a moment.

    Args:
        own: what a session keeps of limits for its patient.
    """
    origins = _origins(pack, phase)
    changed: dict[Measure, MeasureLimits] = {}
    # An order's are laid over the pack's first, the patient's over both.
    for one in sorted(own or (), key=lambda one: one["origin"] == Origin.PATIENT):
        if one["phase"] != phase or datetime.fromisoformat(one["until"]) <= at:
            continue
        measure = Measure(one["measure"])
        limits = changed.get(measure, pack.vitals.measures[measure])
        changed[measure] = _with(limits, phase, one["bounds"])
        origins[measure.value] = one["origin"]
    if not changed:
        return InForce(phase=phase, rules=pack.vitals, origins=origins)
    rules = replace(pack.vitals, measures={**pack.vitals.measures, **changed})
    return InForce(phase=phase, rules=rules, origins=origins)


def _origins(pack: RulePack, phase: VitalsPhase) -> dict[str, str]:
    """Whether each measure's limits are the pack's own or the clinic changed them."""
    said = pack.vitals.said[phase]
    if pack.extends is None:
        return dict.fromkeys(said, Origin.PACK.value)
    base = load_pack(pack.extends).vitals.said[phase]
    return {
        measure: (Origin.PACK if base[measure] == limits else Origin.CLINIC).value
        for measure, limits in said.items()
    }


def _of_phase(limits: MeasureLimits, phase: VitalsPhase) -> BeforeDose | During:
    before = phase is VitalsPhase.BEFORE_DOSE
    return limits.before_dose if before else limits.during


def _with(
    limits: MeasureLimits,
    phase: VitalsPhase,
    bounds: Mapping[str, Mapping[str, float]],
) -> MeasureLimits:
    named = {name: Limit(**bound) for name, bound in bounds.items()}
    if phase is VitalsPhase.BEFORE_DOSE:
        return replace(limits, before_dose=replace(limits.before_dose, **named))
    return replace(limits, during=replace(limits.during, **named))


def bounds_of(limits: Mapping[str, Limit]) -> dict[str, dict[str, float]]:
    """Limits as they are kept."""
    return {
        name: {
            bound: value for bound, value in asdict(limit).items() if value is not None
        }
        for name, limit in limits.items()
    }
