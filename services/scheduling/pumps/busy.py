"""Fetches calendars of others every quarter of an hour, through the guarded way out."""

from sqlalchemy import bindparam, select, update

from services.scheduling.domain import READ_EVERY, BusyFeed
from services.scheduling.domain.calendar_reading import MOST_BYTES
from services.scheduling.handlers import calendar as handlers
from services.scheduling.models.calendar import busy_feeds
from shared.context import Context
from shared.errors import InvalidError
from shared.outward.courier import Courier, Reply
from shared.privacy.columns import opened
from shared.reach import NETWORK
from shared.reading import Row
from shared.service import Runtime

BATCH = 5
HEADERS = {"accept": "text/calendar", "user-agent": "kap-network-calendars/1"}
GOOD = 200

_default = Courier()

_DUE = (
    select(busy_feeds)
    .where(busy_feeds.c.next_at <= bindparam("now"))
    .order_by(busy_feeds.c.next_at)
    .limit(BATCH)
)
_DUE_LOCKED = _DUE.with_for_update(skip_locked=True)
_DUE_IDS = _DUE.with_only_columns(busy_feeds.c.id)


def fetch_busy(runtime: Runtime, courier: Courier = _default) -> int:
    """Fetch the calendars that are due; how many were."""
    due = _claim(runtime)
    for row in due:
        reply = courier.send(
            "GET",
            row["url"],
            HEADERS,
            listed=runtime.settings.webhook_hosts,
            most_bytes=MOST_BYTES + 1,
        )
        _note(row, reply, runtime)
    return len(due)


def _claim(runtime: Runtime) -> list[Row]:
    """Feeds that are due; from now on they are due again in a while.

    A process that dies in between leaves them to the next time.
    """
    now = runtime.clock()
    # Mostly nothing is due, and then no lock is taken to find that out.
    with runtime.reading(Context(actor=runtime.service.actor)) as reading:
        if reading.connection.execute(_DUE_IDS, {"now": now}).first() is None:
            return []
    with runtime.begin(NETWORK) as connection:
        rows = list(opened(connection, connection.execute(_DUE_LOCKED, {"now": now})))
        connection.execute(
            update(busy_feeds)
            .where(busy_feeds.c.id.in_([row["id"] for row in rows]))
            .values(next_at=now + READ_EVERY)
        )
        return rows


def _note(row: Row, reply: Reply, runtime: Runtime) -> None:
    """Keep what a calendar says now, or why it says nothing."""
    context = Context(actor=runtime.service.actor, clinic_id=row["clinic_id"])
    with runtime.unit_of_work(context) as uow:
        feed = uow.find(BusyFeed, row["id"])
        if feed is None or feed.url != row["url"]:
            return
        if reply.status != GOOD:
            feed.note_problem(reply.reason or "not_given")
            return
        try:
            handlers.take(feed, reply.content.decode(errors="replace"), uow)
        except InvalidError as error:
            feed.note_problem(error.code)
