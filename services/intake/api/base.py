"""What the routes have in common: where they hang."""

from shared.http import Routes

routes = Routes("intake", "From first contact to treatment")
