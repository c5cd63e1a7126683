"""Every event keeps the rules of the published language."""

import dataclasses
import importlib
import json
import re
import types
import typing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.events import Code, Event, catalogue, schema_of
from shared.events.intake import MeasureRecorded, PatientRegistered, ScreeningCompleted
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    EscortConfirmed,
)
from tests.contract.record import contract_of

EVENTS = list(catalogue().values())
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
every_event = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)

_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    UUID: st.uuids(),
    bool: st.booleans(),
    int: st.integers(-(2**31), 2**31 - 1),
    datetime: st.datetimes(
        min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone.
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
}


def hints_of(event: type[Event]) -> dict[str, Any]:
    """An event's own fields and their types."""
    hints = typing.get_type_hints(event, include_extras=True)
    return {field.name: hints[field.name] for field in dataclasses.fields(event)}


def unless_none(hint: Any) -> Any:
    """What a value is where it is not left out."""
    if typing.get_origin(hint) not in (types.UnionType, typing.Union):
        return hint
    (inner,) = set(typing.get_args(hint)) - {types.NoneType}
    return inner


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values that fit an annotation."""
    if typing.get_origin(hint) is tuple:
        return st.lists(values_of(typing.get_args(hint)[0]), max_size=4).map(tuple)
    if (inner := unless_none(hint)) is not hint:
        return st.none() | values_of(inner)
    if typing.get_origin(hint) is Annotated:
        pattern = typing.get_args(hint)[1].regex.pattern
        return st.from_regex(pattern, fullmatch=True)
    return _PLAIN[hint]


def instances(event: type[Event]) -> st.SearchStrategy[Event]:
    """Events of a type."""
    return st.builds(
        event, **{name: values_of(hint) for name, hint in hints_of(event).items()}
    )


@every_event
def test_a_name_says_who_tells_what_happened_to_what(event: type[Event]) -> None:
    service, thing, happened = event.name.split(".")

    assert re.fullmatch(r"[a-z]+", service)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", thing)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", happened)
    assert event.type == f"kap.{event.name}.v{event.version}"
    assert len(event.type) <= 160


@every_event
def test_a_producer_has_a_module_of_its_name_and_declares_its_events_there(
    event: type[Event],
) -> None:
    module = importlib.import_module(f"shared.events.{event.producer}")

    assert f"{event.__module__}.".startswith(f"{module.__name__}.")
    assert getattr(module, event.__name__) is event


@every_event
def test_an_event_carries_ids_codes_times_numbers_and_truths_only(
    event: type[Event],
) -> None:
    for name, hint in hints_of(event).items():
        hint = unless_none(hint)
        inner = typing.get_args(hint)[0] if typing.get_origin(hint) is tuple else hint
        is_code = (
            typing.get_origin(inner) is Annotated
            and typing.get_args(inner)[0] is str
            and "regex" in vars(typing.get_args(inner)[1])
        )
        assert is_code or inner in _PLAIN, f"{name} is {hint}"


@every_event
def test_an_event_says_in_words_what_it_tells(event: type[Event]) -> None:
    assert (event.__doc__ or "").strip().endswith(".")
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", event.aggregate)


@every_event
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_told_is_what_is_heard(event: type[Event], data: st.DataObject) -> None:
    told = data.draw(instances(event))

    heard = event.from_payload(json.loads(json.dumps(told.to_payload())))

    assert heard == told


@every_event
def test_a_field_that_is_missing_is_refused(event: type[Event]) -> None:
    for name in contract_of(event)["required"]:
        payload = contract_of(event)["sample"]
        del payload[name]

        with pytest.raises(InvalidError, match=name):
            event.from_payload(payload)


@every_event
def test_a_field_that_is_not_known_is_left_aside(event: type[Event]) -> None:
    payload = contract_of(event)["sample"]

    heard = event.from_payload({**payload, "added_later": "x"})

    assert heard == event.from_payload(payload)


class Word(StrEnum):
    """A word that is also a member of an enumeration, as handlers may tell it."""

    OK = "ok"


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=8),
    st.binary(max_size=16),
    st.uuids(),
    st.uuids().map(str),
    st.uuids().map(lambda which: str(which).upper()),
    st.uuids().map(lambda which: which.hex),
    st.datetimes(),
    st.datetimes(timezones=st.timezones()),
    st.datetimes().map(lambda at: f"{at.isoformat()}Z"),
    st.just(Word.OK),
    st.sampled_from(["ok\n", "Europe/London\n", "\ud800", "x" * 64, "x" * 65]),
)
ODDER = st.one_of(
    ODD, st.lists(ODD, max_size=3), st.lists(ODD, max_size=3).map(tuple), st.just({})
)


def by_the_schema(event: Event) -> object:
    """What the schema makes of an event, or False if it does not let it pass."""
    schema = schema_of(type(event))
    try:
        payload = schema.dump(event)
    except (TypeError, ValueError, AttributeError):
        return False
    return payload if not schema.validate(payload) else False


def as_told(event: Event) -> object:
    """The payload of an event, or False if it is refused."""
    try:
        return event.to_payload()
    except InvalidError:
        return False


@every_event
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_told_is_what_the_schema_lets_pass_whatever_is_in_it(
    event: type[Event], data: st.DataObject
) -> None:
    values = {
        name: data.draw(values_of(hint) | ODDER, label=name)
        for name, hint in hints_of(event).items()
    }

    told = event(**values)

    assert as_told(told) == by_the_schema(told)
    assert json.dumps(as_told(told)) == json.dumps(by_the_schema(told))


@every_event
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_one_odd_value_among_good_ones_is_judged_as_the_schema_judges_it(
    event: type[Event], data: st.DataObject
) -> None:
    hints = hints_of(event)
    values = {name: data.draw(values_of(hint)) for name, hint in hints.items()}
    which = data.draw(st.sampled_from(sorted(hints))) if hints else None

    told = event(**values | ({which: data.draw(ODDER)} if which else {}))

    assert as_told(told) == by_the_schema(told)


def escort(**values: Any) -> EscortConfirmed:
    """An event with something wrong in it, which the types would not let pass."""
    return EscortConfirmed(
        **{"appointment_id": uuid4(), "patient_id": uuid4(), **values}
    )


@pytest.mark.parametrize(
    "code",
    [
        "",
        "Two Words",
        "über",
        "x" * 65,
        "-leading",
        "ends\n",
        "new\nline",
        "a\x00",
        "A",
    ],
)
def test_a_code_that_is_none_is_refused(code: str) -> None:
    event = ScreeningCompleted(patient_id=uuid4(), episode_id=uuid4(), forms=(code,))

    with pytest.raises(InvalidError):
        event.to_payload()


def test_a_code_of_bytes_is_refused() -> None:
    event = ScreeningCompleted(
        patient_id=uuid4(),
        episode_id=uuid4(),
        forms=(b"gad-7",),  # type: ignore[arg-type]
    )

    with pytest.raises(InvalidError, match="forms"):
        event.to_payload()


@pytest.mark.parametrize("zone", ["Europe/London\n", "../../etc", "a b", "", "/UTC"])
def test_a_time_zone_that_is_no_name_of_one_is_refused(zone: str) -> None:
    event = PatientRegistered(
        patient_id=uuid4(), episode_id=uuid4(), time_zone=zone, channel="email"
    )

    with pytest.raises(InvalidError):
        event.to_payload()


def test_a_time_without_a_zone_is_refused() -> None:
    event = AppointmentBooked(
        appointment_id=uuid4(),
        patient_id=uuid4(),
        episode_id=uuid4(),
        appointment_type="dosing",
        starts_at=NOW.replace(tzinfo=None),
        ends_at=NOW,
        resource_ids=(),
    )

    with pytest.raises(InvalidError, match="starts_at"):
        event.to_payload()


@pytest.mark.parametrize("value", ["not an id", 7, None, "1" * 32, b"0123456789abcdef"])
def test_an_id_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(InvalidError, match="patient_id"):
        escort(patient_id=value).to_payload()


@pytest.mark.parametrize("value", ["yes", 1, 0, "true", None, []])
def test_a_truth_that_only_looks_like_one_is_refused(value: Any) -> None:
    event = MeasureRecorded(
        patient_id=uuid4(),
        episode_id=uuid4(),
        response_id=uuid4(),
        instrument="phq-9",
        context="screening",
        alert=value,
    )

    with pytest.raises(InvalidError, match="alert"):
        event.to_payload()


@pytest.mark.parametrize("value", ["5", 5.5, True, None, [5]])
def test_a_number_that_only_looks_like_one_is_refused(value: Any) -> None:
    event = AppointmentCancelled(
        appointment_id=uuid4(),
        patient_id=uuid4(),
        by="clinic",
        reason_code="other",
        notice_minutes=value,
        late=False,
    )

    with pytest.raises(InvalidError, match="notice_minutes"):
        event.to_payload()


@pytest.mark.parametrize("value", ["gad-7", {"gad-7": 1}, None, [7]])
def test_what_is_no_tuple_of_codes_is_refused(value: Any) -> None:
    event = ScreeningCompleted(patient_id=uuid4(), episode_id=uuid4(), forms=value)

    with pytest.raises(InvalidError, match="forms"):
        event.to_payload()


@pytest.mark.parametrize("value", ["2026-03-02", 5, "tomorrow"])
def test_a_time_that_is_none_is_refused(value: Any) -> None:
    event = AppointmentBooked(
        appointment_id=uuid4(),
        patient_id=uuid4(),
        episode_id=uuid4(),
        appointment_type="dosing",
        starts_at=value,
        ends_at=NOW,
        resource_ids=(),
    )

    with pytest.raises(InvalidError):
        event.to_payload()


def test_free_text_cannot_be_declared() -> None:
    @dataclass(frozen=True, kw_only=True)
    class NoteWritten(Event, name="tests.note.written", aggregate="note"):
        """Somebody wrote something."""

        text: str

    try:
        with pytest.raises(TypeError, match="cannot carry"):
            schema_of(NoteWritten)
    finally:
        forget(NoteWritten)


def test_a_type_cannot_be_declared_twice() -> None:
    with pytest.raises(TypeError, match="twice"):
        types.new_class(
            "Again",
            (Event,),
            {"name": EscortConfirmed.name, "aggregate": "appointment"},
        )


def test_the_next_version_of_an_event_can_stand_beside_the_present_one() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Later(Event, name=EscortConfirmed.name, aggregate="appointment", version=2):
        """Somebody will take the patient home, and is known to us."""

        kind: Code

    try:
        assert Later.type == "kap.scheduling.escort.confirmed.v2"
        assert catalogue()[EscortConfirmed.type] is EscortConfirmed
    finally:
        forget(Later)


def test_a_word_of_an_enumeration_can_be_told_and_only_those() -> None:
    class Colour(StrEnum):
        RED = "red"

    @dataclass(frozen=True, kw_only=True)
    class Painted(Event, name="tests.wall.painted", aggregate="wall"):
        """A wall has a colour; perhaps it is known since when."""

        colour: Colour
        since: datetime | None = None

    try:
        told = Painted(colour=Colour.RED)
        assert told.to_payload() == {"colour": "red", "since": None}
        for odd in ("red", "blue", None, Word.OK):
            wrong = Painted(colour=odd)  # type: ignore[arg-type]
            assert as_told(wrong) == by_the_schema(wrong)
        assert Painted.from_payload(told.to_payload()) == told
        assert Painted.from_payload({"colour": "red"}) == told
        with pytest.raises(InvalidError, match="colour"):
            Painted.from_payload({"colour": "blue"})
    finally:
        forget(Painted)


def forget(event: type[Event]) -> None:
    """Take a test's event out of the catalogue again."""
    from shared.events import base

    base._catalogue.pop(event.type)
