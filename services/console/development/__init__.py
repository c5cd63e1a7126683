"""An issuer for trying the platform: it signs in anybody as anybody, on one machine.

It is a small OAuth 2 and OpenID Connect server, so that whatever is tried with it works
with a real identity provider. It answers where `KAP_DEVELOPMENT_ISSUER` is on, and only
those who ask for this machine by one of its own names.
"""

from services.console.development.routes import development

__all__ = ["development"]
