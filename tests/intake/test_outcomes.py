"""A patient's outcomes over HTTP, and what is kept of treatment to place them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.intake import handlers
from shared.access import Role
from shared.events.sessions import (
    DoseAdministered,
    IntegrationCompleted,
    IntegrationFellDue,
    RecordOpened,
)
from shared.ids import uuid7
from shared.instruments import fhir
from shared.instruments.definition import Instrument, Item
from shared.testing.lab import Lab
from tests.intake.clinic_lab import Clinic


class Treated:
    """A patient in treatment, as intake hears of it."""

    def __init__(self, clinic: Clinic) -> None:
        self.clinic = clinic
        self.episode_id = clinic.eligible()
        self.id = clinic.show(self.episode_id)["patient_id"]

    def hear(self, event: Any) -> None:
        kinds: dict[type, Any] = {
            RecordOpened: handlers.note_opened,
            DoseAdministered: handlers.note_dose,
            IntegrationFellDue: handlers.note_integration_due,
            IntegrationCompleted: handlers.note_integration,
        }
        with self.clinic.lab.unit_of_work("intake", self.clinic.id) as uow:
            kinds[type(event)](event, uow)

    def open(self, route: str = "im") -> UUID:
        """A session begins."""
        session_id = uuid7()
        self.hear(
            RecordOpened(
                session_id=session_id,
                appointment_id=uuid7(),
                patient_id=UUID(self.id),
                route_class=route,
            )
        )
        return session_id

    def dose(self, session_id: UUID | None = None, *, seq: int = 1) -> UUID:
        """A dose is given."""
        session_id = session_id or self.open()
        self.hear(
            DoseAdministered(
                session_id=session_id,
                appointment_id=uuid7(),
                patient_id=UUID(self.id),
                administration_id=uuid7(),
                seq=seq,
            )
        )
        return session_id

    def phq9(self, total: int, context: str = "pre_dose") -> Any:
        """PHQ-9 with a total, nothing alarming in it."""
        answers = {f"q{n}": min(3, max(0, total - 3 * (n - 1))) for n in range(1, 9)}
        return self.clinic.answer(self.episode_id, "phq9", context=context, **answers)

    @property
    def episode(self) -> Any:
        """The outcomes of the one episode."""
        found = self.clinic.therapist.get("intake", f"/patients/{self.id}/outcomes")
        (episode,) = found["episodes"]
        return episode

    def series(self, instrument: str = "phq9") -> Any:
        (found,) = [
            one for one in self.episode["series"] if one["instrument"] == instrument
        ]
        return found


@pytest.fixture
def ann(clinic: Clinic) -> Treated:
    return Treated(clinic)


def test_totals_stand_beside_doses_and_the_baseline(
    clinic: Clinic, ann: Treated
) -> None:
    clinic.wait(days=9)
    ann.phq9(20)
    clinic.wait(hours=1)
    session_id = ann.dose()
    clinic.wait(days=6)
    ann.phq9(9)

    series, (dose,) = ann.series(), ann.episode["doses"]

    screening, before, after = series["points"]
    assert [point["total"] for point in series["points"]] == [8, 20, 9]
    assert series["baseline_id"] == before["id"]
    assert (series["response_at_most"], series["remission_below"]) == (10, 5)
    assert (screening["since_before"], before["since_before"]) == (None, 12)
    assert (after["since_baseline"], after["days_since_dose"]) == (-11, 6)
    assert after["trends"] == ["response", "improved"]
    assert after["answers"]["q1"] == 3
    assert not after["is_own"]
    assert (dose["session_id"], dose["seq"], dose["route_class"]) == (
        str(session_id),
        1,
        "im",
    )


def test_what_is_said_at_once_is_what_the_series_says_later(
    clinic: Clinic, ann: Treated
) -> None:
    clinic.wait(days=9)
    ann.phq9(20)
    ann.dose()
    clinic.wait(days=6)

    answer = ann.phq9(10)

    # Against the first total of all, which was 8, it would be no response.
    assert answer["trends"] == ["response", "improved"]
    assert ann.series()["points"][-1]["trends"] == answer["trends"]


def test_parts_of_a_dose_are_one_mark(clinic: Clinic, ann: Treated) -> None:
    first = ann.dose(ann.open("esketamine_nasal"))
    clinic.wait(minutes=5)
    ann.dose(first, seq=2)
    clinic.wait(days=3)
    ann.dose(ann.open("esketamine_nasal"))

    doses = ann.episode["doses"]

    assert [(dose["seq"], dose["doses"]) for dose in doses] == [(1, 2), (2, 1)]
    assert doses[0]["given_at"] < doses[1]["given_at"]


def test_a_session_without_a_dose_is_no_mark(ann: Treated) -> None:
    ann.open()

    assert ann.episode["doses"] == []


def test_a_missing_answer_breaks_the_line(clinic: Clinic, ann: Treated) -> None:
    ann.dose()
    clinic.wait(days=8)
    ann.dose()
    clinic.wait(days=1)
    ann.phq9(8, context="follow_up")

    series = ann.series()

    assert [gap["code"] for gap in series["missing"]] == ["before_dose"]
    assert [point["follows_gap"] for point in series["points"]] == [False, True]


def test_windows_after_the_course_are_missed_when_they_are_over(
    clinic: Clinic, ann: Treated
) -> None:
    ann.dose()
    clinic.fulfil(ann.episode_id)
    clinic.wait(days=1)
    clinic.prescriber.post(
        "intake",
        f"/episodes/{ann.episode_id}/maintenance",
        review_due_at=clinic.lab.clock.now + timedelta(days=90),
    )
    clinic.wait(days=4)
    ended_at = ann.episode["course_ended_at"]
    ann.dose()
    clinic.wait(days=30)

    episode = ann.episode

    assert episode["course_ended_at"] == ended_at
    assert [gap["code"] for gap in ann.series("gad7")["missing"]] == ["end"]


def test_a_patient_without_answers_has_no_series(clinic: Clinic) -> None:
    clinic.episode()
    patient_id = clinic.desk.get("intake", "/patients")["items"][0]["id"]

    found = clinic.therapist.get("intake", f"/patients/{patient_id}/outcomes")

    assert [one["series"] for one in found["episodes"]] == [[]]


def own_scale(**different: Any) -> dict[str, Any]:
    """A questionnaire of a clinic's own, as FHIR tells it."""
    values: dict[str, Any] = {
        "code": "experience",
        "version": "2026",
        "title": "Experience",
        "source": "The clinic",
        "items": (Item(name="q1", label="How it was", highest=5),),
    }
    return fhir.to_questionnaire(Instrument(**values | different))


def answer_own(clinic: Clinic, ann: Treated, value: int) -> None:
    clinic.therapist.post(
        "intake",
        f"/episodes/{ann.episode_id}/measures",
        instrument="experience",
        context="follow_up",
        answers={"q1": value},
    )


def test_a_clinics_own_scale_of_the_experience_belongs_to_its_dose(
    clinic: Clinic, ann: Treated
) -> None:
    clinic.prescriber.post("intake", "/questionnaires", resource=own_scale())
    ann.dose()
    clinic.wait(hours=20)
    answer_own(clinic, ann, 4)
    clinic.wait(days=3)
    ann.dose()
    clinic.wait(hours=25)
    answer_own(clinic, ann, 2)

    first, second = ann.episode["doses"]

    (scale,) = first["scales"]
    assert (scale["title"], scale["total"], scale["highest"]) == ("Experience", 4, 5)
    assert second["scales"] == []


def test_doses_told_late_find_their_place_in_the_course(
    clinic: Clinic, ann: Treated, lab: Lab
) -> None:
    clinic.wait(days=20)
    ann.dose()
    later = lab.clock.now
    lab.clock.now = later - timedelta(days=10)
    ann.dose(ann.open("iv"))
    lab.clock.now = later

    doses = ann.episode["doses"]

    assert [dose["route_class"] for dose in doses] == ["iv", "im"]
    assert ann.series()["points"][0]["days_since_dose"] is None


def test_an_integration_that_nobody_knows_of_changes_nothing(ann: Treated) -> None:
    before = ann.episode

    ann.hear(
        IntegrationCompleted(
            integration_id=uuid7(), session_id=uuid7(), patient_id=UUID(ann.id)
        )
    )
    ann.hear(
        IntegrationFellDue(
            integration_id=uuid7(),
            session_id=uuid7(),
            patient_id=uuid7(),
            episode_id=uuid7(),
            due_at=datetime.fromisoformat("2026-03-03T15:00:00+00:00"),
            late_at=datetime.fromisoformat("2026-03-05T15:00:00+00:00"),
        )
    )

    assert ann.episode == before


def test_treatment_of_a_patient_of_another_clinic_is_not_noted(
    lab: Lab, ann: Treated
) -> None:
    event = DoseAdministered(
        session_id=uuid7(),
        appointment_id=uuid7(),
        patient_id=UUID(ann.id),
        administration_id=uuid7(),
        seq=1,
    )

    with lab.unit_of_work("intake", uuid7()) as uow:
        handlers.note_dose(event, uow)

    assert ann.episode["doses"] == []


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.NETWORK_ADMIN])
def test_outcomes_are_for_who_treats(clinic: Clinic, ann: Treated, role: Role) -> None:
    path = f"/patients/{ann.id}/outcomes"

    assert clinic.caller(role).request("GET", "intake", path).status_code == 403


def test_outcomes_of_another_clinics_patient_are_not_there(
    lab: Lab, ann: Treated
) -> None:
    other = Clinic(lab)

    answer = other.therapist.request("GET", "intake", f"/patients/{ann.id}/outcomes")

    assert answer.status_code == 404


def test_only_a_prescriber_says_that_dosing_goes_on_after_somebody_got_worse(
    clinic: Clinic, ann: Treated
) -> None:
    clinic.wait(days=1)
    worse = ann.phq9(20)
    path = f"/safety-flags/{worse['safety_flag_id']}/clear"

    refused = clinic.therapist.refused("intake", path, note="Talked.")
    cleared = clinic.prescriber.post("intake", path, note="Seen, goes on.")

    assert (refused["status"], refused["code"]) == (403, "forbidden")
    assert cleared["cleared_by"] == str(clinic.prescriber_id)


def test_a_therapist_still_clears_a_flag_of_item_nine(clinic: Clinic) -> None:
    episode_id = clinic.episode()
    flag_id = clinic.answer(episode_id, "phq9", q9=1)["safety_flag_id"]

    cleared = clinic.therapist.post(
        "intake", f"/safety-flags/{flag_id}/clear", note="Talked, safe."
    )

    assert cleared["cleared_at"]
