"""Courses: what was planned, what could be, and what would become of the rest."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from services.scheduling.domain import (
    AHEAD,
    PRESENT,
    AppointmentMode,
    AppointmentStatus,
    AppointmentType,
    Course,
    CoursePlan,
    CourseStep,
    Held,
    Offer,
    Placed,
    Reason,
    ResourceKind,
    Search,
    Span,
    Wishes,
)
from services.scheduling.models import appointments, patients
from services.scheduling.models.course import course_plans, course_steps
from services.scheduling.queries.appointments import facts_of
from services.scheduling.queries.clinics import pack_at_hand, zone_of
from services.scheduling.queries.free_times import LONGEST_CLAIM, offers_in, place_of
from shared.ids import uuid7
from shared.protocols import Protocol, StepKind, protocol_of, route_of
from shared.readiness import Fact, Gate, evaluate
from shared.reading import Reading, Row
from shared.rulepack import Route, RulePack

LIVE = AHEAD | PRESENT | {AppointmentStatus.FULFILLED}


def plans_of(reading: Reading, patient_id: UUID, now: datetime) -> list[Row]:
    """A patient's courses, newest first."""
    query = (
        reading.select(course_plans)
        .where(course_plans.c.patient_id == patient_id)
        .order_by(course_plans.c.id.desc())
    )
    return _shown(reading, reading.rows(query), now)


def plan(reading: Reading, plan_id: UUID, now: datetime) -> Row:
    """One course.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    query = reading.select(course_plans).where(course_plans.c.id == plan_id)
    return _shown(reading, [reading.one(query, "course")], now)[0]


def preview(
    reading: Reading,
    patient_id: UUID,
    protocol: str,
    first_day: date,
    route: Route | None,
    skip: Sequence[str],
    wishes: Wishes,
    now: datetime,
) -> Row:
    """The times a course could have, and what stands in the way of the rest.

    Raises:
        NotFoundError: there is no such patient in this clinic.
    """
    reading.one(reading.select(patients).where(patients.c.id == patient_id), "patient")
    read = protocol_of(protocol)
    laid_out = _to_be(patient_id, read, first_day, route_of(read, route), skip)
    course = _course(reading, laid_out, now)
    return _proposed(reading, laid_out, course, (), wishes, now)


def replan_preview(
    reading: Reading,
    plan_id: UUID,
    keep: Sequence[str],
    wishes: Wishes | None,
    now: datetime,
) -> Row:
    """The times that what remains of a course could have, and those it has now.

    Raises:
        CourseOverError: nothing remains.
    """
    query = reading.select(course_plans).where(course_plans.c.id == plan_id)
    kept = _plans(reading, [reading.one(query, "course")])[0]
    kept.demand_active()
    course = _course(reading, kept, now)
    return _proposed(reading, kept, course, keep, wishes or Wishes.of(kept.wishes), now)


def _proposed(
    reading: Reading,
    kept: CoursePlan,
    course: Course,
    keep: Sequence[str],
    wishes: Wishes,
    now: datetime,
) -> Row:
    had, pack = dict(course.spans), pack_at_hand(reading, now)
    movable = course.movable - frozenset(keep)
    search = _search(reading, kept, course, movable, wishes, now)
    placed = list(course.place(movable, search))
    known = facts_of(reading, kept.patient_id)

    return {
        "patient_id": kept.patient_id,
        "protocol": kept.protocol,
        "protocol_version": kept.protocol_version,
        "first_day": kept.first_day,
        "version": kept.version,
        "steps": [
            {
                **_placed(one),
                "now": had.get(one.step.code),
                **_lacking(one, known, pack, now),
            }
            for one in placed
        ],
        "is_whole": all(one.offer for one in placed),
    }


def _lacking(one: Placed, known: list[Fact], pack: RulePack, now: datetime) -> Row:
    """What a dose would lack then, and until when it could wait for that."""
    missing: tuple[str, ...] = ()
    if one.offer and one.step.kind is StepKind.DOSING:
        at = one.offer.starts_at
        missing = evaluate(known, gate=Gate.BOOKING, at=at, pack=pack).missing
    if not (missing and one.offer):
        return {"missing": [], "provisional_until": None}
    until = pack.booking.provisional_until(one.offer.starts_at, now)
    waits = until > now
    return {
        "missing": list(missing),
        "provisional_until": until if waits else None,
        **({} if waits else {"reason": Reason.NOT_READY}),
    }


def _placed(one: Placed) -> Row:
    return {
        "step": one.step.code,
        "kind": one.step.kind,
        "window": one.window,
        "reason": one.reason,
        "starts_at": one.offer.starts_at if one.offer else None,
        "ends_at": one.offer.ends_at if one.offer else None,
        **{
            f"{kind.value}_id": who
            for kind, who in (one.offer.resources if one.offer else {}).items()
        },
    }


def _search(
    reading: Reading,
    kept: CoursePlan,
    course: Course,
    movable: Collection[str],
    wishes: Wishes,
    now: datetime,
) -> Search:
    """Free times by what is taken over the whole course, which is read once."""
    # What may be given up for another time of the same course counts as free.
    own = [step.appointment_id for step in kept.steps if step.code in movable]
    place = place_of(
        reading,
        kept.patient_id,
        Span(starts_at=course.not_before, ends_at=course.ends_at + LONGEST_CLAIM),
        now,
        but_for=[each for each in own if each],
    )
    busy = sorted(place.taken, key=lambda one: one.starts_at)
    begins = [one.starts_at for one in busy]

    def search(kind: AppointmentType, span: Span) -> Iterator[Offer]:
        route = kept.route if kind is AppointmentType.DOSING else None
        lasts = place.rules.lasts(kind.value, route)
        first = bisect_left(begins, span.starts_at - LONGEST_CLAIM)
        behind = bisect_right(begins, span.ends_at + LONGEST_CLAIM)
        near = replace(place, taken=busy[first:behind])
        asked = {
            "patient_id": kept.patient_id,
            "type": kind,
            "mode": AppointmentMode.IN_PERSON,
            "route": route,
            "opens": wishes.opens,
            "closes": wishes.closes,
            "weekdays": wishes.weekdays,
            **{f"{one}_id": wishes.named(one) for one in ResourceKind},
        }
        for offer in offers_in(near, asked, span.starts_at, span.ends_at + lasts):
            if offer.starts_at < span.ends_at:
                yield offer

    return search


def _to_be(
    patient_id: UUID,
    protocol: Protocol,
    first_day: date,
    route: Route | None,
    skip: Sequence[str],
) -> CoursePlan:
    """A course that is only looked at."""
    nobody = UUID(int=0)
    made = CoursePlan(
        id=uuid7(),
        clinic_id=nobody,
        patient_id=patient_id,
        episode_id=nobody,
        protocol=protocol.code,
        protocol_version=protocol.version,
        first_day=first_day,
        route=route,
        wishes={},
    )
    made.lay_out(protocol, skip)
    return made


def _plans(reading: Reading, rows: Sequence[Row]) -> list[CoursePlan]:
    """Plans with their steps, in one more query however many there are."""
    if not rows:
        return []
    steps = reading.rows(
        reading.select(course_steps)
        .where(course_steps.c.plan_id.in_([row["id"] for row in rows]))
        .order_by(course_steps.c.place)
    )
    return [
        CoursePlan(
            **row,
            steps=[CourseStep(**one) for one in steps if one["plan_id"] == row["id"]],
        )
        for row in rows
    ]


def _held(reading: Reading, patient_id: UUID) -> list[Held]:
    """A patient's appointments that took place or are to."""
    columns = (
        appointments.c.id,
        appointments.c.type,
        appointments.c.status,
        appointments.c.starts_at,
        appointments.c.ends_at,
    )
    query = reading.select(appointments, *columns).where(
        appointments.c.patient_id == patient_id, appointments.c.status.in_(LIVE)
    )
    return [Held(**row) for row in reading.rows(query)]


def _course(reading: Reading, kept: CoursePlan, now: datetime) -> Course:
    """A plan's steps with the times they have, by the rule pack in force."""
    return Course.of(
        kept,
        _held(reading, kept.patient_id),
        zone=zone_of(reading),
        pack=pack_at_hand(reading, now),
        now=now,
    )


def _shown(reading: Reading, rows: Sequence[Row], now: datetime) -> list[Row]:
    """Courses of one patient, with the times of their steps and which do not fit."""
    if not rows:
        return []
    held = _held(reading, rows[0]["patient_id"])
    zone, pack = zone_of(reading), pack_at_hand(reading, now)
    waits = AppointmentStatus.PROVISIONAL
    provisional = {one.id for one in held if one.status is waits}
    return [
        {
            **row,
            "steps": _steps(
                kept, Course.of(kept, held, zone=zone, pack=pack, now=now), provisional
            ),
        }
        for row, kept in zip(rows, _plans(reading, rows), strict=True)
    ]


def _steps(
    kept: CoursePlan, course: Course, provisional: Collection[UUID]
) -> list[Row]:
    strains = {step.code: reason for step, reason in course.strains()}
    return [
        {
            "id": step.id,
            "step": step.code,
            "kind": step.kind,
            "state": step.state,
            "window": course.window_of(step),
            "reason": strains.get(step.code),
            "decision": step.decision,
            "noted_at": step.noted_at,
            "appointment_id": step.appointment_id,
            "provisional": step.appointment_id in provisional,
            "starts_at": span.starts_at if span else None,
            "ends_at": span.ends_at if span else None,
        }
        for step in kept.steps
        for span in [course.spans.get(step.code)]
    ]
