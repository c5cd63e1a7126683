"""Readiness: each gate, each fact, each cause."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.readiness import (
    Cause,
    Fact,
    FactName,
    FactState,
    Gate,
    Readiness,
    Reason,
    evaluate,
)
from shared.rulepack import load_pack

NOW = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=20)
DOSE, OTHER_DOSE = UUID(int=1), UUID(int=2)
BASE = load_pack()

ALWAYS = {
    FactName.ELIGIBILITY,
    FactName.CONSENT_TREATMENT,
    FactName.CLEARANCE_MEDICAL,
    FactName.ORDER_ACTIVE,
    FactName.NO_OPEN_HOLD,
}
ASKED_FOR = {
    Gate.BOOKING: ALWAYS,
    Gate.THREE_DAYS_BEFORE: ALWAYS,
    Gate.DAY_BEFORE: ALWAYS | {FactName.ESCORT_CONFIRMED},
    Gate.ARRIVAL: ALWAYS | {FactName.ESCORT_CONFIRMED, FactName.MEASURES_SAFETY},
    Gate.AUTHORISATION: set(FactName),
}
EVERY_NEED = [
    (gate, name) for gate, names in ASKED_FOR.items() for name in sorted(names)
]


def holding(name: FactName) -> Fact:
    """A fact that holds for the dose in question."""
    if name is FactName.ESCORT_CONFIRMED:
        return Fact(name=name, holds=True, appointment_id=DOSE)
    return Fact(name=name, holds=True, valid_until=LATER)


def all_but(*names: FactName) -> list[Fact]:
    """Every fact holding, but for some nobody has spoken of."""
    return [holding(name) for name in FactName if name not in names]


def ask(
    facts: Iterable[Fact],
    gate: Gate = Gate.AUTHORISATION,
    at: datetime = NOW,
    appointment_id: UUID | None = DOSE,
) -> Readiness:
    return evaluate(facts, gate=gate, at=at, pack=BASE, appointment_id=appointment_id)


@pytest.mark.parametrize("gate", Gate)
def test_a_patient_of_whom_every_fact_holds_is_ready(gate: Gate) -> None:
    answer = ask(all_but(), gate)

    assert answer.ready
    assert answer.reasons == ()
    assert answer.missing == ()


@pytest.mark.parametrize("gate", Gate)
def test_a_gate_asks_for_exactly_its_facts(gate: Gate) -> None:
    answer = ask([], gate)

    assert {state.fact for state in answer.facts} == ASKED_FOR[gate]
    assert len(answer.facts) == len(ASKED_FOR[gate])


@pytest.mark.parametrize(("gate", "name"), EVERY_NEED)
def test_a_fact_nobody_has_spoken_of_is_missing_but_for_holds(
    gate: Gate, name: FactName
) -> None:
    answer = ask(all_but(name), gate)

    if name is FactName.NO_OPEN_HOLD:
        assert answer.ready
    else:
        assert answer.reasons == (Reason(fact=name, cause=Cause.MISSING),)
        assert answer.missing == (name.value,)
        assert not answer.ready


@pytest.mark.parametrize(("gate", "name"), EVERY_NEED)
def test_a_fact_its_source_denies_is_withdrawn(gate: Gate, name: FactName) -> None:
    denied = replace(holding(name), holds=False)

    answer = ask([*all_but(name), denied], gate)

    assert answer.reasons == (Reason(fact=name, cause=Cause.WITHDRAWN),)


@pytest.mark.parametrize(("gate", "name"), EVERY_NEED)
def test_a_fact_counts_until_its_end_and_not_at_it(gate: Gate, name: FactName) -> None:
    ending = replace(holding(name), valid_until=LATER)
    instant = timedelta(microseconds=1)
    others = [replace(fact, valid_until=None) for fact in all_but(name)]

    before = ask([*others, ending], gate, at=LATER - instant)
    at_its_end = ask([*others, ending], gate, at=LATER)

    assert before.ready
    if name is FactName.NO_OPEN_HOLD:
        assert at_its_end.ready
    else:
        assert at_its_end.reasons == (Reason(fact=name, cause=Cause.EXPIRED),)


@pytest.mark.parametrize("gate", [Gate.DAY_BEFORE, Gate.ARRIVAL, Gate.AUTHORISATION])
@pytest.mark.parametrize("appointment_id", [OTHER_DOSE, None])
def test_an_escort_for_another_dose_is_no_escort(
    gate: Gate, appointment_id: UUID | None
) -> None:
    escort = FactName.ESCORT_CONFIRMED
    other = Fact(name=escort, holds=True, appointment_id=appointment_id)

    answer = ask([*all_but(escort), other], gate)

    assert answer.reasons == (Reason(fact=escort, cause=Cause.OTHER_APPOINTMENT),)


@pytest.mark.parametrize("appointment_id", [DOSE, None])
def test_no_escort_counts_while_the_dose_is_not_named(
    appointment_id: UUID | None,
) -> None:
    escort = FactName.ESCORT_CONFIRMED
    confirmed = Fact(name=escort, holds=True, appointment_id=appointment_id)

    answer = ask([*all_but(escort), confirmed], appointment_id=None)

    assert answer.reasons == (Reason(fact=escort, cause=Cause.OTHER_APPOINTMENT),)


def test_an_escort_who_left_another_dose_alone_says_nothing_of_this_one() -> None:
    escort = FactName.ESCORT_CONFIRMED
    withdrawn = Fact(name=escort, holds=False, appointment_id=OTHER_DOSE)

    alone = ask([*all_but(escort), withdrawn])
    beside_an_escort = ask([*all_but(), withdrawn])

    assert alone.reasons == (Reason(fact=escort, cause=Cause.MISSING),)
    assert beside_an_escort.ready


@pytest.mark.parametrize("name", sorted(set(FactName) - {FactName.NO_OPEN_HOLD}))
def test_a_newer_source_makes_up_for_one_that_was_withdrawn_or_ended(
    name: FactName,
) -> None:
    withdrawn = replace(holding(name), holds=False)
    ended = replace(holding(name), valid_until=NOW - timedelta(days=1))

    assert ask([withdrawn, ended, *all_but()]).ready
    assert ask([*all_but(), ended, withdrawn]).ready


def test_one_open_hold_outweighs_all_that_were_cleared() -> None:
    cleared = Fact(name=FactName.NO_OPEN_HOLD, holds=True)
    is_open = Fact(name=FactName.NO_OPEN_HOLD, holds=False)

    for flags in ([cleared, is_open], [is_open, cleared], [cleared, is_open, cleared]):
        answer = ask([*all_but(FactName.NO_OPEN_HOLD), *flags])

        assert answer.missing == ("no.open.hold",)


@pytest.mark.parametrize("appointment_id", [None, OTHER_DOSE])
def test_no_time_and_no_appointment_ends_a_hold(appointment_id: UUID | None) -> None:
    hold = Fact(
        name=FactName.NO_OPEN_HOLD,
        holds=False,
        valid_until=NOW - timedelta(days=9),
        appointment_id=appointment_id,
    )

    assert ask([*all_but(), hold]).missing == ("no.open.hold",)


def test_the_gravest_cause_is_told_when_several_sources_fail() -> None:
    name = FactName.CONSENT_TREATMENT
    withdrawn = Fact(name=name, holds=False)
    ended = Fact(name=name, holds=True, valid_until=NOW)

    answer = ask([*all_but(name), ended, withdrawn])

    assert answer.reasons == (Reason(fact=name, cause=Cause.WITHDRAWN),)


def test_a_state_shows_the_latest_end_of_what_holds() -> None:
    name = FactName.CONSENT_TREATMENT
    ends = [NOW - timedelta(days=1), NOW + timedelta(days=9), NOW + timedelta(days=3)]
    consents = [Fact(name=name, holds=True, valid_until=end) for end in ends]

    (state,) = (s for s in ask([*all_but(name), *consents]).facts if s.fact is name)

    assert state == FactState(fact=name, valid_until=ends[1])
    assert state.holds


def test_a_state_without_end_has_none_even_beside_one_that_ends() -> None:
    name = FactName.CONSENT_TREATMENT
    endless = Fact(name=name, holds=True)

    (state,) = (s for s in ask([*all_but(), endless]).facts if s.fact is name)

    assert state == FactState(fact=name, valid_until=None)


def test_a_state_shows_when_what_held_last_came_to_its_end() -> None:
    name = FactName.CONSENT_TREATMENT
    ends = [NOW - timedelta(days=4), NOW - timedelta(days=2)]
    consents = [Fact(name=name, holds=True, valid_until=end) for end in ends]

    (state,) = (s for s in ask([*all_but(name), *consents]).facts if s.fact is name)

    assert state == FactState(fact=name, cause=Cause.EXPIRED, valid_until=ends[1])
    assert not state.holds


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InvalidError) as refusal:
        ask(all_but(), at=NOW.replace(tzinfo=None))

    assert refusal.value.field == "at"


some_facts = st.lists(
    st.builds(
        Fact,
        name=st.sampled_from(FactName),
        holds=st.booleans(),
        valid_until=st.none()
        | st.integers(-3, 3).map(lambda days: NOW + timedelta(days=days)),
        appointment_id=st.sampled_from([None, DOSE, OTHER_DOSE]),
    ),
    max_size=30,
)
mostly_ready = some_facts.map(lambda facts: [*all_but(), *facts]) | some_facts


@given(facts=mostly_ready, gate=st.sampled_from(Gate), name=st.sampled_from(FactName))
def test_learning_that_a_fact_holds_never_gives_a_new_reason(
    facts: list[Fact], gate: Gate, name: FactName
) -> None:
    before, after = ask(facts, gate), ask([*facts, holding(name)], gate)

    assert set(after.missing) <= set(before.missing)
    if name is not FactName.NO_OPEN_HOLD:
        assert name not in after.missing


@given(facts=mostly_ready, gate=st.sampled_from(Gate))
def test_nobody_is_ready_with_an_open_hold(facts: list[Fact], gate: Gate) -> None:
    hold = Fact(name=FactName.NO_OPEN_HOLD, holds=False)

    assert not ask([*facts, hold], gate).ready


@given(
    facts=mostly_ready,
    gate=st.sampled_from(Gate),
    hours=st.integers(min_value=0, max_value=200),
)
def test_waiting_alone_never_makes_a_patient_ready(
    facts: list[Fact], gate: Gate, hours: int
) -> None:
    now, then = ask(facts, gate), ask(facts, gate, at=NOW + timedelta(hours=hours))

    assert set(now.missing) <= set(then.missing)


@given(facts=mostly_ready, gate=st.sampled_from(Gate))
def test_who_may_be_dosed_would_have_passed_every_gate(
    facts: list[Fact], gate: Gate
) -> None:
    at_the_last, earlier = ask(facts, Gate.AUTHORISATION), ask(facts, gate)

    assert set(earlier.missing) <= set(at_the_last.missing)


@given(facts=mostly_ready, gate=st.sampled_from(Gate), data=st.data())
def test_the_order_in_which_facts_are_told_does_not_matter(
    facts: list[Fact], gate: Gate, data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(facts))

    assert ask(facts, gate) == ask(shuffled, gate)
