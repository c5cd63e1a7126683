"""The week: rooms, devices or staff by days, by the clinic's own calendar."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import g, render_template

from services.console import filters, wording
from services.console.apis import Answer, Apis
from services.console.pages.board import (
    AHEAD,
    OFF,
    VIEWS,
    Booked,
    Row,
    asked_day,
    asked_rows,
    booked_by,
)
from services.console.pages.hours import DAYS
from services.console.pages.people import names_of
from services.console.pages.site import site, wants_fragment
from services.console.visitor import Place

WEEK = timedelta(days=7)
NOON = time(12)


@dataclass(frozen=True, kw_only=True)
class Column:
    """A day, and for each row what is booked on it.

    `closed` says that the clinic is closed, and why if somebody said so; else None.
    """

    on: date
    cells: list[Booked]
    closed: str | None

    @property
    def name(self) -> str:
        """Mon 2 Mar"""
        return f"{self.on:%a} {self.on.day} {self.on:%b}"


@site.get("/clinics/<uuid:clinic_id>/week")
def week(clinic_id: UUID) -> str:
    """The week of a day, from Monday on; this one, if no day is named."""
    apis: Apis = g.apis
    place: Place = g.place
    by = asked_rows()
    today = filters.local(filters.now()).date()
    days = days_of(asked_day() or today)
    found = apis.get("scheduling", "/day", date=days[0], days=len(days))
    rows = [row for row in found["appointments"] or [] if row["status"] not in OFF]
    lines = booked_by(apis.get("scheduling", "/resources"), rows, by)
    return render_template(
        "_week.html" if wants_fragment() else "week.html",
        section="site.board",
        clinic_id=clinic_id,
        by=by,
        views=VIEWS,
        ahead=AHEAD,
        found=found,
        today=today,
        before=days[0] - WEEK,
        after=days[0] + WEEK,
        lines=lines,
        columns=columns_of(days, lines, apis.get("scheduling", "/hours")),
        zones=zones_of(days, place.zone),
        names=names_of(apis, (row["patient_id"] for row in rows)),
    )


def days_of(on: date) -> list[date]:
    """The days of a week, from Monday to Sunday."""
    monday = on - timedelta(days=on.weekday())
    return [monday + timedelta(days=n) for n in range(7)]


def zones_of(days: Sequence[date], zone: ZoneInfo) -> list[str]:
    """What the clinic's clock is called on these days: two names if it changes."""
    noons = (datetime.combine(day, NOON, zone) for day in days)
    return list(dict.fromkeys(f"{noon:%Z}" for noon in noons))


def columns_of(
    days: Sequence[date], lines: Sequence[Booked], hours: Answer
) -> list[Column]:
    """What each row holds on each day, in the order of time."""
    held: dict[tuple[str, date], list[Row]] = {}
    for line in lines:
        for row in line.rows:
            on = filters.local(row["starts_at"]).date()
            held.setdefault((line.id, on), []).append(row)
    return [
        Column(
            on=day,
            cells=[
                Booked(id=one.id, name=one.name, rows=held.get((one.id, day), []))
                for one in lines
            ],
            closed=_closed(day, hours["weekly"], hours["closures"] or []),
        )
        for day in days
    ]


def _closed(
    on: date, weekly: Mapping[str, Any] | None, closures: Sequence[Row]
) -> str | None:
    for one in closures:
        if one["first_day"] <= on.isoformat() <= one["last_day"]:
            return f"Closed: {wording.words(one['reason_code'])}"
    if weekly is not None and not weekly.get(list(DAYS)[on.weekday()]):
        return "Closed"
    return None
