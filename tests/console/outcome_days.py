"""A patient whose outcomes are worth a look, and a clinic with a cohort."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from services.intake.domain import MeasureContext
from services.intake.models import courses, measures, treatments
from shared.ids import uuid7
from shared.instruments import INSTRUMENTS, score
from tests.console.clinic_day import ClinicDay, Person
from tests.intake.cohorts import plant, some

WENT: dict[str, list[tuple[int, int]]] = {
    "phq9": [(-160, 19), (-141, 21), (-134, 15), (-127, 12), (-100, 7), (-70, 14)],
    "gad7": [(-160, 15), (-141, 16), (-134, 11), (-127, 9), (-100, 5), (-70, 6)],
    "pcl5": [(-160, 52), (-100, 30)],
}
"""Totals by day; the second of PHQ-9 and the last alarm."""
DOSES = (-140, -133, -126, -120)
ALARMING = ((-141, 21), (-70, 14))


def went(day: ClinicDay, person: Person) -> None:
    """Months of a treatment that helped, and somebody who got worse again."""
    with day.lab.unit_of_work("intake", UUID(day.clinic_id)) as uow:
        own: dict[str, Any] = {
            "clinic_id": uow.clinic_id,
            "patient_id": UUID(person.id),
            "episode_id": UUID(person.episode_id),
        }
        given = [uow.now + timedelta(days=at) for at in DOSES]
        for at in given:
            row = {"id": uuid7(), "route_class": "im", "given_at": at, "doses": 1}
            uow.connection.execute(insert(treatments).values(**own, **row))
        row = {"id": own.pop("episode_id"), "route_class": "im"}
        times = {"first_dose_at": given[0], "last_dose_at": given[-1]}
        uow.connection.execute(insert(courses).values(**own, **row, **times))
        own["episode_id"] = row["id"]
        for values in _answers():
            at = uow.now + timedelta(days=values.pop("day"))
            uow.connection.execute(
                insert(measures).values(**own, **values, recorded_at=at)
            )


def _answers() -> Iterator[dict[str, Any]]:
    for code, totals in WENT.items():
        asked = INSTRUMENTS[code]
        for day, total in totals:
            is_alarming = code == "phq9" and (day, total) in ALARMING
            answers, left = {}, total - is_alarming
            for item in asked.items:
                is_ninth = code == "phq9" and item.name == "q9"
                answers[item.name] = (
                    int(is_alarming) if is_ninth else min(item.highest, left)
                )
                left -= 0 if is_ninth else answers[item.name]
            found = score(asked, answers)
            yield {
                "id": uuid7(),
                "version": 1,
                "day": day,
                "instrument": code,
                "instrument_version": asked.version,
                "context": MeasureContext.FOLLOW_UP,
                "answers": answers,
                "total": found.total,
                "band": found.band,
                "findings": list(found.findings),
                "trends": [],
                "alert": found.alert,
                "recorded_by": uuid7(),
            }


def cohort(day: ClinicDay, person: Person, *, count: int, seed: int = 5) -> None:
    """Many episodes of a clinic."""
    with day.lab.unit_of_work("intake", UUID(day.clinic_id)) as uow:
        plant(some(Random(seed), count), UUID(person.id), uow)
