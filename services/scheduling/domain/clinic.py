"""Clinics, and when they are open."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.scheduling.domain.hours import demand_weekly
from shared.aggregate import Aggregate
from shared.errors import InvalidError
from shared.events.scheduling import ClinicHoursChanged, ClinicOnboarded


@dataclass(kw_only=True, eq=False)
class Clinic(Aggregate):
    """A place where patients are treated; its id is its clinic id.

    `hours` are by weekday, from when to when by its own clock; None is always.

    `alert_response_seconds` is how soon somebody must take an alert on.
    """

    name: str
    time_zone: str
    alert_response_seconds: int
    hours: dict[str, list[list[str]]] | None = None

    def open_at(self, weekly: dict[str, list[list[str]]] | None) -> ClinicHoursChanged:
        """It is open at these hours from now on; at all, without any.

        Raises:
            InvalidError: they do not fit.
        """
        demand_weekly(weekly or {})
        self.hours = weekly
        return ClinicHoursChanged(is_always_open=weekly is None)

    def onboard(self) -> ClinicOnboarded:
        """The clinic joins the network.

        Raises:
            InvalidError: the time zone is not in the IANA database.
        """
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InvalidError("no such time zone", field="time_zone") from error
        return ClinicOnboarded(
            time_zone=self.time_zone, alert_response_seconds=self.alert_response_seconds
        )
