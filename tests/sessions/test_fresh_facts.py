"""A dose rests on facts that are known to be new, or that a prescriber answers for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from services.sessions.app import service
from shared.access import Role
from shared.aggregate import Aggregate
from shared.database import new_metadata
from shared.events import Event
from shared.events.intake import EligibilityLapsed
from shared.events.scheduling import EscortWithdrawn
from shared.ids import uuid7
from shared.service import Service
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.sessions.clinic_day import (
    ANSWERS,
    NAME,
    Day,
    Patient,
    checked,
    dose_body,
    refused,
)

FRESH_SECONDS = 60.0

TELLERS = [
    Service(name=name, metadata=new_metadata()) for name in ("intake", "scheduling")
]
"""Who has a feed, and nothing else."""

in_memory = pytest.mark.parametrize("stack", ["memory"], indirect=True)


def open_day(make_lab: MakeLab) -> Day:
    """A clinic whose facts come from services that can be asked."""
    lab = make_lab([service, *TELLERS], facts_seconds=FRESH_SECONDS)
    lab.settle()
    return Day(lab)


def tell(day: Day, event: Event) -> None:
    """Another service tells something; no broker has it yet."""
    about = Aggregate(id=uuid7(), clinic_id=day.clinic_id)
    with day.lab.unit_of_work(event.producer, day.clinic_id) as uow:
        uow.publish(event, of=about)
    day.lab.told(event.producer)


def lapsed(patient: Patient) -> Event:
    """The patient may not be treated after all."""
    return EligibilityLapsed(
        patient_id=patient.id, episode_id=patient.episode_id, cause_code="review"
    )


def seen_at(lab: Lab) -> dict[str, Any]:
    """Until when each feed is known to its end."""
    with lab.runtime(NAME).begin(EVERYTHING) as connection:
        rows = connection.execute(text("select producer, seen_at from pulled"))
        return {row.producer: row.seen_at for row in rows}


@pytest.mark.parametrize(
    "news",
    [
        lapsed,
        lambda patient: EscortWithdrawn(
            appointment_id=patient.appointment_id,
            patient_id=patient.id,
        ),
    ],
    ids=["intake", "scheduling"],
)
def test_news_a_second_old_that_no_broker_brought_stops_the_dose(
    make_lab: MakeLab, news: Callable[[Patient], Event]
) -> None:
    day = open_day(make_lab)
    patient = checked(day)
    patient.authorise()
    assert set(seen_at(day.lab)) >= {"intake", "scheduling"}
    day.lab.clock.advance(seconds=FRESH_SECONDS)
    tell(day, news(patient))
    day.lab.clock.advance(seconds=1)

    assert refused(patient, "doses", **dose_body()) == (409, "not_ready")
    day.monitor.post(NAME, f"{patient.path}/precheck", **ANSWERS)
    problem = patient.refused("authorise", stale_reason="I rang them")

    # No confirmation helps against what is known.
    assert problem["code"] in ("not_ready", "hold_not_overridable")
    assert day.told("dose.authorised")[0].confirmed_facts is None


@in_memory
def test_news_that_arrived_and_waits_is_handled_before_the_dose_is_judged(
    make_lab: MakeLab,
) -> None:
    day = open_day(make_lab)
    patient = checked(day)
    patient.authorise()
    tell(day, lapsed(patient))
    day.lab.repair()

    # The feed was seen a moment ago; what it brought is in the inbox.
    day.lab.silence(NAME, "intake", "scheduling")

    assert refused(patient, "doses", **dose_body()) == (409, "not_ready")


def test_a_prescriber_answers_for_facts_of_a_service_that_is_silent(
    make_lab: MakeLab,
) -> None:
    day = open_day(make_lab)
    patient = checked(day)
    day.lab.repair()
    since = day.lab.clock()
    day.lab.silence(NAME, "intake")
    day.lab.clock.advance(seconds=FRESH_SECONDS)
    path = f"/patients/{patient.id}/readiness"
    assert day.prescriber.get(NAME, path)["stale"] == []
    day.lab.clock.advance(seconds=1)

    problem = patient.refused("authorise")

    assert (problem["status"], problem["code"]) == (409, "facts_stale")
    [stale] = problem["stale"]
    assert stale["producer"] == "intake"
    assert datetime.fromisoformat(stale["since"]) == since
    assert "eligibility" in stale["facts"]
    assert "escort.confirmed" not in stale["facts"]
    assert stale == day.prescriber.get(NAME, path)["stale"][0]
    by_monitor = patient.refused("authorise", by=day.monitor, stale_reason="I rang")
    assert by_monitor["status"] == 403

    patient.authorise(stale_reason="Intake read me the record by phone")

    chart = patient.chart
    kept = chart["authorisations"][-1]
    assert kept["stale_reason"] == "Intake read me the record by phone"
    assert chart["readiness"]["stale"] == [stale]
    told = day.told("dose.authorised")[-1]
    assert told.confirmed_facts == tuple(stale["facts"])
    # What was answered for then, nobody asks again when the dose is given.
    patient.give()
    assert patient.chart["status"] == "experience"


@in_memory
def test_a_service_that_falls_silent_after_the_authorisation_stops_the_dose(
    make_lab: MakeLab,
) -> None:
    day = open_day(make_lab)
    patient = checked(day)
    patient.authorise()
    day.lab.silence(NAME, "scheduling")
    day.lab.clock.advance(seconds=FRESH_SECONDS + 1)

    assert refused(patient, "doses", **dose_body()) == (409, "facts_stale")
    day.monitor.post(NAME, f"{patient.path}/precheck", **ANSWERS)
    patient.authorise(stale_reason="The escort is in the room")
    patient.give()

    assert len(patient.chart["doses"]) == 1


@in_memory
def test_what_failed_here_makes_facts_of_its_clinic_old_and_of_no_other(
    make_lab: MakeLab,
) -> None:
    day = open_day(make_lab)
    other = Day(day.lab)
    patient, elsewhere = checked(day), checked(other)
    patient.authorise()
    tell(day, lapsed(Patient(day)))
    day.lab.repair()
    with day.lab.runtime(NAME).begin(EVERYTHING) as connection:
        connection.execute(
            text("update inbox set state = 'dead', reason = 'x' where type like :type"),
            {"type": "%eligibility%"},
        )

    assert refused(patient, "doses", **dose_body()) == (409, "facts_stale")
    elsewhere.authorise()
    elsewhere.give()

    stranger = day.lab.caller(Role.PRESCRIBER, clinic_id=other.clinic_id)
    assert patient.refused("authorise", by=stranger)["status"] == 404


@in_memory
def test_what_has_no_place_in_a_feed_yet_is_not_taken_for_seen(
    make_lab: MakeLab,
) -> None:
    day = open_day(make_lab)
    patient = checked(day)
    with day.lab.unit_of_work("intake", day.clinic_id) as uow:
        uow.publish(lapsed(patient), of=Aggregate(id=uuid7(), clinic_id=day.clinic_id))
    told_at = day.lab.clock()
    # Nobody gives it its place: the service that told it has no relay now.
    day.lab.clock.advance(seconds=FRESH_SECONDS + 1)

    problem = patient.refused("authorise")

    assert problem["code"] == "facts_stale"
    assert datetime.fromisoformat(problem["stale"][0]["since"]) == told_at
