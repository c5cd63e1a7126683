"""Bundles that are broken, hostile or large."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.referrals.fhir import open_bundle
from cli.referrals.record import UnreadableFileError
from cli.referrals.spool import temporary_database
from shared.errors import UnavailableError
from tests.cli.fhir_bundles import (
    bundle_of,
    condition,
    coverage,
    medication,
    patient,
    result_of,
)
from tests.cli.referral_receiver import Receiver, run


def test_what_follows_a_break_in_the_file_is_told_not_guessed(tmp_path: Path) -> None:
    bundle = bundle_of(tmp_path, patient(1), condition(), patient(2), patient(3))
    whole = bundle.read_text(encoding="utf-8")
    cut = whole.index('"A-3"')
    bundle.write_text(whole[:cut] + "]" + whole[cut:], encoding="utf-8")

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (2, 1)
    last = result_of(bundle)[-1]
    assert (last["row"], last["outcome"]) == ("4", "refused")
    assert last["reason"].startswith("file: the JSON breaks off after entry 3, near")
    assert "Fictional" not in report.broken


@pytest.mark.parametrize(
    "end", ["", "]", "]}}", '], "meta": 1' + "0" * 5000 + "}", ']} {"a": 1}', "\xff"]
)
def test_every_kind_of_bad_ending_is_a_broken_file(tmp_path: Path, end: str) -> None:
    start = '{"resourceType": "Bundle", "type": "batch", "entry": ['
    bundle = tmp_path / "bundle.json"
    entry = json.dumps({"resource": patient()})
    bundle.write_bytes((start + entry + end).encode("latin-1"))

    report = run(Receiver(), bundle)

    assert report.created == 1
    assert report.broken


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "nonsense",
        "[]",
        "7",
        "[" * 200_000,
        '{"resourceType": "Patient"}',
        '{"resourceType": "Patient"}\n{"resourceType": "Patient"}',
        '{"resourceType": "Bundle", "type": "history", "entry": []}',
        '{"resourceType": "Bundle", "entry": []}',
        '{"resourceType": "Bundle", "type": ["batch"], "entry": []}',
        '{"resourceType": "Bundle", "type": "batch", "entry": {}}',
        '{"entry": [{"resource": {"resourceType": "Patient"}}]}',
    ],
)
def test_what_is_no_bundle_to_import_sends_nothing(
    tmp_path: Path, content: str
) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_text(content, encoding="utf-8")

    with pytest.raises(UnreadableFileError):
        run(Receiver(), bundle)

    assert list(tmp_path.iterdir()) == [bundle]


def test_a_bundle_is_known_by_its_content_and_may_be_empty(tmp_path: Path) -> None:
    bundle = tmp_path / "export.txt"
    content = '\ufeff\n {"entry": [], "type": "searchset", "resourceType": "Bundle"}'
    bundle.write_text(content, encoding="utf-8")

    report = run(Receiver(), bundle)

    assert (report.created, report.refused, report.broken) == (0, 0, "")


def test_hostile_entries_are_refused_one_by_one(tmp_path: Path) -> None:
    deep: Any = "bottom"
    for _ in range(200):
        deep = [deep]
    entries = [
        {"resource": patient(1, extension=deep)},
        {"resource": patient(2, photo=[{"data": "x" * 3_000_000}])},
        {"resource": patient(3, extension=[{"url": "u"}] * 300_000)},
        {"resource": {"resourceType": "DocumentReference", "content": deep}},
        {"resource": {"resourceType": 7}},
        {"resource": None},
        {"resource": patient(4), "fullUrl": {}},
        {"resource": condition(), "fullUrl": "\ud800"},
        "text",
        None,
        [[[]]],
    ]
    bundle = tmp_path / "bundle.json"
    heading = {"resourceType": "Bundle", "type": "collection"}
    bundle.write_text(json.dumps({**heading, "entry": entries}), encoding="utf-8")

    report = run(Receiver(), bundle)

    rows = {int(row["row"]): row for row in result_of(bundle)}
    assert (report.created, report.ignored, report.broken) == (1, 1, "")
    assert rows[2]["outcome"] == "created"
    assert rows[1]["reason"] == rows[3]["reason"]
    assert "too large, or nested too deeply" in rows[1]["reason"]
    assert rows[7]["reason"] == "fullUrl: a text is expected"
    for number in (5, 6, 9, 10, 11):
        assert "resource: missing" in rows[number]["reason"]


def test_a_condition_too_large_to_read_refuses_its_patient(tmp_path: Path) -> None:
    large = condition(extension=[{"url": "u"}] * 300_000)
    bundle = bundle_of(tmp_path, patient(1), patient(2), large)

    report = run(Receiver(), bundle)

    told = "entry 3 (Condition): too large, or nested too deeply"
    assert (report.created, report.refused) == (1, 1)
    assert result_of(bundle)[0]["reason"] == told


def test_a_condition_with_an_unreadable_url_refuses_its_patient(tmp_path: Path) -> None:
    entry = {"fullUrl": ["urn:uuid:aa"], "resource": condition()}
    bundle = bundle_of(tmp_path, patient(1), entry)

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (0, 1)
    told = "entry 2 (Condition): fullUrl: a text is expected"
    assert result_of(bundle)[0]["reason"] == told


def test_a_long_text_is_refused_and_never_shortened(tmp_path: Path) -> None:
    words = condition(code={"text": "very  low  mood " * 100})
    bundle = bundle_of(tmp_path, patient(1), words)

    report = run(Receiver(), bundle)

    assert (report.created, report.refused) == (0, 1)


def test_a_temporary_database_that_fails_is_told_as_a_lack_of_room() -> None:
    with (
        pytest.raises(UnavailableError, match="TMPDIR"),
        temporary_database() as db,
    ):
        db.execute("PRAGMA max_page_count = 1")
        db.execute("CREATE TABLE too_much (column_1 TEXT)")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "system", "value", "use", "reference"]),
            inside,
            max_size=3,
        )
    ),
    max_leaves=8,
)
RESOURCES = (patient(1), condition(), medication(), coverage())


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    which=st.integers(0, 3),
    field=st.integers(0, 20),
    value=ANYTHING,
)
def test_no_value_in_any_field_gets_past_as_anything_but_a_row(
    tmp_path: Path, which: int, field: int, value: Any
) -> None:
    resources = [dict(resource) for resource in RESOURCES]
    fields = list(resources[which])
    resources[which][fields[field % len(fields)]] = value

    with open_bundle(bundle_of(tmp_path, *resources, patient(2))) as source:
        rows = list(source.rows)

    assert rows[-1].referral is not None
    assert all(bool(row.referral) != bool(row.reason) for row in rows)
    assert len(rows) == source.total


def large_bundle(patients: int) -> Iterator[str]:
    """A bundle sorted by kind, so that nobody is complete before its end."""
    yield '{"resourceType": "Bundle", "type": "collection", "entry": [\n'
    for number in range(patients):
        yield json.dumps({"resource": patient(number)}) + ",\n"
    for number in range(patients):
        yield json.dumps({"resource": condition(f"Patient/{number}")}) + ",\n"
        yield json.dumps({"resource": medication(f"Patient/{number}")}) + ",\n"
    yield json.dumps({"resource": coverage(beneficiary={})}) + "]}"


def test_a_large_bundle_is_never_in_memory(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    with bundle.open("w", encoding="utf-8") as file:
        file.writelines(large_bundle(6_000))

    tracemalloc.start()
    try:
        with open_bundle(bundle) as source:
            complete = sum(
                len(row.referral.conditions) == len(row.referral.medications) == 1
                for row in source.rows
                if row.referral
            )
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert complete == 6_000
    assert bundle.stat().st_size > 3_500_000
    assert peak < 1_000_000
