"""Whom a deployment trusts to say who calls, by its settings."""

from shared.access import STAFF, Role
from shared.identity.keyring import KeyRing
from shared.identity.sources import WELL_KNOWN, Discovered
from shared.identity.verifying import TokenVerifier, TrustedIssuer
from shared.settings import Settings

OUTSIDE_IN_CLINICS = STAFF | {Role.INTEGRATOR}
OUTSIDE_IN_NETWORK = frozenset({Role.NETWORK_ADMIN, Role.INTEGRATOR})
"""What an identity provider may say of somebody. The services among themselves, and
patients with a private link, are known by the deployment's own tokens only."""


def verifier_of(settings: Settings) -> TokenVerifier:
    """The verifier of a process: of the deployment's own tokens, and of people's."""
    own = KeyRing(settings.token_keys)
    issuers = [
        TrustedIssuer(
            name=settings.token_issuer,
            ring=own,
            clinic_roles=frozenset(Role),
            network_roles=frozenset(Role),
            limits_integrators=False,
        )
    ]
    if settings.development_issuer:
        issuers.append(_outside(settings.public_url, own))
    elif settings.oidc_issuer:
        issuers.append(_outside(settings.oidc_issuer, provider_ring(settings)))
    return TokenVerifier(*issuers)


def provider_ring(settings: Settings) -> KeyRing:
    """The keys of the identity provider, given or found by its own word."""
    if settings.oidc_keys:
        return KeyRing(settings.oidc_keys)
    return KeyRing(Discovered(discovery_url(settings), issuer=settings.oidc_issuer))


def discovery_url(settings: Settings) -> str:
    """Where the identity provider says what it is."""
    return settings.oidc_discovery or settings.oidc_issuer.rstrip("/") + WELL_KNOWN


def _outside(name: str, ring: KeyRing) -> TrustedIssuer:
    return TrustedIssuer(
        name=name,
        ring=ring,
        clinic_roles=OUTSIDE_IN_CLINICS,
        network_roles=OUTSIDE_IN_NETWORK,
    )
