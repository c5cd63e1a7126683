"""Placing the steps of a course: each at the earliest time that is free in its window.

Nothing is read here and nothing is booked: what is free is asked of a search that looks
at busy times somebody has loaded once for the whole course.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from services.scheduling.domain.availability import STEP, Offer
from services.scheduling.domain.course import CoursePlan
from services.scheduling.domain.course_step import (
    CourseStep,
    StepState,
    anchor_of,
)
from services.scheduling.domain.course_terms import (
    Held,
    OutsideWindowError,
    Placed,
    Reason,
    Spacing,
    Span,
)
from services.scheduling.domain.states import PRESENT, AppointmentType
from shared.protocols import StepKind
from shared.rulepack import Appointments, RulePack

A_DAY = timedelta(days=1)
_NONE = timedelta(0)


Search = Callable[[AppointmentType, Span], Iterator[Offer]]
"""Free times for a type of appointment that begin within a span, the earliest first."""


@dataclass(kw_only=True)
class Course:
    """A course's steps with the times they have, as a calendar to place others in.

    Args:
        steps: all of them, in the order of the protocol.
        spans: the times of those that took place, are booked or are to stay.
        other_doses: when other doses of the patient begin.
        begun: codes of steps whose patient is here.
        lasts: how long each kind of appointment takes, where the rule pack says so.
        not_before: nothing is placed earlier.
    """

    steps: Sequence[CourseStep]
    spans: dict[str, Span]
    first_day: date
    zone: ZoneInfo
    spacing: Spacing
    not_before: datetime
    other_doses: Sequence[datetime] = ()
    begun: frozenset[str] = frozenset()
    lasts: Mapping[StepKind, timedelta] = field(default_factory=dict)
    _by_code: Mapping[str, CourseStep] = field(init=False)

    def __post_init__(self) -> None:
        self._by_code = {step.code: step for step in self.steps}

    @classmethod
    def of(
        cls,
        plan: CoursePlan,
        held: Iterable[Held],
        *,
        zone: ZoneInfo,
        pack: RulePack,
        now: datetime,
    ) -> "Course":
        """A plan's steps with the times they have now, by a rule pack.

        Args:
            held: the patient's appointments that took place or are to.
        """
        by_id = {one.id: one for one in held}
        own = {
            step.code: by_id.pop(step.appointment_id)
            for step in plan.steps
            if step.appointment_id in by_id
        }
        return cls(
            steps=plan.steps,
            spans={
                code: Span(starts_at=one.starts_at, ends_at=one.ends_at)
                for code, one in own.items()
            },
            begun=frozenset(c for c, one in own.items() if one.status in PRESENT),
            lasts=_lasts(plan, pack.appointments),
            first_day=plan.first_day,
            zone=zone,
            spacing=Spacing.of(pack),
            not_before=now,
            other_doses=[
                one.starts_at
                for one in by_id.values()
                if one.type is AppointmentType.DOSING
            ],
        )

    def window_of(self, step: CourseStep) -> Span | None:
        """When a step may begin; None while the one it follows has no time."""
        anchor = anchor_of(step, self._by_code)
        if anchor is not None and anchor.code not in self.spans:
            return None
        if step.kind is StepKind.INTEGRATION:
            if anchor is None or anchor.kind is not StepKind.DOSING:
                return None
            dosed_at = self.spans[anchor.code].starts_at
            return Span(
                starts_at=dosed_at + self.spacing.integration_from,
                ends_at=dosed_at + self.spacing.integration_until,
            )
        begin = self.first_day
        if anchor is not None:
            begin = self.spans[anchor.code].starts_at.astimezone(self.zone).date()
        return Span(
            starts_at=self._midnight(begin, step.earliest_days or 0),
            ends_at=self._midnight(begin, (step.latest_days or 0) + 1),
        )

    @property
    def ends_at(self) -> datetime:
        """When the last appointment that is left has begun at the latest."""
        latest: dict[str, datetime] = {
            code: span.starts_at for code, span in self.spans.items()
        }
        for step in self.steps:
            if step.is_appointment and step.state is not StepState.SKIPPED:
                anchor = anchor_of(step, self._by_code)
                begin = latest.get(anchor.code if anchor else "")
                begin = begin or self._midnight(self.first_day, 0)
                days = (step.latest_days or 0) + 1
                at = max(begin, self.not_before) + days * A_DAY
                if step.kind is StepKind.INTEGRATION:
                    at += self.spacing.integration_until
                latest[step.code] = max(latest.get(step.code, at), at)
        return max(latest.values(), default=self.not_before)

    @property
    def movable(self) -> frozenset[str]:
        """Codes of booked steps that have not begun."""
        booked = {step.code for step in self.steps if step.state is StepState.BOOKED}
        return frozenset(booked & self.spans.keys() - self.begun)

    def place(self, movable: Collection[str], search: Search) -> Iterator[Placed]:
        """Every appointment that is left, in order, with a time.

        What is booked and still fits stays and is not told of. What is booked, does
        not fit and finds no other time stays as well, and is told of with the reason.

        Args:
            movable: codes of booked steps that may get another time.
        """
        had = {code: self.spans.pop(code) for code in movable}
        for step in self.steps:
            if step.code in had:
                yield from self._again(step, had[step.code], search)
            elif step.is_appointment and step.state is StepState.OPEN:
                yield self._placed(step, search)

    def _again(self, step: CourseStep, was: Span, search: Search) -> Iterator[Placed]:
        """A booked step keeps its time if that fits, or else gets another.

        What is only too short begins when it did, if it can be made longer there.
        """
        self.spans[step.code] = was
        reason = self.strain_of(step)
        if reason is None:
            return
        del self.spans[step.code]
        longer = self._longer(step, was, search) if reason is Reason.TOO_SHORT else None
        placed = longer or self._placed(step, search)
        self.spans.setdefault(step.code, was)
        yield placed

    def _longer(self, step: CourseStep, was: Span, search: Search) -> Placed | None:
        """A step made as long as it should be where it is, if that is free."""
        at_once = Span(starts_at=was.starts_at, ends_at=was.starts_at + STEP)
        offer = self._first(step, at_once, search)
        if offer is None or offer.starts_at != was.starts_at:
            return None
        self.spans[step.code] = Span(starts_at=offer.starts_at, ends_at=offer.ends_at)
        return Placed(step=step, window=self.window_of(step), offer=offer)

    def _placed(self, step: CourseStep, search: Search) -> Placed:
        window = self.window_of(step)
        if window is None:
            return Placed(step=step, window=None, reason=Reason.WAITS_FOR_ANOTHER)
        within = self._between_neighbours(step, window)
        if within.ends_at <= within.starts_at:
            return Placed(step=step, window=window, reason=Reason.NO_TIME_LEFT)
        offer = self._first(step, within, search)
        if offer is None:
            return Placed(step=step, window=window, reason=Reason.NOTHING_FREE)
        self.spans[step.code] = Span(starts_at=offer.starts_at, ends_at=offer.ends_at)
        return Placed(step=step, window=window, offer=offer)

    def _first(self, step: CourseStep, within: Span, search: Search) -> Offer | None:
        """The earliest time that fits; for a dose, one that leaves room to integrate.

        If no time does both, the earliest: what cannot be placed is then told of.
        """
        earliest: Offer | None = None
        for offer in search(AppointmentType(step.kind.value), within):
            if step.kind is not StepKind.DOSING:
                return offer
            if self._is_too_close(step, offer.starts_at):
                continue
            earliest = earliest or offer
            if self._leaves_room(step, offer, search):
                return offer
        return earliest

    def _leaves_room(self, dose: CourseStep, offer: Offer, search: Search) -> bool:
        """Whether what is integrated after a dose could be placed if it were then."""
        self.spans[dose.code] = Span(starts_at=offer.starts_at, ends_at=offer.ends_at)
        try:
            for step in self.steps:
                if step.kind is StepKind.INTEGRATION and step.after == dose.code:
                    window = self.window_of(step)
                    if step.state is StepState.SKIPPED or window is None:
                        continue
                    within = self._between_neighbours(step, window)
                    kind = AppointmentType.INTEGRATION
                    if next(search(kind, within), None) is None:
                        return False
            return True
        finally:
            del self.spans[dose.code]

    def strain_of(self, step: CourseStep) -> Reason | None:
        """Why the time that a step has does not fit, if it does not."""
        span, window = self.spans[step.code], self.window_of(step)
        if step.kind is StepKind.DOSING and self._is_too_close(step, span.starts_at):
            return Reason.TOO_CLOSE
        if window is None:
            return Reason.WAITS_FOR_ANOTHER
        if span.starts_at < window.starts_at:
            return Reason.TOO_EARLY
        if span.starts_at >= window.ends_at:
            return Reason.TOO_LATE
        before, behind = self._neighbours(step)
        if before and span.starts_at < before.ends_at:
            return Reason.OUT_OF_ORDER
        if behind and span.ends_at > behind.starts_at:
            return Reason.OUT_OF_ORDER
        lasts = self.lasts.get(step.kind, _NONE)
        if step.code not in self.begun and span.ends_at - span.starts_at < lasts:
            return Reason.TOO_SHORT
        return None

    def demand_fits(self, step: CourseStep, span: Span) -> None:
        """Refuse a time for a step that does not fit; from now on it has it.

        Raises:
            OutsideWindowError: `reason` says why.
        """
        was = self.spans.get(step.code)
        self.spans[step.code] = span
        if reason := self.strain_of(step):
            del self.spans[step.code]
            if was is not None:
                self.spans[step.code] = was
            raise OutsideWindowError(details={"reason": reason.value})

    def strains(self) -> Iterator[tuple[CourseStep, Reason]]:
        """Every booked step whose time does not fit."""
        for step in self.steps:
            is_booked = step.state is StepState.BOOKED and step.code in self.spans
            if is_booked and (reason := self.strain_of(step)):
                yield step, reason

    def _is_too_close(self, step: CourseStep, at: datetime) -> bool:
        own = (
            self.spans[other.code].starts_at
            for other in self.steps
            if other.kind is StepKind.DOSING
            and other is not step
            and other.code in self.spans
        )
        least = self.spacing.between_doses
        return any(abs(at - other) < least for other in (*own, *self.other_doses))

    def _between_neighbours(self, step: CourseStep, window: Span) -> Span:
        """A window without what stands before a step, behind it, or is past."""
        before, behind = self._neighbours(step)
        starts_at = max(window.starts_at, self.not_before)
        if before:
            starts_at = max(starts_at, before.ends_at)
        ends_at = min(window.ends_at, behind.starts_at) if behind else window.ends_at
        return Span(starts_at=starts_at, ends_at=ends_at)

    def _neighbours(self, step: CourseStep) -> tuple[Span | None, Span | None]:
        """The appointments with a time next before and next behind in the protocol."""
        appointments = [
            (other.place, self.spans[other.code])
            for other in self.steps
            if other.is_appointment and other.code in self.spans
        ]
        before = [span for place, span in appointments if place < step.place]
        behind = [span for place, span in appointments if place > step.place]
        return (before[-1] if before else None, behind[0] if behind else None)

    def _midnight(self, day: date, later: int) -> datetime:
        local = datetime.combine(day + later * A_DAY, time.min, self.zone)
        return local.astimezone(UTC)


def _lasts(plan: CoursePlan, rules: Appointments) -> Mapping[StepKind, timedelta]:
    """How long each kind of appointment of a course takes, as far as the rules say."""
    kinds = {step.kind for step in plan.steps if step.is_appointment}
    known = plan.route is None or plan.route in (rules.routes or {})
    return {
        kind: rules.lasts(kind.value, plan.route if kind is StepKind.DOSING else None)
        for kind in kinds
        if known or kind is not StepKind.DOSING
    }
