"""Routes of patients who may be registered twice."""

from typing import Any
from uuid import UUID

from services.intake import handlers, queries
from services.intake.api.base import routes
from services.intake.domain import Distinction, Patient
from services.intake.schemas import duplicates, people
from shared import access
from shared.reading import Reading
from shared.unit_of_work import UnitOfWork


@routes.get("/duplicates", scope=access.DUPLICATES, gives=duplicates.DuplicatesView())
def list_duplicates(reading: Reading) -> Any:
    """Who may be registered twice in this clinic, until somebody decides."""
    return {"items": queries.duplicates(reading)}


@routes.post(
    "/patients/<uuid:patient_id>/duplicates/<uuid:other_id>/dismiss",
    scope=access.DUPLICATES,
    gives=duplicates.DistinctionView(),
)
def dismiss_duplicate(uow: UnitOfWork, patient_id: UUID, other_id: UUID) -> Distinction:
    """These are two persons, however alike; they are not listed again."""
    return handlers.dismiss_duplicate(patient_id, other_id, uow)


@routes.post(
    "/patients/<uuid:patient_id>/duplicates/<uuid:other_id>/merge",
    scope=access.DUPLICATES,
    gives=people.MergedView(),
)
def merge_duplicate(uow: UnitOfWork, patient_id: UUID, other_id: UUID) -> Patient:
    """These are one person: the other record is closed, and read with the first."""
    return handlers.merge_patients(patient_id, other_id, uow)
