"""A patient is forgotten: what was written about them opens no more."""

from shared.events.intake import PatientErased
from shared.privacy.columns import vault_of
from shared.unit_of_work import UnitOfWork


def erase_patient(event: PatientErased, uow: UnitOfWork) -> None:
    """Nobody can read any more why a patient was overbooked, or who came along."""
    vault = vault_of(uow.connection)
    vault.destroy(uow.connection, uow.clinic_id, event.patient_id, at=uow.now)
