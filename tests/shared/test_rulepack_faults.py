"""A pack that does not fit: every fault is told with its path, none lets it pass."""

from importlib import resources

import pytest

from shared.errors import InvalidError
from shared.readiness import Gate
from shared.rulepack import Range, Route, parse_pack

TEXT = (resources.files("shared") / "rulepacks" / "kap-base-2026.1.toml").read_text()


def faults_of(text: str) -> dict[str, str]:
    """The faults a pack is refused for, by path."""
    with pytest.raises(InvalidError) as refusal:
        parse_pack(text)
    errors = refusal.value.details["errors"]
    assert isinstance(errors, dict)
    assert refusal.value.field == next(iter(errors))
    for path, fault in errors.items():
        assert f"{path}: {fault}" in refusal.value.message
    return errors


def changed(*changes: tuple[str, str]) -> str:
    """The base pack with some of its text changed."""
    text = TEXT
    for old, new in changes:
        assert text.count(old) >= 1, old
        text = text.replace(old, new, 1)
    return text


def without(section: str) -> str:
    """The base pack without a section that stands by itself."""
    start = TEXT.index(f"[{section}]\n")
    return TEXT[:start] + TEXT[TEXT.index("\n[", start) + 1 :]


def test_a_text_that_is_not_toml_is_refused() -> None:
    with pytest.raises(InvalidError, match="not TOML"):
        parse_pack("version = ")


def test_an_empty_pack_lacks_every_section() -> None:
    assert faults_of("") == {
        "version": "is missing",
        "title": "is missing",
        "source": "is missing",
        "readiness": "is missing",
        "screening": "is missing",
        "crisis": "is missing",
        "eligibility": "is missing",
        "plausible_values": "is missing",
        "vitals": "is missing",
        "hold": "is missing",
        "dose": "is missing",
        "monitoring": "is missing",
        "discharge": "is missing",
        "alerts": "is missing",
        "integration": "is missing",
        "cancellation": "is missing",
        "appointments": "is missing",
        "booking": "is missing",
        "adverse_events": "is missing",
        "rems": "is missing",
        "ledger": "is missing",
        "fasting": "is missing",
        "interactions": "is missing",
        "cases": "is missing",
    }


def test_every_fault_of_a_pack_is_told_with_its_path() -> None:
    text = changed(
        ('version = "kap-base-2026.1"', 'version = "KAP base"\nrevision = 1'),
        ('"measures.safety" = "24 h"', '"measures.safety" = "24 hours"'),
        ('"weight.current" = "30 d"', '"wieght.current" = "30 d"'),
        ('rule_class = "absolute"', 'rule_class = "forbidden"'),
        ("before_dose.hold = { above = 140 }", 'before_dose.hold = { above = "140" }'),
        ("during.rise = { at_least = 30 }", "during.rise = {}"),
        ("rechecks_at_most = 3", "rechecks_at_most = 3.5"),
        ("change_needs_reason_percent = 25", "change_needs_reason_percent = nan"),
        ('then_every = "15 min"\n', ""),
        ('escalation_roles = ["prescriber", "clinic_admin"]', "escalation_roles = []"),
        ("[integration]\n", "[integration]\nmissed_after = 3\n"),
        ("fixed_doses_mg = [28, 56, 84]", "fixed_doses_mg = 56"),
    )

    assert faults_of(text) == {
        "revision": "is not known",
        "version": "is not a code",
        "readiness.validity.measures.safety": (
            'is not a duration like "24 h" (s, min, h or d)'
        ),
        "readiness.validity.wieght.current": (
            "is not one of eligibility, consent.treatment, consent.offlabel, "
            "clearance.medical, prep.completed, measures.phq9, measures.gad7, "
            "measures.safety, order.active, weight.current, escort.confirmed, "
            "no.open.hold"
        ),
        "eligibility.rules[hypersensitivity].rule_class": (
            "is not one of absolute, hard_stop, time_limited, relative"
        ),
        "vitals.measures.systolic_mmhg.before_dose.hold.above": "is not a number",
        "vitals.measures.systolic_mmhg.during.rise": (
            "names no bound, so nothing would ever cross it"
        ),
        "hold.rechecks_at_most": "is not a whole number",
        "dose.change_needs_reason_percent": "is not a finite number",
        "dose.routes.esketamine_nasal.fixed_doses_mg": "is not a list",
        "monitoring.routes.iv.then_every": "is missing",
        "alerts.escalation_roles": "names nobody",
        "integration.missed_after": "is not known",
    }


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ('title = "KAP base pack', 'title = " " # "', "title"),
        ("source = ", "source = 3 #", "source"),
        ('version = "kap-base-2026.1"', "version = 2026.1", "version"),
        ('respond_within = "120 s"', "respond_within = 120", "alerts.respond_within"),
        ('respond_within = "120 s"', 'respond_within = "0 s"', "alerts.respond_within"),
        ("moaas_checks = 2", "moaas_checks = true", "discharge.moaas_checks"),
        (
            "bp_tolerance_percent = 20",
            "bp_tolerance_percent = true",
            "discharge.bp_tolerance_percent",
        ),
        ('"phq9", "gad7", "cssrs"', '"phq9", "gad"', "screening.instruments[1]"),
        (
            '  "eligibility",\n',
            '  "eligibilty",\n',
            "readiness.gates.booking[0]",
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_named(old: str, new: str, path: str) -> None:
    assert list(faults_of(changed((old, new)))) == [path]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("alerts = 3", "alerts"),
        ("alerts = [3]", "alerts"),
        ("[appointments]\ndurations = 3", "appointments.durations"),
        ("[eligibility]\nrules = [3]", "eligibility.rules[0]"),
    ],
)
def test_a_value_where_a_table_belongs_is_named(text: str, path: str) -> None:
    assert faults_of(text)[path] == "is not a table"


@pytest.mark.parametrize(
    ("changes", "path", "fault"),
    [
        (
            [('"measures.safety" = "24 h"\n', "")],
            "readiness.validity",
            "lacks measures.safety",
        ),
        (
            [("day_before = [", "escort = [")],
            "readiness.gates.escort",
            f"is not one of {', '.join(Gate)}",
        ),
        (
            [('  "measures.safety",\n  "order.active",\n  "weight', '  "weight')],
            "readiness.gates.authorisation",
            "lacks order.active",
        ),
        (
            [('code = "aneurysmal_disease"', 'code = "hypersensitivity"')],
            "eligibility.rules",
            "names a code twice",
        ),
        (
            [('fact = "aneurysmal_disease"', 'fact = "age_years"')],
            "eligibility.rules",
            "uses as number and as yes/no: age_years",
        ),
        (
            [("low = 40, high = 300", "low = 300, high = 40")],
            "plausible_values.systolic_mmhg.high",
            "ends before it begins",
        ),
        (
            [('weight_kg = { unit = "kg"', 'mass_kg = { unit = "kg"')],
            "plausible_values",
            "lacks weight_kg",
        ),
        (
            [("hard = { above = 600 }\n", "")],
            "dose.routes.sl.hard",
            "is missing, and so are fixed doses",
        ),
        (
            [('["20 min", "40 min",', '["40 min", "20 min",')],
            "monitoring.routes.sl.check_points",
            "is not ascending",
        ),
        (
            [('check_points = ["40 min"]', "check_points = []")],
            "monitoring.routes.esketamine_nasal.check_points",
            "is not ascending",
        ),
        ([('im = "90 min"\n', "")], "discharge.minimum_stay", "lacks im"),
    ],
)
def test_a_pack_that_would_be_unsafe_is_refused(
    changes: list[tuple[str, str]], path: str, fault: str
) -> None:
    assert faults_of(changed(*changes)) == {path: fault}


def test_a_gate_that_asks_for_nothing_is_refused() -> None:
    start = TEXT.index("booking = [")
    end = TEXT.index("]", start)
    text = TEXT[:start] + "booking = [" + TEXT[end:]

    assert faults_of(text) == {"readiness.gates.booking": "asks for nothing"}


def test_a_pack_without_a_single_rule_is_refused() -> None:
    start = TEXT.index("[[eligibility.rules]]")
    end = TEXT.index("[plausible_values]")
    text = TEXT[:start] + "rules = []\n" + TEXT[end:]

    assert faults_of(text) == {"eligibility.rules": "is empty, so everybody would pass"}


def test_a_pack_that_lets_a_dose_go_without_vital_signs_is_refused() -> None:
    start = TEXT.index("required_before_dose = [")
    end = TEXT.index("]", start)
    text = TEXT[:start] + "required_before_dose = [" + TEXT[end:]

    assert faults_of(text) == {"vitals.required_before_dose": "is empty"}


def test_a_gate_that_is_left_out_is_refused() -> None:
    start = TEXT.index("arrival = [")
    end = TEXT.index("authorisation = [")

    assert faults_of(TEXT[:start] + TEXT[end:]) == {"readiness.gates": "lacks arrival"}


def test_a_measure_without_limits_is_refused() -> None:
    text = without("vitals.measures.moaas")

    assert faults_of(text) == {"vitals.measures": "lacks moaas"}


def test_a_route_that_nobody_watches_is_refused() -> None:
    text = without("monitoring.routes.im")

    assert faults_of(text) == {"monitoring.routes": "lacks im"}


def test_a_pack_may_leave_a_route_out_altogether() -> None:
    pack = parse_pack(without("dose.routes.im"))

    assert Route.IM not in pack.dose.routes


def test_a_range_is_made_of_ends_in_order() -> None:
    with pytest.raises(InvalidError):
        Range(unit="kg", low=10, high=10, source="A test")
