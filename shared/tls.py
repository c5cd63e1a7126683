"""Whom this process trusts when it calls by HTTPS."""

import ssl
from functools import cache

import httpx


@cache
def trusted() -> ssl.SSLContext:
    """The authorities everybody trusts.

    Reading them takes a tenth of a second, which every client would else spend anew.
    """
    return httpx.create_ssl_context()
