"""A clinic's pack laid over one of the product: what it may change and what never."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidError
from shared.rulepack import (
    BASE,
    ClinicPack,
    Limit,
    Outcome,
    Route,
    differences,
    load_pack,
    read_clinic_pack,
    table_of,
)
from shared.rulepack.extending import LONGEST_TEXT

HEAD = f"""
version = "clinic-1"
title = "A clinic"
source = "Its medical lead"
extends = "{BASE}"
"""

SIGNED_BEFORE = "dd3f681436cbcf9dbcc6f89d7c0cd631edfef7ae2bda826809630f5c4e4508d4"
"""What a clinic signed with that head before the base had adverse events."""


def read(more: str = "") -> ClinicPack:
    """A clinic's pack with something in it."""
    return read_clinic_pack(HEAD + more)


def rule(code: str, rule_class: str, more: str) -> str:
    """A rule in TOML."""
    return f"""
[[rules]]
code = "{code}"
rule_class = "{rule_class}"
label = "A rule"
reason_group = "medical"
source = "The clinic"
{more}
"""


def fault(more: str) -> str:
    """Why a pack is refused."""
    with pytest.raises(InvalidError) as refusal:
        read(more)
    return refusal.value.message


def test_a_pack_that_changes_nothing_says_what_its_base_says() -> None:
    made, base = read().pack, load_pack()

    assert made.version == "clinic-1"
    assert made.extends == BASE
    assert made.eligibility == base.eligibility
    assert made.dose == base.dose
    assert made.cases == base.cases


def test_a_value_takes_the_place_of_the_bases_and_the_rest_stays() -> None:
    made = read("[dose.routes.im]\nsoft = { above = 1.2 }\n").pack

    base = load_pack().dose.routes["im"]  # type: ignore[index]
    changed = made.dose.routes["im"]  # type: ignore[index]
    assert changed.soft == Limit(above=1.2)
    assert (changed.hard, changed.unit) == (base.hard, base.unit)


def test_a_new_rule_is_asked_beside_the_others() -> None:
    made = read(rule("qtc_long", "hard_stop", 'fact = "qtc_long"')).pack

    verdict = made.evaluate_eligibility({"qtc_long": True})

    assert [one.code for one in verdict.met] == ["qtc_long"]
    assert len(made.eligibility.rules) == len(load_pack().eligibility.rules) + 1


def test_a_rule_with_a_new_number_needs_to_say_what_is_possible_and_usual() -> None:
    limited = rule("qtc", "hard_stop", 'fact = "qtc_ms"\nlimit = { above = 480 }')
    usual = "[eligibility.unremarkable]\nqtc_ms = 420\n"
    possible = (
        "[plausible_values.qtc_ms]\n"
        'unit = "ms"\nlow = 200\nhigh = 800\nsource = "The clinic"\n'
    )

    assert "eligibility.unremarkable: lacks qtc_ms" in fault(limited)
    assert "plausible_values: lacks qtc_ms" in fault(limited + usual)
    made = read(limited + usual + possible).pack
    assert made.evaluate_eligibility({"qtc_ms": 481}).met


def test_a_lifted_rule_is_gone_with_its_cases_and_its_reason_stays() -> None:
    made = read('[[lifted]]\ncode = "maoi"\nreason = "Spoken about"\n').pack

    assert "maoi" not in {one.code for one in made.eligibility.rules}
    assert "maoi" not in {one.code for one in made.cases}
    (maoi,) = [one for one in made.interactions if one.code == "maoi"]
    assert (maoi.action, maoi.fact) == ("note", None)
    assert [(one.code, one.reason) for one in made.lifted] == [("maoi", "Spoken about")]
    assert made.untested_rules == []
    assert all(one.passes for one in made.case_results)


@pytest.mark.parametrize(
    "code",
    [one.code for one in load_pack().eligibility.rules if one.rule_class == "absolute"],
)
def test_no_absolute_rule_can_be_lifted_or_weakened(code: str) -> None:
    (was,) = [one for one in load_pack().eligibility.rules if one.code == code]

    assert "cannot be lifted" in fault(f'[[lifted]]\ncode = "{code}"\nreason = "x"\n')
    weaker = rule(code, "hard_stop", f'fact = "{was.fact}"')
    if was.limit is None:
        assert "must stay absolute" in fault(weaker)
        assert "must ask for" in fault(rule(code, "absolute", 'fact = "another"'))


@pytest.mark.parametrize(
    ("limit", "fits"),
    [
        ("{ below = 18 }", True),
        ("{ below = 21 }", True),
        ("{ at_most = 18 }", True),
        ("{ below = 17.5 }", False),
        ("{ at_most = 17 }", False),
        ("{ above = 90 }", False),
        ("{ below = 18, above = 90 }", True),
    ],
)
def test_the_limit_of_an_absolute_rule_is_only_made_stricter(
    limit: str, fits: bool
) -> None:
    more = rule("under_age", "absolute", f'fact = "age_years"\nlimit = {limit}')

    if fits:
        assert read(more)
    else:
        assert "lets through" in fault(more)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("[dose.routes.im]\nhard = { above = 2.5 }\n", "dose.routes.im.hard"),
        (
            "[dose.routes.esketamine_nasal]\nfixed_doses_mg = [28, 112]\n",
            "allows further doses",
        ),
        ('[readiness.gates]\nbooking = ["eligibility"]\n', "no longer asks for"),
        ('[screening]\ninstruments = ["phq9"]\n', "screening.instruments"),
        ("[[rules]]\nfact = 'x'\n", "has no code"),
        ("rules = 3\n", "is not a list"),
        (rule("a", "hard_stop", 'fact = "a"') * 2, "stands there twice"),
        ('[[lifted]]\ncode = "no_such"\nreason = "x"\n', "is no rule of the base"),
        ("[eligibility]\nrules = []\n", "is empty"),
        ("colour = 'blue'\n", "is not known"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(more: str, says: str) -> None:
    assert says in fault(more)


def test_a_hard_limit_of_a_dose_may_be_made_stricter() -> None:
    made = read("[dose.routes.im]\nhard = { above = 1.8 }\n").pack

    assert made.dose.routes["im"].hard == Limit(above=1.8)  # type: ignore[index]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("version = ", "is not TOML"),
        ('version = "a"', "names no pack of the product"),
        (HEAD.replace("clinic-1", BASE), "is that of the pack it extends"),
        (HEAD + "#" * LONGEST_TEXT, "is longer than"),
    ],
)
def test_what_is_no_pack_at_all_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidError, match=says):
        read_clinic_pack(text)


def test_the_digest_is_of_what_is_said_not_of_how_it_is_written() -> None:
    assert read("\n# a remark\n").digest == read().digest
    assert read("[alerts]\nrespond_within = '60 s'\n").digest != read().digest


def test_what_the_base_got_later_does_not_alter_packs_that_were_signed() -> None:
    assert read().digest == SIGNED_BEFORE
    assert read("[rems]\ndue_after = '5 d'\n").digest != SIGNED_BEFORE


def test_differences_name_each_place_and_both_values() -> None:
    made = read("[alerts]\nrespond_within = '60 s'\n")

    changes = {one.path: one for one in differences(table_of(BASE), made.table)}

    one = changes["alerts.respond_within"]
    assert (one.before, one.after) == ("120 s", "60 s")
    assert not [path for path in changes if path.startswith(("dose", "eligibility"))]


bounds = st.none() | st.integers(-5, 5).map(float)


@given(
    st.tuples(bounds, bounds, bounds, bounds),
    st.tuples(bounds, bounds, bounds, bounds),
)
def test_a_limit_covers_another_when_it_stops_all_the_other_stops(
    ours: tuple[float | None, ...], theirs: tuple[float | None, ...]
) -> None:
    names = ("below", "at_most", "at_least", "above")
    if not any(bound is not None for bound in ours) or theirs == (None,) * 4:
        return
    one = Limit(**dict(zip(names, ours, strict=True)))
    other = Limit(**dict(zip(names, theirs, strict=True)))
    grid = [number / 2 for number in range(-14, 15)]

    stops_all = all(one.crossed_by(x) for x in grid if other.crossed_by(x))

    # A limit whose two sides meet stops everything, which sides alone do not show.
    if one.covers(other):
        assert stops_all
    elif not all(one.crossed_by(x) for x in grid):
        assert not stops_all


def routed(code: str, rule_class: str, routes: str, fact: str = "qtc_long") -> str:
    """A rule against some routes."""
    return rule(code, rule_class, f'fact = "{fact}"\nroutes = {routes}')


def test_a_rule_against_a_route_leaves_the_others_alone() -> None:
    made = read(routed("qtc_long", "absolute", '["esketamine_nasal", "iv"]')).pack
    nothing = made.eligibility.nothing_said_against

    verdict = made.evaluate_eligibility({**nothing, "qtc_long": True})

    assert verdict.outcome == Outcome.ELIGIBLE
    assert [one.code for one in verdict.met] == ["qtc_long"]
    assert verdict.against_all == ()
    against = {route for route in Route if verdict.against(route)}
    assert against == {Route.ESKETAMINE_NASAL, Route.IV}


def test_a_rule_against_a_route_must_be_held_by_a_case_like_any_other() -> None:
    text = routed("qtc_long", "hard_stop", '["iv"]')
    case = """
[[cases]]
code = "qtc_long"
answers = { qtc_long = true }
outcome = "eligible"
met = ["qtc_long"]
"""

    assert read(text).pack.untested_rules == ["qtc_long"]
    assert read(text + case).pack.untested_rules == []
    assert all(one.passes for one in read(text + case).pack.case_results)


def test_an_absolute_rule_is_not_narrowed_to_a_route() -> None:
    narrowed = routed("hypersensitivity", "absolute", '["iv"]', "hypersensitivity")
    everywhere = json.dumps([route.value for route in Route])
    named = routed("hypersensitivity", "absolute", everywhere, "hypersensitivity")

    told = fault(narrowed.replace("qtc_long", "hypersensitivity"))

    assert "every route" in told
    assert read(named).pack.version == "clinic-1"
