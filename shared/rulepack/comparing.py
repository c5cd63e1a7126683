"""What one pack says and another does not, place by place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A place in a pack, and its value before and after; None where there is none."""

    path: str
    before: Any
    after: Any


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[Difference]:
    """Every place where two packs, as tables and lists, say something else."""
    was, now = dict(_places(before, "")), dict(_places(after, ""))
    return [
        Difference(path=path, before=was.get(path), after=now.get(path))
        for path in sorted(was.keys() | now.keys())
        if was.get(path) != now.get(path)
    ]


def _places(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _places(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
        for number, item in enumerate(value):
            code = item.get("code", number) if isinstance(item, Mapping) else number
            yield from _places(item, f"{path}[{code}]")
    else:
        yield path, value
