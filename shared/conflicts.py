"""What two writers, or a writer and the database, may disagree about."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError

from shared.aggregate import Aggregate
from shared.database import is_outage
from shared.errors import ConflictError, KapError, StaleError, UnavailableError


class ExpectedVersion:
    """The version a client says it decided on (If-Match), for one record."""

    def __init__(self, record_id: UUID, version: int) -> None:
        self.record_id = record_id
        self.version = version
        self._checked = False

    def check(self, record: Aggregate) -> None:
        """Refuse if the record has moved on when it is first read.

        Raises:
            StaleError: it has another version now.
        """
        if record.id != self.record_id or self._checked:
            return
        if record.version != self.version:
            raise StaleError(details={"version": record.version})
        self._checked = True


@contextmanager
def translated(conflicts: Mapping[str, type[KapError]]) -> Iterator[None]:
    """Say in our own words what the database refuses.

    `conflicts` maps the name of a constraint to the error that it stands for.
    """
    try:
        yield
    except StaleDataError as error:
        raise StaleError from error
    except IntegrityError as error:
        said = str(error.orig)
        for constraint, kind in conflicts.items():
            if constraint in said:
                raise kind from error
        raise ConflictError("this contradicts what is already recorded") from error
    except (DBAPIError, PoolTimeoutError) as error:
        if is_outage(error):
            raise UnavailableError("the database does not answer") from error
        raise
