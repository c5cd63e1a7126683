"""How much one caller may ask: by token, by address, and for signing in.

A limit keeps one caller, careless or hostile, from taking the place of all others; it
is no budget anybody should notice. It fails open: where the counts are kept may be
away, and patients are still to be taken care of.
"""

import logging
import math
import threading
import time
from collections.abc import Iterable
from hashlib import sha256

from flask import Flask, Response, request
from limits import RateLimitItem, parse
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string

from shared.errors import KapError, TooManyRequestsError
from shared.http import asking, health, problems
from shared.metrics import LIMITED, UNCOUNTED
from shared.settings import Settings, SettingsError

MAX_HEADER_BYTES = 16_384
"""Of all headers together; servers and proxies in front have limits of their own."""

OF_OUR_OWN = "own"
REST_SECONDS = 5.0
"""How long a storage that failed is left alone, so that no request waits for it."""

log = logging.getLogger(__name__)


class HeadersTooLargeError(KapError):
    """The headers of this request are too long."""

    status = 431
    code = "headers_too_large"


class Limits:
    """The limits of one service's API in this process.

    Counts are kept in windows of the limit's unit, by a digest of the token and by
    address. In memory each process counts for itself.

    Raises:
        SettingsError: the storage cannot be used.
    """

    def __init__(self, service: str, settings: Settings) -> None:
        self._service = service
        self._senders = asking.Senders(settings.trusted_proxies)
        self._counts = _Counts(service, settings.rate_storage)
        self._per_token = _rate(settings.rate_per_token)
        self._per_address = _rate(settings.rate_per_address)
        self._sign_ins = _rate(settings.rate_sign_ins)
        self._doors: frozenset[str] = frozenset()

    def sign_in_at(self, endpoints: Iterable[str]) -> None:
        """Limit these endpoints as tightly as refused tokens: they give tokens out."""
        self._doors |= frozenset(endpoints)

    def install(self, app: Flask) -> None:
        """Have every request counted before it does anything."""
        app.extensions["kap_limits"] = self
        app.before_request(self.count)
        app.after_request(self.count_refusal)

    def count(self) -> None:
        """Count this request.

        Raises:
            TooManyRequestsError: its token or its address has asked too much.
            HeadersTooLargeError: its headers are longer than any of ours.
        """
        endpoint = request.endpoint or ""
        if request.blueprint == health.NAME:
            return
        address = self._senders.address()
        if self._per_address and address:
            self._demand(self._per_address, "address", address)
        if endpoint in self._doors and self._sign_ins and request.method == "POST":
            self._demand(self._sign_ins, "sign_in", address or OF_OUR_OWN)
        if self._per_token and (token := request.headers.get("Authorization")):
            digest = sha256(token.encode()).hexdigest()
            self._demand(self._per_token, "token", digest)
        if asking.header_bytes() > MAX_HEADER_BYTES:
            raise HeadersTooLargeError

    def count_refusal(self, response: Response) -> Response:
        """Count a refused token; beyond the limit, say so instead.

        Whoever has a good token at the same address goes on: a clinic behind one
        address is not shut out by one program that knocks with an old one.
        """
        address = self._senders.address() if response.status_code == 401 else None
        if self._sign_ins is None or address is None:
            return response
        try:
            self._demand(self._sign_ins, "refused", address)
        except TooManyRequestsError as error:
            return problems.on_kap_error(error)
        return response

    def _demand(self, rate: RateLimitItem, kind: str, who: str) -> None:
        after = self._counts.excess(rate, kind, who)
        if after is not None:
            LIMITED.labels(self._service, kind).inc()
            raise TooManyRequestsError(after)


class _Counts:
    """Counts in a storage that may be away."""

    def __init__(self, service: str, url: str) -> None:
        self._service = service
        self._storage = _storage(url)
        self._is_failing = False
        self._resting_until = 0.0
        self._lock = threading.Lock()

    def excess(self, rate: RateLimitItem, kind: str, who: str) -> int | None:
        """Count one; after how many seconds there may be more, if it is too many."""
        key = f"kap/{self._service}/{kind}/{who}"
        if time.monotonic() < self._resting_until:
            UNCOUNTED.labels(self._service).inc()
            return None
        try:
            # The library's own strategy does the same, at three times the cost.
            if self._storage.incr(key, rate.get_expiry()) <= rate.amount:
                after = None
            else:
                ends_at = self._storage.get_expiry(key)
                after = max(1, math.ceil(ends_at - time.time()))
        except StorageError as error:
            self._note_failure(error)
            return None
        if self._is_failing:
            self._note_recovery()
        return after

    def _note_failure(self, error: StorageError) -> None:
        UNCOUNTED.labels(self._service).inc()
        with self._lock:
            self._resting_until = time.monotonic() + REST_SECONDS
            was_failing, self._is_failing = self._is_failing, True
        if not was_failing:
            log.warning("requests cannot be counted and go on", exc_info=error)

    def _note_recovery(self) -> None:
        with self._lock:
            was_failing, self._is_failing = self._is_failing, False
        if was_failing:
            log.info("requests are counted again")


def _rate(rate: str) -> RateLimitItem | None:
    return parse(rate) if rate else None


def _storage(url: str) -> Storage:
    try:
        storage = storage_from_string(url, wrap_exceptions=True)
    except ConfigurationError as error:
        raise SettingsError(f"KAP_RATE_STORAGE makes no sense ({error})") from error
    if not isinstance(storage, Storage):
        raise SettingsError("KAP_RATE_STORAGE makes no sense: it is asynchronous")
    return storage
