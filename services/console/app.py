"""The console, put together."""

from flask import Flask

from services.console import errors, filters, handlers, login, security, wording
from services.console.api import routes
from services.console.assets import asset, assets
from services.console.bell import BELL, Bell
from services.console.development import development
from services.console.models import metadata
from services.console.own import own
from services.console.pages import site
from shared.audit import witness
from shared.events import catalogue
from shared.events.scheduling import ClinicOnboarded
from shared.service import Runtime, Service

SIGN_INS = frozenset(
    {
        "site.enter",
        "site.come_back",
        "own.come_in",
        "own.accept",
        "development.sign_in",
        "development.give_token",
    }
)
"""Where one may try who one is."""


def prepare(app: Flask, runtime: Runtime) -> None:
    """Give pages their words, their headers, their errors and their sign-in."""
    app.jinja_env.filters.update(filters.FILTERS)
    app.jinja_env.globals.update(asset=asset, say=wording.say)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.after_request(security.add_headers)
    app.extensions["kap_limits"].sign_in_at(SIGN_INS)
    app.extensions[BELL] = Bell(runtime)
    errors.install(app)
    login.install(app, runtime)


service = Service(
    name="console",
    metadata=metadata,
    blueprint=routes,
    pages=(site, own, assets, development),
    handlers={
        **dict.fromkeys(catalogue().values(), handlers.note_event),
        **dict.fromkeys(witness.TOLD_BY_OTHERS["console"], witness.note),
        ClinicOnboarded: handlers.know_clinic,
    },
    prepare=prepare,
)
