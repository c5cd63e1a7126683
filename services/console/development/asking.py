"""What the console asks the issuer for when somebody is to sign in, and the code."""

import base64
import hashlib
import hmac
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from services.console.development.clients import Client
from services.console.sealing import Sealer
from shared.errors import InvalidError, UnauthenticatedError
from shared.ids import uuid7
from shared.settings import is_loopback

CALLBACK = "/login/callback"
PAGE_IS_GOOD_FOR = timedelta(minutes=30)
CODE_IS_GOOD_FOR = timedelta(seconds=60)
CHALLENGE_LENGTH = 43


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request for a sign-in that fits."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str

    @property
    def origin(self) -> str:
        """Where the browser is sent back to."""
        return urlsplit(self.redirect_uri)._replace(path="", query="").geturl()

    def answer(self, **said: str) -> str:
        """Where the browser goes with an answer."""
        return f"{self.redirect_uri}?{urlencode({**said, 'state': self.state})}"


def asked_in(query: Mapping[str, str]) -> Asked:
    """The request a browser comes with.

    Raises:
        InvalidError: it does not fit; nobody is sent anywhere then.
    """
    redirect_uri = query.get("redirect_uri", "")
    parts = urlsplit(redirect_uri)
    is_ours = (
        query.get("client_id") == Client.CONSOLE
        and parts.scheme in ("http", "https")
        and is_loopback(parts.netloc)
        and "@" not in parts.netloc
        and (parts.path, parts.query, parts.fragment) == (CALLBACK, "", "")
    )
    if not is_ours:
        raise InvalidError("nobody is sent there from here", field="redirect_uri")
    if (
        query.get("response_type") != "code"
        or "openid" not in query.get("scope", "").split()
    ):
        raise InvalidError("only a code for a sign-in is given", field="response_type")
    challenge = query.get("code_challenge", "")
    if (
        query.get("code_challenge_method") != "S256"
        or len(challenge) != CHALLENGE_LENGTH
    ):
        raise InvalidError("a challenge by S256 is needed", field="code_challenge")
    return Asked(
        redirect_uri=redirect_uri,
        state=query.get("state", ""),
        nonce=query.get("nonce", ""),
        challenge=challenge,
    )


class Codes:
    """Pages and codes that carry what was asked for, so that nothing is stored.

    A code is good once, for this process remembers it until it would not open any more.
    """

    def __init__(self, secret: str) -> None:
        self._pages = Sealer(secret, "development page")
        self._codes = Sealer(secret, "development code")
        self._used: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def page_for(self, asked: Asked) -> str:
        """What the page that lists people sends back."""
        return self._pages.seal(asdict(asked), good_for=PAGE_IS_GOOD_FOR)

    def asked_on(self, page: str) -> Asked:
        """What was asked for when a page was made.

        Raises:
            UnauthenticatedError: it was not made here, or is too old.
        """
        return Asked(**self._pages.open(page))

    def code_for(self, asked: Asked, person: str) -> str:
        """A code for somebody, to be shown by whoever asked."""
        value = {**asdict(asked), "person": person, "id": str(uuid7())}
        return self._codes.seal(value, good_for=CODE_IS_GOOD_FOR)

    def redeem(
        self, code: str, *, redirect_uri: str, verifier: str
    ) -> tuple[Asked, str]:
        """What a code was given for, and who signed in.

        Raises:
            UnauthenticatedError: it is not good, used already, or somebody else's.
        """
        value = self._codes.open(code)
        person, code_id = value.pop("person"), value.pop("id")
        asked = Asked(**value)
        digest = hashlib.sha256(verifier.encode()).digest()
        shown = base64.urlsafe_b64encode(digest).rstrip(b"=")
        is_theirs = hmac.compare_digest(shown, asked.challenge.encode())
        if not self._is_first(code_id):
            raise UnauthenticatedError("this code was used already")
        if not is_theirs or asked.redirect_uri != redirect_uri:
            raise UnauthenticatedError("this code was given to somebody else")
        return asked, person

    def _is_first(self, code_id: str) -> bool:
        now = time.monotonic()
        with self._lock:
            while self._used and next(iter(self._used.values())) < now:
                self._used.popitem(last=False)
            if code_id in self._used:
                return False
            self._used[code_id] = now + CODE_IS_GOOD_FOR.total_seconds()
            return True
