"""Looks at everything afterwards: was every event heard once by all who should."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cli.api_client import Caller
from cli.demo.receiver import Receiver
from cli.events import hearers
from cli.services import NAMES

QUIET_WITHIN_SECONDS = 90.0
PAGE = 500

Row = dict[str, Any]


@dataclass(kw_only=True)
class Findings:
    """What was told and heard, and every miss in words."""

    events: list[Row] = field(default_factory=list)
    inboxes: dict[str, list[Row]] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    dead: int = 0
    misses: list[str] = field(default_factory=list)


def wait_until_quiet(
    callers: list[Caller],
    receiver: Receiver | None = None,
    *,
    look_every_seconds: float = 1.0,
) -> None:
    """Wait until every event has been heard; what is not by then is a miss."""
    deadline = time.monotonic() + QUIET_WITHIN_SECONDS
    before = None
    while time.monotonic() < deadline:
        found = look(callers, receiver)
        now = (
            len(found.events),
            found.delivered,
            tuple(sorted(found.messages.items())),
        )
        if not found.misses and now == before:
            return
        before = now
        time.sleep(look_every_seconds)


def look(callers: list[Caller], receiver: Receiver | None = None) -> Findings:
    """Everything that can be seen from outside of these clinics.

    Without a receiver nobody is expected to have got webhooks.
    """
    found = Findings()
    for service in NAMES:
        rows = [row for caller in callers for row in _all(caller, service, "/inbox")]
        found.inboxes[service] = rows
        for caller in callers:
            found.events += _all(caller, service, "/events")
    found.events.sort(key=lambda event: (event["time"], event["id"]))
    _check_hearing(found)
    _check_timeline(found, callers)
    if receiver is not None:
        _check_webhooks(found, receiver)
    _check_bookings(found, callers)
    _check_dead(found, callers[0])
    for caller in callers:
        found.messages.update(message["status"] for message in _messages(caller))
    if found.messages["planned"] and not _only_ahead(callers):
        found.misses.append("a message that is due has not been sent")
    return found


def _all(caller: Caller, service: str, path: str) -> Iterator[Row]:
    after = 0
    while True:
        page = caller.get(service, path, after=after, limit=PAGE)["items"]
        yield from page
        if len(page) < PAGE:
            return
        after = page[-1]["row"]


def _check_hearing(found: Findings) -> None:
    """Each consumer of an event has it once, and is done with it."""
    heard: dict[str, Counter[str]] = defaultdict(Counter)
    done: dict[str, set[str]] = defaultdict(set)
    for service, rows in found.inboxes.items():
        for row in rows:
            if row["type"].startswith("kap."):
                heard[service][row["event_id"]] += 1
                if row["state"] == "done":
                    done[service].add(row["event_id"])
    consumers = hearers()
    told = {event["id"] for event in found.events}
    for event in found.events:
        for service in consumers.get(event["type"], []):
            times = heard[service][event["id"]]
            if times != 1:
                found.misses.append(f"{service} heard {event['type']} {times} times")
            elif event["id"] not in done[service]:
                found.misses.append(f"{service} is not done with {event['type']}")
    for service, counted in heard.items():
        if strangers := set(counted) - told:
            found.misses.append(f"{service} heard {len(strangers)} events nobody told")


def _check_timeline(found: Findings, callers: list[Caller]) -> None:
    """The console shows each event once: the effect, not only the hearing of it."""
    shown: Counter[str] = Counter()
    for caller in callers:
        older: dict[str, str] = {}
        while True:
            page = caller.get("console", "/timeline", limit=PAGE, **older)["items"]
            shown.update(entry["event_id"] for entry in page)
            if len(page) < PAGE:
                break
            older = {"after": page[-1]["event_id"]}
    for event in found.events:
        if shown[event["id"]] != 1:
            found.misses.append(
                f"the console shows {event['type']} {shown[event['id']]} times"
            )


def _check_webhooks(found: Findings, receiver: Receiver) -> None:
    wanted = {
        event["id"]
        for event in found.events
        if event["type"].startswith("kap.sessions")
    }
    found.delivered = sum(receiver.seen[event_id] for event_id in wanted)
    for event_id in wanted:
        if receiver.seen[event_id] != 1:
            found.misses.append(
                f"the webhook receiver got an event {receiver.seen[event_id]} times"
            )
    if receiver.forged:
        found.misses.append(
            f"{receiver.forged} webhooks were not signed as they should"
        )


def _check_bookings(found: Findings, callers: list[Caller]) -> None:
    for caller in callers:
        if caller.get("scheduling", "/overlaps")["items"]:
            found.misses.append("two bookings overlap")


def _check_dead(found: Findings, admin: Caller) -> None:
    network = admin.in_network()
    for service in NAMES:
        found.dead += len(network.get(service, "/dead", limit=PAGE)["items"])
    if found.dead:
        found.misses.append(f"{found.dead} rows are dead")


def _messages(caller: Caller) -> list[Row]:
    rows: list[Row] = caller.get("notifications", "/messages", limit=PAGE)["items"]
    return rows


def _only_ahead(callers: list[Caller]) -> bool:
    """Whether what is still planned lies ahead, as reminders do."""
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return all(
        datetime.fromisoformat(message["planned_for"]) > now
        for caller in callers
        for message in _messages(caller)
        if message["status"] == "planned"
    )
