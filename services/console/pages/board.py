"""The day board: rooms, devices or staff by hours, and what wants to be seen to."""

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
from services.console.visitor import Place, Visitor
from shared import access
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
WITHOUT = ""
"""The row of what holds none of its kind, as by video no room."""

VIEWS = {
    "room": "Rooms",
    "device": "Devices",
    "therapist": "Therapists",
    "monitor": "Monitors",
    "prescriber": "Prescribers",
}
"""What the rows may stand for."""


@dataclass(frozen=True, kw_only=True)
class Tile:
    """An appointment and where on the board it stands, in steps and lanes.

    `tail` is how long its row is held for it once it is over.
    """

    row: Row
    begin: int
    width: int
    lane: int
    tail: int = 0


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A room, a device or a person, and what it is booked for."""

    id: str
    name: str
    rows: list[Row]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A row of the board."""

    id: str
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
    visitor: Visitor = g.visitor
    by = asked_rows()
    return render_template(
        "_board.html" if wants_fragment() else "board.html",
        section="site.board",
        clinic_id=clinic_id,
        by=by,
        views=VIEWS,
        ahead=AHEAD,
        movable=AHEAD if visitor.may(access.BOOKINGS_WRITE, clinic_id) else (),
        **_day(asked_day(), by),
    )


def asked_rows() -> str:
    """What the rows are to stand for; rooms, if nothing is asked for.

    Raises:
        InvalidError: there are no such rows.
    """
    by = request.args.get("by", "room")
    if by not in VIEWS:
        raise InvalidError("the board has no such rows", field="by")
    return by


def asked_day() -> date | None:
    """The day that is asked for, if one is.

    Raises:
        InvalidError: it is no date, or of no year that is shown.
    """
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


def _day(on: date | None, by: str) -> dict[str, Any]:
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
        "lines": [
            Line(id=one.id, name=one.name, tiles=tiles_of(one.rows, window, by))
            for one in booked_by(apis.get("scheduling", "/resources"), shown, by)
        ],
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


def booked_by(resources: Answer, rows: Sequence[Row], by: str) -> list[Booked]:
    """Everything of a kind with what it is booked for; what nobody listed comes last,
    and then what holds none of the kind.
    """
    names = {row["id"]: row["name"] for row in resources if row["kind"] == by}
    booked: dict[str, list[Row]] = {id_: [] for id_ in names}
    without: list[Row] = []
    for row in rows:
        one = _held(row, by)
        if one is None or (by == "room" and row.get("mode") == "telehealth"):
            without.append(row)
        else:
            names.setdefault(one["resource_id"], one["name"] or filters.sentence(by))
            booked.setdefault(one["resource_id"], []).append(row)
    if without:
        names[WITHOUT] = "By video" if by == "room" else f"No {by}"
        booked[WITHOUT] = without
    return [Booked(id=id_, name=names[id_], rows=on) for id_, on in booked.items()]


def _held(row: Row, kind: str) -> Row | None:
    """What an appointment holds of a kind."""
    held: list[Row] = row.get("resources", [])
    return next((one for one in held if one["kind"] == kind), None)


def tiles_of(rows: Sequence[Row], window: Window, by: str = "room") -> list[Tile]:
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
        tail = max(0, window.step(_held_until(row, by)) - end)
        tiles.append(
            Tile(row=row, begin=begin, width=end - begin, lane=lane, tail=tail)
        )
    return tiles


def _held_until(row: Row, by: str) -> datetime:
    """When its row is free again; at its end, unless it is held longer."""
    held = _held(row, by)
    return filters.instant(held["ends_at"] if held else row["ends_at"])


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
