"""The recorded contract of the events: what others were promised.

`python -m tests.contract.record` takes new events and new optional fields into the
record. It never takes a promise back: what breaks one is refused, because a breaking
change is a new version of the event, told beside the present one.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from shared.events import Event, catalogue
from shared.events.jsonschema import json_schema

RECORD = Path(__file__).with_name("events.json")
HOW = "run `python -m tests.contract.record` and commit tests/contract/events.json"

Contract = dict[str, Any]

_SAMPLES: Mapping[str, Any] = {
    "date-time": "2026-03-02T15:00:00+00:00",
    "boolean": True,
    "integer": 3,
    "null": None,
}


def contract_of(event: type[Event]) -> Contract:
    """What an event promises, and one sample of it."""
    schema = json_schema(event)
    return {
        "name": event.name,
        "version": event.version,
        "aggregate": event.aggregate,
        "sensitivity": event.sensitivity.value,
        "fields": schema["properties"],
        "required": sorted(schema["required"]),
        "sample": {
            name: _sample(name, field) for name, field in schema["properties"].items()
        },
    }


def present() -> dict[str, Contract]:
    """The contract the code makes, by event type."""
    return {event.type: contract_of(event) for event in catalogue().values()}


def recorded() -> dict[str, Contract]:
    """The contract that was recorded, by event type."""
    contract: dict[str, Contract] = json.loads(RECORD.read_text())
    return contract


def broken(old: Mapping[str, Contract], new: Mapping[str, Contract]) -> list[str]:
    """What others were promised and do not get any more."""
    faults = [f"{kind} is gone" for kind in old if kind not in new]
    for kind, promise in old.items():
        if kind not in new:
            continue
        now = new[kind]
        for item in ("aggregate", "sensitivity"):
            if promise[item] != now[item]:
                faults.append(f"{kind}: {item} was {promise[item]}, is {now[item]}")
        for name, field in promise["fields"].items():
            if name not in now["fields"]:
                faults.append(f"{kind}: the field {name} is gone")
            elif now["fields"][name] != field:
                faults.append(f"{kind}: the field {name} is of another type")
        demanded = set(now["required"]) - set(promise["required"])
        faults += [f"{kind}: {name} is newly required" for name in sorted(demanded)]
        # Who reads a field that was always there may rely on it.
        left = set(promise["required"]) - set(now["required"])
        faults += [f"{kind}: {name} may now be absent" for name in sorted(left)]
    return faults


def unrecorded(old: Mapping[str, Contract], new: Mapping[str, Contract]) -> list[str]:
    """What is new and not yet promised."""
    fresh = [f"{kind} is new" for kind in new if kind not in old]
    for kind in old:
        added = set(new.get(kind, old[kind])["fields"]) - set(old[kind]["fields"])
        fresh += [f"{kind}: the field {name} is new" for name in sorted(added)]
    return fresh


def write() -> None:
    """Record the present contract."""
    text = json.dumps(present(), indent=1, sort_keys=True)
    RECORD.write_text(text + "\n")


def _sample(name: str, field: Mapping[str, Any]) -> Any:
    """A value that fits a field, the same at every run."""
    kind = field["type"] if isinstance(field["type"], str) else field["type"][0]
    if kind == "array":
        return [_sample(name, field["items"])]
    if "enum" in field:
        return field["enum"][0]
    if field.get("format") == "uuid":
        return str(uuid5(NAMESPACE_URL, name))
    if "pattern" in field:
        return "Europe/London" if name == "time_zone" else "a_code"
    return _SAMPLES[field.get("format", kind)]


def main() -> int:
    """Record, unless a promise would be broken."""
    faults = broken(recorded(), present()) if RECORD.exists() else []
    if faults:
        print("\n".join(faults))
        print("Tell a new version of the event beside this one instead.")
        return 1
    write()
    return 0


if __name__ == "__main__":
    sys.exit(main())
