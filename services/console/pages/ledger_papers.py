"""The ledger's papers, handed on from the service to the browser."""

from typing import Any
from uuid import UUID

from flask import Response, g, request

from services.console.apis import Apis
from services.console.pages import ledger
from services.console.pages.site import site
from shared.http.downloads import HEADERS


@site.get("/clinics/<uuid:clinic_id>/ledger/export")
def export_ledger(clinic_id: UUID) -> Any:
    """The register of some days, with the names that whoever asks may see."""
    named = ("from", "to", "format", "names")
    asked = {name: request.args[name] for name in named if request.args.get(name)}
    return _handed_on(clinic_id, "/ledger/export", asked)


@site.get("/clinics/<uuid:clinic_id>/ledger/counts/<uuid:count_id>")
def export_count(clinic_id: UUID, count_id: UUID) -> Any:
    """An inventory as it was counted."""
    return _handed_on(clinic_id, f"/ledger/counts/{count_id}/paper", {"format": "pdf"})


def _handed_on(clinic_id: UUID, path: str, asked: dict[str, str]) -> Any:
    apis: Apis = g.apis
    answer = apis.file("sessions", path, **asked)
    if answer is None or not answer.is_success:
        problem = "the paper cannot be made now"
        if answer is not None and answer.is_client_error:
            problem = str(answer.json().get("detail", problem))
        return ledger.page(clinic_id, problem), 422
    response = Response(answer.content, mimetype=answer.headers["Content-Type"])
    response.headers |= HEADERS
    response.headers["Content-Disposition"] = answer.headers["Content-Disposition"]
    return response
