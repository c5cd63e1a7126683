"""Pages speak in words, not in codes."""

import dataclasses
import string

import pytest

from services.console import event_words, wording
from shared.events import Event, catalogue


@pytest.mark.parametrize("event", catalogue().values(), ids=lambda event: event.name)
def test_every_event_has_words_made_of_its_own_fields(event: type[Event]) -> None:
    phrase = event_words.EVENTS[event.name]

    named = {field for _, field, _, _ in string.Formatter().parse(phrase) if field}
    assert named <= {field.name for field in dataclasses.fields(event)}


def test_an_event_is_said_with_what_it_tells() -> None:
    said = wording.say(
        "scheduling.appointment.marked_at_risk",
        {"missing": ["order.active", "escort.confirmed"]},
    )

    assert said == "Booking at risk: active order, escort"


def test_an_unknown_event_is_called_by_its_name() -> None:
    assert wording.say("sessions.music.chosen", {}) == "sessions.music.chosen"


def test_an_event_without_what_its_words_need_is_called_by_its_name() -> None:
    assert wording.say("sessions.phase.changed", {}) == "sessions.phase.changed"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("phq9", "PHQ-9"),
        ("bp_red", "blood pressure"),
        ("spo2_emergency", "SpO₂ emergency"),
        ("some_new.code", "some new code"),
        (["treatment", "offlabel"], "treatment, off-label use"),
        (True, "yes"),
        (None, ""),
    ],
)
def test_codes_become_words(code: object, said: str) -> None:
    assert wording.words(code) == said


def test_a_state_without_a_mark_still_has_a_word() -> None:
    assert wording.mark("brand_new").word == "Brand new"
