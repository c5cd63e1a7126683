"""Who plays, and how a refusal is asked for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from cli.api_client import RefusedError


class Caller(Protocol):
    """Somebody with a token."""

    def get(self, service: str, path: str, **query: Any) -> Any:
        """What a read answers."""

    def post(self, service: str, path: str, /, **body: Any) -> Any:
        """What a change answers."""

    def put(self, service: str, path: str, /, **body: Any) -> Any:
        """What a change that names the whole new state answers."""


@dataclass(kw_only=True)
class Clinic:
    """A clinic with its people, rooms and the time it is there."""

    id: str
    name: str
    time_zone: str
    desk: Caller
    therapist: Caller
    prescriber: Caller
    lead: Caller
    monitor: Caller
    admin: Caller
    rooms: list[str] = field(default_factory=list)
    therapists: list[str] = field(default_factory=list)
    monitors: list[str] = field(default_factory=list)
    stock: dict[str, list[str]] = field(default_factory=dict)
    """Its containers by their form; none while it keeps no ledger here."""
    by_link: Callable[[str], Caller]
    """The patient to whom a private link's code was given."""
    neighbour: Callable[[], "Clinic"]
    """Another clinic of the network."""
    until: Callable[[Callable[[], bool], str], None]
    now: Callable[[], datetime]
    witness: Any = field(default_factory=Lock)
    """The one who stands by is with one patient at a time: a new code ends the last."""


@dataclass(kw_only=True)
class Patient:
    """A patient on the way, and the ids of what has been made for them."""

    id: str
    episode_id: str
    name: str
    slot: int = 0
    earlier: timedelta = timedelta()
    appointment_id: str = ""
    session_id: str = ""
    integration_id: str = ""


class NotRefusedError(AssertionError):
    """The platform accepted what it must refuse."""


def refused(code: str, call: Callable[[], Any]) -> RefusedError:
    """The refusal of a request that must be refused with this code.

    Raises:
        NotRefusedError: it is accepted, or refused for another reason.
    """
    try:
        call()
    except RefusedError as error:
        if error.code == code:
            return error
        raise NotRefusedError(f"{code} expected, {error.code} told") from error
    raise NotRefusedError(f"{code} expected, but it was accepted")
