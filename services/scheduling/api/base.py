"""What the routes have in common: where they hang."""

from shared.http import Routes

routes = Routes("scheduling", "Clinics, rooms, people and time")
