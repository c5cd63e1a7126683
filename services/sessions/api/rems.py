"""Routes of REMS forms."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.sessions.api.base import routes
from services.sessions.domain.rems import RemsForm
from services.sessions.handlers import rems as handlers
from services.sessions.handlers.papers import rems_paper
from services.sessions.queries import rems as queries
from services.sessions.schemas import rems as schemas
from shared import access
from shared.errors import ForbiddenError, UnavailableError
from shared.http.door import bearer
from shared.http.downloads import Download
from shared.http.routes import current_runtime
from shared.paper import pdf_of
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork

PDF = "application/pdf"
_form = schemas.RemsFormView()
_filled = schemas.FilledFormView()


@routes.get("/rems-forms", scope=access.CHART_READ, gives=schemas.RemsFormsView())
def list_rems_forms(reading: Reading) -> dict[str, Any]:
    """Forms that nobody has submitted."""
    return {"items": queries.open_rems_forms(reading)}


@routes.get("/rems-forms/<uuid:form_id>", scope=access.CHART_READ, gives=_filled)
def show_rems_form(reading: Reading, form_id: UUID) -> dict[str, Any]:
    """A form, filled as far as is known."""
    return queries.rems_form(reading, form_id, current_runtime().clock())


@routes.get(
    "/sessions/<uuid:session_id>/rems-form", scope=access.CHART_READ, gives=_filled
)
def show_session_rems_form(reading: Reading, session_id: UUID) -> dict[str, Any]:
    """The form of a session."""
    return queries.rems_form_of(reading, session_id, current_runtime().clock())


@routes.put(
    "/rems-forms/<uuid:form_id>",
    scope=access.REMS_FORMS_WRITE,
    takes=schemas.FillBody(),
    gives=_form,
)
def fill_rems_form(uow: UnitOfWork, body: dict[str, Any], form_id: UUID) -> RemsForm:
    """What people answer; it stands over what the record answers."""
    return handlers.fill_rems_form(form_id, body["answers"], uow)


@routes.post(
    "/rems-forms/<uuid:form_id>/submit",
    scope=access.REMS_FORMS_WRITE,
    takes=schemas.SubmitBody(),
    gives=_form,
)
def submit_rems_form(uow: UnitOfWork, body: dict[str, Any], form_id: UUID) -> RemsForm:
    """Note that a person has sent the form; nothing is sent by this."""
    return handlers.submit_rems_form(form_id, body["submitted_on"], uow)


@routes.download(
    "/rems-forms/<uuid:form_id>/paper", scope=access.CHART_READ, media_types=[PDF]
)
def show_rems_paper(reading: Reading, form_id: UUID) -> Download:
    """The form as a page, with who the patient is, as the caller may know it."""
    now = current_runtime().clock()
    form = queries.rems_form(reading, form_id, now)
    patient = _asked("intake", reading, f"/patients/{form['patient_id']}")
    clinic = _asked("scheduling", reading, "")
    paper = rems_paper(form, patient, clinic, made_at=now)
    return Download(
        patient_ids=[form["patient_id"]],
        name=f"rems-form-{str(form_id)[-6:]}.pdf",
        media_type=PDF,
        content=pdf_of(paper),
    )


def _asked(service: str, reading: Reading, path: str) -> Mapping[str, Any]:
    """What another service tells the caller: names are not kept here.

    Raises:
        ForbiddenError: the caller may not know it.
        UnavailableError: the service does not answer.
    """
    where = f"/v1/clinics/{reading.context.clinic_id}{path}"
    answer = current_runtime().peers.ask(service, "GET", where, token=bearer())
    if answer.status_code == 403:
        raise ForbiddenError
    if answer.is_error:
        raise UnavailableError(f"{service} answered {answer.status_code}")
    found: Mapping[str, Any] = answer.json()
    return found
