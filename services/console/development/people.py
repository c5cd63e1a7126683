"""The made-up people whom anybody may be while trying the platform."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from shared.access import Role
from shared.context import Actor

SCOPES = frozenset({"openid", "profile"})


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who does not exist, and what they may do."""

    key: str
    name: str
    job: str
    about: str
    roles: Mapping[UUID, frozenset[Role]]
    network_roles: frozenset[Role] = frozenset()

    @property
    def actor(self) -> Actor:
        """Who acts, when they are signed in: always the same id for the same person."""
        return Actor(
            id=id_of(self.key),
            roles=self.roles,
            network_roles=self.network_roles,
            scopes=SCOPES,
        )


@dataclass(frozen=True, kw_only=True)
class Team:
    """The people of one clinic, or of the network."""

    name: str
    where: str
    people: Sequence[Person]


_STAFF = (
    (Role.FRONT_DESK, "Dora", "Front desk", "Arrivals, escorts, bookings"),
    (Role.THERAPIST, "Theo", "Therapist", "Preparation and integration"),
    (Role.PRESCRIBER, "Pia", "Prescriber", "Decisions, orders, doses"),
    (Role.MEDICAL_LEAD, "Lena", "Medical lead", "Rule packs, second opinions"),
    (Role.MONITOR, "Mona", "Monitor", "Vital signs during a session"),
    (Role.CLINIC_ADMIN, "Clara", "Clinic admin", "Rooms and people"),
)
_FAMILIES = ("Fictional", "Invented", "Imaginary", "Notreal", "Madeup", "Pretend")


def teams(clinics: Iterable[Mapping[str, Any]]) -> list[Team]:
    """Everybody there is: the staff of each clinic, then those of several."""
    listed = list(clinics)
    staff = [_staff_of(clinic, number) for number, clinic in enumerate(listed)]
    return [*staff, _network(listed)]


def person(key: str, clinics: Iterable[Mapping[str, Any]]) -> Person | None:
    """Who is meant by a key; None if nobody."""
    everybody = (one for team in teams(clinics) for one in team.people)
    return next((one for one in everybody if one.key == key), None)


def id_of(key: str) -> UUID:
    """The id of whoever has this key."""
    return uuid5(NAMESPACE_URL, f"kap:development:{key}")


def _staff_of(clinic: Mapping[str, Any], number: int) -> Team:
    clinic_id, family = UUID(clinic["id"]), _FAMILIES[number % len(_FAMILIES)]
    people = [
        Person(
            key=f"{clinic_id}:{role}",
            name=f"{given} {family}",
            job=job,
            about=about,
            roles={clinic_id: frozenset({role})},
        )
        for role, given, job, about in _STAFF
    ]
    return Team(name=clinic["name"], where=clinic["time_zone"], people=people)


def _network(clinics: Sequence[Mapping[str, Any]]) -> Team:
    people = [
        Person(
            key="None:network_admin",
            name="Nora Nobody",
            job="Network admin",
            about="Clinics and operations",
            roles={},
            network_roles=frozenset({Role.NETWORK_ADMIN}),
        )
    ]
    if len(clinics) > 1:
        first, second = clinics[:2]
        people.append(
            Person(
                key="several",
                name="Bea Between",
                job="Therapist and clinic admin",
                about=f"Treats in {first['name']}, runs {second['name']}",
                roles={
                    UUID(first["id"]): frozenset({Role.THERAPIST}),
                    UUID(second["id"]): frozenset({Role.CLINIC_ADMIN}),
                },
            )
        )
    return Team(name="The network", where="", people=people)
