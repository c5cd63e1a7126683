"""What every service answers about its own audit trail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import fields, validate
from sqlalchemy import Select, String, cast, func, select

from shared import access
from shared.access import Scope
from shared.audit import chain, witness
from shared.audit.tables import audit_log
from shared.audit.trail import NETWORK_TRAIL, key_of
from shared.envelope import LARGEST_PLACE
from shared.http.routes import Routes
from shared.http.schemas import Body, CodeField, Query, View
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

PLACE = validate.Range(min=0, max=LARGEST_PLACE)


class TrailQuery(Query):
    """Which entries: sealed ones after a position, oldest first."""

    after = fields.Integer(load_default=0, validate=PLACE)
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=500))
    patient_id = fields.UUID(load_default=None, allow_none=True)
    actor_id = fields.UUID(load_default=None, allow_none=True)


class AuditEntryView(View):
    """Who did what to which record, why, and what came of it."""

    position = fields.Integer()
    id = fields.UUID()
    clinic_id = fields.UUID()
    at = fields.AwareDateTime(format="iso")
    actor_id = fields.UUID()
    roles = fields.String()
    purpose = fields.String()
    action = fields.String()
    record_type = fields.String(allow_none=True)
    record_id = fields.UUID(allow_none=True)
    patients = fields.List(fields.String())
    request_id = fields.UUID()
    outcome = fields.String()
    seal = fields.String()


class AuditEntriesView(View):
    """Entries of a trail."""

    items = fields.List(fields.Nested(AuditEntryView))


class AnchorView(View):
    """A place in a chain and the seal it had there."""

    position = fields.Integer()
    seal = fields.String()


class AnchorsView(View):
    """Anchors that were heard of another service's chain."""

    items = fields.List(fields.Nested(AnchorView))


class AnchorsQuery(Query):
    """Of which service."""

    producer = CodeField(required=True)


class AnchorBody(Body):
    """A place in the chain and the seal that was heard of it."""

    position = fields.Integer(required=True, validate=PLACE)
    seal = fields.String(required=True, validate=validate.Length(equal=64))


class VerificationBody(Body):
    """The anchors that another service heard, to be held against the chain."""

    anchors = fields.List(
        fields.Nested(AnchorBody()),
        load_default=list,
        validate=validate.Length(max=5000),
    )


class AuditFindingView(View):
    """Something that is not as it was written."""

    entry_id = fields.UUID(allow_none=True)
    position = fields.Integer(allow_none=True)
    what = fields.String()


class VerificationView(View):
    """Whether a trail is as it was written."""

    clinic_id = fields.UUID()
    entries = fields.Integer()
    unsealed = fields.Integer()
    findings = fields.List(fields.Nested(AuditFindingView))


def add_audit(routes: Routes) -> None:
    """The routes for a clinic's trail, and the same for the network's."""
    _add(routes, "clinic", access.AUDIT_READ)
    _add(routes, "network", access.NETWORK_AUDIT_READ)


def _add(routes: Routes, whose: str, scope: Scope) -> None:
    def list_entries(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """Who saw or changed what, oldest first."""
        return {"items": reading.rows(_entries(_trail(reading), query))}

    def list_anchors(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
        """What this service heard of another's chain."""
        heard = witness.heard(reading.connection, query["producer"], _trail(reading))
        return {"items": [{"position": p, "seal": s} for p, s in heard.items()]}

    def verify_trail(uow: UnitOfWork, body: dict[str, Any]) -> dict[str, Any]:
        """Hold every entry against its code, its seal and the anchors."""
        anchors = {anchor["position"]: anchor["seal"] for anchor in body["anchors"]}
        return _verified(uow, anchors)

    for view in (list_entries, list_anchors, verify_trail):
        view.__name__ = view.__name__.replace("_", f"_{whose}_", 1)
    query = TrailQuery()
    routes.get("/audit", scope=scope, query=query, gives=AuditEntriesView())(
        list_entries
    )
    routes.get(
        "/audit/anchors", scope=scope, query=AnchorsQuery(), gives=AnchorsView()
    )(list_anchors)
    routes.post(
        "/audit/verify",
        scope=scope,
        takes=VerificationBody(),
        gives=VerificationView(),
    )(verify_trail)


def _trail(door: Reading | UnitOfWork) -> UUID:
    return door.context.clinic_id or NETWORK_TRAIL


def _entries(clinic_id: UUID, query: Mapping[str, Any]) -> Select[Any]:
    chosen = (
        select(audit_log)
        .where(audit_log.c.clinic_id == clinic_id)
        .where(audit_log.c.position > query["after"])
    )
    if query["patient_id"]:
        chosen = chosen.where(_touches(query["patient_id"]))
    if query["actor_id"]:
        chosen = chosen.where(audit_log.c.actor_id == query["actor_id"])
    return chosen.order_by(audit_log.c.position).limit(query["limit"])


def _touches(patient_id: UUID) -> Any:
    """Whether an entry names a patient; the ids are in a small JSON list."""
    return cast(audit_log.c.patients, String).contains(str(patient_id))


def _verified(uow: UnitOfWork, anchors: Mapping[int, str]) -> dict[str, Any]:
    clinic_id, connection = _trail(uow), uow.connection
    key = key_of(connection, clinic_id)
    counted = connection.execute(
        select(func.count(), func.count(audit_log.c.position)).where(
            audit_log.c.clinic_id == clinic_id
        )
    ).one()
    found = chain.verify(connection, clinic_id, key, anchors=anchors)
    return {
        "clinic_id": clinic_id,
        "entries": counted[0],
        "unsealed": counted[0] - counted[1],
        "findings": list(found),
    }
