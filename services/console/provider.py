"""The OpenID provider that people sign in at, as the console asks it."""

import hmac
import secrets
import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import authlib.deprecate
import httpx

from shared.context import Actor
from shared.errors import UnauthenticatedError, UnavailableError
from shared.identity import TokenVerifier
from shared.identity.keys import KeySetError
from shared.identity.sources import json_from
from shared.tls import trusted

with warnings.catch_warnings():
    # It would rather have another HTTP library, and says so at every import.
    warnings.simplefilter("ignore", authlib.deprecate.AuthlibDeprecationWarning)
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.httpx_client import OAuth2Client

SCOPE = "openid profile"
KEPT_SECONDS = 600.0
TIMEOUT_SECONDS = 5.0


class SignInError(UnauthenticatedError):
    """Signing in did not work. Please begin again."""

    code = "sign_in_failed"


@dataclass(frozen=True, kw_only=True)
class Started:
    """A sign-in that was begun: what must come back, and what proves that it was us."""

    state: str
    nonce: str
    verifier: str
    redirect_uri: str
    onward: str

    def as_dict(self) -> dict[str, str]:
        """For the browser to keep, sealed."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """What the provider gave for somebody who signed in."""

    access: str
    actor: Actor
    claims: Mapping[str, Any]
    refresh: str | None = None
    id_token: str | None = None


class Provider:
    """One OpenID provider; its own configuration says where it is asked.

    Args:
        issuer: its name, and what its tokens must carry.
        configuration_url: where it says what it is.
        transport: how it is reached, if not over the network.
    """

    def __init__(
        self,
        *,
        issuer: str,
        configuration_url: str,
        client_id: str,
        client_secret: str,
        verifier: TokenVerifier,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.issuer = issuer
        self._url = configuration_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._verifier = verifier
        self._transport = transport
        self._told: Mapping[str, Any] = {}
        self._told_at = 0.0
        self._lock = threading.Lock()

    def begin(self, *, redirect_uri: str, onward: str) -> tuple[str, Started]:
        """Where to send the browser, and what it has to keep meanwhile.

        Raises:
            UnavailableError: the provider does not answer.
        """
        started = Started(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            redirect_uri=redirect_uri,
            onward=onward,
        )
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=started.state,
                nonce=started.nonce,
                code_verifier=started.verifier,
                redirect_uri=redirect_uri,
            )
        return str(url), started

    def finish(self, started: Started, answer: Mapping[str, str]) -> Tokens:
        """The tokens for somebody who comes back from the provider.

        Args:
            answer: the query they come back with.

        Raises:
            SignInError: it is not an answer to this, or the provider refuses it.
            UnavailableError: the provider does not answer.
        """
        if not hmac.compare_digest(
            answer.get("state", "").encode(), started.state.encode()
        ):
            raise SignInError("this sign-in was not begun in this browser")
        if answer.get("iss", self.issuer) != self.issuer:
            raise SignInError("another identity provider answered")
        if "error" in answer or not answer.get("code"):
            raise SignInError("the identity provider did not sign you in")
        told = self._ask(
            grant_type="authorization_code",
            code=answer["code"],
            code_verifier=started.verifier,
            redirect_uri=started.redirect_uri,
        )
        tokens = self._tokens(told)
        self._demand_id_token(tokens, nonce=started.nonce)
        return tokens

    def renew(self, refresh: str) -> Tokens:
        """Fresh tokens for somebody who is signed in.

        Raises:
            SignInError: the provider has ended it.
            UnavailableError: the provider does not answer.
        """
        told = self._ask(grant_type="refresh_token", refresh_token=refresh)
        return self._tokens({"refresh_token": refresh, **told})

    def end_url(self, *, id_token: str | None, back: str) -> str | None:
        """Where the browser goes to sign out there too; None if nowhere."""
        try:
            endpoint = self._configuration().get("end_session_endpoint")
        except UnavailableError:
            return None
        if not isinstance(endpoint, str):
            return None
        said = {"client_id": self._client_id, "post_logout_redirect_uri": back}
        if id_token:
            said["id_token_hint"] = id_token
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(said)}"

    def _client(self) -> Any:
        return OAuth2Client(
            self._client_id,
            self._client_secret,
            scope=SCOPE,
            code_challenge_method="S256",
            transport=self._transport,
            verify=trusted(),
            timeout=TIMEOUT_SECONDS,
        )

    def _ask(self, **said: str) -> dict[str, Any]:
        """What the token endpoint answers."""
        url = self._endpoint("token_endpoint")
        try:
            with self._client() as client:
                return dict(client.fetch_token(url, **said))
        except httpx.HTTPError as error:
            raise UnavailableError("the identity provider does not answer") from error
        except (OAuthError, ValueError, TypeError, KeyError) as error:
            raise SignInError("the identity provider did not sign you in") from error

    def _tokens(self, told: Mapping[str, Any]) -> Tokens:
        access, refresh = told.get("access_token"), told.get("refresh_token")
        id_token = told.get("id_token")
        if not isinstance(access, str):
            raise SignInError("the identity provider gave no token")
        try:
            claims, actor = self._verifier.claims(access)
        except UnauthenticatedError as error:
            raise SignInError("the identity provider's token is not for us") from error
        if claims["iss"] != self.issuer:
            raise SignInError("another identity provider answered")
        return Tokens(
            access=access,
            actor=actor,
            claims=claims,
            refresh=refresh if isinstance(refresh, str) else None,
            id_token=id_token if isinstance(id_token, str) else None,
        )

    def _demand_id_token(self, tokens: Tokens, *, nonce: str) -> None:
        """Refuse tokens that were not made for this sign-in, at this client."""
        try:
            said = self._verifier.statement(
                tokens.id_token or "", issuer=self.issuer, audience=self._client_id
            )
        except UnauthenticatedError as error:
            raise SignInError("the identity provider's answer is not for us") from error
        is_ours = (
            hmac.compare_digest(str(said.get("nonce")).encode(), nonce.encode())
            and said.get("azp", self._client_id) == self._client_id
            and said.get("sub") == tokens.claims["sub"]
        )
        if not is_ours:
            raise SignInError("the identity provider's answer is not for us")

    def _endpoint(self, name: str) -> str:
        """An address the provider gives, as well protected as its configuration.

        Raises:
            UnavailableError: it does not answer, or gives none.
        """
        url = self._configuration().get(name)
        needs_tls = urlsplit(self._url).scheme == "https"
        if not isinstance(url, str) or (needs_tls and not url.startswith("https://")):
            raise UnavailableError("the identity provider does not say where it is")
        return url

    def _configuration(self) -> Mapping[str, Any]:
        with self._lock:
            if self._told and time.monotonic() - self._told_at < KEPT_SECONDS:
                return self._told
            try:
                told = json_from(self._url, self._transport)
                if told.get("issuer") != self.issuer:
                    raise KeySetError("it calls itself by another name")
                self._told, self._told_at = told, time.monotonic()
            except KeySetError as error:
                if not self._told:
                    words = "the identity provider does not answer"
                    raise UnavailableError(words) from error
            return self._told
