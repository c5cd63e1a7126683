"""The programs that the development issuer knows, and what each may ask for."""

import base64
import binascii
import hashlib
import hmac
from enum import StrEnum
from urllib.parse import unquote

from flask import Request


class Client(StrEnum):
    """A program by its client id."""

    CONSOLE = "kap-console"
    DEMO = "demo"
    INTEGRATOR = "integrator"


GRANTS = {
    Client.CONSOLE: "authorization_code",
    Client.DEMO: "client_credentials",
    Client.INTEGRATOR: "client_credentials",
}
INTEGRATOR_SCOPES = frozenset({"referrals.send", "referrals.track", "subscriptions"})


def client_secret(secret: str, client: str) -> str:
    """A program's own secret, made from the one of the deployment."""
    return hmac.new(secret.encode(), client.encode(), hashlib.sha256).hexdigest()


def authenticated(request: Request, secret: str) -> Client | None:
    """The program that asks, if it knows its secret; None if it does not."""
    given = _basic(request) or (
        request.form.get("client_id", ""),
        request.form.get("client_secret", ""),
    )
    try:
        client = Client(given[0])
    except ValueError:
        return None
    right = client_secret(secret, client)
    return client if hmac.compare_digest(given[1].encode(), right.encode()) else None


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return unquote(name), unquote(secret)
