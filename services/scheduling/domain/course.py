"""Courses of treatment: a protocol's steps for one patient, and how far they are."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from services.scheduling.domain.appointment import Appointment
from services.scheduling.domain.course_step import (
    SETTLED,
    CourseOverError,
    CourseStatus,
    CourseStep,
    Decision,
    NothingToReplanError,
    StepState,
    StepStateError,
)
from services.scheduling.domain.states import AppointmentStatus
from shared.aggregate import Aggregate
from shared.errors import InvalidError, NotFoundError
from shared.events.scheduling import (
    CourseChanged,
    CourseCompleted,
    CourseDisrupted,
    CourseKept,
    CoursePlanned,
    CourseReplanned,
    CourseStepFellDue,
    CourseStopped,
)
from shared.ids import uuid7
from shared.protocols import Protocol, StepKind
from shared.rulepack import Route


@dataclass(kw_only=True, eq=False)
class CoursePlan(Aggregate):
    """A course of one patient.

    `route` is that of its doses, where it decides how long they take; `wishes` are the
    preferences it was planned by; `needs_replan` says that what is booked does not fit
    any more, or lacks a step, `replan_cause` what made it so. `kept_reason` is why
    somebody last let it stay as it is all the same, `kept_by` who and `kept_at` when.
    """

    patient_id: UUID
    episode_id: UUID
    protocol: str
    protocol_version: str
    first_day: date
    route: Route | None
    wishes: dict[str, object]
    status: CourseStatus = CourseStatus.ACTIVE
    needs_replan: bool = False
    replan_cause: str | None = None
    kept_reason: str | None = None
    kept_by: UUID | None = None
    kept_at: datetime | None = None
    stop_reason: str | None = None
    steps: list[CourseStep] = field(default_factory=list)

    def lay_out(self, protocol: Protocol, skip: Iterable[str] = ()) -> None:
        """Take over a protocol's steps; some are left out from the beginning.

        Raises:
            InvalidError: what is to be left out is no step, or all would be.
        """
        left_out = set(skip)
        codes = {step.code for step in protocol.steps}
        if left_out - codes or left_out == codes:
            raise InvalidError("must be some of the protocol's steps", field="skip")
        # Without a dose there is nothing to integrate after it.
        left_out |= {
            step.code
            for step in protocol.steps
            if step.kind is StepKind.INTEGRATION and step.after in left_out
        }
        self.steps = [
            CourseStep(
                id=uuid7(),
                clinic_id=self.clinic_id,
                plan_id=self.id,
                place=place,
                code=step.code,
                kind=step.kind,
                after=step.after,
                earliest_days=step.earliest_days,
                latest_days=step.latest_days,
                state=StepState.SKIPPED if step.code in left_out else StepState.OPEN,
            )
            for place, step in enumerate(protocol.steps)
        ]

    def plan(self) -> CoursePlanned:
        """It is begun, with what could be booked."""
        return CoursePlanned(
            plan_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            protocol=self.protocol,
            protocol_version=self.protocol_version,
            steps=len(self.steps),
            booked=self.count(StepState.BOOKED),
        )

    def step(self, code: str) -> CourseStep:
        """The step of a code.

        Raises:
            NotFoundError: the course has none.
        """
        for step in self.steps:
            if step.code == code:
                return step
        raise NotFoundError("the course has no such step")

    def count(self, state: StepState) -> int:
        """How many steps are in a state."""
        return sum(step.state is state for step in self.steps)

    def demand_active(self) -> None:
        """Refuse to change a course that is over.

        Raises:
            CourseOverError: it is.
        """
        if self.status is not CourseStatus.ACTIVE:
            raise CourseOverError

    def demand_open(self, code: str) -> CourseStep:
        """A step that is open; questionnaires are so after the last appointment too.

        Raises:
            CourseOverError: the course is over.
            StepStateError: the step is in another state.
        """
        step = self.step(code)
        is_after = self.status is CourseStatus.COMPLETED
        if not (is_after and step.kind is StepKind.MEASURES):
            self.demand_active()
        if step.state is not StepState.OPEN:
            raise StepStateError(
                f"this cannot be done to a step that is {step.state.value}",
                details={"state": step.state.value},
            )
        return step

    def take(self, step: CourseStep, appointment: Appointment) -> None:
        """An appointment is made for a step."""
        step.state, step.appointment_id = StepState.BOOKED, appointment.id

    def replanned(self, *, is_whole: bool) -> CourseReplanned:
        """What remains was placed anew."""
        self._mark(self.replan_cause, needs_replan=not is_whole)
        return CourseReplanned(
            plan_id=self.id,
            patient_id=self.patient_id,
            open=self.count(StepState.OPEN),
            booked=self.count(StepState.BOOKED),
            needs_replan=self.needs_replan,
        )

    def lose(self, step: CourseStep, cause: AppointmentStatus) -> CourseDisrupted:
        """A step's appointment will not take place; it wants another."""
        step.state, step.appointment_id = StepState.OPEN, None
        return self.disrupt(cause.value)

    def disrupt(self, cause_code: str) -> CourseDisrupted:
        """What is booked does not fit any more."""
        self._mark(cause_code, needs_replan=True)
        return CourseDisrupted(
            plan_id=self.id, patient_id=self.patient_id, cause_code=cause_code
        )

    def keep(self, reason_code: str, *, by: UUID, at: datetime) -> CourseKept:
        """What is booked stays, though it does not fit: somebody decided so.

        Raises:
            CourseOverError: the course is over.
            NothingToReplanError: nobody asked for anything else.
        """
        self.demand_active()
        if not self.needs_replan:
            raise NothingToReplanError
        self._mark(None, needs_replan=False)
        self.kept_reason, self.kept_by, self.kept_at = reason_code, by, at
        return CourseKept(
            plan_id=self.id, patient_id=self.patient_id, reason_code=reason_code
        )

    def fall_due(self, step: CourseStep, *, due_at: datetime) -> CourseStepFellDue:
        """A step that is noted, not booked, should be."""
        return CourseStepFellDue(
            plan_id=self.id,
            patient_id=self.patient_id,
            step_id=step.id,
            kind=step.kind.value,
            due_at=due_at,
        )

    def finish(
        self, step: CourseStep, *, at: datetime, decision: Decision | None = None
    ) -> Iterator[CourseChanged | CourseCompleted]:
        """A step took place; with the last appointment the course is completed."""
        step.state, step.noted_at, step.decision = StepState.DONE, at, decision
        yield self._changed(step, "step_done")
        yield from self._completed()

    def skip(self, code: str) -> Iterator[CourseChanged | CourseCompleted]:
        """A step that is open is left out; with a dose, what integrates it.

        Raises:
            CourseOverError, StepStateError: see `demand_open`.
        """
        step = self.demand_open(code)
        for one in self.steps:
            follows = one.kind is StepKind.INTEGRATION and one.after == code
            if one is step or (follows and one.state is StepState.OPEN):
                one.state = StepState.SKIPPED
                yield self._changed(one, "step_skipped")
        yield from self._completed()

    def note(
        self, code: str, decision: Decision | None, *, at: datetime
    ) -> Iterator[CourseChanged | CourseCompleted]:
        """A checkpoint was decided, or questionnaires were answered.

        Raises:
            CourseOverError, StepStateError: see `demand_open`.
            InvalidError: it is an appointment, or lacks the decision it needs.
        """
        step = self.demand_open(code)
        if step.is_appointment:
            raise InvalidError("is an appointment, which notes itself", field="step")
        if (step.kind is StepKind.CHECKPOINT) is not (decision is not None):
            raise InvalidError("belongs to a checkpoint", field="decision")
        yield from self.finish(step, at=at, decision=decision)

    def stop(self, reason_code: str) -> CourseStopped:
        """It ends before its last step.

        Raises:
            CourseOverError: it is over already.
        """
        self.demand_active()
        self.status = CourseStatus.STOPPED
        self._mark(None, needs_replan=False)
        self.stop_reason = reason_code
        for step in self.steps:
            if step.state is StepState.OPEN:
                step.state = StepState.SKIPPED
        return CourseStopped(
            plan_id=self.id, patient_id=self.patient_id, reason_code=reason_code
        )

    def _mark(self, cause_code: str | None, *, needs_replan: bool) -> None:
        self.needs_replan = needs_replan
        self.replan_cause = cause_code if needs_replan else None

    def _changed(self, step: CourseStep, change: str) -> CourseChanged:
        return CourseChanged(
            plan_id=self.id,
            patient_id=self.patient_id,
            step_id=step.id,
            change=change,
            open=self.count(StepState.OPEN),
            booked=self.count(StepState.BOOKED),
            done=self.count(StepState.DONE),
        )

    def _completed(self) -> Iterator[CourseCompleted]:
        """Questionnaires of the months after it keep no course under way."""
        left = [step for step in self.steps if step.kind is not StepKind.MEASURES]
        is_over = all(step.state in SETTLED for step in left)
        if is_over and self.status is CourseStatus.ACTIVE:
            self.status = CourseStatus.COMPLETED
            self._mark(None, needs_replan=False)
            yield CourseCompleted(
                plan_id=self.id,
                patient_id=self.patient_id,
                protocol=self.protocol,
                done=self.count(StepState.DONE),
            )
