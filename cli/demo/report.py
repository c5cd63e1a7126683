"""What the demo prints at its end."""

from collections import Counter, defaultdict
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from cli.demo.audit import Findings, Row
from cli.demo.day import Played


def print_report(played: list[Played], found: Findings, console: Console) -> None:
    """Patients and steps, events by type, messages, one trace, and every miss."""
    console.print(_patients(played))
    console.print(_events(found))
    sums = ", ".join(f"{count} {state}" for state, count in found.messages.items())
    console.print(f"[bold]Messages[/] {sums}")
    console.print(
        f"[bold]Webhooks[/] {found.delivered} session events, each once and signed"
    )
    console.print(f"[bold]Dead rows[/] {found.dead}")
    if tree := _trace(found):
        console.print(tree)
    for miss, count in Counter(found.misses).most_common(20):
        console.print(f"[red]missed[/] {miss}" + (f" ({count} times)" * (count > 1)))


def print_verdict(played: list[Played], found: Findings, console: Console) -> int:
    """Say whether all went well; the exit status."""
    failures = [one for one in played if one.failure]
    if failures or found.misses:
        console.print(
            f"[red bold]Failed:[/] {len(failures)} of {len(played)} journeys, "
            f"{len(found.misses)} misses"
        )
        return 1
    clinics = len({one.clinic for one in played})
    patients = sum(one.is_patient for one in played)
    console.print(
        f"[green bold]All well:[/] {patients} patients in {clinics} clinics, "
        f"{len(found.events)} events, each heard once by all who should."
    )
    return 0


def _patients(played: list[Played]) -> Table:
    table = Table(
        "clinic", "journey", "steps", "s", title="Patients", title_justify="left"
    )
    for one in played:
        steps = " > ".join(one.steps)
        if one.failure:
            steps += f" [red]{one.failure}[/]"
        table.add_row(one.clinic, one.journey, steps, f"{one.seconds:.1f}")
    return table


def _events(found: Findings) -> Table:
    heard: Counter[str] = Counter()
    for rows in found.inboxes.values():
        heard.update(row["type"] for row in rows if row["state"] == "done")
    told = Counter(event["type"] for event in found.events)
    table = Table("event", "told", "handled", title="Events", title_justify="left")
    for event_type, count in sorted(told.items()):
        name = event_type.removeprefix("kap.").rpartition(".v")[0]
        table.add_row(name, str(count), str(heard[event_type]))
    table.add_section()
    table.add_row("all", str(sum(told.values())), str(sum(heard.values())))
    return table


def _trace(found: Findings) -> Tree | None:
    """The request that set off most, and what it caused in which service."""
    by_request: dict[str, list[Row]] = defaultdict(list)
    for event in found.events:
        by_request[event["correlationid"]].append(event)
    if not by_request:
        return None
    events = max(
        by_request.values(),
        key=lambda group: (len({_service(event) for event in group}), len(group)),
    )
    events = events[:12]
    began = datetime.fromisoformat(events[0]["time"])
    trace_ids = {event["traceparent"].split("-")[1] for event in events}
    tree = Tree(f"[bold]One trace[/] {', '.join(sorted(trace_ids))}")
    branches = {"": tree}
    for event in events:
        after = (datetime.fromisoformat(event["time"]) - began).total_seconds() * 1000
        parent = branches.get(event.get("causationid", ""), tree)
        name = event["type"].removeprefix("kap.")
        branch = parent.add(f"{name} [dim]+{after:.0f} ms[/]")
        branches[event["id"]] = branch
        _add_handlers(branch, event["id"], found)
    return tree


def _add_handlers(branch: Tree, event_id: str, found: Findings) -> None:
    for service, rows in found.inboxes.items():
        for row in rows:
            if row["event_id"] == event_id and row["settled_at"]:
                told = datetime.fromisoformat(row["occurred_at"])
                done = datetime.fromisoformat(row["settled_at"])
                took = (done - told).total_seconds() * 1000
                branch.add(f"[dim]handled by[/] {service} [dim]after {took:.0f} ms[/]")


def _service(event: Row) -> str:
    return str(event["type"]).split(".")[1]
