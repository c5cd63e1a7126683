"""Rule packs: clinical numbers and criteria as versioned data with unit and source.

Code names a rule and never repeats its number. A pack is a TOML file that a clinic's
medical lead reads and signs. `load_pack` makes a tree of frozen dataclasses of one that
ships with the product, `read_clinic_pack` of one that a clinic lays over it.
"""

from shared import datafile
from shared.rulepack.appointments import Appointments, Part, ResourceKind
from shared.rulepack.cases import Case, CaseResult
from shared.rulepack.comparing import Difference, differences
from shared.rulepack.dose import DoseFinding, DoseSeverity, DoseUnit, Route
from shared.rulepack.eligibility import (
    EligibilityRule,
    Outcome,
    RuleClass,
    RuleResult,
    RuleState,
    Verdict,
)
from shared.rulepack.extending import ClinicPack, read_clinic_pack
from shared.rulepack.interactions import EntryKind, Interaction, InteractionAction
from shared.rulepack.ledger import Form, LedgerRules
from shared.rulepack.limits import Limit, Range
from shared.rulepack.pack import CrisisResource, RulePack
from shared.rulepack.record import GRADES, NextDose, NotePart
from shared.rulepack.shipped import BASE, is_shipped, load_pack, table_of
from shared.rulepack.vitals import (
    BeforeDose,
    Decision,
    During,
    LimitsSaid,
    Measure,
    MeasureLimits,
    MeasureRating,
    Rating,
    Status,
    Vitals,
    VitalsPhase,
)
from shared.rulepack.watching import Discharge, Monitoring, RouteChecks

__all__ = [
    "BASE",
    "GRADES",
    "Appointments",
    "BeforeDose",
    "Case",
    "CaseResult",
    "ClinicPack",
    "CrisisResource",
    "Decision",
    "Difference",
    "Discharge",
    "DoseFinding",
    "DoseSeverity",
    "DoseUnit",
    "During",
    "EligibilityRule",
    "EntryKind",
    "Form",
    "Interaction",
    "InteractionAction",
    "LedgerRules",
    "Limit",
    "LimitsSaid",
    "Measure",
    "MeasureLimits",
    "MeasureRating",
    "Monitoring",
    "NextDose",
    "NotePart",
    "Outcome",
    "Part",
    "Range",
    "Rating",
    "ResourceKind",
    "Route",
    "RouteChecks",
    "RuleClass",
    "RulePack",
    "RuleResult",
    "RuleState",
    "Status",
    "Verdict",
    "Vitals",
    "VitalsPhase",
    "differences",
    "is_shipped",
    "load_pack",
    "parse_pack",
    "read_clinic_pack",
    "table_of",
]


def parse_pack(text: str) -> RulePack:
    """The pack that a TOML text tells.

    Raises:
        InvalidError: the text does not fit; it names the path of every fault.
    """
    return datafile.read(RulePack, text, "rule pack")
