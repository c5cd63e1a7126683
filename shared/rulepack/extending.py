"""A clinic's pack: what it changes of a pack that ships with the product.

Its tables are laid over those of the base: a value takes the place of the base's, a
rule, a case or an interaction that of the same code, and what it does not name stays.
What the base forbids without exception can be made stricter, never looser. With a rule
that is lifted the base's cases about it go, and an interaction that stood for its fact
becomes a note.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shared import datafile
from shared.errors import InvalidError
from shared.rulepack.dose import Route
from shared.rulepack.eligibility import EligibilityRule, RuleClass
from shared.rulepack.pack import RulePack
from shared.rulepack.shipped import load_pack, table_of

WHAT = "rule pack"
LONGEST_TEXT = 100_000
"""Characters of a clinic's pack; the base has a fifth of that."""
_KEPT_PACKS = 256
_ADDED_SINCE = (
    "adverse_events",
    "alerts.ask_again_after",
    "alerts.recheck_within",
    "appointments.bundles",
    "appointments.licence_notice",
    "appointments.routes",
    "booking",
    "discharge.aldrete_at_least",
    "discharge.bp_rise_at_most_mmhg",
    "discharge.escort_asked_after",
    "dose.routes.esketamine_nasal.device_mg",
    "dose.routes.esketamine_nasal.device_spacing",
    "dose.routes.esketamine_nasal.prescriber_on_site",
    "dose.routes.im.concentrations_mg_per_ml",
    "dose.routes.iv.concentrations_mg_per_ml",
    "fasting",
    "ledger",
    "monitoring.early_by",
    "monitoring.escalation_roles",
    "monitoring.routes.esketamine_nasal.measures",
    "monitoring.routes.im.measures",
    "monitoring.routes.iv.measures",
    "monitoring.routes.sl.measures",
    "plausible_values.distress",
    "rems",
    "vitals.measures.distress",
)
"""What the base got after clinics had signed packs: what those were signed as must stay
what they are, so only a pack that says something else of it signs it."""


@dataclass(frozen=True, kw_only=True)
class ClinicPack:
    """A clinic's pack, laid over its base.

    `table` is the whole as tables and lists, `digest` the SHA-256 of it, in hex: two
    packs of one digest say the same, base included.
    """

    pack: RulePack
    table: Mapping[str, Any]
    digest: str


@lru_cache(maxsize=_KEPT_PACKS)
def read_clinic_pack(text: str) -> ClinicPack:
    """The pack that a clinic's TOML text tells.

    Raises:
        InvalidError: the text does not fit, its base does not ship with the product,
            or it is looser than the base allows; it names the path of every fault.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidError(f"is longer than {LONGEST_TEXT} characters", field="text")
    try:
        own = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"The {WHAT} is not TOML: {error}") from error
    base = own.get("extends")
    if not isinstance(base, str):
        raise InvalidError("names no pack of the product", field="extends")
    table = _laid_over(table_of(base), own)
    pack = datafile.read_table(RulePack, table, WHAT)
    if pack.version == base:
        raise InvalidError("is that of the pack it extends", field="version")
    _demand_not_looser(load_pack(base), pack)
    said = json.dumps(_as_signed(table, own), sort_keys=True, separators=(",", ":"))
    return ClinicPack(
        pack=pack, table=table, digest=hashlib.sha256(said.encode()).hexdigest()
    )


def _as_signed(table: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """What a clinic signs: all, but for what the base got later and it leaves alone."""
    signed = deepcopy(dict(table))
    for path in _ADDED_SINCE:
        *outer, last = path.split(".")
        held, said = signed, own
        for name in outer:
            held, said = held[name], said.get(name, {})
        if last not in said:
            held.pop(last, None)
    return signed


def _laid_over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    table = deepcopy(dict(base))
    for name, value in own.items():
        if name not in ("rules", "cases", "interactions"):
            _lay(table, name, value)
    rules = _by_code(table["eligibility"]["rules"], "eligibility.rules")
    for code in _by_code(own.get("lifted", []), "lifted"):
        if rules.pop(code, None) is None:
            raise InvalidError("is no rule of the base", field=f"lifted[{code}]")
    rules |= _by_code(own.get("rules", []), "rules")
    asked = {rule.get("fact") for rule in rules.values()}
    cases = {
        code: case
        for code, case in _by_code(table["cases"], "cases").items()
        if asked.issuperset((*case["answers"], *case.get("unanswered", ())))
        and rules.keys() >= set(case.get("met", ()))
    }
    cases |= _by_code(own.get("cases", []), "cases")
    known = {
        code: one if one.get("fact") in {None, *asked} else _as_note(one)
        for code, one in _by_code(table["interactions"], "interactions").items()
    }
    known |= _by_code(own.get("interactions", []), "interactions")
    table["interactions"] = list(known.values())
    table["eligibility"]["rules"] = list(rules.values())
    table["cases"] = list(cases.values())
    return table


def _as_note(interaction: Mapping[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in interaction.items() if name != "fact"}
    return {**rest, "action": "note"}


def _lay(table: dict[str, Any], name: str, value: Any) -> None:
    """Put a value in the place of another; tables are laid over one another."""
    # A limit is one value: what it does not bound is not bound.
    is_table = isinstance(value, dict) and isinstance(table.get(name), dict)
    if is_table and not table[name].keys() & {"below", "at_most", "at_least", "above"}:
        for inner, its in value.items():
            _lay(table[name], inner, its)
    else:
        table[name] = value


def _by_code(items: Any, where: str) -> dict[str, Any]:
    if not isinstance(items, list):
        raise InvalidError("is not a list", field=where)
    by_code: dict[str, Any] = {}
    for number, item in enumerate(items):
        code = item.get("code") if isinstance(item, dict) else None
        if not isinstance(code, str):
            raise InvalidError("has no code", field=f"{where}[{number}]")
        if code in by_code:
            raise InvalidError("stands there twice", field=f"{where}[{code}]")
        by_code[code] = item
    return by_code


def _demand_not_looser(base: RulePack, own: RulePack) -> None:
    """Refuse what would let through what the base forbids without exception.

    Raises:
        InvalidError: `details["errors"]` says where and why.
    """
    faults = {**dict(_looser_rules(base, own)), **dict(_looser_numbers(base, own))}
    if faults:
        told = "; ".join(f"{path}: {fault}" for path, fault in faults.items())
        raise InvalidError(
            f"The {WHAT} is looser than its base allows: {told}.",
            field=next(iter(faults)),
            details={"errors": faults},
        )


def _looser_rules(base: RulePack, own: RulePack) -> Iterator[tuple[str, str]]:
    kept = {rule.code: rule for rule in own.eligibility.rules}
    for rule in base.eligibility.rules:
        if rule.rule_class is not RuleClass.ABSOLUTE:
            continue
        if rule.code not in kept:
            yield f"lifted[{rule.code}]", "an absolute rule cannot be lifted"
        elif fault := _loosened(rule, kept[rule.code]):
            yield f"rules[{rule.code}]", fault


def _loosened(was: EligibilityRule, now: EligibilityRule) -> str | None:
    if now.rule_class is not RuleClass.ABSOLUTE:
        return "must stay absolute"
    if now.fact != was.fact:
        return f"must ask for {was.fact}"
    if now.routes and not set(now.routes) >= set(was.routes or Route):
        return "must speak against every route that the base's does"
    if was.limit and not (now.limit and now.limit.covers(was.limit)):
        return "its limit lets through what the base's stops"
    return None


def _looser_numbers(base: RulePack, own: RulePack) -> Iterator[tuple[str, str]]:
    for gate, facts in base.readiness.gates.items():
        if forgotten := set(facts) - set(own.readiness.gates[gate]):
            told = ", ".join(sorted(forgotten))
            yield f"readiness.gates.{gate}", f"no longer asks for {told}"
    for route, was in base.dose.routes.items():
        now = own.dose.routes.get(route)
        if now is None:
            continue
        if was.hard and not (now.hard and now.hard.covers(was.hard)):
            yield f"dose.routes.{route}.hard", "lets through what the base's stops"
        if set(now.fixed_doses_mg or ()) - set(was.fixed_doses_mg or ()):
            yield f"dose.routes.{route}.fixed_doses_mg", "allows further doses"
    for route, timed in (base.appointments.routes or {}).items():
        kept = (own.appointments.routes or {}).get(route)
        if kept and (gone := set(timed.also_needs) - set(kept.also_needs)):
            told = ", ".join(sorted(gone))
            yield (
                f"appointments.routes.{route}.also_needs",
                f"no longer asks for {told}",
            )
    for screen in set(base.screening.instruments) - set(own.screening.instruments):
        yield "screening.instruments", f"no longer asks for {screen}"
