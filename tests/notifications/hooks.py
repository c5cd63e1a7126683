"""What tests of webhooks say again and again."""

import base64
import hashlib
import hmac
from typing import Any

from shared.access import Role
from shared.events import Event
from shared.events.scheduling import ResourceAdded
from shared.ids import uuid7
from tests.notifications.clinic_lab import Clinic
from tests.notifications.receiver import Posted

SERVICE = "notifications"


def subscribe(
    clinic: Clinic,
    url: str,
    *types: str,
    grants: tuple[str, ...] = (),
    role: Role = Role.CLINIC_ADMIN,
) -> dict[str, Any]:
    made: dict[str, Any] = clinic.caller(role).post(
        SERVICE,
        "/subscriptions",
        url=url,
        types=list(types or ("scheduling.*",)),
        grants=list(grants),
    )
    return made


def attempts(clinic: Clinic, subscription: dict[str, Any]) -> list[dict[str, Any]]:
    """What was tried, oldest first."""
    path = f"/subscriptions/{subscription['id']}/attempts"
    found = clinic.caller(Role.CLINIC_ADMIN).get(SERVICE, path, limit=500)["items"]
    return list(reversed(found))


def status_of(clinic: Clinic, subscription: dict[str, Any]) -> str:
    path = f"/subscriptions/{subscription['id']}"
    status: str = clinic.caller(Role.CLINIC_ADMIN).get(SERVICE, path)["status"]
    return status


def room() -> Event:
    return ResourceAdded(resource_id=uuid7(), kind="room")


def is_signed(posted: Posted, secret: str) -> bool:
    """What a receiver does to verify, written from the specification."""
    name, _, key = secret.partition("_")
    said = b".".join(
        (
            posted.headers["webhook-id"].encode(),
            posted.headers["webhook-timestamp"].encode(),
            posted.body,
        )
    )
    mark = hmac.digest(base64.b64decode(key), said, hashlib.sha256)
    expected = b"v1," + base64.b64encode(mark)
    return name == "whsec" and hmac.compare_digest(
        expected, posted.headers["webhook-signature"].encode()
    )
