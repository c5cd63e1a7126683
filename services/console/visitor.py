"""Who looks at a page, and in which clinic."""

from dataclasses import dataclass
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.access import CARE, CLINICAL, STAFF, Role, Scope
from shared.context import Actor, Context


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody who is signed in."""

    token: str
    actor: Actor
    name: str

    @property
    def is_network_admin(self) -> bool:
        """Whether the whole network's pages are theirs."""
        return Role.NETWORK_ADMIN in self.actor.network_roles

    def sees_care(self, clinic_id: UUID) -> bool:
        """Whether pages about treatment are worth showing; the services decide."""
        return bool(self.actor.roles_in(clinic_id) & CARE)

    def works_in(self, clinic_id: UUID) -> bool:
        """Whether they are of the clinic's own staff."""
        return bool(self.actor.roles_in(clinic_id) & STAFF)

    def treats_in(self, clinic_id: UUID) -> bool:
        """Whether they treat patients there."""
        return bool(self.actor.roles_in(clinic_id) & CLINICAL)

    def may(self, scope: Scope, clinic_id: UUID) -> bool:
        """Whether a form is worth showing; the service decides."""
        return bool(self.actor.roles_in(clinic_id) & scope.roles)

    def context(self, clinic_id: UUID | None) -> Context:
        """What a reading of the console's own tables carries."""
        return Context(actor=self.actor, clinic_id=clinic_id)


@dataclass(frozen=True, kw_only=True)
class Place:
    """The clinic a page is about."""

    id: UUID
    name: str
    zone: ZoneInfo
