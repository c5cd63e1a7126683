"""Rule packs: clinical numbers and criteria as versioned data with unit and source.

Code names a rule and never repeats its number. A pack is a TOML file that a clinic's
medical lead reads and signs; `load_pack` makes a tree of frozen dataclasses of it.
"""

import re
from functools import cache
from importlib import resources

from shared import datafile
from shared.errors import NotFoundError
from shared.rulepack.dose import DoseFinding, DoseSeverity, DoseUnit, Route
from shared.rulepack.eligibility import (
    EligibilityRule,
    Outcome,
    RuleClass,
    RuleResult,
    RuleState,
    Verdict,
)
from shared.rulepack.limits import Limit, Range
from shared.rulepack.pack import CrisisResource, RulePack
from shared.rulepack.vitals import (
    Decision,
    Measure,
    MeasureRating,
    Rating,
    Status,
    VitalsPhase,
)

__all__ = [
    "CrisisResource",
    "Decision",
    "DoseFinding",
    "DoseSeverity",
    "DoseUnit",
    "EligibilityRule",
    "Limit",
    "Measure",
    "MeasureRating",
    "Outcome",
    "Range",
    "Rating",
    "Route",
    "RuleClass",
    "RulePack",
    "RuleResult",
    "RuleState",
    "Status",
    "Verdict",
    "VitalsPhase",
    "load_pack",
    "parse_pack",
]

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def load_pack(name: str = "kap-base") -> RulePack:
    """A pack that ships with the product, read once per process.

    Raises:
        NotFoundError: there is no pack of that name.
    """
    return _load(name)


@cache
def _load(name: str) -> RulePack:
    file = resources.files("shared") / "rulepacks" / f"{name}.toml"
    if not _NAME.fullmatch(name) or not file.is_file():
        raise NotFoundError(f"There is no rule pack named {name}.")
    return parse_pack(file.read_text(encoding="utf-8"))


def parse_pack(text: str) -> RulePack:
    """The pack that a TOML text tells.

    Raises:
        InvalidError: the text does not fit; it names the path of every fault.
    """
    return datafile.read(RulePack, text, "rule pack")
