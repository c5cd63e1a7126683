"""What may be asked of notifications."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class AddSubscription:
    """Tell a URL of these events.

    `types` are names of events or prefixes with `.*`, `grants` sensitivities beyond
    routine, `listed_hosts` the hosts that may be on a private network.
    """

    url: str
    types: list[str]
    grants: list[str]
    listed_hosts: frozenset[str]
