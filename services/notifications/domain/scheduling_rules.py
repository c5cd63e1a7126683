"""What events of appointments, courses and the waitlist mean to the worklist."""

from collections.abc import Mapping
from datetime import timedelta

from services.notifications.domain.rule import Closes, Opens
from services.notifications.domain.tasks import Owner, TaskKind
from shared.events import Event
from shared.events.scheduling import (
    AppointmentCancelled,
    AppointmentFulfilled,
    AppointmentMarkedAtRisk,
    AppointmentNoShow,
    AppointmentRecovered,
    AppointmentReleased,
    AppointmentRescheduled,
    CourseChanged,
    CourseCompleted,
    CourseDisrupted,
    CourseKept,
    CourseReplanned,
    CourseStepFellDue,
    CourseStopped,
    WaitlistAccepted,
    WaitlistOffered,
    WaitlistOfferEnded,
)

CALL_WITHIN = timedelta(hours=4)
"""A patient who did not come is called the same day: it is about safety."""
SEE_TO_LATE_CANCELLATION_WITHIN = timedelta(days=1)
"""A reason, perhaps a fee, and the escort who need not come."""
REVIEW_EPISODE_WITHIN = timedelta(days=3)
"""Whether treatment goes on for who stayed away from a dose again."""
REPLAN_WITHIN = timedelta(days=1)

_OFFERED = (Closes(kind=TaskKind.WAITLIST_OFFER, source="entry_id"),)
_OVER = (Closes(kind=TaskKind.AT_RISK, source="appointment_id"),)
_REPLANNED = (Closes(kind=TaskKind.COURSE_REPLAN, source="plan_id"),)

SCHEDULING: Mapping[type[Event], tuple[Opens | Closes, ...]] = {
    AppointmentMarkedAtRisk: (
        Opens(
            kind=TaskKind.AT_RISK,
            source="appointment_id",
            owner=Owner.FRONT_DESK,
            due="cutoff_at",
            role="owner_role",
        ),
    ),
    AppointmentRecovered: _OVER,
    AppointmentReleased: _OVER,
    AppointmentRescheduled: _OVER,
    AppointmentCancelled: (
        *_OVER,
        Opens(
            kind=TaskKind.LATE_CANCELLATION,
            source="appointment_id",
            owner=Owner.FRONT_DESK,
            within=SEE_TO_LATE_CANCELLATION_WITHIN,
            when="late",
        ),
    ),
    AppointmentFulfilled: _OVER,
    AppointmentNoShow: (
        *_OVER,
        Opens(
            kind=TaskKind.NO_SHOW,
            source="appointment_id",
            owner=Owner.THERAPIST,
            within=CALL_WITHIN,
        ),
        Opens(
            kind=TaskKind.EPISODE_REVIEW,
            source="appointment_id",
            owner=Owner.PRESCRIBER,
            within=REVIEW_EPISODE_WITHIN,
            when="repeated",
        ),
    ),
    CourseDisrupted: (
        Opens(
            kind=TaskKind.COURSE_REPLAN,
            source="plan_id",
            owner=Owner.FRONT_DESK,
            within=REPLAN_WITHIN,
        ),
    ),
    CourseReplanned: _REPLANNED,
    CourseKept: _REPLANNED,
    CourseCompleted: _REPLANNED,
    CourseStopped: _REPLANNED,
    CourseStepFellDue: (
        Opens(
            kind=TaskKind.COURSE_STEP,
            source="step_id",
            owner=Owner.THERAPIST,
            due="due_at",
        ),
    ),
    CourseChanged: (Closes(kind=TaskKind.COURSE_STEP, source="step_id"),),
    WaitlistOffered: (
        Opens(
            kind=TaskKind.WAITLIST_OFFER,
            source="entry_id",
            owner=Owner.FRONT_DESK,
            due="expires_at",
        ),
    ),
    WaitlistAccepted: _OFFERED,
    WaitlistOfferEnded: _OFFERED,
}
