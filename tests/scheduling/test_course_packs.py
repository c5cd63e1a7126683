"""A rule pack takes effect: courses it judges differently are to be replanned."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from services.scheduling.app import service
from services.scheduling.handlers import judging
from services.scheduling.models import packs
from shared.access import Role
from shared.events.intake import RulePackSigned
from shared.ids import uuid7
from shared.rulepack import BASE, read_clinic_pack
from shared.testing.lab import Lab
from tests.scheduling.course_lab import Course, by_step, chosen
from tests.scheduling.test_bookings import NAME, Clinic
from tests.scheduling.test_courses import at, told

FURTHER_APART = '[dose]\nminimum_spacing = "96 h"'
LONGER = '[appointments.durations]\npreparation = "2 h"'
UNRELATED = '[cancellation]\nlate_notice = "72 h"'


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    """A clinic on SQLite."""
    lab = Lab([service], tmp_path)
    yield Clinic(lab)
    lab.close()


def sign(clinic: Clinic, more: str, version: str = "clinic-1") -> None:
    """A rule pack of the clinic's own takes effect in an hour; the hour goes by."""
    text = f"""
version = "{version}"
title = "A clinic"
source = "Its medical lead"
extends = "{BASE}"
{more}
"""
    with clinic.lab.unit_of_work(NAME, clinic.id) as uow:
        event = RulePackSigned(
            pack_id=uuid7(),
            rule_pack=version,
            effective_at=uow.now + timedelta(hours=1),
            digest=read_clinic_pack(text).digest,
        )
        packs.put(event, text, uow)
        judging.await_pack(event, uow)
    before = told(clinic, "disrupted")
    clinic.lab.settle()
    assert told(clinic, "disrupted") == before
    clinic.lab.clock.advance(hours=1)
    clinic.lab.settle()


def booked(clinic: Clinic) -> Course:
    """A course with a time for every appointment."""
    course = Course(clinic)
    course.book(course.preview())
    return course


def reasons(shown: Any) -> dict[str, str]:
    """Why which steps do not fit."""
    return {one["step"]: one["reason"] for one in shown["steps"] if one["reason"]}


def test_a_course_whose_doses_are_too_close_by_a_new_pack_is_replanned(
    clinic: Clinic,
) -> None:
    course, elsewhere = booked(clinic), booked(Clinic(clinic.lab))

    sign(clinic, FURTHER_APART)

    flagged = course.show()
    assert flagged["needs_replan"]
    assert flagged["replan_cause"] == "rule_pack_changed"
    assert "too_close_to_another_dose" in reasons(flagged).values()
    assert [one["plan_id"] for one in told(clinic, "disrupted")] == [flagged["id"]]
    assert not elsewhere.show()["needs_replan"]

    found = clinic.desk.post(NAME, course.path("/replan/preview"))
    made = clinic.desk.post(NAME, course.path("/replan"), steps=chosen(found))

    doses = [at(by_step(made)[f"dose-{n}"]) for n in range(1, 7)]
    assert min(b - a for a, b in pairwise(doses)) >= timedelta(hours=96)
    assert (made["needs_replan"], made["replan_cause"]) == (False, None)
    assert reasons(made) == {}


def test_what_is_too_short_by_a_new_pack_is_made_longer_where_it_is(
    clinic: Clinic,
) -> None:
    course = booked(clinic)
    before = course.step("preparation-1")

    sign(clinic, LONGER)
    flagged = course.show()
    found = clinic.desk.post(NAME, course.path("/replan/preview"))
    clinic.desk.post(NAME, course.path("/replan"), steps=chosen(found))

    assert reasons(flagged) == {
        "preparation-1": "too_short",
        "preparation-2": "too_short",
    }
    after = course.step("preparation-1")
    assert after["starts_at"] == before["starts_at"]
    ends_at = datetime.fromisoformat(after["ends_at"])
    assert ends_at - at(after) == timedelta(hours=2)
    assert not course.show()["needs_replan"]


def test_a_course_is_kept_as_it_is_by_a_clinician_who_says_why(clinic: Clinic) -> None:
    course = booked(clinic)
    therapist = clinic.lab.caller(Role.THERAPIST, clinic_id=clinic.id)
    stranger = clinic.lab.caller(Role.THERAPIST, clinic_id=Clinic(clinic.lab).id)
    path = course.path("/keep")
    early = therapist.refused(NAME, path, reason_code="patient_asked")
    sign(clinic, FURTHER_APART)

    desk = clinic.desk.refused(NAME, path, reason_code="patient_asked")
    foreign = stranger.refused(NAME, path, reason_code="patient_asked")
    kept = therapist.post(NAME, path, reason_code="patient_asked")

    assert (early["status"], early["code"]) == (409, "nothing_to_replan")
    assert (desk["status"], foreign["status"]) == (403, 404)
    assert (kept["needs_replan"], kept["kept_reason"]) == (False, "patient_asked")
    assert kept["kept_by"] and kept["kept_at"]
    assert [one["reason_code"] for one in told(clinic, "kept")] == ["patient_asked"]

    sign(clinic, f"{FURTHER_APART}\n{UNRELATED}", "clinic-2")

    assert not course.show()["needs_replan"]


def test_a_pack_that_says_nothing_else_of_courses_disturbs_none(
    clinic: Clinic,
) -> None:
    course = booked(clinic)

    sign(clinic, UNRELATED)

    assert not course.show()["needs_replan"]
    assert told(clinic, "disrupted") == []
