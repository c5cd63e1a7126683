"""When vital signs are due after a dose, and whether they were taken then."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from shared.rulepack import Monitoring, Route


class CheckStatus(StrEnum):
    """Whether a check was done; late and missed ones were not."""

    PLANNED = "planned"
    DUE = "due"
    LATE = "late"
    MISSED = "missed"
    DONE = "done"


class Taken(NamedTuple):
    """That some measures were taken at a time."""

    at: datetime
    measures: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check of a session: when it was due, and when it was done."""

    due_at: datetime
    missed_at: datetime
    status: CheckStatus
    done_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Watch:
    """The checks of one session, from its first dose on."""

    route: Route
    rules: Monitoring
    first_dose_at: datetime

    def checks(self, taken: Iterable[Taken], *, now: datetime) -> list[Check]:
        """Every check that was due by now or done before its time, and the next."""
        readings = sorted(taken)
        found: list[Check] = []
        for due_at in self._due():
            found.append(self._check(due_at, readings, now))
            if due_at > now and found[-1].status is not CheckStatus.DONE:
                return found
        return found

    def last_to_miss(self, taken: Iterable[Taken], *, now: datetime) -> Check | None:
        """The last check that could be missed by now."""
        past = [one for one in self.checks(taken, now=now) if one.missed_at <= now]
        return past[-1] if past else None

    def next_to_miss(self, *, now: datetime) -> datetime:
        """When the next check that is not past would be missed."""
        late = self.rules.missed_after
        return next(due + late for due in self._due() if due + late > now)

    def _due(self) -> Iterator[datetime]:
        for point in self.rules.routes[self.route].points():
            yield self.first_dose_at + point

    def _check(self, due_at: datetime, taken: list[Taken], now: datetime) -> Check:
        """A check is done when all its measures were taken around its time."""
        begins, missed_at = (
            due_at - self.rules.early_by,
            due_at + self.rules.missed_after,
        )
        needed = set(self.rules.routes[self.route].measures)
        for reading in taken:
            if begins <= reading.at <= missed_at:
                needed -= reading.measures
                if not needed:
                    return Check(
                        due_at=due_at,
                        missed_at=missed_at,
                        status=CheckStatus.DONE,
                        done_at=reading.at,
                    )
        status = self._standing(due_at, now)
        return Check(due_at=due_at, missed_at=missed_at, status=status)

    def _standing(self, due_at: datetime, now: datetime) -> CheckStatus:
        over = now - due_at
        if over >= self.rules.missed_after:
            return CheckStatus.MISSED
        if over >= self.rules.late_after:
            return CheckStatus.LATE
        return CheckStatus.PLANNED if now < due_at else CheckStatus.DUE


def open_check(checks: Iterable[Check]) -> Check | None:
    """The check to be done next: the last one due, if it was not done, or the coming.

    One that a later one has followed is not to be done any more.
    """
    left = list(checks)[-2:]
    return next((one for one in left if one.status is not CheckStatus.DONE), None)
