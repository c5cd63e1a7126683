"""Routes of free times, in a clinic and across clinics."""

from typing import Any

from services.scheduling import queries
from services.scheduling.api.base import routes
from services.scheduling.schemas import free_times
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading


@routes.get(
    "/free-times",
    scope=access.BOOKINGS_READ,
    query=free_times.FreeTimesQuery(),
    gives=free_times.FreeTimesView(),
)
def list_free_times(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """When a patient, a room and staff are free, the earliest first."""
    now = current_runtime().clock()
    return {"items": queries.free_times(reading, query, now)}


@routes.get(
    "/network/free-times",
    scope=access.NETWORK_TIMES_READ,
    query=free_times.NetworkFreeTimesQuery(),
    gives=free_times.NetworkFreeTimesView(),
)
def list_network_free_times(reading: Reading, query: dict[str, Any]) -> dict[str, Any]:
    """The earliest free times in each clinic the caller works in; for the network, all.

    Of a patient it is told only when somebody is free as well, as far as these clinics
    know; who it is, where they are seen and what for is not.
    """
    ids = reading.context.actor.clinics_with(access.NETWORK_TIMES_READ.roles)
    now = current_runtime().clock()
    return {"items": queries.free_in_network(reading, ids, query, now)}
