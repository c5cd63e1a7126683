"""Routes of questionnaires: which there are, and answers as other systems tell them."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.commands import RecordMeasure
from services.intake.domain import Episode, Measure, Questionnaire
from services.intake.schemas import care, questionnaires
from shared import access
from shared.errors import InvalidError
from shared.instruments import fhir
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get(
    "/questionnaires",
    scope=access.QUESTIONNAIRES_READ,
    gives=questionnaires.QuestionnairesView(),
)
def list_questionnaires(reading: Reading) -> dict[str, Any]:
    """What can be asked in this clinic: the newest version of each."""
    return {"items": queries.instruments(reading)}


@routes.get(
    "/questionnaires/<code>",
    scope=access.QUESTIONNAIRES_READ,
    gives=questionnaires.ResourceView(),
)
def show_questionnaire(reading: Reading, code: str) -> dict[str, Any]:
    """A questionnaire as FHIR R4 has it, with how it is scored."""
    return {"resource": fhir.to_questionnaire(queries.instrument(reading, code))}


@routes.post(
    "/questionnaires",
    scope=access.QUESTIONNAIRES_MANAGE,
    takes=questionnaires.ResourceBody(),
    gives=questionnaires.DefinedView(),
    status=201,
)
def define_questionnaire(uow: UnitOfWork, body: dict[str, Any]) -> Questionnaire:
    """The clinic defines a questionnaire, or a further version of one."""
    with handlers.within("resource"):
        return handlers.define_questionnaire(body["resource"], uow)


@routes.post(
    "/episodes/<uuid:episode_id>/questionnaire-responses",
    scope=access.ANSWERS_WRITE,
    takes=questionnaires.ResponseBody(),
    gives=care.AnsweredView(),
    status=201,
)
def record_response(uow: UnitOfWork, body: dict[str, Any], episode_id: UUID) -> Measure:
    """A questionnaire was answered in another system."""
    resource = body["resource"]
    with handlers.within("resource"):
        code = fhir.code_in(resource)
        if not code:
            raise InvalidError("names no questionnaire of ours", field="questionnaire")
        patient_id = uow.get(Episode, episode_id).patient_id
        instrument = handlers.instrument_of(code, uow)
        answers = fhir.from_response(instrument, resource, patient_id=str(patient_id))
    command = RecordMeasure(
        episode_id=episode_id,
        instrument=code,
        context=body["context"],
        answers=answers,
    )
    return handlers.record_measure(command, uow)


@routes.get(
    "/episodes/<uuid:episode_id>/questionnaire-responses/<uuid:measure_id>",
    scope=access.EPISODE_READ,
    gives=questionnaires.ResourceView(),
)
def show_response(
    reading: Reading, episode_id: UUID, measure_id: UUID
) -> dict[str, Any]:
    """The answers to a questionnaire as FHIR R4 has them."""
    row = queries.measure(reading, episode_id, measure_id)
    asked = queries.instrument(reading, row["instrument"], row["instrument_version"])
    return {
        "patient_id": row["patient_id"],
        "resource": fhir.to_response(
            asked,
            row["answers"],
            response_id=str(row["id"]),
            patient_id=str(row["patient_id"]),
            authored=row["recorded_at"].isoformat(),
        ),
    }
