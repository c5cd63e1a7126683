"""After a course a patient is asked again: at its end, and 1, 3 and 6 months on."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from services.intake import handlers
from tests.intake.clinic_lab import CALM, Clinic
from tests.intake.test_outcomes import Treated
from tests.intake.test_signing import as_patient


def due(clinic: Clinic) -> list[str]:
    """The windows that were told to be due."""
    return [one["window"] for one in clinic.told("follow_up.fell_due")]


def dosed(clinic: Clinic) -> Treated:
    """A patient who was prepared and had a dose."""
    ann = Treated(clinic)
    clinic.fulfil(ann.episode_id)
    ann.dose()
    return ann


def maintain(ann: Treated, *, days: int = 300) -> None:
    review = ann.clinic.lab.clock() + timedelta(days=days)
    path = f"/episodes/{ann.episode_id}/maintenance"
    ann.clinic.prescriber.post("intake", path, review_due_at=review.isoformat())


def end(ann: Treated, outcome: str) -> None:
    path = f"/episodes/{ann.episode_id}/end"
    ann.clinic.prescriber.post("intake", path, outcome=outcome, reason_code="done")


def forms(clinic: Clinic, own: Any, patient_id: str) -> set[bool]:
    items = own.get("intake", f"/patients/{patient_id}/forms")["items"]
    return {one["is_answered"] for one in items}


def test_a_patient_is_asked_in_each_window_after_a_course(clinic: Clinic) -> None:
    ann = dosed(clinic)
    clinic.wait(days=40)
    assert due(clinic) == []

    # A month has passed already when the course is said to be over.
    maintain(ann)
    clinic.wait(seconds=1)
    assert due(clinic) == ["month_1"]
    maintain(ann, days=200)
    clinic.wait(days=19)
    assert due(clinic) == ["month_1"]
    clinic.wait(days=1, hours=1)
    assert due(clinic) == ["month_1", "month_3"]
    # The end of the episode asks nobody a second time.
    end(ann, "completed")
    clinic.wait(days=80)
    clinic.wait(days=200)

    assert due(clinic) == ["month_1", "month_3", "month_6"]
    told = clinic.told("follow_up.fell_due")
    assert len({one["follow_up_id"] for one in told}) == 3
    assert {one["patient_id"] for one in told} == {ann.id}


def test_the_own_forms_are_to_be_answered_anew_and_then_nobody_asks(
    clinic: Clinic,
) -> None:
    ann = dosed(clinic)
    own = as_patient(clinic, clinic.desk.get("intake", f"/patients/{ann.id}"))
    end(ann, "completed")
    assert forms(clinic, own, ann.id) == {True}
    clinic.wait(days=1, hours=1)

    assert due(clinic) == ["end"]
    assert forms(clinic, own, ann.id) == {False}
    clinic.wait(days=20)
    own = as_patient(clinic, clinic.desk.get("intake", f"/patients/{ann.id}"))
    for code, answers in CALM.items():
        own.post("intake", f"/patients/{ann.id}/forms/{code}", answers=answers)

    assert forms(clinic, own, ann.id) == {True}
    assert due(clinic) == ["end", "month_1"]


def test_who_has_answered_in_time_is_not_asked(clinic: Clinic) -> None:
    ann = dosed(clinic)
    clinic.wait(days=2)
    for code in CALM:
        clinic.answer(ann.episode_id, code, context="follow_up")
    end(ann, "completed")
    clinic.wait(days=10)

    assert due(clinic) == []


def test_who_left_or_had_no_dose_is_never_asked(clinic: Clinic) -> None:
    left, undosed = dosed(clinic), Treated(clinic)
    clinic.fulfil(undosed.episode_id)
    end(left, "withdrawn")
    end(undosed, "completed")
    clinic.wait(days=300)

    assert due(clinic) == []


def test_a_dose_that_is_told_late_moves_the_windows(clinic: Clinic) -> None:
    ann = dosed(clinic)
    end(ann, "completed")
    clinic.wait(hours=20)
    ann.dose(seq=1)
    clinic.wait(hours=5)
    assert due(clinic) == []
    clinic.wait(hours=20)

    assert due(clinic) == ["end"]
    # What a reminder finds that nobody needs any more does nothing.
    undosed = UUID(Treated(clinic).episode_id)
    with clinic.lab.unit_of_work("intake", clinic.id) as uow:
        handlers.follow_up_if_due(undosed, uow)
    assert due(clinic) == ["end"]
