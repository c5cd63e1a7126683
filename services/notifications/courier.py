"""Posts webhooks, only to addresses that were checked."""

from collections.abc import Mapping, Set

from services.notifications.domain.webhooks import Answer
from shared.outward import courier


class Courier(courier.Courier):
    """Posts to endpoints of integrators."""

    def post(
        self, url: str, headers: Mapping[str, str], body: str, *, listed: Set[str]
    ) -> Answer:
        """What an endpoint answers; redirects are not followed."""
        reply = self.send("POST", url, headers, body.encode(), listed=listed)
        return Answer(status=reply.status, reason=reply.reason)
