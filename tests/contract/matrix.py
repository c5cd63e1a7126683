"""Who may call what, read from the routes themselves.

`python -m tests.contract.matrix` writes the table into docs/security.md.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask

from cli.services import NAMES, load
from shared.access import Role, Scope
from shared.testing.lab import Lab

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- matrix -->", "<!-- end of matrix -->"
HOW = "run `python -m tests.contract.matrix` and commit docs/security.md"


@dataclass(frozen=True, kw_only=True)
class Route:
    """A route of a service's API."""

    service: str
    method: str
    path: str
    scope: Scope
    is_emergency: bool
    is_kernel: bool

    @property
    def short(self) -> str:
        """The path as people write it, below the service or the clinic."""
        path = self.path.removeprefix(f"/{self.service}/v1")
        path = path.replace("/clinics/<uuid:clinic_id>", "", 1)
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path) or "/"


def routes_of(app: Flask, service: str) -> Iterator[Route]:
    """Every route of a service's API."""
    for rule in app.url_map.iter_rules():
        scope = getattr(app.view_functions[rule.endpoint], "kap_scope", None)
        if scope is None:
            continue
        view: Any = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(
                service=service,
                method=method,
                path=rule.rule,
                scope=scope,
                is_emergency=view.kap_emergency,
                is_kernel=rule.endpoint.startswith(f"{service}-mailbox."),
            )


def cell(route: Route, role: Role) -> str:
    """What a role may do with a route."""
    if route.scope.is_open:
        return "open"
    if role not in route.scope.roles:
        return ""
    if role is Role.PATIENT:
        return "own"
    return "any" if route.scope.from_anywhere else "yes"


def table(routes: list[Route]) -> str:
    """The matrix as Markdown; what every service has stands there once."""
    roles = list(Role)
    heads = ["Route", "Scope", *(role.value.replace("_", " ") for role in roles)]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    kernel_of = "intake"
    shown = [r for r in routes if not r.is_kernel or r.service == kernel_of]
    for route in sorted(shown, key=lambda r: (r.is_kernel, r.service)):
        where = "every service" if route.is_kernel else route.service
        level = "network" if route.scope.in_network else "clinic"
        name = f"{route.method} `{route.short}` ({where}, {level})"
        if route.is_emergency:
            name += ", also in an emergency"
        cells = [name, f"`{route.scope.name}`", *(cell(route, role) for role in roles)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def all_routes() -> list[Route]:
    """The routes of all services."""
    found: list[Route] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in NAMES:
            lab = Lab([load(name)], Path(folder))
            found += routes_of(lab.platform.apps[name], name)
            lab.close()
    return found


def page(present: str, matrix: str) -> str:
    """The page with the table put where it belongs."""
    head, _, rest = present.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{matrix}\n{END}{tail}"


def main() -> int:
    """Write the table."""
    PAGE.write_text(page(PAGE.read_text(), table(all_routes())))
    return 0


if __name__ == "__main__":
    sys.exit(main())
