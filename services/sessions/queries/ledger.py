"""What screens read of the ledger; amounts leave it in milligrams."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Select, Table, func, select

from services.sessions.domain.amounts import milligrams
from services.sessions.domain.ledger.states import (
    ON_HAND,
    CaseStatus,
    Moment,
    TransferStatus,
)
from services.sessions.models import clinics
from services.sessions.models.ledger import (
    cases,
    containers,
    counts,
    deliveries,
    entries,
    recalls,
    registrations,
    shipments,
)
from services.sessions.models.touched import touched_by
from services.sessions.queries import pack_at_hand
from shared.reading import Reading, Row

_INVENTORIES = (Moment.INITIAL, Moment.BIENNIAL)
_LISTS = {
    "containers": containers,
    "counts": counts,
    "cases": cases,
    "recalls": recalls,
}
_LABEL = ("number", "drug", "form", "lot", "strength_ug")


def overview(reading: Reading, now: datetime) -> Row:
    """How the ledger stands: what is on hand, what is open, what is on its way."""
    found = reading.rows(reading.select(registrations))
    if not found:
        return {"registration": None, "containers": [], "cases": [], **_nothing()}
    in_transit = TransferStatus.IN_TRANSIT
    last = _last_inventory(reading)
    rules = pack_at_hand(reading, now).ledger
    due = (last or found[0]["opened_at"]) + (
        rules.inventory_every if last else timedelta()
    )
    return {
        "registration": found[0],
        "containers": _list(reading, containers, containers.c.status.in_(ON_HAND)),
        "cases": _list(reading, cases, cases.c.status == CaseStatus.OPEN),
        "shipments": _list(reading, shipments, shipments.c.status == in_transit),
        "deliveries": _list(reading, deliveries, deliveries.c.status == in_transit),
        "last_inventory_at": last,
        "inventory_due_at": due,
    }


def page_of(
    reading: Reading, what: str, query: Mapping[str, Any], **only: Any
) -> list[Row]:
    """Some rows of a list, the newest first; after the one named, older ones."""
    table = _LISTS[what]
    chosen = reading.select(table).order_by(table.c.id.desc()).limit(query["limit"])
    if query["after"] is not None:
        chosen = chosen.where(table.c.id < query["after"])
    for name, value in only.items():
        if value is not None:
            chosen = chosen.where(table.c[name] == value)
    return in_milligrams(reading.rows(chosen))


def entries_page(reading: Reading, query: Mapping[str, Any]) -> list[Row]:
    """Entries with the label of their container, the newest first."""
    chosen = labelled(reading).order_by(entries.c.position.desc())
    if query["before"] is not None:
        chosen = chosen.where(entries.c.position < query["before"])
    if query["container_id"] is not None:
        chosen = chosen.where(entries.c.container_id == query["container_id"])
    if query["posting_id"] is not None:
        chosen = chosen.where(entries.c.posting_id == query["posting_id"])
    return in_milligrams(reading.rows(chosen.limit(query["limit"])))


def one_of(reading: Reading, what: str, record_id: UUID) -> Row:
    """One record of a list.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    table = _LISTS[what]
    query = reading.select(table).where(table.c.id == record_id)
    return in_milligrams([reading.one(query, what.removesuffix("s"))])[0]


def recall(reading: Reading, recall_id: UUID) -> Row:
    """A recall with its containers, and every dose that came out of the lot.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    found = one_of(reading, "recalls", recall_id)
    held_back = containers.c.recall_id == recall_id
    touched = touched_by(found["drug"], found["lot"], clinic_id=found["clinic_id"])
    return {
        **found,
        "containers": _list(reading, containers, held_back),
        "doses": reading.rows(touched),
    }


def register(reading: Reading, first: date, last: date) -> Row:
    """The entries of some days of the clinic's calendar, and balances around them.

    Raises:
        NotFoundError: the clinic keeps no ledger.
    """
    registration = reading.one(reading.select(registrations), "ledger")
    zone = zone_of(reading)
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)
    within = entries.c.at >= begin, entries.c.at < end
    rows = reading.rows(labelled(reading).where(*within).order_by(entries.c.position))
    return {
        "registration": registration,
        "zone": zone,
        "first": first,
        "last": last,
        "opening": _balances(reading, begin),
        "closing": _balances(reading, end),
        "entries": in_milligrams(rows),
    }


def counted(reading: Reading, count_id: UUID) -> Row:
    """A count with its lines: what was counted, and what the ledger said then.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    found = one_of(reading, "counts", count_id)
    lines = labelled(reading).where(
        entries.c.posting_id == count_id, entries.c.kind == "count"
    )
    rows = in_milligrams(reading.rows(lines.order_by(containers.c.number)))
    return {
        **found,
        "registration": reading.one(reading.select(registrations), "ledger"),
        "zone": zone_of(reading),
        "lines": [
            {**row, "variance_mg": row["amount_mg"] - row["balance_mg"]} for row in rows
        ],
    }


def is_open(reading: Reading, clinic_id: UUID) -> bool:
    """Whether a clinic of the network keeps its ledger here."""
    query = select(registrations.c.id).where(registrations.c.clinic_id == clinic_id)
    return reading.connection.execute(query).first() is not None


def to_carry(reading: Reading) -> list[Row]:
    """Shipments of every clinic that their receivers do not know of."""
    waiting = shipments.c.carried_at.is_(None)
    query = select(shipments.c.id, shipments.c.clinic_id, shipments.c.to_clinic_id)
    return reading.rows(query.where(waiting).order_by(shipments.c.id))


def answered(reading: Reading) -> list[Row]:
    """Deliveries of every clinic whose answer their senders do not know."""
    columns = (
        deliveries.c.id,
        deliveries.c.clinic_id,
        deliveries.c.from_clinic_id,
        deliveries.c.shipment_id,
    )
    query = select(*columns).where(
        deliveries.c.answered_at.is_not(None), deliveries.c.carried_at.is_(None)
    )
    return reading.rows(query.order_by(deliveries.c.id))


def goods_of(reading: Reading, shipment_id: UUID) -> Row:
    """What a shipment holds, with its papers."""
    sent = reading.one(
        reading.select(shipments).where(shipments.c.id == shipment_id), "shipment"
    )
    one = containers.c.id == sent["container_id"]
    label = reading.one(reading.select(containers).where(one), "container")
    number = reading.one(reading.select(registrations), "ledger")["number"]
    named = (*_LABEL[1:], "content_ug", "expires_on", "ndc")
    return {
        **{name: label[name] for name in named},
        "amount_ug": sent["amount_ug"],
        "invoice": sent["invoice"],
        "from_number": number,
    }


def answer_of(reading: Reading, delivery_id: UUID) -> Row:
    """What the receiver said of a delivery."""
    query = reading.select(deliveries).where(deliveries.c.id == delivery_id)
    return reading.one(query, "delivery")


def zone_of(reading: Reading) -> ZoneInfo:
    """The clock of the clinic that is read for."""
    query = reading.select(clinics, clinics.c.time_zone)
    zone = reading.connection.execute(query).scalar()
    return ZoneInfo(zone or "UTC")


def labelled(reading: Reading) -> Select[Any]:
    """Entries with the label of their container."""
    label = (containers.c[name] for name in _LABEL)
    return reading.select(entries, *entries.c, *label).join(
        containers, containers.c.id == entries.c.container_id
    )


def in_milligrams(rows: list[Row]) -> list[Row]:
    """Rows whose amounts are said in milligrams."""
    return [
        {
            name.removesuffix("_ug") + "_mg" if name.endswith("_ug") else name: (
                milligrams(value)
                if name.endswith("_ug") and value is not None
                else value
            )
            for name, value in row.items()
        }
        for row in rows
    ]


def _nothing() -> Row:
    lists = dict.fromkeys(("shipments", "deliveries"), ())
    return {**lists, "last_inventory_at": None, "inventory_due_at": None}


def _list(reading: Reading, table: Table, only: Any) -> list[Row]:
    query = reading.select(table).where(only).order_by(table.c.id)
    return in_milligrams(reading.rows(query))


def _last_inventory(reading: Reading) -> datetime | None:
    query = reading.select(counts, func.max(counts.c.counted_at)).where(
        counts.c.moment.in_(_INVENTORIES)
    )
    found: datetime | None = reading.connection.execute(query).scalar()
    return found


def _balances(reading: Reading, before: datetime) -> Row:
    """What was on hand of each drug at a moment, in milligrams."""
    total = func.sum(entries.c.change_ug)
    query = (
        reading.select(entries, containers.c.drug, total)
        .join(containers, containers.c.id == entries.c.container_id)
        .where(entries.c.at < before)
        .group_by(containers.c.drug)
        .order_by(containers.c.drug)
    )
    rows = reading.connection.execute(query)
    return {drug: milligrams(int(amount_ug)) for drug, amount_ug in rows}
