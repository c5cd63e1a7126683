"""Whether a clinic is compared with others of the network."""

from services.intake.domain import Clinic
from shared.unit_of_work import UnitOfWork


def compare_clinic(*, is_compared: bool, uow: UnitOfWork) -> Clinic:
    """Have the clinic compared with others, or not any more.

    Raises:
        NotFoundError: intake has not heard of the clinic yet.
    """
    clinic = uow.get(Clinic, uow.clinic_id)
    clinic.version += 1
    clinic.is_compared = is_compared
    uow.touch(record=("clinic", clinic.id))
    return clinic
