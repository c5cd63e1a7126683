"""Clinics, what can be booked in them, and how far the audit trail goes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.events.base import Code, Event, Zone


@dataclass(frozen=True, kw_only=True)
class ClinicOnboarded(Event, name="scheduling.clinic.onboarded", aggregate="clinic"):
    """A clinic joined the network."""

    time_zone: Zone
    alert_response_seconds: int


@dataclass(frozen=True, kw_only=True)
class ClinicHoursChanged(
    Event, name="scheduling.clinic.hours_changed", aggregate="clinic"
):
    """A clinic is open at other hours from now on; ask it which."""

    is_always_open: bool


@dataclass(frozen=True, kw_only=True)
class ClosureAdded(Event, name="scheduling.closure.added", aggregate="closure"):
    """A clinic is closed for whole days of its calendar."""

    closure_id: UUID
    begins_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class ClosureRemoved(Event, name="scheduling.closure.removed", aggregate="closure"):
    """A clinic is open after all."""

    closure_id: UUID


@dataclass(frozen=True, kw_only=True)
class ResourceAdded(Event, name="scheduling.resource.added", aggregate="resource"):
    """A room or a member of staff can be booked."""

    resource_id: UUID
    kind: Code


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(Event, name="scheduling.resource.changed", aggregate="resource"):
    """What is known of a room or a member of staff is different; ask for it anew.

    `what_code` says what: details, roster, absence or licence.
    """

    resource_id: UUID
    kind: Code
    what_code: Code


@dataclass(frozen=True, kw_only=True)
class ResourceRetired(Event, name="scheduling.resource.retired", aggregate="resource"):
    """Nothing more is booked on a room or a member of staff."""

    resource_id: UUID
    kind: Code


@dataclass(frozen=True, kw_only=True)
class SchedulingAuditAnchored(
    Event, name="scheduling.audit.anchored", aggregate="audit_chain"
):
    """How far the audit trail of a clinic in scheduling goes, and its last seal."""

    position: int
    seal: Code
