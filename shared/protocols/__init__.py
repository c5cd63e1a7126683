"""Treatment protocols as data: which steps a course has, in which order, how far apart.

A protocol is a TOML file with its source; a version of one never changes. Two numbers
are not its own: how close doses may be, and when integration takes place after one, are
the rule pack's, so that a clinic says them once.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources

from shared import datafile
from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack import Route


class StepKind(StrEnum):
    """What a step of a course is."""

    PREPARATION = "preparation"
    DOSING = "dosing"
    INTEGRATION = "integration"
    CHECKPOINT = "checkpoint"
    """A clinician decides whether the course goes on as it is."""
    MEASURES = "measures"
    """Questionnaires are due."""


BOOKED_KINDS = frozenset({StepKind.PREPARATION, StepKind.DOSING, StepKind.INTEGRATION})
"""Steps that are appointments; the others are noted when they are done."""


@dataclass(frozen=True, kw_only=True)
class ProtocolStep:
    """One step, and on which days after another it takes place.

    Days are those of the clinic's calendar: 1 is the day after. Without `after` they
    count from the first day of the course. Integration has none: its hours after the
    dose are the rule pack's.
    """

    code: Code
    kind: StepKind
    after: Code | None = None
    earliest_days: int | None = None
    latest_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """One version of a protocol; its steps stand in the order they are taken in.

    `route` is that of its doses, if it is for one only.
    """

    code: Code
    version: Code
    title: str
    source: str
    steps: tuple[ProtocolStep, ...]
    route: Route | None = None

    def __post_init__(self) -> None:
        """Every step has a code of its own, follows an earlier one and has its days."""
        known: dict[Code, ProtocolStep] = {}
        for step in self.steps:
            where = f"steps[{step.code}]"
            if step.code in known:
                raise InvalidError("is there twice", field=where)
            if step.after is not None and step.after not in known:
                raise InvalidError("is no earlier step", field=f"{where}.after")
            _demand_days(step, known.get(step.after or ""), where)
            known[step.code] = step
        if not any(step.kind is StepKind.DOSING for step in self.steps):
            raise InvalidError("have no dose", field="steps")

    @property
    def doses(self) -> int:
        """How many doses it has."""
        return sum(step.kind is StepKind.DOSING for step in self.steps)


def _demand_days(step: ProtocolStep, after: ProtocolStep | None, where: str) -> None:
    if step.kind is StepKind.INTEGRATION:
        if after is None or after.kind is not StepKind.DOSING:
            raise InvalidError("is no dose", field=f"{where}.after")
        if step.earliest_days is not None or step.latest_days is not None:
            raise InvalidError("is the rule pack's", field=f"{where}.earliest_days")
        return
    if step.earliest_days is None or step.earliest_days < 0:
        raise InvalidError("is not a number of days", field=f"{where}.earliest_days")
    if step.latest_days is None or step.latest_days < step.earliest_days:
        raise InvalidError("is before the earliest", field=f"{where}.latest_days")


def parse_protocol(text: str) -> Protocol:
    """The protocol that a TOML text tells.

    Raises:
        InvalidError: the text does not fit; it names the path of every fault.
    """
    return datafile.read(Protocol, text, "protocol")


def protocols() -> Mapping[str, Protocol]:
    """The newest version of every protocol of the product, by its code."""
    return _newest()


def protocol_of(code: str) -> Protocol:
    """The newest version of a protocol.

    Raises:
        InvalidError: there is none of that code.
    """
    if code not in _newest():
        raise InvalidError("there is no such protocol", field="protocol")
    return _newest()[code]


def route_of(protocol: Protocol, asked: Route | None) -> Route | None:
    """The route of a course's doses: the protocol's, or the one that is asked for.

    Raises:
        InvalidError: the protocol is for another.
    """
    if protocol.route and asked and asked is not protocol.route:
        raise InvalidError("is not the protocol's", field="route")
    return protocol.route or asked


@cache
def _newest() -> Mapping[str, Protocol]:
    found: dict[str, Protocol] = {}
    folder = resources.files("shared") / "protocols"
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            table = tomllib.loads(file.read_text(encoding="utf-8"))
            read = datafile.read_table(Protocol, table, "protocol")
            if read.code not in found or read.version > found[read.code].version:
                found[read.code] = read
    return dict(sorted(found.items()))
