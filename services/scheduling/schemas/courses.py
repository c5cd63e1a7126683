"""Courses of treatment as JSON."""

from datetime import time
from typing import Any

from marshmallow import fields, post_load, validate

from services.scheduling.commands import StepTime
from services.scheduling.domain import (
    CourseStatus,
    Decision,
    Reason,
    StepState,
    Wishes,
)
from shared.http import Body, View
from shared.http.schemas import CodeField, Day, Instant, Truth
from shared.protocols import StepKind
from shared.rulepack import Route

MOST_STEPS = 60


class WishesBody(Body):
    """When and with whom: between local hours, on weekdays (0 for Monday), by name."""

    opens = fields.Time(load_default=time(8), format="%H:%M")
    closes = fields.Time(load_default=time(18), format="%H:%M")
    weekdays = fields.List(
        fields.Integer(strict=True, validate=validate.Range(min=0, max=6)),
        load_default=list,
        validate=validate.Length(max=7),
    )
    room_id = fields.UUID(load_default=None, allow_none=True)
    device_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    prescriber_id = fields.UUID(load_default=None, allow_none=True)

    @post_load
    def as_wishes(self, said: dict[str, Any], **_: Any) -> Wishes:
        """They as the domain knows them."""
        return Wishes(**said | {"weekdays": tuple(said["weekdays"])})


class CoursePreviewBody(Body):
    """A course to be: by which protocol, from which day, without which steps.

    The route of its doses decides how long they take and what they need.
    """

    protocol = CodeField(required=True)
    first_day = Day(required=True)
    route = fields.Enum(Route, by_value=True, load_default=None, allow_none=True)
    skip = fields.List(
        CodeField(), load_default=list, validate=validate.Length(max=MOST_STEPS)
    )
    wishes = fields.Nested(WishesBody, load_default=Wishes)


class StepTimeBody(Body):
    """A time for a step, as a preview named it."""

    step = CodeField(required=True)
    starts_at = Instant(required=True)
    room_id = fields.UUID(load_default=None, allow_none=True)
    device_id = fields.UUID(load_default=None, allow_none=True)
    therapist_id = fields.UUID(load_default=None, allow_none=True)
    monitor_id = fields.UUID(load_default=None, allow_none=True)
    prescriber_id = fields.UUID(load_default=None, allow_none=True)

    @post_load
    def as_time(self, said: dict[str, Any], **_: Any) -> StepTime:
        """It as a command carries it."""
        return StepTime(**said)


class PlanCourseBody(CoursePreviewBody):
    """A course with the times to book; `partial` books up to the first conflict."""

    steps = fields.List(
        fields.Nested(StepTimeBody),
        load_default=list,
        validate=validate.Length(max=MOST_STEPS),
    )
    is_partial = Truth(data_key="partial", load_default=False)


class ReplanPreviewBody(Body):
    """What is to stay as it is; the wishes of the plan count unless others are said."""

    keep = fields.List(
        CodeField(), load_default=list, validate=validate.Length(max=MOST_STEPS)
    )
    wishes = fields.Nested(WishesBody, load_default=None, allow_none=True)


class ReplanBody(Body):
    """The steps that get another time, and which."""

    steps = fields.List(
        fields.Nested(StepTimeBody),
        required=True,
        validate=validate.Length(min=1, max=MOST_STEPS),
    )


class NoteStepBody(Body):
    """What a clinician decided at a checkpoint; nothing for questionnaires."""

    decision = fields.Enum(Decision, by_value=True, load_default=None, allow_none=True)


class StopCourseBody(Body):
    """Why a course ends before its last step."""

    reason_code = CodeField(required=True)


class KeepCourseBody(Body):
    """Why what is booked stays, though it does not fit."""

    reason_code = CodeField(required=True)


class SpanView(View):
    """From when to when."""

    starts_at = Instant()
    ends_at = Instant()


class ProposedStepView(View):
    """A step with the time it could have, or why it has none.

    `now` is the time it has; `missing` are the facts that a dose would lack then. It
    would be provisional until `provisional_until`, or stay open without that.
    """

    step = fields.String()
    kind = fields.Enum(StepKind, by_value=True)
    window = fields.Nested(SpanView, allow_none=True)
    now = fields.Nested(SpanView, allow_none=True)
    reason = fields.Enum(Reason, by_value=True, allow_none=True)
    starts_at = Instant(allow_none=True)
    ends_at = Instant(allow_none=True)
    room_id = fields.UUID()
    device_id = fields.UUID()
    therapist_id = fields.UUID()
    monitor_id = fields.UUID()
    prescriber_id = fields.UUID()
    missing = fields.List(fields.String())
    provisional_until = Instant(allow_none=True)


class CoursePreviewView(View):
    """Times for a course; nothing is held."""

    patient_id = fields.UUID()
    protocol = fields.String()
    protocol_version = fields.String()
    first_day = fields.Date()
    is_whole = fields.Boolean()
    steps = fields.List(fields.Nested(ProposedStepView))


class CourseStepView(View):
    """A step; `reason` says why the time it has does not fit, if it does not.

    A dose that is `provisional` is given back unless what it lacks comes in time.
    """

    id = fields.UUID()
    step = fields.String()
    kind = fields.Enum(StepKind, by_value=True)
    state = fields.Enum(StepState, by_value=True)
    window = fields.Nested(SpanView, allow_none=True)
    reason = fields.Enum(Reason, by_value=True, allow_none=True)
    starts_at = Instant(allow_none=True)
    ends_at = Instant(allow_none=True)
    appointment_id = fields.UUID(allow_none=True)
    provisional = fields.Boolean()
    decision = fields.Enum(Decision, by_value=True, allow_none=True)
    noted_at = Instant(allow_none=True)


class CoursePlanView(View):
    """A course and how far it is.

    `replan_cause` says why it is to be replanned, `kept_reason` why somebody let what
    does not fit stay as it is.
    """

    id = fields.UUID()
    version = fields.Integer()
    patient_id = fields.UUID()
    episode_id = fields.UUID()
    protocol = fields.String()
    protocol_version = fields.String()
    first_day = fields.Date()
    route = fields.Enum(Route, by_value=True, allow_none=True)
    status = fields.Enum(CourseStatus, by_value=True)
    needs_replan = fields.Boolean()
    replan_cause = fields.String(allow_none=True)
    kept_reason = fields.String(allow_none=True)
    kept_by = fields.UUID(allow_none=True)
    kept_at = Instant(allow_none=True)
    stop_reason = fields.String(allow_none=True)
    steps = fields.List(fields.Nested(CourseStepView))


class CoursePlansView(View):
    """Courses."""

    items = fields.List(fields.Nested(CoursePlanView))


class LeftOpenView(View):
    """A step that was not booked, and the code of why."""

    step = fields.String()
    code = fields.String()


class BookedCourseView(CoursePlanView):
    """A course, and which steps were asked for and not booked."""

    left_open = fields.List(fields.Nested(LeftOpenView))


class ProtocolStepView(View):
    """A step of a protocol, and on which days after another it takes place."""

    code = fields.String()
    kind = fields.Enum(StepKind, by_value=True)
    after = fields.String(allow_none=True)
    earliest_days = fields.Integer(allow_none=True)
    latest_days = fields.Integer(allow_none=True)


class ProtocolView(View):
    """A protocol that courses can be planned by."""

    code = fields.String()
    version = fields.String()
    title = fields.String()
    source = fields.String()
    route = fields.Enum(Route, by_value=True, allow_none=True)
    doses = fields.Integer()
    steps = fields.List(fields.Nested(ProtocolStepView))


class ProtocolsView(View):
    """Protocols."""

    items = fields.List(fields.Nested(ProtocolView))


class RefusalView(View):
    """Why something would be refused."""

    code = fields.String()
    detail = fields.String(attribute="message")
    details = fields.Dict()


class EffectView(View):
    """A step of the course that would not fit any more."""

    step = fields.String()
    starts_at = Instant()
    reason = fields.Enum(Reason, by_value=True)


class TriedView(View):
    """What a move would come to: why it would be refused, or what would not fit."""

    patient_id = fields.UUID()
    conflict = fields.Nested(RefusalView, allow_none=True)
    effects = fields.List(fields.Nested(EffectView))
