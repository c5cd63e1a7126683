"""Free times as pages offer them, and what is offered when a time cannot be had."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from flask import request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.pages.times import instant
from shared.rulepack import ResourceKind

FOR_DAYS = 14
MOST_OFFERED = 60
NAMED = tuple(f"{kind}_id" for kind in ResourceKind)
OVERRULED = frozenset(
    {"double_booked", "closed", "outside_hours", "off_duty", "busy_elsewhere"}
)
"""Refusals that somebody who overbooks can overrule; the service decides."""

Row = Mapping[str, Any]


class FreeTimes(NamedTuple):
    """What scheduling said is free, and the same by day of the clinic's calendar."""

    answer: Answer
    days: list[tuple[date, list[Row]]]


class Refused(NamedTuple):
    """Why a time cannot be had, and the next ones that can."""

    code: str
    detail: str
    faults: Mapping[str, str]
    reasons: list[Row]
    alternatives: list[Row]

    @property
    def is_overruled(self) -> bool:
        """Whether overbooking may be of use."""
        return self.code in OVERRULED


def wished(said: Mapping[str, str]) -> dict[str, str]:
    """When, where and with whom, as far as a form or a link says so."""
    wish = {name: said[name] for name in NAMED if said.get(name)}
    if at := instant(said.get("starts_at", ""), "starts_at"):
        wish["starts_at"] = at
    return wish


def free_times(apis: Apis, wish: Row, **asked: Any) -> FreeTimes:
    """What is free from the day that is asked for, else from the time wished for."""
    after = instant(request.args.get("on", ""), "on") or wish.get("starts_at")
    begins = {"from": after or filters.now().isoformat()}
    asked |= {"days": FOR_DAYS, "limit": MOST_OFFERED, **begins}
    answer = apis.get("scheduling", "/free-times", **asked)
    days = groupby(answer, lambda one: filters.local(one["starts_at"]).date())
    return FreeTimes(answer, [(day, list(times)) for day, times in days])


def refused(answer: Answer | None) -> Refused | None:
    """What a service said against a time; None if nothing, or nothing was asked."""
    if answer is None or answer:
        return None
    return _read(answer.refusal, answer.detail, answer.faults)


def refused_trial(tried: Answer | None) -> Refused | None:
    """The same of a trial, which is answered though what is tried would be refused."""
    conflict = tried["conflict"] if tried else None
    if not conflict:
        return refused(tried)
    said = {**conflict["details"], "code": conflict["code"]}
    return _read(said, conflict["detail"], {})


def _read(said: Row, detail: str, faults: Mapping[str, str]) -> Refused:
    return Refused(
        code=said.get("code", ""),
        detail=detail,
        faults=faults,
        reasons=said.get("reasons", []),
        alternatives=said.get("alternatives", []),
    )
