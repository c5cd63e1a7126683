"""What the routes have in common: where they hang."""

from shared.http import Routes

routes = Routes("sessions", "Orders, treatment sessions, alerts and integration")
