"""A process that posts to ledgers which others post to at the same time."""

import random
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

from services.sessions.app import service
from shared.access import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.sessions.clinic_day import NAME

Outcome = tuple[Counter[int], Counter[str], Counter[str]]
"""Answers by status; what was wasted, and what was written off, by container, in
micrograms."""


def post_at_random(
    folder: str, url: str, clinics: list[str], seed: int, times: int
) -> Outcome:
    """Waste, count and send at random; what came of it."""
    lab = Lab([service], Path(folder), database_url=lambda _: url)
    chance, statuses = random.Random(seed), Counter[int]()
    wasted, written_off = Counter[str](), Counter[str]()
    try:
        for _ in range(times):
            here, there = chance.sample(clinics, 2)
            one = chance.choice(on_hand(lab, here))
            what = chance.choice(("waste", "waste", "count", "send", "answer"))
            if what == "waste":
                amount_ug = chance.randint(1, 900)
                if tried(lab, here, waste(lab, here, one, amount_ug), statuses):
                    wasted[one["id"]] += amount_ug
            elif what == "count":
                if tried(lab, here, count(one), statuses):
                    written_off["times"] += 1
            elif what == "send":
                tried(lab, here, send(one, there), statuses)
            else:
                service.pumps["stock"](lab.runtime(NAME))
                for delivery in overview(lab, here)["deliveries"]:
                    tried(lab, here, accept(delivery), statuses)
    finally:
        lab.close()
    return statuses, wasted, written_off


Ask = tuple[str, dict[str, Any]]


def person(lab: Lab, clinic: str, role: Role = Role.MEDICAL_LEAD) -> Any:
    """Somebody of a clinic."""
    return lab.caller(role, clinic_id=UUID(clinic), actor_id=uuid7())


def overview(lab: Lab, clinic: str) -> Any:
    """How a clinic's ledger stands."""
    return person(lab, clinic).get(NAME, "/ledger")


def on_hand(lab: Lab, clinic: str) -> list[Any]:
    """What stands in a clinic's cabinet; there is always something."""
    found: list[Any] = overview(lab, clinic)["containers"]
    return found


def tried(lab: Lab, clinic: str, ask: Ask, statuses: Counter[int]) -> bool:
    """Whether somebody was allowed to."""
    answer = person(lab, clinic).request("POST", NAME, *ask)
    statuses[answer.status_code] += 1
    return bool(answer.status_code < 300)


def waste(lab: Lab, clinic: str, one: Any, amount_ug: int) -> Ask:
    """So much of a container is wasted before somebody else."""
    made = person(lab, clinic, Role.THERAPIST).post(NAME, "/witness-codes")
    body = {
        "wasted_mg": amount_ug / 1_000,
        "reason": "x",
        "witness_code": made["code"],
    }
    return f"/ledger/containers/{one['id']}/waste", body


def count(one: Any) -> Ask:
    """A container is counted, and found as it was a moment ago."""
    line = {
        "container_id": one["id"],
        "counted_mg": one["balance_mg"],
        "note": "somebody wasted meanwhile",
    }
    return "/ledger/counts", {"moment": "spot", "lines": [line]}


def send(one: Any, to: str) -> Ask:
    """A container goes to another clinic."""
    body = {"container_id": one["id"], "to_clinic_id": to, "invoice": "x"}
    return "/ledger/transfers", body


def accept(delivery: Any) -> Ask:
    """What was sent is taken; every sealed container here holds 100 mg."""
    return f"/ledger/deliveries/{delivery['id']}/accept", {"counted_mg": 100}


def give_a_dose(folder: str, url: str, clinic: str, path: str, body: Any) -> None:
    """One dose is given; this process may not live to be answered."""
    lab = Lab([service], Path(folder), database_url=lambda _: url)
    monitor = person(lab, clinic, Role.MONITOR)
    monitor.request("POST", NAME, path, body, headers={"Idempotency-Key": "dose"})
