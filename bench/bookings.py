"""Bookings from several sides at once: each its own times, or all the same ones."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bench.deployment import Deployment
from cli.services import load
from services.scheduling.commands import AddResource, BookAppointment, OnboardClinic
from services.scheduling.domain import (
    AppointmentType,
    DoubleBookedError,
    Patient,
    ResourceKind,
)
from services.scheduling.handlers.appointment import book_appointment
from services.scheduling.handlers.clinic import onboard_clinic
from services.scheduling.handlers.resources import add_resource
from services.scheduling.queries.appointments import overlaps
from shared.context import Actor, Context
from shared.ids import utc_now, uuid7
from shared.service import Runtime

HOUR = timedelta(hours=1)
AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class Rush:
    """Answers a second when nobody wants the same, and when all do.

    Of the answers to those who want the same, `booked` are bookings and the rest
    refusals.
    """

    apart: float
    together: float
    booked: float

    @property
    def ratio(self) -> float:
        """Together against apart."""
        return self.together / self.apart


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Who books, and what a room and a therapist of its own are."""

    patient_id: UUID
    room_id: UUID
    therapist_id: UUID


def measure(deployment: Deployment, count: int) -> Rush:
    """So many bookings apart, and as many attempts at a quarter of the times."""
    runtime = Runtime.start(load("scheduling"), deployment.settings("scheduling"))
    # It warns of what the database refused, which is most of what is asked here.
    logging.getLogger("psycopg").setLevel(logging.ERROR)
    try:
        here, desks = _clinic(runtime)
        each = count // AT_ONCE
        begin = utc_now().replace(minute=0, second=0, microsecond=0) + 24 * HOUR
        book = _booker(runtime, here)
        apart, done = book([(desk, desk, begin) for desk in desks], each)
        assert done == {"booked": each * AT_ONCE}, done
        # The same room and therapist for all, after what was booked before.
        later = begin + each * HOUR
        together, done = book([(desk, desks[0], later) for desk in desks], each)
        assert done["booked"] == each, done
        with runtime.reading(here) as reading:
            assert overlaps(reading) == []
        share = each / (each * AT_ONCE)
        return Rush(apart=apart, together=together, booked=together * share)
    finally:
        runtime.close()


def _booker(
    runtime: Runtime, here: Context
) -> Callable[[list[tuple[Desk, Desk, datetime]], int], tuple[float, Counter[str]]]:
    """What books hour after hour, and tells the rate and what came of it."""

    def book(
        sides: list[tuple[Desk, Desk, datetime]], each: int
    ) -> tuple[float, Counter[str]]:
        done: Counter[str] = Counter()

        def run(mine: list[BookAppointment]) -> None:
            for command in mine:
                try:
                    with runtime.unit_of_work(here) as uow:
                        book_appointment(command, uow)
                    done["booked"] += 1
                except DoubleBookedError:
                    done["refused"] += 1

        shares = [
            [
                BookAppointment(
                    patient_id=who.patient_id,
                    type=AppointmentType.PREPARATION,
                    starts_at=begin + number * HOUR,
                    room_id=what.room_id,
                    therapist_id=what.therapist_id,
                )
                for number in range(each)
            ]
            for who, what, begin in sides
        ]
        return _rate(run, shares), done

    return book


def _clinic(runtime: Runtime) -> tuple[Context, list[Desk]]:
    actor = Actor(id=uuid7())
    with runtime.unit_of_work(Context(actor=actor)) as uow:
        joins = OnboardClinic(name="Fictional Rush", time_zone="UTC")
        here = Context(actor=actor, clinic_id=onboard_clinic(joins, uow).id)
    desks = []
    with runtime.unit_of_work(here) as uow:
        for number in range(AT_ONCE):
            who = Patient(id=uuid7(), clinic_id=uow.clinic_id, episode_id=uuid7())
            ids = {
                f"{kind}_id": add_resource(
                    AddResource(kind=kind, name=f"{kind} {number}"), uow
                ).id
                for kind in (ResourceKind.ROOM, ResourceKind.THERAPIST)
            }
            desks.append(Desk(patient_id=uow.add(who).id, **ids))
    return here, desks


def _rate(
    post: Callable[[list[BookAppointment]], None], shares: list[list[BookAppointment]]
) -> float:
    """How many a second get done, from several sides at once."""
    failures: list[BaseException] = []

    def run(mine: list[BookAppointment]) -> None:
        try:
            post(mine)
        except BaseException as error:
            failures.append(error)

    with ExitStack() as stack:
        sides = [threading.Thread(target=run, args=(share,)) for share in shares]
        began = time.perf_counter()
        for side in sides:
            side.start()
            stack.callback(side.join)
    if failures:
        raise failures[0]
    return sum(map(len, shares)) / (time.perf_counter() - began)
