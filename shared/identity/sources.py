"""Where a key set comes from: a value, a file, a URL, or an issuer's own word."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx

from shared.identity.keys import KeySetError
from shared.tls import trusted

TIMEOUT_SECONDS = 3.0
LONGEST_DOCUMENT = 262_144
WELL_KNOWN = "/.well-known/openid-configuration"


class Source(Protocol):
    """Where a key set can be read."""

    good_for_seconds: float
    """How long what was read need not be looked at again."""

    def is_changed(self) -> bool:
        """Whether it may hold something else than when it was read."""

    def read(self) -> str:
        """The JWK set.

        Raises:
            KeySetError: it cannot be had.
        """


class Given:
    """A key set that stands in the settings."""

    good_for_seconds = 3_600.0

    def __init__(self, text: str) -> None:
        self._text = text

    def is_changed(self) -> bool:
        """Never."""
        return False

    def read(self) -> str:
        """The text."""
        return self._text


class File:
    """A key set in a file, which is read again once it has changed."""

    good_for_seconds = 1.0

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] = ()

    def is_changed(self) -> bool:
        """Whether the path names another file, or it was written since."""
        return self._state() != self._seen

    def read(self) -> str:
        """Its content."""
        self._seen = self._state()
        try:
            return self._path.read_text()
        except (OSError, ValueError) as error:
            raise KeySetError from error

    def _state(self) -> tuple[int, ...]:
        try:
            found = self._path.stat()
        except OSError:
            return ()
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class Url:
    """A key set that a server answers with."""

    good_for_seconds = 600.0

    def __init__(self, url: str) -> None:
        self._url = url

    def is_changed(self) -> bool:
        """Nobody can tell but the server."""
        return True

    def read(self) -> str:
        """What it answers."""
        return fetched(self._url)


class Discovered(Url):
    """The key set an OpenID provider names in its own configuration."""

    def __init__(self, url: str, *, issuer: str) -> None:
        super().__init__(url)
        self._issuer = issuer

    def read(self) -> str:
        """The key set, from where the provider says that it is."""
        told = json_from(self._url)
        issuer, keys_url = told.get("issuer"), told.get("jwks_uri")
        # A wrong document would have us trust the keys of another realm.
        if issuer != self._issuer or not isinstance(keys_url, str):
            raise KeySetError("the provider calls itself by another name")
        if self._url.startswith("https:") and not keys_url.startswith("https:"):
            raise KeySetError("the provider's keys are not behind TLS")
        return fetched(keys_url)


def source_of(said: str) -> Source:
    """The source a setting names: `@` and a file, a URL, or the key set itself."""
    if said.startswith("@"):
        return File(Path(said[1:]))
    if said.startswith(("https://", "http://")):
        return Url(said)
    return Given(said)


def json_from(
    url: str, transport: httpx.BaseTransport | None = None
) -> Mapping[str, Any]:
    """A short JSON object by HTTP.

    Raises:
        KeySetError: it does not come, or is none.
    """
    try:
        told = json.loads(fetched(url, transport))
    except (ValueError, RecursionError) as error:
        raise KeySetError from error
    if not isinstance(told, dict):
        raise KeySetError
    return told


def fetched(url: str, transport: httpx.BaseTransport | None = None) -> str:
    """A short document by HTTP; nobody is followed elsewhere.

    Raises:
        KeySetError: it does not come, or is too long.
    """
    try:
        with (
            httpx.Client(
                timeout=TIMEOUT_SECONDS, transport=transport, verify=trusted()
            ) as client,
            client.stream("GET", url) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                raise KeySetError
            body = b""
            for piece in answer.iter_bytes():
                body += piece
                if len(body) > LONGEST_DOCUMENT:
                    raise KeySetError
            return body.decode()
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeDecodeError) as error:
        raise KeySetError from error
