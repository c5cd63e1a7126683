"""Reports by whole months of a clinic's calendar."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import fields

from shared.errors import InvalidError
from shared.http.schemas import YEARS, Query

MOST_MONTHS = 36
USUAL_MONTHS = 12

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


class MonthField(fields.Field[date]):
    """A month of the calendar, such as 2026-03."""

    default_error_messages = {"month": "Not a month such as 2026-03."}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> date:
        match = _MONTH.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1]) not in YEARS:
            raise self.make_error("month")
        return date(int(match[1]), int(match[2]), 1)


class MonthsQuery(Query):
    """In which months the first dose was given; without any, the last twelve."""

    first_month = MonthField(load_default=None)
    last_month = MonthField(load_default=None)


def instants(
    query: dict[str, Any], zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime]:
    """When the months that are asked for begin and end.

    Raises:
        InvalidError: they end before they begin, or are too many.
    """
    last = query["last_month"] or now.astimezone(zone).date().replace(day=1)
    first = query["first_month"] or _moved(last, 1 - USUAL_MONTHS)
    if first > last:
        raise InvalidError("is after the last month", field="first_month")
    if _moved(first, MOST_MONTHS) <= last:
        raise InvalidError(f"are more than {MOST_MONTHS}", field="last_month")
    begins_at, ends_at = (
        datetime(day.year, day.month, 1, tzinfo=zone).astimezone(UTC)
        for day in (first, _moved(last, 1))
    )
    return begins_at, ends_at


def _moved(month: date, by: int) -> date:
    """The month so many months on."""
    years, before = divmod(month.month - 1 + by, 12)
    return date(month.year + years, before + 1, 1)
