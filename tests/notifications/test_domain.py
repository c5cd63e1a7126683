"""The rules of messages, tasks and subscriptions, without a database."""

from datetime import UTC, datetime, timedelta

import pytest

from services.notifications.domain.messages import (
    MOST_TRIES,
    Contact,
    Message,
    MessageStatus,
    Occasion,
    Template,
)
from services.notifications.domain.task_rules import RULES
from services.notifications.domain.tasks import Owner, Task, TaskDoneError, TaskKind
from services.notifications.domain.webhooks import (
    PROBE_AFTER,
    PROBE_EVERY,
    SCHEDULE,
    Answer,
    Delivery,
    DeliveryState,
    Outcome,
    Subscription,
    SubscriptionStatus,
    check_types,
    matches,
    signature,
)
from services.notifications.texts import local, render
from shared.access import Role
from shared.errors import InvalidError
from shared.events import Sensitivity
from shared.ids import uuid7

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
REACHABLE = Contact(
    given_name="Ada", channel="email", email="a@b.example", time_zone="Europe/Berlin"
)


def message(template: Template = Template.APPOINTMENT_REMINDER) -> Message:
    return Message(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        cause_id=uuid7(),
        template=template,
        channel="email",
        planned_for=NOW,
        next_try_at=NOW,
        correlation_id=uuid7(),
    )


def occasion(starts_at: datetime = LATER, over: str | None = None) -> Occasion:
    return Occasion(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        starts_at=starts_at,
        over_because=over,
    )


@pytest.mark.parametrize(
    ("template", "about", "objection"),
    [
        (Template.APPOINTMENT_REMINDER, occasion(), ""),
        (Template.APPOINTMENT_REMINDER, occasion(NOW), "too_late"),
        (Template.APPOINTMENT_BOOKED, occasion(NOW), "too_late"),
        (Template.APPOINTMENT_BOOKED, occasion(over="released"), "released"),
        (Template.APPOINTMENT_CANCELLED, occasion(NOW, over="released"), ""),
        (Template.INTEGRATION_DUE, occasion(NOW), ""),
        (Template.INTEGRATION_DUE, occasion(over="completed"), "completed"),
    ],
)
def test_a_message_is_objected_to_by_what_it_is_about(
    template: Template, about: Occasion, objection: str
) -> None:
    assert message(template).objection(about, REACHABLE, at=NOW) == objection


def test_a_message_whose_every_try_killed_its_process_is_given_up() -> None:
    endless = message()

    failures = [endless.begin(REACHABLE) for _ in range(MOST_TRIES + 1)]

    assert failures[:-1] == [None] * MOST_TRIES
    assert failures[-1] is not None
    assert (endless.status, endless.cause_code) == (MessageStatus.FAILED, "gave_up")


def test_a_message_sent_while_its_cause_went_counts_as_sent() -> None:
    on_its_way = message()
    on_its_way.suppress("appointment_cancelled")

    on_its_way.note_sent("<id@clinic.example>", at=NOW)

    assert (on_its_way.status, on_its_way.cause_code) == (MessageStatus.SENT, None)


@pytest.mark.parametrize("template", list(Template))
def test_every_template_has_words_that_disclose_nothing(template: Template) -> None:
    text = render(
        template, starts_at=NOW, time_zone="Europe/Berlin", given_name="{when}"
    )

    said = f"{text.subject} {text.body}"
    assert "Hello {when}," in said
    assert "{hello}" not in said
    for word in ("ketamine", "dose", "dosing", "therapy", "treatment", "integration"):
        assert word not in said.lower()


@pytest.mark.parametrize(
    ("at", "zone", "shown"),
    [
        (NOW, "America/Chicago", "Monday 2 March 2026, 09:00 CST"),
        (NOW, "Europe/Berlin", "Monday 2 March 2026, 16:00 CET"),
        (NOW + timedelta(days=7), "America/Chicago", "Monday 9 March 2026, 10:00 CDT"),
        (NOW, "America/Sao_Paulo", "Monday 2 March 2026, 12:00 UTC-03"),
        (NOW, "Nowhere/At_All", "Monday 2 March 2026, 15:00 UTC"),
        (NOW, "../etc/passwd", "Monday 2 March 2026, 15:00 UTC"),
    ],
)
def test_a_time_is_shown_in_the_patients_zone(
    at: datetime, zone: str, shown: str
) -> None:
    assert local(at, zone) == shown


def test_the_owners_of_tasks_are_roles() -> None:
    assert {Role(owner) for owner in Owner} < set(Role)


ABOUT_STOCK = {TaskKind.DISCREPANCY, TaskKind.LOSS_NOTICE, TaskKind.DELIVERY}
"""Tasks that are about no patient."""


def test_every_rule_names_fields_its_event_has() -> None:
    for event, rules in RULES.items():
        fields = set(event.__dataclass_fields__)
        for rule in rules:
            named = {rule.source, getattr(rule, "due", None)} - {None}
            assert named <= fields, event.name
            assert ("patient_id" in fields) is (rule.kind not in ABOUT_STOCK)


def test_one_kind_of_task_is_about_one_kind_of_aggregate() -> None:
    for kind in TaskKind:
        about = {
            event.aggregate
            for event, rules in RULES.items()
            for rule in rules
            if rule.kind is kind
        }
        assert len(about) == 1, kind


def test_a_task_asked_for_again_while_open_rises_and_starts_anew_once_done() -> None:
    task = Task(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        kind=TaskKind.INTEGRATION,
        source_id=uuid7(),
    )
    task.open(Owner.THERAPIST, due_at=NOW, level=None, at=NOW)
    task.open(Owner.THERAPIST, due_at=LATER, level=None, at=LATER)
    risen = task.level, task.opened_at
    task.close(at=LATER)

    task.open(Owner.THERAPIST, due_at=LATER, level=None, at=LATER)

    assert risen == (2, NOW)
    assert (task.level, task.opened_at, task.done_at) == (1, LATER, None)


def test_a_task_is_done_once() -> None:
    task = Task(
        id=uuid7(),
        clinic_id=uuid7(),
        patient_id=uuid7(),
        kind=TaskKind.REVIEW,
        source_id=uuid7(),
    )
    task.open(Owner.PRESCRIBER, due_at=NOW, level=None, at=NOW)
    task.finish(by=uuid7(), at=NOW)

    with pytest.raises(TaskDoneError):
        task.finish(by=uuid7(), at=NOW)


@pytest.mark.parametrize(
    ("pattern", "name", "covers"),
    [
        ("sessions.*", "sessions.dose.administered", True),
        ("sessions.dose.*", "sessions.dose.administered", True),
        ("sessions.dose.administered", "sessions.dose.administered", True),
        ("sessions.dose", "sessions.dose.administered", False),
        ("sessions.do.*", "sessions.dose.administered", False),
        ("session.*", "sessions.dose.administered", False),
        ("*", "sessions.dose.administered", False),
    ],
)
def test_a_type_covers_a_name_or_a_prefix_of_whole_words(
    pattern: str, name: str, covers: bool
) -> None:
    assert matches(pattern, name) is covers


@pytest.mark.parametrize(
    ("types", "grants"),
    [
        (["sessions.dose.administred"], []),
        (["notifications.*"], []),
        (["sessions.alert.*"], []),
        (["intake.safety.*"], ["clinical"]),
        (["scheduling.*", "intake.safety.flagged"], []),
        ([".*"], []),
    ],
)
def test_a_type_that_leads_to_no_delivery_is_refused(
    types: list[str], grants: list[str]
) -> None:
    with pytest.raises(InvalidError) as refused:
        check_types(types, grants)

    assert refused.value.field == "types"


def test_the_signature_is_that_of_the_published_example() -> None:
    # Source: the worked example that implementations of Standard Webhooks share.
    made = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        '{"test": 2432232314}',
    )

    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def subscription() -> Subscription:
    return Subscription(
        id=uuid7(),
        clinic_id=uuid7(),
        url="https://hooks.example.com/",
        types=["sessions.*"],
        grants=[],
        secret="whsec_AAAA",
        owner_id=uuid7(),
        created_at=NOW,
        busy_until=NOW,
    )


def delivery() -> Delivery:
    return Delivery(
        id=uuid7(),
        clinic_id=uuid7(),
        subscription_id=uuid7(),
        event_id=uuid7(),
        type="kap.sessions.record.opened.v1",
        document="{}",
        occurred_at=NOW,
        next_try_at=NOW,
        producer="sessions",
    )


def test_a_delivery_waits_as_the_schedule_says_and_is_exhausted_after_the_last() -> (
    None
):
    on_its_way, at = delivery(), NOW
    waits, outcomes = [], []
    for _ in SCHEDULE:
        outcomes.append(on_its_way.note(Answer(status=500), at=at, spread=1.0))
        waits.append(on_its_way.next_try_at - at)
        at = on_its_way.next_try_at

    assert outcomes == [Outcome.RETRY] * 9 + [Outcome.EXHAUSTED]
    assert waits[:-1] == list(SCHEDULE[1:])
    assert on_its_way.state is DeliveryState.EXHAUSTED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.DELIVERED),
        (204, Outcome.DELIVERED),
        (299, Outcome.DELIVERED),
        (301, Outcome.RETRY),
        (400, Outcome.RETRY),
        (410, Outcome.GONE),
        (429, Outcome.RETRY),
        (500, Outcome.RETRY),
        (None, Outcome.RETRY),
    ],
)
def test_what_an_answer_means(status: int | None, outcome: Outcome) -> None:
    assert delivery().note(Answer(status=status), at=NOW, spread=1.0) is outcome


def test_an_endpoint_that_keeps_failing_is_spared_until_it_works_again() -> None:
    dead = subscription()
    for _ in range(PROBE_AFTER):
        dead.rest(at=NOW)
        assert dead.busy_until == NOW
        dead.note(Answer(reason="timed_out"))

    dead.rest(at=NOW)
    spared = dead.busy_until
    dead.note(Answer(status=200))
    dead.rest(at=NOW)

    assert spared == NOW + PROBE_EVERY
    assert (dead.failures, dead.busy_until) == (0, NOW)


def test_an_endpoint_that_is_gone_is_told_nothing_more() -> None:
    gone = subscription()
    wanted = gone.wants("sessions.record.opened", Sensitivity.ROUTINE)

    gone.note(Answer(status=410))

    assert wanted
    assert gone.status is SubscriptionStatus.DISABLED
    assert not gone.wants("sessions.record.opened", Sensitivity.ROUTINE)
