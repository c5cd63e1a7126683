"""Integrations that fell due and want an appointment."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from services.scheduling.domain.states import AppointmentType
from shared.aggregate import Aggregate
from shared.errors import ConflictError


class NoSuchNeedError(ConflictError):
    """This integration is not this patient's, or nothing of it is left to book."""

    code = "no_such_need"


class IntegrationStatus(StrEnum):
    """How far an integration that fell due has come."""

    OPEN = "open"
    BOOKED = "booked"
    COMPLETED = "completed"


@dataclass(kw_only=True, eq=False)
class IntegrationNeed(Aggregate):
    """An integration that fell due and wants an appointment."""

    patient_id: UUID
    session_id: UUID
    due_at: datetime
    late_at: datetime
    status: IntegrationStatus = IntegrationStatus.OPEN

    def book(self, patient_id: UUID, kind: AppointmentType) -> None:
        """There is an appointment for it.

        Raises:
            NoSuchNeedError: for somebody or something else, or it has taken place.
        """
        fits = patient_id == self.patient_id and kind is AppointmentType.INTEGRATION
        if not fits or self.status is IntegrationStatus.COMPLETED:
            raise NoSuchNeedError
        self.status = IntegrationStatus.BOOKED

    def reopen(self) -> None:
        """Its appointment will not take place; it wants another."""
        if self.status is IntegrationStatus.BOOKED:
            self.status = IntegrationStatus.OPEN
