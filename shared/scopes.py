"""What a scope is: roles, a purpose, a name. `access.py` is the table of them all."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person or a machine may do, in one clinic or in the network."""

    FRONT_DESK = "front_desk"
    THERAPIST = "therapist"
    PRESCRIBER = "prescriber"
    MEDICAL_LEAD = "medical_lead"
    MONITOR = "monitor"
    CLINIC_ADMIN = "clinic_admin"
    NETWORK_ADMIN = "network_admin"
    PATIENT = "patient"
    INTEGRATOR = "integrator"
    SERVICE = "service"


CLINICAL = frozenset({Role.THERAPIST, Role.PRESCRIBER, Role.MONITOR})
STAFF = CLINICAL | {Role.MEDICAL_LEAD, Role.FRONT_DESK, Role.CLINIC_ADMIN}
CARE = CLINICAL | {Role.MEDICAL_LEAD, Role.CLINIC_ADMIN}
"""Who reads what was found and given; the front desk sees logistics only."""
DESK = frozenset({Role.FRONT_DESK, Role.CLINIC_ADMIN})
BEDSIDE = frozenset({Role.MONITOR, Role.PRESCRIBER})
ADMINS = frozenset({Role.CLINIC_ADMIN, Role.NETWORK_ADMIN})
NETWORK = frozenset({Role.NETWORK_ADMIN, Role.SERVICE})
"""Roles that may be held in the whole network rather than in one clinic."""
ANYBODY = frozenset(Role)
NOBODY: frozenset[Role] = frozenset()


class Purpose(StrEnum):
    """Why a record is looked at or changed, by the codes of HL7 v3 PurposeOfUse."""

    TREATMENT = "TREAT"
    EMERGENCY = "ETREAT"
    OPERATIONS = "HOPERAT"
    ADMINISTRATION = "HSYSADMIN"
    PATIENT = "PATRQT"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """A kind of access.

    Args:
        name: as a token's `scope` claim names it.
        roles: who holds it.
        purpose: why, unless the caller's role says otherwise.
        of_patients: whether patients' records are read or changed; each such access
            is noted in the audit trail, those of others only if they change something.
        in_network: whether it is about the network, not about one clinic.
        from_anywhere: whether the role may be held in another clinic of the network; a
            route about the network that lets it in answers for the caller's clinics.
        is_open: whether it asks for no token: the request itself proves who it is.
        about: what may be done, for the table people read.
    """

    name: str
    roles: frozenset[Role]
    about: str
    purpose: Purpose = Purpose.TREATMENT
    of_patients: bool = True
    in_network: bool = False
    from_anywhere: bool = False
    is_open: bool = False

    def __post_init__(self) -> None:
        if bool(self.roles) is self.is_open:
            raise TypeError(f"{self.name} must be held by a role, or be open")
        is_of_network = self.roles <= NETWORK | {Role.INTEGRATOR}
        if self.in_network and not (is_of_network or self.from_anywhere):
            raise TypeError(f"{self.name} lets clinic roles act on the network")
        if self.name in _scopes:
            raise TypeError(f"{self.name} stands in the table twice")
        _scopes[self.name] = self


_scopes: dict[str, Scope] = {}


def scopes() -> Mapping[str, Scope]:
    """Every scope by its name, in the order of this table."""
    return _scopes


def clinical(name: str, roles: frozenset[Role] | set[Role], about: str) -> Scope:
    """A kind of access to what is known of patients, for their treatment."""
    return Scope(name=name, roles=frozenset(roles), about=about)


def desk(name: str, roles: frozenset[Role] | set[Role], about: str) -> Scope:
    """A kind of access to patients for the running of a clinic."""
    return Scope(
        name=name, roles=frozenset(roles), about=about, purpose=Purpose.OPERATIONS
    )


def plain(name: str, roles: frozenset[Role] | set[Role], about: str) -> Scope:
    """A kind of access that is about no patient."""
    return Scope(
        name=name,
        roles=frozenset(roles),
        about=about,
        purpose=Purpose.OPERATIONS,
        of_patients=False,
    )


def network(name: str, roles: frozenset[Role] | set[Role], about: str) -> Scope:
    """A kind of access to the network, not to one clinic."""
    return Scope(
        name=name,
        roles=frozenset(roles),
        about=about,
        purpose=Purpose.ADMINISTRATION,
        of_patients=False,
        in_network=True,
    )
