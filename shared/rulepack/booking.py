"""How long times are held, when doses are looked at again, when a patient fasts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.errors import InvalidError
from shared.readiness import Gate
from shared.rulepack.dose import Route


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """When a gate asks about a planned dose, and when it is released if not ready.

    Both are counted back from the planned time of the dose.
    """

    before: timedelta
    cutoff_before: timedelta

    def __post_init__(self) -> None:
        if self.cutoff_before >= self.before:
            raise InvalidError("leaves no time to act", field="cutoff_before")


@dataclass(frozen=True, kw_only=True)
class Booking:
    """How long a hold, an offer and a provisional booking last, and the sweeps."""

    hold_for: timedelta
    offer_for: timedelta
    provisional_at_most: timedelta
    no_show_after: timedelta
    sweeps: Mapping[Gate, Sweep]
    source: str

    def __post_init__(self) -> None:
        """Each sweep comes after the one before it."""
        if set(self.sweeps) != {Gate.THREE_DAYS_BEFORE, Gate.DAY_BEFORE}:
            raise InvalidError("must be those two gates", field="sweeps")
        early, late = self.sweeps[Gate.THREE_DAYS_BEFORE], self.sweeps[Gate.DAY_BEFORE]
        if late.before >= early.before or late.cutoff_before >= early.cutoff_before:
            told = "must come after the one before it"
            raise InvalidError(told, field=f"sweeps.{Gate.DAY_BEFORE}")

    def next_sweep(self, dose_at: datetime, after: datetime) -> datetime | None:
        """When a dose is looked at next, if at all."""
        times = (dose_at - sweep.before for sweep in self.sweeps.values())
        return min((at for at in times if at > after), default=None)

    def gate_at(self, dose_at: datetime, at: datetime) -> Gate:
        """The last gate whose time has come."""
        past = [
            (dose_at - sweep.before, gate)
            for gate, sweep in self.sweeps.items()
            if dose_at - sweep.before <= at
        ]
        return max(past)[1] if past else Gate.BOOKING

    def cutoff(self, dose_at: datetime, at: datetime) -> datetime:
        """When a dose that is not ready now is released; at once, on its last day."""
        times = (dose_at - sweep.cutoff_before for sweep in self.sweeps.values())
        return min((time for time in times if time > at), default=at)

    def provisional_until(self, dose_at: datetime, at: datetime) -> datetime:
        """When a provisional booking of a dose is given back."""
        sweep = self.sweeps[Gate.THREE_DAYS_BEFORE]
        return min(dose_at - sweep.cutoff_before, at + self.provisional_at_most)

    def may_be_provisional(self, dose_at: datetime, at: datetime) -> bool:
        """Whether time is left to get what a dose lacks."""
        return self.provisional_until(dose_at, at) > at


@dataclass(frozen=True, kw_only=True)
class FastingHours:
    """How long before a dose a patient neither eats nor drinks."""

    solids: timedelta
    fluids: timedelta
    source: str


@dataclass(frozen=True, kw_only=True)
class Fasting:
    """How long a patient fasts, by route; `default` also while no route is known."""

    default: FastingHours
    routes: Mapping[Route, FastingHours]

    def hours(self, route: Route | None) -> FastingHours:
        """What holds for a dose."""
        return self.default if route is None else self.routes.get(route, self.default)
