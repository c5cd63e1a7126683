"""The day board: rooms by hours, and what wants to be seen to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, render_template, request

from services.console import filters
from services.console.apis import Answer, Apis
from services.console.assets import LANES, LONGEST_DAY_HOURS, STEP_MINUTES, STEPS
from services.console.pages.people import names_of
from services.console.pages.site import site, wants_fragment
from services.console.visitor import Place
from shared.errors import InvalidError

Row = Mapping[str, Any]

OPENS, CLOSES = timedelta(hours=8), timedelta(hours=18)
"""The hours shown even of an empty day."""

STEP = timedelta(minutes=STEP_MINUTES)
HOUR = timedelta(hours=1)
YEARS = range(2000, 2200)
OFF = frozenset({"released", "cancelled", "rescheduled", "no_show"})
AHEAD = frozenset({"booked", "confirmed", "at_risk", "provisional"})
PRESENT = frozenset({"arrived", "roomed", "in_progress"})
BY_VIDEO = ""
"""The row of what takes place in no room."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """An appointment and where on the board it stands, in steps and lanes."""

    row: Row
    begin: int
    width: int
    lane: int


@dataclass(frozen=True, kw_only=True)
class Room:
    """A row of the board."""

    name: str
    tiles: list[Tile]


@dataclass(frozen=True, kw_only=True)
class Window:
    """The part of a day that is shown, in whole hours.

    Places count real time from its beginning: on the day the clocks change, an hour
    that comes twice is two hours wide.
    """

    begins_at: datetime
    hours: int

    @property
    def ends_at(self) -> datetime:
        """When it ends."""
        return self.begins_at + self.hours * HOUR

    def step(self, at: datetime) -> int:
        """The step an instant falls into, within the window."""
        inside = min(max(at, self.begins_at), self.ends_at)
        return min((inside - self.begins_at) // STEP, STEPS - 1)

    def labels(self) -> list[datetime]:
        """The beginning of each hour."""
        return [self.begins_at + n * HOUR for n in range(self.hours)]


@site.get("/clinics/<uuid:clinic_id>/board")
def board(clinic_id: UUID) -> str:
    """A day of the clinic; today, if none is named. The page asks for it again."""
    on = _asked_day()
    return render_template(
        "_board.html" if wants_fragment() else "board.html",
        section="site.board",
        clinic_id=clinic_id,
        **_day(on),
    )


def _asked_day() -> date | None:
    asked = request.args.get("date")
    if not asked:
        return None
    try:
        on = date.fromisoformat(asked)
    except ValueError as error:
        raise InvalidError("that is not a date", field="date") from error
    if on.year not in YEARS:
        raise InvalidError("there is no board for that year", field="date")
    return on


def _day(on: date | None) -> dict[str, Any]:
    """Everything the board of a day shows."""
    apis: Apis = g.apis
    place: Place = g.place
    day = apis.get("scheduling", "/day", date=on)
    rows = day["appointments"] or []
    shown = [row for row in rows if row["status"] not in OFF]
    today = filters.local(filters.now()).date()
    this = date.fromisoformat(day["date"]) if day else (on or today)
    window = window_of(this, shown, place.zone)
    running = apis.get("sessions", "/sessions", open="true")
    return {
        "day": day,
        "date": this,
        "is_today": this == today,
        "before": this - timedelta(days=1),
        "after": this + timedelta(days=1),
        "window": window,
        "rooms": _rooms(apis.get("scheduling", "/resources"), shown, window),
        "now_step": _now_step(window),
        "off": [row for row in rows if row["status"] in OFF],
        "names": names_of(apis, (row["patient_id"] for row in rows)),
        "session_of": {row["appointment_id"]: row["id"] for row in running},
        "counts": _counts(apis, rows, running),
    }


def window_of(on: date, rows: Sequence[Row], zone: ZoneInfo) -> Window:
    """The usual hours, and more where something begins earlier or ends later."""
    midnight = datetime.combine(on, datetime.min.time(), zone)
    opens = (midnight + OPENS).astimezone(UTC)
    closes = (midnight + CLOSES).astimezone(UTC)
    first = min([opens, *(filters.instant(row["starts_at"]) for row in rows)])
    last = max([closes, *(filters.instant(row["ends_at"]) for row in rows)])
    first -= (first - opens) % HOUR
    hours = -((first - last) // HOUR)
    return Window(begins_at=first, hours=min(hours, LONGEST_DAY_HOURS))


def _rooms(resources: Answer, rows: list[Row], window: Window) -> list[Room]:
    """Every room with what takes place in it; rooms nobody listed come last, and then
    what takes place by video.
    """
    names = {row["id"]: row["name"] for row in resources if row["kind"] == "room"}
    booked: dict[str, list[Row]] = {room_id: [] for room_id in names}
    for row in rows:
        room = next((r for r in row["resources"] if r["kind"] == "room"), None)
        if room is not None and row.get("mode") != "telehealth":
            names.setdefault(room["resource_id"], room["name"] or "Room")
            booked.setdefault(room["resource_id"], []).append(row)
    if by_video := [row for row in rows if row.get("mode") == "telehealth"]:
        names[BY_VIDEO], booked[BY_VIDEO] = "By video", by_video
    return [
        Room(name=names[room_id], tiles=tiles_of(found, window))
        for room_id, found in booked.items()
    ]


def tiles_of(rows: Sequence[Row], window: Window) -> list[Tile]:
    """Side by side what overlaps: a room may be booked again once one ended early."""
    tiles: list[Tile] = []
    free_from: list[int] = []
    for row in sorted(rows, key=lambda row: row["starts_at"]):
        begin = window.step(filters.instant(row["starts_at"]))
        end = max(begin + 1, window.step(filters.instant(row["ends_at"])))
        lane = next((n for n, free in enumerate(free_from) if free <= begin), None)
        if lane is None:
            lane = min(len(free_from), LANES - 1)
            free_from.append(end)
        free_from[lane] = end
        tiles.append(Tile(row=row, begin=begin, width=end - begin, lane=lane))
    return tiles


def _now_step(window: Window) -> int | None:
    now = filters.now()
    return window.step(now) if window.begins_at <= now < window.ends_at else None


def _counts(apis: Apis, rows: list[Row], running: Answer) -> dict[str, int | None]:
    """What wants to be seen to; None where it is not known, or not theirs to know."""
    alerts = apis.get("sessions", "/alerts")
    tasks = apis.get("notifications", "/tasks", status="open")
    integrations = apis.get("scheduling", "/integrations")
    states = [row["status"] for row in rows]
    return {
        "arriving": sum(state in AHEAD for state in states),
        "present": sum(state in PRESENT for state in states),
        "at_risk": sum(t["kind"] == "at_risk" for t in tasks) if tasks else None,
        "sessions": len(running) if running else None,
        "alerts": len(alerts) if alerts else None,
        "tasks": len(tasks) if tasks else None,
        "integrations": len(integrations) if integrations else None,
    }
