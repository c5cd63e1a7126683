"""How many patients fared how: counted by the database, told without small counts."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from pathlib import Path
from random import Random
from statistics import median_low
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from services.intake.app import service
from services.intake.queries import cohort
from shared import access
from shared.access import Role
from shared.context import Context
from shared.ids import uuid7
from shared.testing.lab import MORNING, Lab
from shared.testing.servers import PostgresServer
from tests.intake.clinic_lab import ANN, Clinic
from tests.intake.cohorts import BEGAN, Planted, figures_of, plant, some

EVER = cohort.Span(begins_at=BEGAN, ends_at=MORNING)


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lab]:
    """Intake on either database."""
    if request.param == "sqlite":
        made = Lab([service], tmp_path)
    else:
        server: PostgresServer = request.getfixturevalue("postgres_server")
        url = server.create_database(f"intake_{uuid7().hex}")
        made = Lab([service], tmp_path, database_url=lambda _name: url)
    made.settle()
    yield made
    made.close()


def planted(clinic: Clinic, episodes: list[Planted]) -> Clinic:
    """A clinic with these episodes."""
    patient_id = UUID(clinic.desk.post("intake", "/patients", **ANN)["id"])
    with clinic.lab.unit_of_work("intake", clinic.id) as uow:
        plant(episodes, patient_id, uow)
    return clinic


def lead(clinic: Clinic) -> Any:
    return clinic.caller(Role.MEDICAL_LEAD)


def whole(lab: Lab, span: cohort.Span, clinic_id: UUID | None) -> list[Any]:
    """The lines before anything is held back."""
    context = Context(actor=service.actor, clinic_id=clinic_id)
    with lab.runtime("intake").reading(context) as reading:
        query = cohort._cohort(reading, span)
        return cohort._lines(reading, query, MORNING)


@contextmanager
def counting(lab: Lab) -> Iterator[list[str]]:
    """Every statement intake's database is asked meanwhile."""
    asked: list[str] = []
    engine = lab.runtime("intake").database.engine

    def note(*said: Any) -> None:
        asked.append(said[2])

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def told(line: Any) -> dict[tuple[str, ...], list[int]]:
    return {
        tuple(part for part in one.key if part): [one.count, one.of]
        for one in line.figures
    }


def test_the_database_counts_what_a_hand_counts(on_both: Lab) -> None:
    random = Random(20260302)
    groups = [some(random, count) for count in (70, 25)]
    here, there = [planted(Clinic(on_both), group) for group in groups]

    lines = {line.clinic_id: line for line in whole(on_both, EVER, None)}
    (own,) = whole(on_both, EVER, here.id)

    assert lines.keys() == {here.id, there.id}
    assert told(own) == told(lines[here.id])
    for clinic, group in zip((here, there), groups, strict=True):
        figures = told(lines[clinic.id])
        assert figures == figures_of(group, MORNING)
        assert all(figure[0] <= figure[1] for figure in figures.values())
        waited = sorted((one.given_at[0] - one.opened_at).days for one in group)
        middle = (waited[len(waited) // 2] + median_low(waited)) // 2
        assert lines[clinic.id].median_days_to_dose in (middle, median_low(waited))


def test_a_cohort_is_of_a_span_and_a_route(on_both: Lab) -> None:
    random = Random(7)
    group = some(random, 40)
    clinic = planted(Clinic(on_both), group)
    span = cohort.Span(
        begins_at=BEGAN + timedelta(days=100),
        ends_at=BEGAN + timedelta(days=300),
        route_class="iv",
    )

    (line,) = whole(on_both, span, clinic.id)

    chosen = [
        one
        for one in group
        if one.route == "iv" and span.begins_at <= one.given_at[0] < span.ends_at
    ]
    assert line.courses == len(chosen) > 0
    assert told(line) == figures_of(chosen, MORNING)


def test_no_number_of_clinics_or_patients_takes_more_queries(lab: Lab) -> None:
    random = Random(3)
    counts = []

    for _ in range(2):
        planted(Clinic(lab), some(random, 20))
        with counting(lab) as asked:
            whole(lab, EVER, None)
        counts.append(len(asked))

    assert counts[0] == counts[1] <= 7


def test_a_clinic_reads_its_figures_and_no_small_ones(clinic: Clinic) -> None:
    planted(clinic, some(Random(5), 60))

    found = lead(clinic).get(
        "intake", "/outcomes", first_month="2024-09", last_month="2026-02"
    )

    (line,) = found["lines"]
    assert (found["least"], found["is_compared"], line["courses"]) == (10, False, 60)
    numbers = [one[name] for one in line["figures"] for name in ("count", "of")]
    assert None in numbers
    assert all(number is None or number >= 10 for number in numbers)
    for one in line["figures"]:
        is_whole = one["count"] is not None and one["of"] is not None
        assert (one["percent"] is not None) is is_whole


def test_months_are_of_the_clinics_calendar(clinic: Clinic) -> None:
    found = lead(clinic).get(
        "intake", "/outcomes", first_month="2025-12", last_month="2026-03"
    )

    # Chicago: six hours behind in winter, five after the clocks went on in March.
    assert found["begins_at"] == "2025-12-01T06:00:00+00:00"
    assert found["ends_at"] == "2026-04-01T05:00:00+00:00"
    assert found["lines"][0]["courses"] is None


def test_months_that_make_no_span_are_refused(clinic: Clinic) -> None:
    asked = (
        {"first_month": "2026-03", "last_month": "2026-02"},
        {"last_month": "2026-01", "first_month": "2023-01"},
        {"first_month": "2026-13"},
        {"last_month": "march"},
        {"route": "oral"},
    )

    answers = [
        lead(clinic).request("GET", "intake", "/outcomes", query_string=one)
        for one in asked
    ]

    for one, answer in zip(asked, answers, strict=True):
        assert answer.status_code == 422
        assert next(iter(one)) in str(answer.get_json())


def test_the_network_sees_clinics_that_take_part_and_nothing_of_others(
    lab: Lab,
) -> None:
    clinics = [planted(Clinic(lab), some(Random(n), 50)) for n in range(3)]
    for clinic in clinics[:2]:
        lead(clinic).put("intake", "/outcomes/comparison", is_compared=True)
    network = lab.caller(Role.NETWORK_ADMIN)

    lines = network.get("intake", "/outcomes/network", year=2025)["lines"]

    assert [line["kind"] for line in lines] == ["clinic", "clinic", "sum"]
    shown = {line["clinic_id"] for line in lines[:-1]}
    assert shown == {str(clinic.id) for clinic in clinics[:2]}
    assert lines[-1]["courses"] == sum(line["courses"] for line in lines[:-1])


def test_a_clinic_that_stops_taking_part_is_in_no_line_any_more(lab: Lab) -> None:
    clinic = planted(Clinic(lab), some(Random(1), 50))
    admin = clinic.caller(Role.CLINIC_ADMIN)
    network = lab.caller(Role.NETWORK_ADMIN)

    admin.put("intake", "/outcomes/comparison", is_compared=True)
    before = network.get("intake", "/outcomes/network", year=2025)["lines"]
    admin.put("intake", "/outcomes/comparison", is_compared=False)
    after = network.get("intake", "/outcomes/network", year=2025)["lines"]

    assert [line["clinic_id"] for line in before] == [str(clinic.id), None]
    assert after == []


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(StringIO(answer.get_data(as_text=True))))


def test_figures_go_out_as_a_table_without_small_counts(clinic: Clinic) -> None:
    planted(clinic, some(Random(5), 60))
    asked = {"first_month": "2024-09", "last_month": "2026-02"}

    answer = lead(clinic).request("GET", "intake", "/outcomes.csv", query_string=asked)

    rows = rows_of(answer)
    found = lead(clinic).get("intake", "/outcomes", **asked)["lines"][0]["figures"]
    assert len(rows) == len(found)
    for row, one in zip(rows, found, strict=True):
        assert row["count"] == ("" if one["count"] is None else str(one["count"]))
        assert row["figure"] == one["code"]


def test_answers_go_out_under_pseudonyms_and_leave_an_entry_for_each_patient(
    clinic: Clinic,
) -> None:
    group = some(Random(5), 6)
    planted(clinic, group)
    patient_id = clinic.desk.get("intake", "/patients")["items"][0]["id"]
    asked = {"first_month": "2024-09", "last_month": "2026-02"}

    answer = lead(clinic).request(
        "GET", "intake", "/outcomes/answers.csv", query_string=asked
    )

    rows = rows_of(answer)
    assert len(rows) == sum(len(one.answers) for one in group)
    assert patient_id not in answer.get_data(as_text=True)
    assert len({row["patient"] for row in rows}) == 1
    assert {row["is_baseline"] for row in rows} == {"0", "1"}
    clinic.lab.settle()
    trail = clinic.caller(Role.CLINIC_ADMIN).get("intake", "/audit")["items"]
    (entry,) = [one for one in trail if one["action"] == "intake.export_answers"]
    assert entry["patients"] == [patient_id]


def test_figures_are_for_who_leads_the_clinic(clinic: Clinic) -> None:
    paths = ("/outcomes", "/outcomes.csv", "/outcomes/answers.csv")

    statuses = {
        role: {
            clinic.caller(role).request("GET", "intake", path).status_code
            for path in paths
        }
        for role in access.STAFF
    }

    leading = {role for role, found in statuses.items() if found == {200}}
    assert leading == {Role.MEDICAL_LEAD, Role.CLINIC_ADMIN}
    assert all(statuses[role] == {403} for role in access.STAFF - leading)
