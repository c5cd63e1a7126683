"""Where tiles stand on the day board."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.console.assets import STEPS, grid_css
from services.console.pages.board import tiles_of, window_of

CHICAGO = ZoneInfo("America/Chicago")
KOLKATA = ZoneInfo("Asia/Kolkata")
TUESDAY = date(2026, 3, 3)
CLOCKS_BACK = date(2026, 11, 1)


def appointment(begins: datetime, minutes: int = 60) -> dict[str, Any]:
    """What scheduling says of an appointment, as far as a place needs it."""
    ends = begins + timedelta(minutes=minutes)
    return {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}


def at(hour: int, minute: int = 0, on: date = TUESDAY) -> datetime:
    """A time of the clinic's day."""
    local = datetime(on.year, on.month, on.day, hour, minute, tzinfo=CHICAGO)
    return local.astimezone(UTC)


def labels(on: date, rows: list[dict[str, Any]], zone: ZoneInfo) -> list[str]:
    """The hours above the board, by the clinic's clock."""
    hours = window_of(on, rows, zone).labels()
    return [f"{hour.astimezone(zone):%H:%M}" for hour in hours]


def test_an_empty_day_shows_the_usual_hours() -> None:
    shown = labels(TUESDAY, [], CHICAGO)

    assert (shown[0], shown[-1], len(shown)) == ("08:00", "17:00", 10)


def test_hours_are_whole_ones_of_the_clinics_own_clock() -> None:
    assert labels(TUESDAY, [], KOLKATA)[0] == "08:00"


def test_an_early_and_a_late_appointment_widen_the_day() -> None:
    rows = [appointment(at(6, 30)), appointment(at(18, 30), minutes=45)]

    shown = labels(TUESDAY, rows, CHICAGO)

    assert (shown[0], shown[-1]) == ("06:00", "19:00")


def test_an_hour_that_comes_twice_is_shown_twice() -> None:
    rows = [appointment(at(0, 30, on=CLOCKS_BACK))]

    shown = labels(CLOCKS_BACK, rows, CHICAGO)

    assert shown[:4] == ["00:00", "01:00", "01:00", "02:00"]


def test_a_tile_begins_and_ends_where_its_time_does() -> None:
    rows = [appointment(at(9, 15), minutes=45)]

    (tile,) = tiles_of(rows, window_of(TUESDAY, rows, CHICAGO))

    assert (tile.begin, tile.width, tile.lane) == (15, 9, 0)


def test_tiles_that_overlap_stand_in_lanes_and_others_share_one() -> None:
    rows = [
        appointment(at(9), minutes=120),
        appointment(at(10), minutes=60),
        appointment(at(11), minutes=60),
    ]

    tiles = tiles_of(rows, window_of(TUESDAY, rows, CHICAGO))

    assert [tile.lane for tile in tiles] == [0, 1, 0]


def test_a_tile_that_runs_past_the_window_ends_with_it() -> None:
    rows = [appointment(at(9), minutes=60 * 40)]
    window = window_of(TUESDAY, rows, CHICAGO)

    (tile,) = tiles_of(rows, window)

    assert tile.begin + tile.width <= STEPS


def test_every_place_a_tile_may_have_is_in_the_stylesheet() -> None:
    sheet = grid_css()

    assert f".c{STEPS - 1}{{" in sheet
    assert f".s{STEPS}{{" in sheet
    assert ".hours-25{" in sheet


def test_a_row_that_is_held_longer_has_a_tail() -> None:
    room = {"resource_id": "r", "kind": "room", "name": "River room"}
    row = appointment(at(9), minutes=60)
    row["resources"] = [{**room, "ends_at": at(10, 15).isoformat()}]
    window = window_of(TUESDAY, [row], CHICAGO)

    (of_room,) = tiles_of([row], window)
    (of_staff,) = tiles_of([row], window, "monitor")

    assert (of_room.width, of_room.tail, of_staff.tail) == (12, 3, 0)
