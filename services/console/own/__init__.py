"""A patient's own pages: reached by a private link, made for a phone.

A patient sees forms, consents and nothing of the clinic's pages; the cookie is another
one than that of staff, and lasts an hour.
"""

from services.console.own import consents, forms, offers
from services.console.own.visit import own

__all__ = ["consents", "forms", "offers", "own"]
