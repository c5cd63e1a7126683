"""What may go wrong, by kind.

The domain raises what is the case; each edge decides what it means to it: the HTTP
edge answers `status`, the inbox tries again or gives up (`permanent`).
"""

from typing import ClassVar


class KapError(Exception):
    """Something the caller can be told about.

    The docstring of a subclass is its default message, `code` is for programs and
    never changes, `field` names the input at fault. Messages name no patient.
    """

    status: ClassVar[int] = 500
    code: ClassVar[str] = "error"
    permanent: ClassVar[bool] = False

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        details: dict[str, object] | None = None,
    ) -> None:
        self.message = message or (type(self).__doc__ or "").partition("\n")[0]
        self.field = field
        self.details = details or {}
        super().__init__(self.message)


class InvalidError(KapError):
    """The request does not fit what is asked for."""

    status = 422
    code = "invalid"
    permanent = True


class UnauthenticatedError(KapError):
    """A valid bearer token is needed."""

    status = 401
    code = "unauthenticated"


class ForbiddenError(KapError):
    """Your roles in this clinic do not allow this."""

    status = 403
    code = "forbidden"


class NotFoundError(KapError):
    """There is no such record in this clinic."""

    status = 404
    code = "not_found"


class ConflictError(KapError):
    """The record's present state does not allow this."""

    status = 409
    code = "conflict"


class StaleError(KapError):
    """The record has changed since you read it; read it again and decide anew."""

    status = 412
    code = "stale_version"


class TooManyRequestsError(KapError):
    """Too many requests; ask again after the seconds that Retry-After says."""

    status = 429
    code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__()


class UnavailableError(KapError):
    """Something this needs does not answer now; try again shortly."""

    status = 503
    code = "unavailable"
