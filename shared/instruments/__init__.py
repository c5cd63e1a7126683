"""Questionnaires: what they ask, how they are scored, and which answers cannot wait.

Each is data, a TOML file in `definitions`. Scores and alerts are worked out here, on
the server, in the same step as saving.
"""

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

from shared import datafile
from shared.instruments.definition import (
    ChangeRules,
    Instrument,
    InstrumentCode,
    Item,
    RiskLevel,
)
from shared.instruments.outcomes import OUTCOME_RULES, OutcomeRules, Window
from shared.instruments.scoring import Score, Trend, demand_possible, score, trends

__all__ = [
    "INSTRUMENTS",
    "OUTCOME_RULES",
    "ChangeRules",
    "Instrument",
    "InstrumentCode",
    "Item",
    "OutcomeRules",
    "RiskLevel",
    "Score",
    "Trend",
    "Window",
    "demand_possible",
    "read_definition",
    "score",
    "trends",
]


def read_definition(table: Mapping[str, Any]) -> Instrument:
    """The questionnaire that tables, lists and single values tell.

    Raises:
        InvalidError: they do not fit; `details["errors"]` names the path of each fault.
    """
    return datafile.read_table(Instrument, table, "questionnaire")


def _read(code: InstrumentCode) -> Instrument:
    file = resources.files("shared.instruments") / "definitions" / f"{code}.toml"
    return datafile.read(Instrument, file.read_text(encoding="utf-8"), "questionnaire")


INSTRUMENTS: Mapping[str, Instrument] = MappingProxyType(
    {code: _read(code) for code in InstrumentCode}
)
"""Every questionnaire that ships with the product, by its code."""
