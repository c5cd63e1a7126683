"""An OpenID provider on a port of this machine, with tokens as Keycloak makes them."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlencode, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

CODE_SECONDS = 60
ACCESS_SECONDS = 300


def new_signing_key(kind: str = "ES256") -> ECKey | OKPKey:
    """A key pair as a provider has it."""
    key: ECKey | OKPKey
    if kind == "ES256":
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": kind}, private=True)
    else:
        key = OKPKey.generate_key("Ed25519", {"use": "sig", "alg": kind}, private=True)
    key.ensure_kid()
    return key


@dataclass(kw_only=True)
class Faults:
    """What the provider does wrong; nothing, unless a test says so."""

    is_down: bool = False
    issuer: str | None = None
    nonce: str | None = None
    audience: str | None = None
    id_token_audience: str | None = None
    access_seconds: int = ACCESS_SECONDS
    code_seconds: int = CODE_SECONDS
    other_person_in_access_token: bool = False
    token_body: str | None = None


@dataclass(kw_only=True)
class Provider:
    """A realm with one person and two clients.

    `person` are claims of whoever signs in: `roles`, `network_roles`, `name`.
    """

    client_id: str = "kap-console"
    client_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    person: dict[str, Any] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    algorithm: str = "ES256"
    gives_refresh_tokens: bool = True

    def __enter__(self) -> Self:
        self.subject = str(uuid4())
        self.keys = [new_signing_key(self.algorithm)]
        self.asked: list[str] = []
        self.refreshed = 0
        self._codes: dict[str, tuple[float, dict[str, str]]] = {}
        self._refresh_tokens: set[str] = set()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.provider = self
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )
        self._thread.start()
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realms/kap"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def keys_url(self) -> str:
        """Where its key set is."""
        return f"{self.issuer}/certs"

    def rotate(self, *, keep: bool) -> None:
        """Sign with a new key; the old ones are kept for a while, or are not."""
        fresh = new_signing_key(self.algorithm)
        self.keys = [fresh, *self.keys] if keep else [fresh]

    def key_set(self) -> str:
        """Its public keys, among them one that signs nothing, as Keycloak has."""
        unfit = {"kid": "enc", "kty": "RSA", "use": "enc", "alg": "RSA-OAEP"}
        own = [
            {**key.as_dict(private=False), "alg": self.algorithm, "use": "sig"}
            for key in self.keys
        ]
        return json.dumps({"keys": [unfit | {"n": "AQAB", "e": "AQAB"}, *own]})

    def access_token(self, **changes: Any) -> str:
        """An access token for the person, with some claims changed, or gone if None."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.faults.issuer or self.issuer,
            "aud": self.faults.audience or ["kap", "account"],
            "sub": self.subject,
            "typ": "Bearer",
            "azp": self.client_id,
            "iat": now,
            "exp": now + self.faults.access_seconds,
            "jti": str(uuid4()),
            "scope": "openid profile",
            **self.person,
            **changes,
        }
        return self.signed({k: v for k, v in claims.items() if v is not None})

    def signed(self, claims: Mapping[str, Any], **header: Any) -> str:
        """A token with exactly these claims."""
        said = {"alg": self.algorithm, "kid": self.keys[0].kid, "typ": "JWT", **header}
        algorithms = [str(said["alg"])]
        return jwt.encode(said, dict(claims), self.keys[0], algorithms=algorithms)

    def configuration(self) -> dict[str, Any]:
        """What it says of itself."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "end_session_endpoint": f"{self.issuer}/logout",
            "jwks_uri": self.keys_url,
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }

    def code_for(self, asked: Mapping[str, str]) -> str:
        """A code for a request, good once and for a minute."""
        code = secrets.token_urlsafe(16)
        until = time.monotonic() + self.faults.code_seconds
        self._codes[code] = (until, dict(asked))
        return code

    def tokens_for(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """What a code or a refresh token is worth; None if nothing."""
        if form.get("grant_type") == "refresh_token":
            if form.get("refresh_token") not in self._refresh_tokens:
                return None
            self.refreshed += 1
            return self._tokens({})
        until, asked = self._codes.pop(form.get("code", ""), (0.0, {}))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        is_good = (
            time.monotonic() < until
            and asked.get("redirect_uri") == form.get("redirect_uri")
            and asked.get("code_challenge") == challenge
            and asked.get("code_challenge_method") == "S256"
        )
        return self._tokens(asked) if is_good else None

    def _tokens(self, asked: Mapping[str, str]) -> dict[str, Any]:
        now = int(time.time())
        id_claims = {
            "iss": self.faults.issuer or self.issuer,
            "aud": self.faults.id_token_audience or self.client_id,
            "azp": self.client_id,
            "sub": self.subject,
            "typ": "ID",
            "iat": now,
            "exp": now + self.faults.access_seconds,
            "nonce": self.faults.nonce or asked.get("nonce"),
            "name": self.person.get("name"),
        }
        other = self.faults.other_person_in_access_token
        tokens: dict[str, Any] = {
            "access_token": self.access_token(
                **({"sub": str(uuid4())} if other else {})
            ),
            "expires_in": self.faults.access_seconds,
            "token_type": "Bearer",
            "id_token": self.signed({k: v for k, v in id_claims.items() if v}),
            "scope": "openid profile",
        }
        if self.gives_refresh_tokens:
            tokens["refresh_token"] = secrets.token_urlsafe(400)
            self._refresh_tokens.add(tokens["refresh_token"])
        return tokens


class _Server(ThreadingHTTPServer):
    provider: Provider


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """The configuration, the keys, and the page people sign in on."""
        provider, url = self.server.provider, urlsplit(self.path)
        provider.asked.append(url.path)
        where = url.path.removeprefix("/realms/kap")
        if provider.faults.is_down:
            self._answer(503, "")
        elif where == "/.well-known/openid-configuration":
            self._answer(200, json.dumps(provider.configuration()))
        elif where == "/certs":
            self._answer(200, provider.key_set())
        elif where == "/auth":
            self._send_back({k: v[0] for k, v in parse_qs(url.query).items()})
        else:
            self._answer(404, "")

    def do_POST(self) -> None:
        """Tokens for a client that knows its secret."""
        provider = self.server.provider
        provider.asked.append(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        form = {name: values[0] for name, values in parse_qs(text).items()}
        if provider.faults.is_down:
            self._answer(503, "")
        elif provider.faults.token_body is not None:
            self._answer(200, provider.faults.token_body)
        elif not self._is_client():
            self._answer(401, json.dumps({"error": "invalid_client"}))
        elif (tokens := provider.tokens_for(form)) is None:
            self._answer(400, json.dumps({"error": "invalid_grant"}))
        else:
            self._answer(200, json.dumps(tokens))

    def _is_client(self) -> bool:
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            return False
        name, _, secret = base64.b64decode(given).decode().partition(":")
        provider = self.server.provider
        known = provider.client_id, provider.client_secret
        return (unquote(name), unquote(secret)) == known

    def _send_back(self, asked: dict[str, str]) -> None:
        """The person signs in without a word."""
        provider = self.server.provider
        back = {
            "code": provider.code_for(asked),
            "state": asked.get("state", ""),
            "iss": provider.issuer,
        }
        self.send_response(302)
        self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _answer(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test's output is its own."""
