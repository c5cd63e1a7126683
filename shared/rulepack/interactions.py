"""What speaks to a medicine or an allergy on a patient's list.

A finding tells a clinician something; it stops nothing by itself. Where it stands for a
fact that a rule of eligibility asks about, that rule weighs it.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidError
from shared.events import Code


class EntryKind(StrEnum):
    """What stands on the list."""

    MEDICATION = "medication"
    ALLERGY = "allergy"


class InteractionAction(StrEnum):
    """What an interaction asks for."""

    HOLD = "hold"
    """A clinician decides whether to hold a dose; nobody tells a patient to stop."""
    CHECK = "check"
    """Something is looked at more closely, such as blood pressure."""
    NOTE = "note"
    """For the prescriber to know."""
    RULE = "rule"
    """It stands for a fact that a rule of eligibility asks about."""


@dataclass(frozen=True, kw_only=True)
class Interaction:
    """A group of agents, how their names are told, and what they ask for.

    `names` are whole words, or the beginnings of words that end in `*`; upper and
    lower case are the same. `rxnorm` are codes of RxNorm.
    """

    code: Code
    kind: EntryKind
    label: str
    names: tuple[str, ...]
    rxnorm: tuple[Code, ...] = ()
    action: InteractionAction
    fact: Code | None = None
    advice: str
    source: str

    def __post_init__(self) -> None:
        """A rule has its fact, and nothing else has one."""
        if (self.fact is None) is (self.action is InteractionAction.RULE):
            raise InvalidError("goes with the action rule and no other", field="fact")
        if not self.names and not self.rxnorm:
            raise InvalidError("matches nothing", field="names")

    def speaks_to(self, kind: EntryKind, name: str, rxnorm: str | None) -> bool:
        """Whether an entry of a list is of this group."""
        if kind is not self.kind:
            return False
        return rxnorm in self.rxnorm or any(
            _word(told).search(name) for told in self.names
        )


def _word(told: str) -> re.Pattern[str]:
    ends = r"\w*" if told.endswith("*") else ""
    return re.compile(rf"\b{re.escape(told.rstrip('*'))}{ends}\b", re.IGNORECASE)
