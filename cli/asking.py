"""What commands have in common that ask a running deployment."""

from collections.abc import Callable
from typing import Any

import click
import httpx

from cli.api_client import DEFAULT_URL, Caller, Deployment, RefusedError, with_token


def caller_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which deployment is asked, and with which token."""
    command = click.option(
        "--token",
        envvar="KAP_TOKEN",
        help="Bearer token of a network admin; a development deployment issues one.",
    )(command)
    return click.option(
        "--url", default=DEFAULT_URL, show_default=True, help="The deployment."
    )(command)


def network_admin(url: str, token: str | None) -> Caller:
    """Whoever the token speaks for, or a network admin of a development deployment."""
    if token:
        return with_token(url, token)
    caller: Caller = ask(lambda: Deployment(url).development_caller("network_admin"))
    return caller


def ask(call: Callable[[], Any]) -> Any:
    """An answer, or one clear line."""
    try:
        return call()
    except RefusedError as error:
        raise click.ClickException(str(error)) from error
    except httpx.HTTPError as error:
        raise click.ClickException("the platform does not answer") from error
