"""Who asks, for which clinic, and what caused it: what every transaction carries."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from shared.access import NOBODY, Purpose, Role
from shared.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person or a machine, and its roles by clinic and in the whole network.

    `scopes` limits what the roles allow to what a token names; None sets no limit.
    """

    id: UUID
    roles: Mapping[UUID, frozenset[Role]] = field(default_factory=dict)
    network_roles: frozenset[Role] = NOBODY
    scopes: frozenset[str] | None = None

    def roles_in(self, clinic_id: UUID | None) -> frozenset[Role]:
        """The roles that count in a clinic; network roles count in every clinic."""
        in_clinic = self.roles.get(clinic_id, frozenset()) if clinic_id else frozenset()
        return in_clinic | self.network_roles

    @property
    def all_roles(self) -> frozenset[Role]:
        """The roles held in any clinic or in the network."""
        return self.network_roles.union(*self.roles.values())

    def clinics_with(self, roles: frozenset[Role]) -> frozenset[UUID] | None:
        """The clinics one of some roles is held in; None is all, for the network."""
        if self.network_roles & roles:
            return None
        return frozenset(id_ for id_, held in self.roles.items() if held & roles)


@dataclass(frozen=True, kw_only=True)
class Context:
    """Who asks and why.

    `clinic_id` is None only for network-wide work. `action` is what is done, by the
    name of its route, event or timer, in the `roles` and for the `purpose` the audit
    trail will name. `correlation_id` stays the same along everything one request sets
    off; `causation_id` is the event that caused this work; `traceparent` is the W3C
    trace context to go on with.
    """

    actor: Actor
    clinic_id: UUID | None = None
    action: str = "unnamed"
    is_request: bool = False
    roles: frozenset[Role] = NOBODY
    purpose: Purpose = Purpose.OPERATIONS
    request_id: UUID = field(default_factory=uuid7)
    correlation_id: UUID = field(default_factory=uuid7)
    causation_id: UUID | None = None
    traceparent: str | None = None

    def acting_as(self, roles: frozenset[Role], purpose: Purpose) -> "Context":
        """The same context, once it is known in which roles it goes on, and why."""
        return replace(self, roles=roles, purpose=purpose)

    def in_clinic(self, clinic_id: UUID | None) -> "Context":
        """The same context, for another clinic."""
        return replace(self, clinic_id=clinic_id)
