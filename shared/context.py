"""Who asks, for which clinic, and what caused it: what every transaction carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from uuid import UUID

from shared.ids import uuid7


class Role(StrEnum):
    """What a person or a machine may do, in one clinic or in the network."""

    FRONT_DESK = "front_desk"
    THERAPIST = "therapist"
    PRESCRIBER = "prescriber"
    MONITOR = "monitor"
    CLINIC_ADMIN = "clinic_admin"
    NETWORK_ADMIN = "network_admin"
    INTEGRATOR = "integrator"
    SERVICE = "service"


CLINICAL = frozenset({Role.THERAPIST, Role.PRESCRIBER, Role.MONITOR})
STAFF = CLINICAL | {Role.FRONT_DESK, Role.CLINIC_ADMIN}
NETWORK = frozenset({Role.NETWORK_ADMIN, Role.SERVICE})


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person or a machine, and its roles by clinic and in the whole network."""

    id: UUID
    roles: Mapping[UUID, frozenset[Role]] = field(default_factory=dict)
    network_roles: frozenset[Role] = frozenset()

    def roles_in(self, clinic_id: UUID | None) -> frozenset[Role]:
        """The roles that count in a clinic; network roles count in every clinic."""
        in_clinic = self.roles.get(clinic_id, frozenset()) if clinic_id else frozenset()
        return in_clinic | self.network_roles


@dataclass(frozen=True, kw_only=True)
class Context:
    """Who asks and why.

    `clinic_id` is None only for network-wide work. `correlation_id` stays the same
    along everything one request sets off; `causation_id` is the event that caused
    this work; `traceparent` is the W3C trace context to go on with.
    """

    actor: Actor
    clinic_id: UUID | None = None
    correlation_id: UUID = field(default_factory=uuid7)
    causation_id: UUID | None = None
    traceparent: str | None = None

    def in_clinic(self, clinic_id: UUID | None) -> "Context":
        """The same context, for another clinic."""
        return replace(self, clinic_id=clinic_id)
