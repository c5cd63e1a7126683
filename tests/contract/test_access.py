"""Every route against every role, here and elsewhere, and every kind of bad token."""

import base64
import hmac
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from sqlalchemy import select

from cli.services import NAMES, load
from shared.access import NETWORK, Role, scopes
from shared.audit.tables import audit_log
from shared.context import Actor
from shared.identity import new_key
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.contract.matrix import HOW, PAGE, Route, all_routes, page, routes_of, table

CLINIC, OTHER = uuid4(), uuid4()

ADMITTED, FORBIDDEN, HIDDEN, UNKNOWN = "admitted", "forbidden", "hidden", "unknown"


class Doors:
    """One service, and what happens to who knocks at each of its doors."""

    def __init__(self, lab: Lab, service: str) -> None:
        self.lab = lab
        self.service = service
        self.routes = list(routes_of(lab.platform.apps[service], service))

    def token(self, actor: Actor) -> str:
        """A good token for somebody."""
        return self.lab.issuer.issue(actor)

    def knock(self, route: Route, token: str | None, ids: dict[str, UUID]) -> str:
        """What becomes of a request with a token.

        A body of the wrong media type is refused right behind the door; where there
        is none, the trail says whether the door or the record was the reason.
        """
        path = re.sub(
            r"<uuid:(\w+)>", lambda m: str(ids.get(m[1], uuid4())), route.path
        )
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = (
            self.lab.platform.apps[self.service]
            .test_client()
            .open(path, method=route.method, headers=headers, data="x")
        )
        if answer.status_code == 401:
            assert answer.get_json()["code"] == "unauthenticated"
            return UNKNOWN
        if answer.status_code == 403:
            assert answer.get_json()["code"] == "forbidden"
            return FORBIDDEN
        is_missing = answer.status_code == 404 and not route.scope.is_open
        if is_missing and self._was_hidden(route):
            return HIDDEN
        assert answer.status_code in (200, 201, 404, 409, 415, 422), (path, answer.text)
        return ADMITTED

    def _was_hidden(self, route: Route) -> bool:
        with self.lab.runtime(self.service).begin(EVERYTHING) as connection:
            newest = select(audit_log).order_by(audit_log.c.id.desc()).limit(1)
            entry = connection.execute(newest).one()
        if entry.record_type == "clinic":
            return True
        # A patient who asks for somebody else's record was not admitted as a patient.
        return bool(entry.roles == "patient" and entry.purpose != "PATRQT")


@pytest.fixture(scope="module", params=NAMES)
def doors(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Doors]:
    """Each service in turn."""
    lab = Lab([load(request.param)], tmp_path_factory.mktemp(request.param))
    yield Doors(lab, request.param)
    lab.close()


def expected(route: Route, role: Role, *, is_here: bool) -> str:
    """What the table of roles says of a role held in the clinic, or in another."""
    if route.scope.is_open:
        return ADMITTED
    holds = role in route.scope.roles
    if route.scope.in_network and not route.scope.from_anywhere:
        # Roles in clinics are none in the network.
        return FORBIDDEN
    if is_here or route.scope.from_anywhere:
        return ADMITTED if holds else FORBIDDEN
    return HIDDEN


@pytest.mark.parametrize("is_here", [True, False], ids=["here", "elsewhere"])
@pytest.mark.parametrize("role", list(Role))
def test_each_role_is_admitted_where_the_table_says_and_nowhere_else(
    doors: Doors, role: Role, is_here: bool
) -> None:
    me = uuid4()
    where = CLINIC if is_here else OTHER
    token = doors.token(Actor(id=me, roles={where: frozenset({role})}))
    ids = {"clinic_id": CLINIC, "patient_id": me}

    wrong = {
        f"{route.method} {route.path}": (said, due)
        for route in doors.routes
        if (said := doors.knock(route, token, ids))
        != (due := expected(route, role, is_here=is_here))
    }

    assert wrong == {}


@pytest.mark.parametrize("role", list(Role))
def test_a_role_in_the_network_counts_in_it_and_in_every_clinic(
    doors: Doors, role: Role
) -> None:
    me = uuid4()
    token = doors.token(Actor(id=me, network_roles=frozenset({role})))
    ids = {"clinic_id": CLINIC, "patient_id": me}

    for route in doors.routes:
        holds = route.scope.is_open or role in route.scope.roles
        due = ADMITTED if holds else FORBIDDEN
        assert doors.knock(route, token, ids) == due, route


def test_a_patient_reaches_no_record_but_the_own(doors: Doors) -> None:
    patient = Actor(id=uuid4(), roles={CLINIC: frozenset({Role.PATIENT})})

    for route in doors.routes:
        if Role.PATIENT in route.scope.roles:
            ids = {"clinic_id": CLINIC, "patient_id": uuid4()}
            assert doors.knock(route, doors.token(patient), ids) == HIDDEN, route


def test_somebody_with_two_roles_in_two_clinics_has_each_where_it_is_held(
    doors: Doors,
) -> None:
    roles = {
        CLINIC: frozenset({Role.PRESCRIBER}),
        OTHER: frozenset({Role.FRONT_DESK}),
    }
    token = doors.token(Actor(id=uuid4(), roles=roles))

    for route in doors.routes:
        for where, (role,) in roles.items():
            if route.scope.from_anywhere or route.scope.is_open:
                continue
            due = expected(route, role, is_here=True)
            assert doors.knock(route, token, {"clinic_id": where}) == due, route


def test_a_token_is_good_for_the_scopes_it_names_only(doors: Doors) -> None:
    me, patients = uuid4(), frozenset({Role.PATIENT})
    for route in doors.routes:
        is_own = route.scope.roles == patients
        everything = patients if is_own else frozenset(Role) - patients
        where: dict[str, Any] = (
            {"network_roles": everything}
            if route.scope.in_network
            else {"roles": {CLINIC: everything}}
        )
        named = Actor(id=me, scopes=frozenset({route.scope.name}), **where)
        others = frozenset(scopes()) - {route.scope.name}
        unnamed = Actor(id=me, scopes=others, **where)
        ids = {"clinic_id": CLINIC, "patient_id": me}
        if route.scope.is_open:
            continue

        assert doors.knock(route, doors.token(named), ids) == ADMITTED, route
        assert doors.knock(route, doors.token(unnamed), ids) == FORBIDDEN, route


def _claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "kap",
        "aud": "kap",
        "sub": str(uuid4()),
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "roles": {str(CLINIC): [role.value for role in Role]},
        "network_roles": [role.value for role in NETWORK],
        **changes,
    }


def _part(value: Any) -> str:
    return _bytes(json.dumps(value).encode())


def _bytes(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def bad_tokens(lab: Lab) -> dict[str, str | None]:
    """Every kind of token that must not open anything."""
    key = lab.issuer._key
    now = int(time.time())

    def signed(claims: dict[str, Any], with_key: Any = key, **header: Any) -> str:
        head = {"alg": "ES256", "kid": with_key.kid, **header}
        return jwt.encode(head, claims, with_key, algorithms=["ES256", "HS256"])

    stranger = ECKey.import_key(json.loads(new_key()))
    good = signed(_claims())
    head, body, signature = good.split(".")
    said = f"{_part({'alg': 'HS256', 'kid': key.kid})}.{body}"
    mac = hmac.digest(key.as_pem(private=False), said.encode(), "sha256")
    forged = _part(_claims(roles={str(OTHER): ["prescriber"]}))
    return {
        "none at all": None,
        "empty": "",
        "expired": signed(_claims(exp=now - 60)),
        "not valid yet": signed(_claims(nbf=now + 600)),
        "wrong audience": signed(_claims(aud="somebody-else")),
        "wrong issuer": signed(_claims(iss="https://evil.example")),
        "alg none": f"{_part({'alg': 'none', 'kid': key.kid})}.{body}.",
        "signed by a stranger": signed(_claims(), stranger),
        "by a stranger under our kid": signed(_claims(), stranger, kid=key.kid),
        "unknown kid": signed(_claims(), kid="unknown"),
        "HS256 with the public key": f"{said}.{_bytes(mac)}",
        "tampered with": f"{head}.{forged}.{signature}",
        "cut short": good[:-4],
        "no token": "not.a.token",
    }


def test_no_bad_token_opens_anything(doors: Doors) -> None:
    ids = {"clinic_id": CLINIC}
    opened = {
        f"{route.method} {route.path} {kind}"
        for kind, token in bad_tokens(doors.lab).items()
        for route in doors.routes
        if not route.scope.is_open and doors.knock(route, token, ids) != UNKNOWN
    }

    assert opened == set()


def test_another_clinics_record_and_an_unknown_one_are_answered_alike(
    doors: Doors,
) -> None:
    token = doors.token(
        Actor(id=uuid4(), roles={CLINIC: frozenset(Role) - {Role.PATIENT}})
    )
    me, client = Caller(doors.lab, token, CLINIC), doors.lab.platform.apps
    said = set()
    for clinic in (OTHER, uuid4()):
        answer = (
            client[doors.service]
            .test_client()
            .get(
                f"/{doors.service}/v1/clinics/{clinic}/audit",
                headers={"Authorization": f"Bearer {me.token}"},
            )
        )
        body = answer.get_json()
        body.pop("request_id")
        said.add((answer.status_code, json.dumps(body)))

    assert len(said) == 1


def test_the_table_people_read_is_the_one_the_routes_make() -> None:
    shown = PAGE.read_text()

    assert shown == page(shown, table(all_routes())), HOW
