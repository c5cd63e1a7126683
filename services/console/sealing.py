"""What the console gives a browser, or anybody, to keep: nobody else can read it."""

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from shared.errors import UnauthenticatedError

HEADER = {"alg": "dir", "enc": "A256GCM"}


class Sealer:
    """Seals small values for one purpose; a value of another purpose does not open.

    Args:
        secret: what only processes of this deployment know.
        purpose: what the values are for.
    """

    def __init__(self, secret: str, purpose: str) -> None:
        material = hashlib.sha256(f"kap:{purpose}:{secret}".encode()).digest()
        self._key = OctKey.import_key(material)

    def seal(self, value: Mapping[str, Any], *, good_for: timedelta) -> str:
        """The value as text that opens for a while."""
        until = time.time() + good_for.total_seconds()
        text = json.dumps({"until": until, "value": value})
        return jwe.encrypt_compact(HEADER, text.encode(), self._key)

    def open(self, text: str) -> dict[str, Any]:
        """The value.

        Raises:
            UnauthenticatedError: it was not sealed here for this, or some time ago.
        """
        try:
            opened = jwe.decrypt_compact(text, self._key, algorithms=["dir", "A256GCM"])
            content = json.loads(opened.plaintext or b"")
            value: dict[str, Any] = content["value"]
            is_good = time.time() < content["until"]
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise UnauthenticatedError("what was kept does not open") from error
        if not is_good:
            raise UnauthenticatedError("what was kept is too old")
        return value
