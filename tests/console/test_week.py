"""The page of a week: days side by side, for each room or person what it holds."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.console.app import service as console
from services.console.pages.week import days_of, zones_of
from services.intake.app import service as intake
from services.scheduling.app import service as scheduling
from shared.access import Role
from shared.testing.lab import Lab
from tests.console.browser import Browser
from tests.console.clinic_day import ClinicDay

CLOCKS_ON = date(2026, 3, 8)
LATE_ON_SUNDAY = datetime(2026, 3, 9, 4, 30, tzinfo=UTC)
"""23:30 by the clock that was put on that morning."""

OPEN = [["08:00", "18:00"]]
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat")


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    lab = Lab([intake, scheduling, console], tmp_path, front="console")
    yield ClinicDay.begin(lab)
    lab.close()


def section(page: str, on: str) -> str:
    """What stands under a day."""
    found = re.search(rf'<section [^>]*"day-{on}">(.*?)</section>', page)
    assert found, page
    return found[0]


def test_a_week_is_the_clinics_own_also_when_clocks_change() -> None:
    days = days_of(CLOCKS_ON)

    assert (days[0], days[-1]) == (date(2026, 3, 2), CLOCKS_ON)
    assert zones_of(days, ZoneInfo("America/Chicago")) == ["CST", "CDT"]
    assert zones_of(
        days_of(days[-1] + timedelta(days=1)), ZoneInfo("Asia/Kolkata")
    ) == ["IST"]


def test_appointments_stand_under_their_day_and_in_their_row(day: ClinicDay) -> None:
    ann = day.register("Ann", "Fictional")
    now = day.book(ann, "preparation", day.lab.clock(), "River room")
    last = day.book(ann, "preparation", LATE_ON_SUNDAY, "Quiet room")
    next_week = day.book(
        ann, "preparation", LATE_ON_SUNDAY + timedelta(hours=1), "Quiet room"
    )
    admin = day.staff[Role.CLINIC_ADMIN]
    admin.put("scheduling", "/hours", weekly=dict.fromkeys(WEEKDAYS, OPEN))
    admin.post(
        "scheduling",
        "/closures",
        first_day="2026-03-06",
        last_day="2026-03-07",
        reason_code="public_holiday",
    )
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/week"

    page = desk.look(where)
    after = desk.look(f"{where}?date=2026-03-12&by=therapist")

    assert "This week" in page
    assert "(CST, then CDT)" in page
    monday, saturday, sunday = (
        section(page, f"2026-03-0{number}") for number in (2, 7, 8)
    )
    assert f"/appointments/{now}" in monday
    assert 'aria-current="date"' in monday
    assert "/board?date=2026-03-02" in monday
    assert re.search(r"<h3>River room</h3>.*09:00", monday)
    assert "Closed" not in monday
    assert "Closed: public holiday" in saturday
    assert re.search(rf"Closed<.*<h3>Quiet room</h3>.*{last}.*23:30", sunday)
    assert next_week not in page
    assert "Week of Mon 9 Mar 2026" in after
    assert re.search(rf"<h3>Therapist north</h3>.*{next_week}", after)
    assert now not in after
    assert f"{where}?date=2026-03-02&amp;by=therapist" in after


def test_what_a_dose_lacks_is_opened_at_its_mark(day: ClinicDay) -> None:
    ann = day.register("Ann", "Fictional")
    at = day.lab.clock() + timedelta(days=4)
    made = day.staff[Role.FRONT_DESK].post(
        "scheduling",
        "/appointments",
        patient_id=ann.id,
        type="dosing",
        starts_at=at,
        room_id=day.rooms["River room"],
        therapist_id=day.people["therapist North"],
        monitor_id=day.people["monitor North"],
        provisional=True,
    )
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    own = f"/clinics/{day.clinic_id}"

    for page in (
        desk.look(f"{own}/week"),
        desk.look(f"{own}/board?date={at:%Y-%m-%d}"),
    ):
        reasons = re.search(rf'<details [^>]*id="why-{made["id"]}">.*?</details>', page)
        assert reasons
        assert "Provisional: what is missing for Ann Fictional" in reasons[0]
        assert "<li>Medical clearance</li>" in reasons[0]
        assert "For prescriber; given back" in reasons[0]


def test_a_week_is_shown_to_its_own_clinic(day: ClinicDay) -> None:
    ann = day.register("Ann", "Fictional")
    appointment = day.book(ann, "preparation", day.lab.clock(), "River room")
    other = ClinicDay.begin(day.lab, "Elsewhere")
    desk = Browser.of(other.staff[Role.FRONT_DESK])
    where = f"/clinics/{other.clinic_id}/week"

    page = desk.look(where)
    refused = [
        desk.get(path).status_code
        for path in (
            f"/clinics/{day.clinic_id}/week",
            f"{where}?date=soon",
            f"{where}?date=1999-03-02",
            f"{where}?by=weather",
        )
    ]

    assert "This week" in page
    assert appointment not in page
    assert refused == [404, 422, 422, 422]
