"""What the pages of one patient's record share: whose it is, and the way back."""

from typing import Any
from uuid import UUID

from flask import g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from services.console.apis import Answer, Apis
from services.console.pages.people import full_name
from services.console.pages.site import demand_found
from services.console.visitor import Visitor
from shared import access


def patient_of(patient_id: UUID) -> Answer:
    """The patient a page is about; the page ends here if there is none."""
    apis: Apis = g.apis
    person = apis.get("intake", f"/patients/{patient_id}")
    demand_found(person)
    return person


def render(
    template: str, clinic_id: UUID, person: Answer, problem: str = "", **more: Any
) -> str:
    """A page of a patient's record."""
    visitor: Visitor = g.visitor
    apis: Apis = g.apis
    return render_template(
        template,
        section="site.patients",
        clinic_id=clinic_id,
        patient_id=person["id"],
        person=person,
        name=full_name(person.data) if person else "",
        problem=problem,
        away=apis.away,
        pays=visitor.may(access.COVERAGE, clinic_id),
        **more,
    )


def back(endpoint: str, **values: Any) -> Response:
    """To the page that was changed."""
    return redirect(url_for(endpoint, **values), 303)
