"""What the routes have in common: where they hang, and who may come."""

from shared.context import CLINICAL, Role
from shared.http import Routes

routes = Routes("sessions", "Orders, treatment sessions, alerts and integration")

BEDSIDE = frozenset({Role.MONITOR, Role.PRESCRIBER})
CHART_READERS = CLINICAL | {Role.CLINIC_ADMIN}
"""Who reads what was found and given; the front desk sees logistics only."""
LOGISTICS_READERS = CHART_READERS | {Role.FRONT_DESK}
