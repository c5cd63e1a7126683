"""Sends referrals to the intake service, one by one, and reads its answers.

Asking twice is asking once: the key of a request follows from the clinic and the
content, so a request is repeated without fear when its answer was lost.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx

from cli.referrals.record import Outcome, Referral
from shared.errors import (
    ForbiddenError,
    KapError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)

ATTEMPTS = 6
LONGEST_WAIT_S = 300.0
LONGEST_REASON = 500

_BUSY = (429, 502, 503, 504)
_UNDER_WAY = ("idempotency_key_in_use", "referral_under_way")
_STOPS: dict[int, tuple[type[KapError], str]] = {
    401: (
        UnauthenticatedError,
        "the token was refused (401); set a valid one in KAP_TOKEN",
    ),
    403: (
        ForbiddenError,
        "the token gives no right to add referrals in this clinic (403)",
    ),
    404: (
        NotFoundError,
        "there is no such clinic, or no intake service at this address (404)",
    ),
    405: (NotFoundError, "there is no intake service at this address (405)"),
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the service made of a referral, or why it was refused."""

    outcome: Outcome
    reason: str = ""
    referral_id: str = ""
    patient_id: str = ""


class Intake:
    """The intake service of one clinic, as far as an import needs it."""

    def __init__(
        self,
        client: httpx.Client,
        clinic_id: UUID,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._clinic_id = clinic_id
        self._sleep = sleep

    def send(self, referral: Referral) -> Answer:
        """Sends a referral; waits and tries again while the service is busy.

        Raises:
            UnauthenticatedError, ForbiddenError, NotFoundError: no row can succeed.
            UnavailableError: the service does not answer, or stays busy.
        """
        content = json.dumps(referral.body(), sort_keys=True).encode()
        key = hashlib.sha256(f"{self._clinic_id}\n".encode() + content).hexdigest()
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        for attempt in range(ATTEMPTS):
            response = self._post(content, headers)
            if response is not None and not _is_busy(response):
                # An answer recalled at the first attempt is that of an earlier run.
                return self._answer(response, referral, first=attempt == 0)
            if attempt + 1 < ATTEMPTS:
                self._sleep(self._pause(response, attempt))
        raise UnavailableError(f"{self._where} did not answer in {ATTEMPTS} attempts")

    @property
    def _where(self) -> str:
        """The address without a password that may be written into it."""
        url = self._client.base_url
        return f"{url.scheme}://{url.netloc.decode()}"

    def _post(self, content: bytes, headers: dict[str, str]) -> httpx.Response | None:
        """The answer; None if the connection broke, so that it is worth another try."""
        path = f"/intake/v1/clinics/{self._clinic_id}/referrals"
        try:
            return self._client.post(path, content=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise UnavailableError(
                f"{self._where} cannot be reached; is the service running there?"
            ) from error
        except httpx.TransportError:
            return None

    def _pause(self, response: httpx.Response | None, attempt: int) -> float:
        """Seconds to wait: what the service asks for, else twice as long each time."""
        asked = response.headers.get("Retry-After", "") if response is not None else ""
        if not re.fullmatch(r"[0-9]{1,9}", asked, re.ASCII):
            return 2.0**attempt
        if float(asked) > LONGEST_WAIT_S:
            raise UnavailableError(f"{self._where} asks to come back in {asked} s")
        return float(asked)

    def _answer(
        self, response: httpx.Response, referral: Referral, *, first: bool
    ) -> Answer:
        status, body = response.status_code, _json_object(response)
        if status in _STOPS:
            kind, message = _STOPS[status]
            raise kind(f"{self._where}: {message}")
        # A failure inside the service is about this row; the next may go through.
        if status == 500 or 400 <= status < 500:
            return Answer(
                outcome=Outcome.REFUSED, reason=_reason(status, body, referral)
            )
        recalled = first and response.headers.get("Idempotency-Replayed") == "true"
        try:
            outcome = Outcome(body["outcome"])
            return Answer(
                outcome=Outcome.ALREADY_KNOWN if recalled else outcome,
                referral_id=str(UUID(body["referral_id"])),
                patient_id=str(UUID(body["patient_id"])),
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            raise UnavailableError(
                f"{self._where} answers ({status}), but not as an intake service does"
            ) from error


def _is_busy(response: httpx.Response) -> bool:
    if response.status_code == 409:
        # The attempt before, whose answer was lost, or somebody else is still at work.
        return _json_object(response).get("code") in _UNDER_WAY
    return response.status_code in _BUSY


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _reason(status: int, problem: dict[str, Any], referral: Referral) -> str:
    """A problem in one line, without anything personal that it may quote."""
    errors = problem.get("errors")
    items = errors if isinstance(errors, list) else []
    said = [
        f"{item.get('pointer', '')} {item.get('detail', '')}".strip()
        for item in items
        if isinstance(item, dict)
    ]
    words = " ".join("; ".join(said or [str(problem.get("detail", ""))]).split())
    for value in _personal(referral):
        pattern = rf"(?<!\w){re.escape(value)}(?!\w)"
        words = re.sub(pattern, "...", words, flags=re.IGNORECASE)
    code = str(problem.get("code") or f"http_{status}")
    return f"{code}: {words}"[:LONGEST_REASON].rstrip(": ")


def _personal(referral: Referral) -> Iterator[str]:
    person = referral.patient
    names = (person.given_name, person.family_name)
    yield from names
    yield from (part for name in names for part in name.split() if len(part) > 1)
    yield from filter(None, (person.email, person.phone, person.birth_date))
    yield from (x.member_id for x in referral.coverages if x.member_id)
