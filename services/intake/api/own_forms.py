"""Routes of the forms that patients fill in themselves, by a private link."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import AnswerOwnForm
from services.intake.domain import FormDraft, Measure
from services.intake.schemas import own_forms as schemas
from shared import access
from shared.http.routes import current_runtime
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/patients/<uuid:patient_id>/forms",
    scope=access.OWN_FORMS,
    gives=schemas.OwnFormsView(),
)
def list_own_forms(reading: Reading, patient_id: UUID) -> queries.Row:
    """The questionnaires of the screening, as far as the patient has come."""
    return queries.own_forms(reading, patient_id, current_runtime().clock())


@routes.get(
    "/patients/<uuid:patient_id>/forms/<code>",
    scope=access.OWN_FORMS,
    gives=schemas.OwnFormView(),
)
def show_own_form(reading: Reading, patient_id: UUID, code: str) -> queries.Row:
    """What a questionnaire asks, and what the patient has answered of it so far."""
    return queries.own_form(reading, patient_id, code)


@routes.put(
    "/patients/<uuid:patient_id>/forms/<code>/draft",
    scope=access.OWN_FORMS,
    takes=schemas.OwnAnswersBody(),
    gives=schemas.OwnDraftView(),
)
def save_own_draft(
    uow: UnitOfWork, body: dict[str, Any], patient_id: UUID, code: str
) -> FormDraft:
    """Keep what was answered so far, to go on later, also on another device."""
    return handlers.save_draft(_answers(patient_id, code, body), uow)


@routes.post(
    "/patients/<uuid:patient_id>/forms/<code>",
    scope=access.OWN_FORMS,
    takes=schemas.OwnAnswersBody(),
    gives=schemas.SentFormView(),
    status=201,
)
def answer_own_form(
    uow: UnitOfWork, body: dict[str, Any], patient_id: UUID, code: str
) -> Measure:
    """A patient sends a questionnaire."""
    return handlers.answer_own_form(_answers(patient_id, code, body), uow)


def _answers(patient_id: UUID, code: str, body: dict[str, Any]) -> AnswerOwnForm:
    return AnswerOwnForm(patient_id=patient_id, instrument=code, **body)
