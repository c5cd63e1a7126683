"""Which services there are."""

from importlib import import_module

from shared.service import Service

NAMES = ("intake", "scheduling", "sessions", "notifications", "console")
FRONT = "console"


def load(name: str) -> Service:
    """A service, by name."""
    service: Service = import_module(f"services.{name}.app").service
    return service


def load_all() -> list[Service]:
    """Every service, in the order a patient meets them."""
    return [load(name) for name in NAMES]
