"""When doses are looked at, how long times are held, and whose digest stays."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import InvalidError
from shared.readiness import Gate
from shared.rulepack import Route, load_pack, read_clinic_pack

SAYS = (
    "",
    '[booking]\nhold_for = "15 min"\n',
    '[fasting.default]\nsolids = "6 h"\n',
)
RULES = load_pack().booking
DOSE = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
OWN = """
version = "fictional-1"
title = "A clinic's own"
extends = "kap-base-2026.1"
"""


@pytest.mark.parametrize(
    ("before", "upcoming", "gate", "cutoff"),
    [
        (100, 72, Gate.BOOKING, 24),
        (72, 24, Gate.THREE_DAYS_BEFORE, 24),
        (25, 24, Gate.THREE_DAYS_BEFORE, 24),
        (24, None, Gate.DAY_BEFORE, 12),
        (12, None, Gate.DAY_BEFORE, 12),
        (3, None, Gate.DAY_BEFORE, 3),
    ],
)
def test_a_dose_is_looked_at_and_released_by_the_hours_before_it(
    before: int, upcoming: int | None, gate: Gate, cutoff: int
) -> None:
    at = DOSE - before * HOUR

    assert RULES.next_sweep(DOSE, at) == (
        None if upcoming is None else DOSE - upcoming * HOUR
    )
    assert RULES.gate_at(DOSE, at) is gate
    assert RULES.cutoff(DOSE, at) == DOSE - cutoff * HOUR


def test_a_provisional_booking_ends_at_the_earlier_of_two_times() -> None:
    near, far = DOSE - timedelta(days=5), DOSE - timedelta(days=60)

    assert RULES.provisional_until(DOSE, near) == DOSE - 24 * HOUR
    assert RULES.provisional_until(DOSE, far) == far + timedelta(days=14)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (
            '[booking.sweeps.day_before]\ncutoff_before = "24 h"',
            "booking.sweeps.day_before.cutoff_before",
        ),
        (
            '[booking.sweeps.day_before]\nbefore = "80 h"',
            "booking.sweeps.day_before",
        ),
        (
            '[booking.sweeps.arrival]\nbefore = "2 h"\ncutoff_before = "1 h"',
            "booking.sweeps",
        ),
        ('[fasting.default]\nsolids = "four hours"', "fasting.default.solids"),
    ],
)
def test_sweeps_that_leave_no_time_are_refused(change: str, where: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_clinic_pack(f"{OWN}\n{change}\n")

    assert where in refused.value.details["errors"]  # type: ignore[operator]


def test_a_route_without_hours_of_its_own_has_those_of_all() -> None:
    fasting = load_pack().fasting

    assert fasting.hours(Route.IM) == fasting.hours(None) == fasting.default
    assert fasting.hours(Route.ESKETAMINE_NASAL) != fasting.default


def test_a_pack_that_says_something_of_holds_or_fasting_is_signed_with_it() -> None:
    packs = [read_clinic_pack(f"{OWN}\n{said}") for said in SAYS]

    assert packs[0].pack.booking == RULES
    assert len({pack.digest for pack in packs}) == len(SAYS)
