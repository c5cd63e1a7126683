"""Private links and invitations: made here, told once, handed on by staff."""

from typing import Any
from uuid import UUID

from flask import g, render_template, url_for

from services.console import login
from services.console.apis import Apis
from services.console.pages import record
from services.console.pages.site import demand_found, site


@site.post("/clinics/<uuid:clinic_id>/patients/<uuid:patient_id>/link")
def make_link(clinic_id: UUID, patient_id: UUID) -> str:
    """A private link by which a patient reaches the own forms."""
    apis: Apis = g.apis
    person = record.patient_of(patient_id)
    made = apis.post("intake", f"/patients/{patient_id}/links")
    demand_found(made)
    return _told(clinic_id, made.data, "own.come_in", person=person)


@site.post("/clinics/<uuid:clinic_id>/invitations")
def invite(clinic_id: UUID) -> str:
    """An invitation by which somebody registers."""
    apis: Apis = g.apis
    made = apis.post("intake", "/invitations")
    demand_found(made)
    return _told(clinic_id, made.data, "own.invited", person=None)


def _told(clinic_id: UUID, made: dict[str, Any], endpoint: str, **more: Any) -> str:
    path = url_for(endpoint, clinic_id=clinic_id, code=made["code"])
    return render_template(
        "link.html",
        section="site.patients",
        clinic_id=clinic_id,
        url=login.own_origin() + path,
        expires_at=made["expires_at"],
        **more,
    )
