"""What every service answers about its own mailbox: the feed, the inbox, dead rows."""

from functools import cache
from typing import Any
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import select

from shared import access
from shared.envelope import LARGEST_PLACE
from shared.events.fields import Pattern
from shared.http.audit import add_audit
from shared.http.routes import Routes, current_runtime
from shared.http.schemas import Query, View
from shared.mailbox import inbox, outbox
from shared.mailbox.tables import event_log
from shared.mailbox.tables import inbox as inbox_table
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

PLACE = validate.Range(min=0, max=LARGEST_PLACE)
TYPES = Pattern(r"^[a-z0-9_.,\-]*$", error="Names of event types, with commas.")


class FeedQuery(Query):
    """Which part of the feed."""

    after = fields.Integer(load_default=0, validate=PLACE)
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=500))
    types = fields.String(load_default="", validate=TYPES)


class FeedPlace(View):
    """An event's place in the feed."""

    sequence = fields.Integer()
    id = fields.UUID()


class FeedIds(View):
    """Places after the one asked for.

    What was told from `complete_until` on may have no place yet; null if all has.
    """

    epoch = fields.UUID(allow_none=True)
    head = fields.Integer()
    complete_until = fields.AwareDateTime(format="iso", allow_none=True)
    items = fields.List(fields.Nested(FeedPlace))


class FeedPage(View):
    """Events after the place asked for, as CloudEvents."""

    epoch = fields.UUID(allow_none=True)
    head = fields.Integer()
    items = fields.List(fields.Dict())


class MailQuery(Query):
    """Which rows, newest last."""

    after = fields.Integer(load_default=0, validate=PLACE)
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=500))
    correlation_id = fields.UUID(load_default=None, allow_none=True)


class InboxRow(View):
    """What became of an event here."""

    row = fields.Integer(attribute="id")
    event_id = fields.UUID()
    type = fields.String()
    clinic_id = fields.UUID(allow_none=True)
    aggregate_type = fields.String()
    aggregate_id = fields.UUID()
    aggregate_version = fields.Integer()
    correlation_id = fields.UUID(allow_none=True)
    causation_id = fields.UUID(allow_none=True)
    traceparent = fields.String(allow_none=True)
    state = fields.String()
    attempts = fields.Integer()
    reason = fields.String(allow_none=True)
    occurred_at = fields.AwareDateTime(format="iso")
    stored_at = fields.AwareDateTime(format="iso")
    settled_at = fields.AwareDateTime(format="iso", allow_none=True)


class InboxRows(View):
    """Rows of the inbox."""

    items = fields.List(fields.Nested(InboxRow))


class DeadRow(InboxRow):
    """A row that waits for a person, with what it holds."""

    payload = fields.String()


class DeadRows(View):
    """Rows that wait for a person."""

    items = fields.List(fields.Nested(DeadRow))


class Told(View):
    """Events of one clinic."""

    items = fields.List(fields.Dict())


@cache
def operations(service: str) -> Routes:
    """The routes; every service has the same."""
    routes = Routes(service, "Mailbox")
    routes.name = f"{service}-mailbox"
    _add_feed(routes)
    _add_clinic_mail(routes)
    _add_dead_rows(routes)
    add_audit(routes)
    return routes


def _add_feed(routes: Routes) -> None:
    """What other services pull."""

    @routes.get("/feed", scope=access.FEED_READ, query=FeedQuery(), gives=FeedPage())
    def read_feed(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """Every event this service told, in order, for who may have missed some."""
        items = outbox.read_feed(
            reading.connection,
            after=query["after"],
            types=_types(query),
            limit=query["limit"],
        )
        return _page(reading, [envelope.document() for envelope in items])

    @routes.get("/feed/ids", scope=access.FEED_READ, query=FeedQuery(), gives=FeedIds())
    def read_feed_ids(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """The places and ids of events, to see what is missing."""
        # Asked for first: what gets its place meanwhile is then among the items.
        until = outbox.complete_until(reading.connection)
        items = outbox.read_ids(
            reading.connection,
            after=query["after"],
            types=_types(query),
            limit=query["limit"],
        )
        page = _page(reading, [{"sequence": s, "id": i} for s, i in items])
        return {**page, "complete_until": until}


def _add_clinic_mail(routes: Routes) -> None:
    """What was told of a clinic, and what became of it."""

    @routes.get("/events", scope=access.EVENTS_READ, query=MailQuery(), gives=Told())
    def list_events(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """The events this service told of a clinic, oldest first."""
        chosen = reading.select(event_log).where(event_log.c.id > query["after"])
        if query["correlation_id"]:
            chosen = chosen.where(event_log.c.correlation_id == query["correlation_id"])
        rows = reading.connection.execute(
            chosen.order_by(event_log.c.id).limit(query["limit"])
        )
        return {
            "items": [
                {
                    **outbox.as_envelope(row, row.feed_pos).document(),
                    "row": row.id,
                    "route_state": row.route_state,
                }
                for row in rows
            ]
        }

    @routes.get(
        "/inbox", scope=access.EVENTS_READ, query=MailQuery(), gives=InboxRows()
    )
    def list_inbox(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """What this service was told of a clinic, and what became of it."""
        chosen = reading.select(inbox_table).where(inbox_table.c.id > query["after"])
        if query["correlation_id"]:
            chosen = chosen.where(
                inbox_table.c.correlation_id == query["correlation_id"]
            )
        return {
            "items": reading.rows(
                chosen.order_by(inbox_table.c.id).limit(query["limit"])
            )
        }


def _add_dead_rows(routes: Routes) -> None:
    """What waits for a person, and what that person may do."""

    @routes.get("/dead", scope=access.DEAD_ROWS, query=MailQuery(), gives=DeadRows())
    def list_dead(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """Rows that could not be handled and wait for a person."""
        rows = inbox.dead_rows(
            reading.connection, limit=query["limit"], after=query["after"]
        )
        return {"items": [row._mapping for row in rows]}

    @routes.get("/dead/<uuid:event_id>", scope=access.DEAD_ROWS, gives=DeadRow())
    def show_dead(reading: Reading, event_id: UUID) -> Any:
        """One row that waits for a person."""
        chosen = select(inbox_table).where(
            inbox_table.c.event_id == event_id, inbox_table.c.state == "dead"
        )
        return reading.one(chosen, "dead row")

    @routes.post("/dead/<uuid:event_id>/retry", scope=access.DEAD_ROWS, gives=View())
    def retry_dead(uow: UnitOfWork, event_id: UUID) -> dict[str, Any]:
        """Handle a dead row again."""
        inbox.retry(uow.connection, event_id, at=uow.now)
        current_runtime().post.set()
        return {}

    @routes.post("/dead/<uuid:event_id>/skip", scope=access.DEAD_ROWS, gives=View())
    def skip_dead(uow: UnitOfWork, event_id: UUID) -> dict[str, Any]:
        """Give a dead row up, so that what waits behind it goes on."""
        inbox.skip(uow.connection, event_id, at=uow.now)
        return {}


def _types(query: dict[str, Any]) -> list[str]:
    return [name for name in query["types"].split(",") if name]


def _page(reading: Reading, items: list[Any]) -> dict[str, Any]:
    epoch, head = outbox.head(reading.connection)
    return {"epoch": epoch, "head": head, "items": items}
