"""The realm that comes along: what Keycloak must say for our services to believe it.

Its tokens' shapes are those of `shared/testing/oidc.py`, which the console is tested
against; here the file is held to what those tests assume.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.console.cookies import LONGEST_IDLE, LONGEST_VISIT
from shared.access import Role, scopes
from shared.identity import AUDIENCE
from shared.identity.keys import ALGORITHMS
from shared.identity.trusted import OUTSIDE_IN_CLINICS, OUTSIDE_IN_NETWORK

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "deploy/keycloak/kap-realm.json").read_text()
REALM: dict[str, Any] = json.loads(TEXT)
CLIENTS = {client["clientId"]: client for client in REALM["clients"]}
SCOPES = {scope["name"]: scope for scope in REALM["clientScopes"]}
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
ATTRIBUTES = ("kap_roles", "kap_network_roles")


def mappers(client: str) -> dict[str, dict[str, Any]]:
    """What every token for a client is made with, by the claim or the kind."""
    return {
        mapper["config"].get("claim.name", mapper["protocolMapper"]): mapper
        for name in CLIENTS[client]["defaultClientScopes"]
        for mapper in SCOPES[name].get("protocolMappers", [])
    }


def test_the_realm_signs_as_we_verify() -> None:
    (keys,) = (
        provider
        for provider in REALM["components"]["org.keycloak.keys.KeyProvider"]
        if provider["providerId"] == "ecdsa-generated"
    )

    assert REALM["realm"] == "kap"
    assert REALM["defaultSignatureAlgorithm"] in ALGORITHMS
    assert keys["config"]["ecdsaEllipticCurveKey"] == ["P-256"]
    for client in CLIENTS.values():
        for token in ("access", "id"):
            said = client["attributes"][f"{token}.token.signed.response.alg"]
            assert said in ALGORITHMS


@pytest.mark.parametrize("client", CLIENTS)
def test_a_token_says_for_whom_it_is_who_it_is_and_what_they_may(client: str) -> None:
    made = mappers(client)

    audience = made["oidc-audience-mapper"]["config"]
    assert audience["included.custom.audience"] == AUDIENCE
    assert audience["access.token.claim"] == "true"
    assert audience["id.token.claim"] == "false"
    assert made["oidc-sub-mapper"]["config"]["access.token.claim"] == "true"
    roles, network = made["roles"]["config"], made["network_roles"]["config"]
    assert (roles["user.attribute"], network["user.attribute"]) == ATTRIBUTES
    assert roles["jsonType.label"] == "JSON"
    assert network["multivalued"] == "true"
    for config in (roles, network):
        assert config["access.token.claim"] == "true"


def test_pages_can_show_a_name() -> None:
    assert mappers("kap-console")["oidc-full-name-mapper"]


def test_the_console_must_prove_itself_and_asks_for_a_code_only() -> None:
    console = CLIENTS["kap-console"]

    assert console["publicClient"] is False
    assert console["standardFlowEnabled"] is True
    assert console["attributes"]["pkce.code.challenge.method"] == "S256"
    for flow in (
        "implicitFlowEnabled",
        "directAccessGrantsEnabled",
        "serviceAccountsEnabled",
        "fullScopeAllowed",
    ):
        assert console[flow] is False


def test_people_come_back_to_the_console_and_nowhere_else() -> None:
    console = CLIENTS["kap-console"]

    assert console["redirectUris"] == ["${KAP_PUBLIC_URL}/login/callback"]
    assert console["webOrigins"] == []
    assert (
        console["attributes"]["post.logout.redirect.uris"]
        == "${KAP_PUBLIC_URL}/signed-out"
    )


def test_an_integrator_is_a_machine_that_must_name_its_scopes() -> None:
    integrator = CLIENTS["example-integrator"]
    optional = set(integrator["optionalClientScopes"])

    assert integrator["serviceAccountsEnabled"] is True
    for flow in ("standardFlowEnabled", "directAccessGrantsEnabled", "publicClient"):
        assert integrator[flow] is False
    assert optional <= scopes().keys()
    assert all(Role.INTEGRATOR in scopes()[name].roles for name in optional)
    assert not optional & set(integrator["defaultClientScopes"])


def test_scopes_of_ours_stand_in_a_token_and_those_of_keycloak_do_not() -> None:
    told = {
        name
        for name, scope in SCOPES.items()
        if scope["attributes"]["include.in.token.scope"] == "true"
    }

    assert told - {"profile"} <= scopes().keys()


def test_tokens_are_short_and_a_session_lasts_as_long_as_the_console_s() -> None:
    assert REALM["accessTokenLifespan"] <= 300
    assert REALM["accessCodeLifespan"] <= 60
    assert REALM["ssoSessionMaxLifespan"] == LONGEST_VISIT.total_seconds()
    # The console ends a visit that rests; the provider must not do so before.
    assert REALM["ssoSessionIdleTimeout"] >= LONGEST_IDLE.total_seconds() + 300
    # Two requests at once may renew by the same token.
    assert REALM["revokeRefreshToken"] is False


def test_guessing_passwords_is_slowed_down() -> None:
    assert REALM["bruteForceProtected"] is True
    assert 1 < REALM["failureFactor"] <= 10
    assert "length(12)" in REALM["passwordPolicy"]
    for open_door in ("registrationAllowed", "resetPasswordAllowed", "rememberMe"):
        assert REALM[open_door] is False


def test_nobody_gives_a_role_to_themselves() -> None:
    (component,) = REALM["components"]["org.keycloak.userprofile.UserProfileProvider"]
    profile = json.loads(component["config"]["kc.user.profile.config"][0])
    listed = {item["name"]: item["permissions"] for item in profile["attributes"]}

    for name in ATTRIBUTES:
        assert listed[name] == {"view": ["admin"], "edit": ["admin"]}
    assert all(item["edit"] == ["admin"] for item in listed.values())
    # What is not listed is not kept.
    assert "unmanagedAttributePolicy" not in profile


def test_its_people_do_not_exist_and_have_roles_we_know() -> None:
    people = [user for user in REALM["users"] if "credentials" in user]
    held = set()
    for user in people:
        assert user["lastName"] in ("Fictional", "Nobody")
        assert user["email"].endswith(".example")
        for said in user["attributes"].get("kap_roles", []):
            for names in json.loads(said).values():
                held |= {Role(name) for name in names}
        network = set(map(Role, user["attributes"].get("kap_network_roles", [])))
        assert network <= OUTSIDE_IN_NETWORK

    assert held == OUTSIDE_IN_CLINICS - {Role.INTEGRATOR}


def test_the_integrator_s_account_is_an_integrator_s() -> None:
    (account,) = (user for user in REALM["users"] if "serviceAccountClientId" in user)
    (said,) = account["attributes"]["kap_roles"]

    assert account["serviceAccountClientId"] == "example-integrator"
    assert list(json.loads(said).values()) == [["integrator"]]


def test_no_secret_stands_in_the_file_and_each_is_given_at_the_start() -> None:
    service = COMPOSE["keycloak"]
    given = set(re.findall(r"export ([A-Z_]+)=", service["entrypoint"][-1]))
    wanted = set(re.findall(r"\$\{([A-Z][A-Z_]+)\}", TEXT))

    assert wanted <= given | service["environment"].keys()
    for client in CLIENTS.values():
        assert re.fullmatch(r"\$\{[A-Z_]+\}", client["secret"])
    for user in REALM["users"]:
        for credential in user.get("credentials", []):
            assert re.fullmatch(r"\$\{[A-Z_]+\}", credential["value"])


def test_what_it_is_given_is_made_at_the_first_start() -> None:
    script = (ROOT / "deploy/compose/secrets.sh").read_text()
    read = re.findall(
        r"/run/kap/([\w-]+)-password", COMPOSE["keycloak"]["entrypoint"][-1]
    )

    assert len(read) == 4
    assert all(re.search(rf"\bfor name in .*\b{name}\b", script) for name in read)


def test_it_is_started_on_request_only_and_finds_its_realm() -> None:
    service = COMPOSE["keycloak"]

    assert service["profiles"] == ["keycloak"]
    assert "--import-realm" in service["command"]
    assert any(
        volume.startswith("./deploy/keycloak/kap-realm.json:")
        and volume.endswith("/data/import/kap-realm.json:ro")
        for volume in service["volumes"]
    )


def test_the_settings_file_names_it_where_browsers_and_containers_find_it() -> None:
    offered = dict(
        re.findall(r"^#(KAP_OIDC_\w+)=(.+)$", (ROOT / ".env").read_text(), re.M)
    )
    port = re.search(r":-(\d+)\}", COMPOSE["keycloak"]["environment"]["KC_HOSTNAME"])
    assert port

    assert offered["KAP_OIDC_ISSUER"] == f"http://127.0.0.1:{port[1]}/realms/kap"
    assert offered["KAP_OIDC_DISCOVERY"].startswith("http://keycloak:8080/realms/kap/")
    assert offered["KAP_OIDC_CLIENT_ID"] in CLIENTS
