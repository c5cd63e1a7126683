"""What others were promised about events holds, and both ways to check it agree."""

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
import pytest

from shared.errors import InvalidError
from shared.events import Event, catalogue
from shared.events.jsonschema import json_schema
from tests.contract.record import HOW, Contract, broken, present, recorded, unrecorded

MUTANTS = 50
RECORDED = recorded()
every_recorded = pytest.mark.parametrize("kind", RECORDED)

_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    5.0,
    5.5,
    "",
    "yes",
    "true",
    "7",
    "a_code",
    "Not A Code",
    "x" * 65,
    "Europe/London",
    "Mars/Olympus Mons",
    "2bc18264-2c89-59eb-a698-b00e94c01662",
    "2BC18264-2C89-59EB-A698-B00E94C01662",
    "2bc182642c8959eba698b00e94c01662",
    "{2bc18264-2c89-59eb-a698-b00e94c01662}",
    "2bc18264-2c89-59eb-a698",
    "2026-03-02T15:00:00+00:00",
    "2026-03-02T15:00:00.123456Z",
    "2026-03-02T15:00:00",
    "2026-03-02",
    "2026-02-30T15:00:00Z",
    "20260302T150000Z",
    "2026-03-02 15:00:00Z",
    [],
    ["a_code"],
    ["a_code", 7],
    [None],
    [["a_code"]],
    {},
    {"a_code": 1},
)


def test_every_promise_about_events_is_kept() -> None:
    faults = broken(RECORDED, present())

    assert not faults, "tell a new version beside the old one: " + "; ".join(faults)


def test_every_event_and_field_is_promised() -> None:
    fresh = unrecorded(RECORDED, present())

    assert not fresh, f"{'; '.join(fresh)}: {HOW}"


@every_recorded
def test_the_recorded_sample_fits(kind: str) -> None:
    sample = RECORDED[kind]["sample"]

    told = catalogue()[kind].from_payload(sample)

    assert told.to_payload() == sample
    assert accepted_by_schema(catalogue()[kind], sample)


@every_recorded
def test_schema_and_code_agree_on_what_fits(kind: str) -> None:
    event, sample = catalogue()[kind], RECORDED[kind]["sample"]
    verdicts = []

    for mutant in mutants(sample, random.Random(kind)):
        verdict = accepted_by_schema(event, mutant)
        assert accepted_by_code(event, mutant) == verdict, mutant
        verdicts.append(verdict)

    assert len(verdicts) == MUTANTS
    assert not all(verdicts)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda new: new.pop("kap.x.y.done.v1"), "is gone"),
        (lambda new: _of(new)["fields"].pop("level"), "the field level is gone"),
        (
            lambda new: _of(new)["fields"].update(level={"type": "string"}),
            "the field level is of another type",
        ),
        (lambda new: _of(new)["required"].append("note_id"), "note_id is newly"),
        (lambda new: _of(new)["required"].remove("level"), "level may now be absent"),
        (lambda new: _of(new).update(aggregate="z"), "aggregate was y, is z"),
        (lambda new: _of(new).update(sensitivity="sud"), "sensitivity was routine"),
    ],
)
def test_a_change_that_others_would_suffer_from_is_noticed(
    change: Callable[[dict[str, Contract]], object], said: str
) -> None:
    old = {"kap.x.y.done.v1": _promise()}
    new = copy.deepcopy(old)
    change(new)

    faults = broken(old, new)

    assert len(faults) == 1
    assert said in faults[0]


def test_what_is_added_breaks_nothing_and_asks_to_be_recorded() -> None:
    old = {"kap.x.y.done.v1": _promise()}
    new = copy.deepcopy(old)
    _of(new)["fields"]["since"] = {"type": ["string", "null"], "format": "date-time"}
    new["kap.x.y.undone.v1"] = _promise()

    assert broken(old, new) == []
    assert unrecorded(old, new) == [
        "kap.x.y.undone.v1 is new",
        "kap.x.y.done.v1: the field since is new",
    ]


def accepted_by_schema(event: type[Event], payload: Any) -> bool:
    """What somebody who only has the JSON Schema says."""
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    validator = jsonschema.Draft202012Validator(
        json_schema(event), format_checker=checker
    )
    valid: bool = validator.is_valid(payload)
    return valid


def accepted_by_code(event: type[Event], payload: Any) -> bool:
    """What a service of ours says."""
    try:
        event.from_payload(payload)
    except InvalidError:
        return False
    return True


def mutants(sample: dict[str, Any], chance: random.Random) -> Iterator[Any]:
    """Payloads that are a little wrong, or only different."""
    for _ in range(MUTANTS):
        mutant = json.loads(json.dumps(sample))
        for _ in range(chance.randint(1, 2)):
            name = chance.choice(list(sample))
            match chance.randint(0, 5):
                case 0:
                    mutant.pop(name, None)
                case 1:
                    mutant["added_later"] = chance.choice(_VALUES)
                case _:
                    mutant[name] = chance.choice(_VALUES)
        yield mutant


def _promise() -> Contract:
    return {
        "name": "x.y.done",
        "version": 1,
        "aggregate": "y",
        "sensitivity": "routine",
        "fields": {"level": {"type": "integer"}},
        "required": ["level"],
        "sample": {"level": 3},
    }


def _of(contracts: dict[str, Contract]) -> Contract:
    return contracts["kap.x.y.done.v1"]
