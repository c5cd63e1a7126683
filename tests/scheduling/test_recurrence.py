"""Days that come again: what RFC 5545 says, whatever day one looks from."""

from datetime import date, datetime, time, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduling.domain.recurrence import Recurrence
from shared.errors import InvalidError

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
FRIDAY = date(2026, 3, 6)


def days_of(rule: str, first: date, begins: date, ends: date) -> list[date]:
    """The days of a rule between two, both included."""
    return list(Recurrence.read(rule, field="rrule").days(first, begins, ends))


def test_every_second_friday_stays_every_second_friday() -> None:
    rule = "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR"

    near = days_of(rule, FRIDAY, FRIDAY, date(2026, 4, 5))
    far = days_of(rule, FRIDAY, date(2036, 3, 1), date(2036, 3, 31))

    assert near == [date(2026, 3, 6), date(2026, 3, 20), date(2026, 4, 3)]
    assert len(far) >= 2
    assert {(day - FRIDAY).days % 14 for day in far} == {0}


def test_nothing_comes_before_its_first_day() -> None:
    found = days_of("FREQ=DAILY", FRIDAY, FRIDAY - timedelta(days=9), FRIDAY)

    assert found == [FRIDAY]


@pytest.mark.parametrize(
    ("rule", "last"),
    [
        ("FREQ=DAILY", None),
        ("FREQ=DAILY;UNTIL=99991231", None),
        ("FREQ=MONTHLY;INTERVAL=366;COUNT=366", None),
        ("FREQ=DAILY;UNTIL=20260310", date(2026, 3, 10)),
        ("FREQ=WEEKLY;COUNT=3", date(2026, 3, 20)),
        ("FREQ=MONTHLY;BYDAY=1MO;COUNT=2", date(2026, 5, 4)),
        ("FREQ=MONTHLY;COUNT=2", date(2026, 4, 6)),
    ],
)
def test_a_rule_says_when_it_is_over(rule: str, last: date | None) -> None:
    assert Recurrence.read(rule, field="rrule").last_day(FRIDAY, field="") == last


def test_a_day_that_a_month_lacks_is_left_out() -> None:
    first = date(2026, 1, 31)

    found = days_of("FREQ=MONTHLY", first, date(2028, 2, 1), date(2028, 5, 31))

    assert found == [date(2028, 3, 31), date(2028, 5, 31)]


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY"]),
    st.integers(1, 5),
    st.lists(st.sampled_from(DAYS), unique=True, max_size=3),
    st.sampled_from(["", "1", "-1", "+3"]),
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    st.integers(0, 900),
)
def test_counting_from_near_gives_what_counting_from_the_first_day_does(
    frequency: str,
    interval: int,
    weekdays: list[str],
    place: str,
    first: date,
    later: int,
) -> None:
    place = place if frequency == "MONTHLY" else ""
    rule = f"FREQ={frequency};INTERVAL={interval}"
    if weekdays:
        rule += ";BYDAY=" + ",".join(place + day for day in weekdays)
    begins = first + timedelta(days=later)
    ends = begins + timedelta(days=90)

    found = days_of(rule, first, begins, ends)

    everything = rrulestr(f"DTSTART:{first:%Y%m%dT000000}\nRRULE:{rule}")
    begin, end = (datetime.combine(day, time.min) for day in (begins, ends))
    assert found == [at.date() for at in everything.between(begin, end, inc=True)]


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "every day",
        "FREQ=HOURLY",
        "FREQ=YEARLY",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=DAILY;BYSETPOS=1",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=367",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=367",
        "FREQ=DAILY;COUNT=9;UNTIL=20261231",
        "FREQ=DAILY;FREQ=WEEKLY",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=MO,MO",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=DAILY;UNTIL=2026-12-31",
        "FREQ=DAILY;UNTIL=20261231T090000Z",
        "FREQ=DAILY;" + "BYDAY=MO;" * 40,
    ],
)
def test_a_rule_of_another_kind_is_refused_by_its_field(rule: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        Recurrence.read(rule, field="shifts/0/rrule")

    assert refusal.value.field == "shifts/0/rrule"


def test_a_rule_that_is_over_before_it_begins_is_refused() -> None:
    rule = Recurrence.read("FREQ=DAILY;UNTIL=20260101", field="rrule")

    with pytest.raises(InvalidError):
        rule.last_day(FRIDAY, field="rrule")
