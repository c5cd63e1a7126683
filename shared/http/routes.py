"""How a route is declared: its path, who may call it, what it takes and gives.

Behind a declaration stands the door (`door.py`): no view runs before the caller was
admitted, and none sees more than one clinic.
"""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from flask import g
from flask_smorest import Blueprint
from marshmallow import Schema

from shared.access import Role, Scope
from shared.http import downloads
from shared.http.bodies import MAX_BODY_BYTES, Parser
from shared.http.door import Before, Explain, current_runtime, guarded

View = Callable[..., Any]


class Routes(Blueprint):  # type: ignore[misc]
    """The routes of one service.

    Paths are below `/<service>/v1/clinics/<clinic_id>`, or below `/<service>/v1` for a
    scope of the network, where only network roles count. Every route states its scope.
    """

    ARGUMENTS_PARSER = Parser()

    def __init__(self, service: str, about: str) -> None:
        super().__init__(
            service, __name__, url_prefix=f"/{service}/v1", description=about
        )

    def get(
        self,
        path: str,
        *,
        scope: Scope,
        gives: Schema,
        query: Schema | None = None,
        in_emergency: bool = False,
    ) -> Callable[[View], View]:
        """A read; the view gets a `Reading`, then the query if one is declared.

        `in_emergency` opens it to whoever has broken the glass for its patient.
        """
        if in_emergency and "<uuid:patient_id>" not in path:
            raise TypeError(f"GET {path} names no patient to open in an emergency")
        return self._route(
            "GET", path, scope, None, query, gives, 200, in_emergency=in_emergency
        )

    def post(
        self,
        path: str,
        *,
        scope: Scope,
        gives: Schema,
        takes: Schema | None = None,
        status: int = 200,
        most_bytes: int = MAX_BODY_BYTES,
        explain: Explain | None = None,
        before: Before | None = None,
    ) -> Callable[[View], View]:
        """A change; the view gets a `UnitOfWork`, then the body if one is declared.

        `explain` says more of a conflict, from a reading after it is rolled back;
        `before` is called when the caller is admitted and no transaction is open yet.
        """
        return self._route(
            "POST",
            path,
            scope,
            takes,
            None,
            gives,
            status,
            most_bytes=most_bytes,
            explain=explain,
            before=before,
        )

    def download(
        self,
        path: str,
        *,
        scope: Scope,
        media_types: Sequence[str],
        query: Schema | None = None,
    ) -> Callable[[View], View]:
        """A read that is answered with a file, a `Download` or a `Feed`."""

        def declare(view: View) -> View:
            @wraps(view)
            def call(*parsed: Any, **values: Any) -> Any:
                file = view(g.door, *parsed, **values)
                g.answered = [{"patient_id": one} for one in file.patient_ids]
                g.version = None
                return file.response

            documented = self.doc(**downloads.documented(media_types))(call)
            if query is not None:
                declared = self.arguments(query, location="query", unknown=None)
                documented = declared(documented)
            self._open(view, documented, "GET", path, scope)
            return view

        return declare

    def put(
        self,
        path: str,
        *,
        scope: Scope,
        gives: Schema,
        takes: Schema,
        most_bytes: int = MAX_BODY_BYTES,
    ) -> Callable[[View], View]:
        """A change that names the whole new state."""
        return self._route(
            "PUT", path, scope, takes, None, gives, 200, most_bytes=most_bytes
        )

    def delete(
        self, path: str, *, scope: Scope, gives: Schema
    ) -> Callable[[View], View]:
        """A change that ends something."""
        return self._route("DELETE", path, scope, None, None, gives, 200)

    def _route(
        self,
        method: str,
        path: str,
        scope: Scope,
        takes: Schema | None,
        query: Schema | None,
        gives: Schema,
        status: int,
        *,
        in_emergency: bool = False,
        most_bytes: int = MAX_BODY_BYTES,
        explain: Explain | None = None,
        before: Before | None = None,
    ) -> Callable[[View], View]:
        if Role.PATIENT in scope.roles and "<uuid:patient_id>" not in path:
            raise TypeError(f"{method} {path} names no patient, whom it lets in")

        def declare(view: View) -> View:
            endpoint = _answering(view)
            endpoint = self.response(status, gives)(endpoint)
            if takes is not None:
                endpoint = self.arguments(takes, location="json")(endpoint)
            if query is not None:
                # Without `unknown` the parser lets pass what the schema refuses.
                declared = self.arguments(query, location="query", unknown=None)
                endpoint = declared(endpoint)
            self._open(
                view,
                endpoint,
                method,
                path,
                scope,
                has_body=takes is not None,
                in_emergency=in_emergency,
                most_bytes=most_bytes,
                explain=explain,
                before=before,
            )
            return view

        return declare

    def _open(
        self,
        view: View,
        endpoint: View,
        method: str,
        path: str,
        scope: Scope,
        *,
        has_body: bool = False,
        in_emergency: bool = False,
        most_bytes: int = MAX_BODY_BYTES,
        explain: Explain | None = None,
        before: Before | None = None,
    ) -> None:
        """Let requests to a path in, through the door."""
        rule = path if scope.in_network else f"/clinics/<uuid:clinic_id>{path}"
        said = _access_said(scope, in_emergency=in_emergency)
        endpoint = self.doc(operationId=view.__name__, **said)(endpoint)
        outer = guarded(
            endpoint,
            scope,
            method=method,
            action=f"{self.name}.{view.__name__}",
            has_body=has_body,
            in_emergency=in_emergency,
            most_bytes=most_bytes,
            explain=explain,
            before=before,
        )
        outer.kap_scope = scope  # type: ignore[attr-defined]
        outer.kap_emergency = in_emergency  # type: ignore[attr-defined]
        self.route(rule, methods=[method], endpoint=view.__name__)(outer)


def _access_said(scope: Scope, *, in_emergency: bool) -> dict[str, Any]:
    """What the API's document says of who may call."""
    return {
        "security": [] if scope.is_open else [{"bearer": []}],
        "x-kap-scope": scope.name,
        "x-kap-roles": sorted(scope.roles),
        "x-kap-emergency": in_emergency,
    }


def _answering(view: View) -> View:
    """The view as flask-smorest calls it: parsed input first, then path values."""

    @wraps(view)
    def call(*parsed: Any, **path: Any) -> Any:
        g.parsed = parsed
        result = view(g.door, *parsed, **path)
        version = getattr(result, "version", None)
        if version is None and hasattr(result, "get"):
            version = result.get("version")
        g.version = version if isinstance(version, int) else None
        g.answered = result
        return result

    return call


__all__ = ["Routes", "current_runtime"]
