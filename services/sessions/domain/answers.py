"""Whether a form of the record is answered."""

from collections.abc import Iterable

from services.sessions.domain.errors import FormIncompleteError


def demand_complete(missing: Iterable[str]) -> None:
    """Refuse a form with sections unanswered.

    Raises:
        FormIncompleteError: it names each.
    """
    if faults := dict.fromkeys(missing, "must be answered"):
        raise FormIncompleteError(details={"errors": faults})
