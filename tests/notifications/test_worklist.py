"""What comes onto the staff's worklist, who sees it, and how it leaves."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from services.notifications.domain.scheduling_rules import (
    CALL_WITHIN,
    REVIEW_EPISODE_WITHIN,
    SEE_TO_LATE_CANCELLATION_WITHIN,
)
from services.notifications.domain.task_rules import (
    ASK_ABOUT_MATCH_WITHIN,
    CALL_ABOUT_FORMS_WITHIN,
    WAIT_FOR_ITEMS,
    WITNESS_WITHIN,
)
from services.notifications.models import tasks
from shared.access import Role
from shared.events import Event
from shared.events.intake import (
    ConsentSigned,
    ConsentSubmitted,
    ConsentWithdrawn,
    EligibilityDeferred,
    EpisodeClosed,
    MatchAnswered,
    PatientEligible,
    PatientIneligible,
    PatientMatched,
    ReviewRequested,
    SafetyCleared,
    ScreeningCompleted,
    ScreeningStalled,
)
from shared.events.scheduling import (
    AppointmentFulfilled,
    AppointmentRecovered,
    AppointmentReleased,
    WaitlistAccepted,
    WaitlistOffered,
    WaitlistOfferEnded,
)
from shared.events.sessions import (
    AlertResolved,
    CheckMissed,
    EscortMissing,
    PatientDischarged,
    RecordAborted,
)
from shared.ids import uuid7
from shared.testing.lab import EVERYTHING, MORNING
from tests.notifications.clinic_lab import Clinic
from tests.notifications.happenings import (
    ACKNOWLEDGED,
    ALERT,
    AT_RISK,
    AUTHORISED,
    CANCELLED,
    DUE,
    ESCALATED,
    FELL_DUE,
    FLAG,
    HELD,
    INTEGRATED,
    LATER,
    MISSED,
    NO_SHOW,
    REVIEW,
    A,
    E,
    F,
    G,
    P,
    S,
    X,
)

STALLED = ScreeningStalled(patient_id=P, episode_id=E)
DEFERRED = EligibilityDeferred(patient_id=P, episode_id=E, missing=(), due_at=DUE)
CLOSED = EpisodeClosed(
    patient_id=P, episode_id=E, outcome="withdrawn", reason_code="patient"
)
SUBMITTED = ConsentSubmitted(
    patient_id=P, episode_id=E, consent_id=S, consent_type="treatment"
)
MATCHED = PatientMatched(patient_id=P, match_id=X)
UNCHECKED = CheckMissed(
    alert_id=X, session_id=S, patient_id=P, due_at=DUE, role="monitor"
)
STRANDED = EscortMissing(
    session_id=S, appointment_id=A, patient_id=P, level=0, role="monitor"
)
LEFT = PatientDischarged(
    session_id=S, appointment_id=A, patient_id=P, discharged_at=MORNING
)
RESOLVED = AlertResolved(alert_id=X, session_id=S, patient_id=P, outcome="settled")
ASKED = replace(AT_RISK, owner_role="prescriber")
STAYED_AWAY = replace(NO_SHOW, repeated=True)
OFFERED = WaitlistOffered(
    entry_id=X, patient_id=P, appointment_id=A, starts_at=LATER, expires_at=DUE
)
OPENINGS = [
    (UNCHECKED, "alert", "monitor", X, DUE),
    (STRANDED, "escort_missing", "monitor", S, MORNING),
    (SUBMITTED, "consent_witness", "front_desk", S, MORNING + WITNESS_WITHIN),
    (MATCHED, "network_match", "front_desk", X, MORNING + ASK_ABOUT_MATCH_WITHIN),
    (REVIEW, "review", "prescriber", E, DUE),
    (FLAG, "safety_flag", "prescriber", F, DUE),
    (ALERT, "alert", "prescriber", X, DUE),
    (HELD, "dose_held", "prescriber", S, MORNING),
    (FELL_DUE, "integration", "therapist", G, DUE),
    (NO_SHOW, "no_show", "therapist", A, MORNING + CALL_WITHIN),
    (AT_RISK, "at_risk", "front_desk", A, DUE),
    (ASKED, "at_risk", "prescriber", A, DUE),
    (
        CANCELLED,
        "late_cancellation",
        "front_desk",
        A,
        MORNING + SEE_TO_LATE_CANCELLATION_WITHIN,
    ),
    (
        STAYED_AWAY,
        "episode_review",
        "prescriber",
        A,
        MORNING + REVIEW_EPISODE_WITHIN,
    ),
    (OFFERED, "waitlist_offer", "front_desk", X, DUE),
    (STALLED, "forms_missing", "front_desk", E, MORNING + CALL_ABOUT_FORMS_WITHIN),
    (DEFERRED, "items_missing", "front_desk", E, DUE),
]
CLOSINGS = [
    (MATCHED, MatchAnswered(patient_id=P, match_id=X, is_same=False)),
    (
        SUBMITTED,
        ConsentSigned(
            patient_id=P,
            episode_id=E,
            consent_id=S,
            consent_type="treatment",
            document_version="treatment-1",
            valid_until=LATER,
        ),
    ),
    (
        SUBMITTED,
        ConsentWithdrawn(
            patient_id=P, episode_id=E, consent_id=S, consent_type="treatment"
        ),
    ),
    (
        REVIEW,
        PatientEligible(
            patient_id=P, episode_id=E, rule_pack="base", valid_until=LATER
        ),
    ),
    (REVIEW, PatientIneligible(patient_id=P, episode_id=E, reason_codes=())),
    (STALLED, ScreeningCompleted(patient_id=P, episode_id=E, forms=())),
    (DEFERRED, ReviewRequested(patient_id=P, episode_id=E, due_at=DUE)),
    (DEFERRED, CLOSED),
    (STALLED, CLOSED),
    (REVIEW, CLOSED),
    (FLAG, SafetyCleared(patient_id=P, episode_id=E, flag_id=F)),
    (ALERT, ACKNOWLEDGED),
    (ALERT, RESOLVED),
    (UNCHECKED, RESOLVED),
    (STRANDED, LEFT),
    (HELD, AUTHORISED),
    (
        HELD,
        RecordAborted(
            session_id=S, appointment_id=A, patient_id=P, reason_code="stopped"
        ),
    ),
    (HELD, LEFT),
    (FELL_DUE, INTEGRATED),
    (
        AT_RISK,
        AppointmentReleased(appointment_id=A, patient_id=P, cause_code="not_ready"),
    ),
    (AT_RISK, CANCELLED),
    (
        AT_RISK,
        AppointmentRecovered(appointment_id=A, patient_id=P, status="booked"),
    ),
    (OFFERED, WaitlistAccepted(entry_id=X, patient_id=P, appointment_id=A)),
    (
        OFFERED,
        WaitlistOfferEnded(
            entry_id=X, patient_id=P, appointment_id=A, cause_code="declined"
        ),
    ),
    (
        AT_RISK,
        AppointmentFulfilled(
            appointment_id=A, patient_id=P, episode_id=E, appointment_type="dosing"
        ),
    ),
]
ORDERED = (
    "scheduling.appointment.",
    "scheduling.escort.",
    "scheduling.patient.",
    "scheduling.slot.",
    "scheduling.waitlist.",
)


@pytest.fixture
def clinic(clinic: Clinic) -> Clinic:
    """A clinic that knows the patient."""
    clinic.register(patient_id=P)
    return clinic


def kinds(clinic: Clinic, status: str = "open") -> list[str]:
    return [task["kind"] for task in clinic.tasks(status)]


@pytest.mark.parametrize(("event", "kind", "role", "source", "due"), OPENINGS)
def test_an_event_asks_somebody_to_act(
    clinic: Clinic, event: Event, kind: str, role: str, source: UUID, due: datetime
) -> None:
    clinic.tell(event)

    (task,) = [one for one in clinic.tasks() if one["kind"] == kind]
    assert (task["kind"], task["role"], task["source_id"]) == (kind, role, str(source))
    assert datetime.fromisoformat(task["due_at"]) == due
    assert (task["level"], task["status"]) == (1, "open")


@pytest.mark.parametrize(("opening", "closing"), CLOSINGS)
def test_an_event_closes_what_another_opened(
    clinic: Clinic, opening: Event, closing: Event
) -> None:
    clinic.tell(opening)
    opened = kinds(clinic)

    clinic.tell(closing)

    assert not set(opened) & set(kinds(clinic))
    assert kinds(clinic, "done") == opened
    assert clinic.tasks("done")[0]["done_by"] is None


@pytest.mark.parametrize(
    ("opening", "closing"),
    [pair for pair in CLOSINGS if not pair[0].name.startswith(ORDERED)],
)
def test_a_late_opening_does_not_open_what_is_closed(
    clinic: Clinic, opening: Event, closing: Event
) -> None:
    clinic.tell(closing, version=2)

    before = kinds(clinic)
    clinic.tell(opening, version=1)

    assert kinds(clinic) == before
    assert kinds(clinic, "done") == []


def test_a_deferred_decision_passes_the_ball_from_prescriber_to_front_desk(
    clinic: Clinic,
) -> None:
    clinic.tell(REVIEW)

    clinic.tell(DEFERRED)

    assert kinds(clinic) == ["items_missing"]
    assert kinds(clinic, "done") == ["review"]


def test_a_deferral_told_without_a_date_waits_for_the_usual_time(
    clinic: Clinic,
) -> None:
    clinic.tell(EligibilityDeferred(patient_id=P, episode_id=E, missing=()))

    (task,) = clinic.tasks()
    assert datetime.fromisoformat(task["due_at"]) == MORNING + WAIT_FOR_ITEMS


def test_a_second_copy_of_an_opening_does_not_open_what_is_closed(
    clinic: Clinic,
) -> None:
    clinic.tell(ALERT, ACKNOWLEDGED)

    clinic.tell(ALERT, version=1)

    assert kinds(clinic) == []
    assert kinds(clinic, "done") == ["alert"]


def test_a_dose_held_again_after_a_decision_is_decided_again(clinic: Clinic) -> None:
    clinic.tell(HELD)
    clinic.tell(AUTHORISED)

    clinic.tell(HELD)

    assert kinds(clinic) == ["dose_held"]


def test_an_alert_nobody_took_goes_to_the_next_role_with_a_new_deadline(
    clinic: Clinic,
) -> None:
    clinic.tell(ALERT)

    clinic.tell(ESCALATED)

    (task,) = clinic.tasks()
    assert (task["role"], task["level"]) == ("clinic_admin", 2)
    assert datetime.fromisoformat(task["due_at"]) == LATER


@pytest.mark.parametrize(
    ("role", "owner"),
    [("prescriber", "prescriber"), ("janitor", "clinic_admin"), (None, "clinic_admin")],
)
def test_an_escalation_goes_to_the_role_the_rules_of_the_clinic_name(
    clinic: Clinic, role: str | None, owner: str
) -> None:
    clinic.tell(UNCHECKED)

    clinic.tell(replace(ESCALATED, role=role))

    (task,) = clinic.tasks()
    assert (task["kind"], task["role"]) == ("alert", owner)


def test_an_escort_is_asked_for_louder_each_time(clinic: Clinic) -> None:
    clinic.tell(STRANDED)

    clinic.tell(replace(STRANDED, level=2, role="clinic_admin"))

    (task,) = clinic.tasks()
    assert (task["level"], task["role"]) == (2, "clinic_admin")


def test_an_escalation_heard_before_its_alert_counts(clinic: Clinic) -> None:
    clinic.tell(ESCALATED, version=2)

    clinic.tell(ALERT, version=1)

    (task,) = clinic.tasks()
    assert (task["role"], task["level"]) == ("clinic_admin", 2)


def test_an_escalation_that_comes_after_the_acknowledgement_changes_nothing(
    clinic: Clinic,
) -> None:
    clinic.tell(ALERT, version=1)
    clinic.tell(ACKNOWLEDGED, version=3)

    clinic.tell(ESCALATED, version=2)

    assert kinds(clinic) == []


def test_a_missed_integration_raises_the_task_even_if_it_was_ticked_off(
    clinic: Clinic,
) -> None:
    clinic.tell(FELL_DUE)
    (task,) = clinic.tasks()
    therapist = clinic.caller(Role.THERAPIST)
    therapist.post("notifications", f"/tasks/{task['id']}/done")

    clinic.tell(MISSED)

    (again,) = clinic.tasks()
    assert (again["id"], again["kind"]) == (task["id"], "integration")
    assert (again["done_by"], again["done_at"]) == (None, None)


def test_a_missed_integration_is_one_level_up(clinic: Clinic) -> None:
    clinic.tell(FELL_DUE, MISSED)

    assert [task["level"] for task in clinic.tasks()] == [2]


def test_a_no_show_closes_what_was_at_risk(clinic: Clinic) -> None:
    clinic.tell(AT_RISK)

    clinic.tell(NO_SHOW)

    assert kinds(clinic) == ["no_show"]
    assert kinds(clinic, "done") == ["at_risk"]


def test_the_worklist_has_the_most_urgent_first_and_can_be_one_roles(
    clinic: Clinic,
) -> None:
    clinic.tell(NO_SHOW, REVIEW, HELD)

    assert kinds(clinic) == ["dose_held", "review", "no_show"]
    own = clinic.caller(Role.THERAPIST).get("notifications", "/tasks", role="therapist")
    assert [task["kind"] for task in own["items"]] == ["no_show"]
    first = clinic.caller(Role.MONITOR).get("notifications", "/tasks", limit=1)
    assert [task["kind"] for task in first["items"]] == ["dose_held"]


def test_the_desk_sees_its_own_tasks_only(clinic: Clinic) -> None:
    clinic.tell(FLAG, AT_RISK)

    desk = clinic.caller(Role.FRONT_DESK).get("notifications", "/tasks")["items"]
    asked = clinic.caller(Role.FRONT_DESK).get(
        "notifications", "/tasks", role="prescriber"
    )

    assert [task["kind"] for task in desk] == ["at_risk"]
    assert asked["items"] == []


def test_a_task_of_a_safety_flag_says_no_more_than_its_kind(clinic: Clinic) -> None:
    clinic.tell(FLAG)

    (task,) = clinic.tasks()
    assert "high" not in str(task)
    assert task["level"] == 1


def test_a_task_is_ticked_off_once_and_by_whom_is_kept(clinic: Clinic) -> None:
    clinic.tell(REVIEW)
    (task,) = clinic.tasks()
    prescriber = clinic.caller(Role.PRESCRIBER)

    done = prescriber.post("notifications", f"/tasks/{task['id']}/done")
    again = prescriber.refused("notifications", f"/tasks/{task['id']}/done")

    assert done["status"] == "done"
    assert done["done_by"] is not None
    assert (again["status"], again["code"]) == (409, "task_done")
    assert kinds(clinic, "done") == ["review"]


def test_a_task_is_ticked_off_by_its_role_or_an_administrator(clinic: Clinic) -> None:
    clinic.tell(FLAG)
    (task,) = clinic.tasks()
    path = f"/tasks/{task['id']}/done"

    refused = clinic.caller(Role.THERAPIST).refused("notifications", path)
    machine = clinic.caller(Role.INTEGRATOR).refused("notifications", path)
    elsewhere = clinic.lab.caller(Role.PRESCRIBER, clinic_id=uuid7())
    unknown = elsewhere.refused("notifications", path)
    done = clinic.caller(Role.CLINIC_ADMIN).post("notifications", path)

    assert (refused["status"], refused["code"]) == (403, "not_your_task")
    assert (machine["status"], machine["code"]) == (403, "forbidden")
    assert (unknown["status"], unknown["code"]) == (404, "not_found")
    assert done["status"] == "done"


def test_what_was_closed_before_it_was_opened_is_no_task(clinic: Clinic) -> None:
    clinic.tell(ACKNOWLEDGED, version=2)
    with clinic.lab.runtime("notifications").begin(EVERYTHING) as connection:
        trace = connection.execute(select(tasks.c.id)).scalar_one()

    problem = clinic.caller(Role.CLINIC_ADMIN).refused(
        "notifications", f"/tasks/{trace}/done"
    )

    assert (problem["status"], problem["code"]) == (404, "not_found")


@pytest.mark.parametrize("query", ["status=closed", "role=patient", "limit=0", "x=1"])
def test_a_question_that_makes_no_sense_is_refused(clinic: Clinic, query: str) -> None:
    problem = clinic.caller(Role.MONITOR).refused(
        "notifications", f"/tasks?{query}", "GET"
    )

    assert (problem["status"], problem["code"]) == (422, "invalid")
