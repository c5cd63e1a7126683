"""What an appointment needs and for how long: by its type, and for a dose by route."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack.dose import Route

DOSING = "dosing"
_NONE = timedelta(0)


class ResourceKind(StrEnum):
    """What can be booked."""

    ROOM = "room"
    """A place to treat in: a room, or a chair in one."""
    DEVICE = "device"
    THERAPIST = "therapist"
    MONITOR = "monitor"
    PRESCRIBER = "prescriber"


STAYS = (ResourceKind.ROOM, ResourceKind.MONITOR)
"""What every dose has from its beginning to its end."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """How long an appointment uses something, and for how long that is held for it."""

    uses: timedelta
    holds: timedelta


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """What an appointment needs besides the patient.

    `by_video` is what it needs by video, if it may take place so; for `turnover` the
    room is kept once it is over.
    """

    needs: tuple[ResourceKind, ...]
    by_video: tuple[ResourceKind, ...] | None = None
    turnover: timedelta = _NONE

    def __post_init__(self) -> None:
        if ResourceKind.ROOM not in self.needs:
            raise InvalidError("lacks room", field="needs")
        if ResourceKind.ROOM in (self.by_video or ()):
            raise InvalidError("needs no room", field="by_video")


@dataclass(frozen=True, kw_only=True)
class RouteTimes:
    """How long a dose by a route takes: in the chair, then until the patient may leave.

    Whoever is in `leave_after_chair` is free once the chair time is over; `also_needs`
    comes to what every dose needs.
    """

    chair: timedelta
    recovery: timedelta
    turnover: timedelta = _NONE
    leave_after_chair: tuple[ResourceKind, ...] = ()
    also_needs: tuple[ResourceKind, ...] = ()
    source: str

    def __post_init__(self) -> None:
        if too_early := set(STAYS) & set(self.leave_after_chair):
            told = f"{', '.join(sorted(too_early))} must stay to the end"
            raise InvalidError(told, field="leave_after_chair")


_BUNDLES: Mapping[Code, Bundle] = {
    "preparation": Bundle(needs=(ResourceKind.ROOM, ResourceKind.THERAPIST)),
    DOSING: Bundle(needs=(*STAYS, ResourceKind.THERAPIST)),
    "integration": Bundle(needs=(ResourceKind.ROOM, ResourceKind.THERAPIST)),
}
"""What a pack that names no bundles asks for."""


@dataclass(frozen=True, kw_only=True)
class Appointments:
    """How long an appointment of each type takes unless somebody says otherwise, what
    it needs, and which licences those who take part in a dose must hold.

    A licence that ends within `licence_notice` is shown beforehand.
    """

    durations: Mapping[Code, timedelta]
    source: str
    bundles: Mapping[Code, Bundle] | None = None
    routes: Mapping[Route, RouteTimes] | None = None
    licences: Mapping[ResourceKind, tuple[Code, ...]] | None = None
    licence_notice: timedelta = _NONE

    def __post_init__(self) -> None:
        """Every type has a bundle, and a dose is given in a room that is watched."""
        if self.bundles is None:
            return
        if missing := self.durations.keys() - self.bundles.keys():
            told = ", ".join(sorted(missing))
            raise InvalidError(f"lacks {told}", field="bundles")
        dose = self.bundles.get(DOSING)
        if dose and not set(STAYS) <= set(dose.needs):
            told = f"must name {', '.join(STAYS)}"
            raise InvalidError(told, field=f"bundles.{DOSING}.needs")
        if dose and dose.by_video is not None:
            told = "no dose is given by video"
            raise InvalidError(told, field=f"bundles.{DOSING}.by_video")

    def lasts(self, kind: Code, route: Route | None = None) -> timedelta:
        """How long an appointment takes unless somebody says otherwise.

        Raises:
            InvalidError: the pack names no times for the route.
        """
        if route is None:
            return self.durations[kind]
        times = self._times(route)
        return times.chair + times.recovery

    def parts(
        self,
        kind: Code,
        *,
        lasts: timedelta,
        route: Route | None = None,
        is_by_video: bool = False,
    ) -> Mapping[ResourceKind, Part]:
        """What an appointment that lasts so long needs, and each for how long.

        Raises:
            InvalidError: it cannot take place by video, or the pack names no times for
                the route.
        """
        bundle = (self.bundles or _BUNDLES)[kind]
        needs = bundle.by_video if is_by_video else bundle.needs
        if needs is None:
            raise InvalidError("this cannot take place by video", field="mode")
        early: tuple[ResourceKind, ...] = ()
        turnover, chair = bundle.turnover, lasts
        if route is not None:
            times = self._times(route)
            turnover, chair = times.turnover, min(times.chair, lasts)
            needs = tuple(dict.fromkeys((*needs, *times.also_needs)))
            early = times.leave_after_chair
        parts = {}
        for one in needs:
            uses = chair if one in early else lasts
            more = turnover if one is ResourceKind.ROOM else _NONE
            parts[one] = Part(uses=uses, holds=uses + more)
        return parts

    def required_licences(self, kind: ResourceKind) -> tuple[Code, ...]:
        """Which licences somebody of a kind must hold to take part in a dose."""
        return (self.licences or {}).get(kind, ())

    def _times(self, route: Route) -> RouteTimes:
        times = (self.routes or {}).get(route)
        if times is None:
            raise InvalidError(
                f"the rule pack names no times for {route}", field="route"
            )
        return times
