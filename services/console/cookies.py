"""The cookies of somebody who signs in: scripts cannot read them, nor other sites."""

import time
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from flask import Response, current_app, request

from services.console.provider import SignInError, Started
from services.console.sealing import Sealer
from services.console.security import is_secure
from shared.errors import InvalidError, UnauthenticatedError
from shared.http.routes import current_runtime

COOKIE = "kap_session"
VISIT = "kap_visit"
STARTED = "kap_signing_in"
OWN = "kap_own"
"""The token of a patient who came in by a private link."""
LONGEST_COOKIE = 3_800
"""A cookie may have 4,096 bytes, its name and attributes included."""

LONGEST_VISIT_COOKIE = 3_000
"""All cookies together are one header, of which gunicorn takes 8,190 bytes."""

LONGEST_VISIT = timedelta(hours=12)
OWN_VISIT = timedelta(hours=1)
LONGEST_IDLE = timedelta(minutes=15)
SIGN_IN_MAY_TAKE = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Visit:
    """Since when somebody is signed in, when they last did something, how it goes on.

    `refresh` is what the provider renews their token for, `id_token` what it said of
    them.
    """

    subject: str
    began_at: float
    active_at: float
    refresh: str | None = None
    id_token: str | None = None

    @property
    def seconds_left(self) -> float:
        """How long it may last yet, however much is done."""
        return self.began_at + LONGEST_VISIT.total_seconds() - time.time()

    def demand_lasting(self) -> None:
        """Refuse a visit that has lasted long enough, or in which nothing happened.

        Raises:
            UnauthenticatedError: it has ended.
        """
        if time.time() - self.active_at > LONGEST_IDLE.total_seconds():
            raise UnauthenticatedError("nothing was done for a while; sign in again")
        if self.seconds_left <= 0:
            raise UnauthenticatedError("the working day is over; sign in again")


class Sealers:
    """What seals the cookies that only we read."""

    def __init__(self, secret: str) -> None:
        self.visits = Sealer(secret, "visit")
        self.started = Sealer(secret, "signing in")


def read_token() -> str:
    """The token of whoever asks; empty if there is none."""
    return request.cookies.get(_name(COOKIE), "")


def read_visit() -> Visit:
    """The visit this browser is on.

    Raises:
        UnauthenticatedError: it is on none.
    """
    return Visit(**_sealers().visits.open(request.cookies.get(_name(VISIT), "")))


def keep(response: Response, token: str, visit: Visit) -> None:
    """Keep a token and the visit it is for in the browser, while that may last.

    Raises:
        InvalidError: the token is longer than a cookie may be.
    """
    if len(token) > LONGEST_COOKIE:
        raise InvalidError("this token is too long for a browser", field="token")
    _set(response, COOKIE, token, visit.seconds_left)
    _set(response, VISIT, _sealed(visit), visit.seconds_left)


def forget(response: Response) -> None:
    """Forget who was here."""
    for name in (COOKIE, VISIT):
        _delete(response, name)


def read_own() -> str:
    """The token of a patient on the own pages; empty if there is none."""
    return request.cookies.get(_name(OWN), "")


def keep_own(response: Response, token: str) -> None:
    """Let a patient stay on the own pages while the token is good."""
    _set(response, OWN, token, OWN_VISIT.total_seconds())


def forget_own(response: Response) -> None:
    """Forget which patient was here."""
    _delete(response, OWN)


def keep_started(response: Response, started: Started) -> None:
    """Keep what a sign-in needs when it comes back."""
    sealed = _sealers().started.seal(asdict(started), good_for=SIGN_IN_MAY_TAKE)
    _set(response, STARTED, sealed, SIGN_IN_MAY_TAKE.total_seconds())


def read_started() -> Started:
    """The sign-in that this browser began.

    Raises:
        SignInError: it began none, or some time ago.
    """
    sealed = request.cookies.get(_name(STARTED), "")
    try:
        return Started(**_sealers().started.open(sealed))
    except UnauthenticatedError as error:
        where = current_runtime().settings.public_url
        raise SignInError(
            "this sign-in was not begun in this browser, or took too long; "
            f"begin again at {where}"
        ) from error


def forget_started(response: Response) -> None:
    """A sign-in comes back once."""
    _delete(response, STARTED)


def _sealed(visit: Visit) -> str:
    """A visit as a cookie has room for it: what the provider said can be done without,
    at the price of being asked there whether one wants to leave.
    """
    lasting = timedelta(seconds=max(visit.seconds_left, 0))
    for kept in (visit, replace(visit, id_token=None)):
        sealed = _sealers().visits.seal(asdict(kept), good_for=lasting)
        if len(sealed) <= LONGEST_VISIT_COOKIE:
            return sealed
    short = replace(visit, id_token=None, refresh=None)
    return _sealers().visits.seal(asdict(short), good_for=lasting)


def _name(name: str) -> str:
    """Under TLS the browser itself guards a cookie, by the prefix of its name."""
    return f"__Host-{name}" if is_secure() else name


def _set(response: Response, name: str, value: str, seconds: float) -> None:
    response.set_cookie(
        _name(name),
        value,
        max_age=max(0, int(seconds)),
        secure=is_secure(),
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _delete(response: Response, name: str) -> None:
    response.delete_cookie(
        _name(name), secure=is_secure(), httponly=True, samesite="Lax", path="/"
    )


def _sealers() -> Sealers:
    found: Sealers = current_app.extensions["kap_sealers"]
    return found
