"""Doses whose patient is not ready, or not any more: marked, recovered, released."""

from datetime import datetime

from services.scheduling.domain.slot import Slot
from services.scheduling.domain.states import (
    AHEAD,
    EXPECTED,
    AppointmentStatus,
)
from shared.events.scheduling import (
    AppointmentFirmed,
    AppointmentMarkedAtRisk,
    AppointmentRecovered,
    AppointmentReleased,
)
from shared.readiness import FactName

FASTING_TOLD = "fasting.told"
"""The patient was told what not to eat and drink before the dose, and when."""

_SEEN_TO_BY_THE_DESK = {
    FactName.CONSENT_TREATMENT.value,
    FactName.CONSENT_OFFLABEL.value,
    FactName.ESCORT_CONFIRMED.value,
    FASTING_TOLD,
}


def owner_of(missing: tuple[str, ...]) -> str:
    """The role that sees to what is missing: whoever alone can provide some of it."""
    return "front_desk" if set(missing) <= _SEEN_TO_BY_THE_DESK else "prescriber"


class AtRisk(Slot):
    """What becomes of a dose when readiness facts come and go."""

    def firm(self) -> AppointmentFirmed:
        """A provisional booking is one like others: all it lacked is there."""
        self.demand(frozenset({AppointmentStatus.PROVISIONAL}))
        self.status = AppointmentStatus.BOOKED
        self.expires_at = None
        self._lack(())
        return AppointmentFirmed(
            appointment_id=self.id,
            patient_id=self.patient_id,
            episode_id=self.episode_id,
            starts_at=self.starts_at,
        )

    def mark_at_risk(
        self, missing: tuple[str, ...], *, cutoff_at: datetime
    ) -> AppointmentMarkedAtRisk:
        """A fact it rests on does not hold; once told, the cut-off stays."""
        self.demand(EXPECTED)
        if self.status is not AppointmentStatus.AT_RISK or self.cutoff_at is None:
            self.cutoff_at = cutoff_at
        self.status = AppointmentStatus.AT_RISK
        self._lack(missing)
        return AppointmentMarkedAtRisk(
            appointment_id=self.id,
            patient_id=self.patient_id,
            missing=missing,
            cutoff_at=self.cutoff_at,
            owner_role=self.owner_role,
        )

    def recover(self) -> AppointmentRecovered:
        """All it lacked is there again."""
        self.demand(frozenset({AppointmentStatus.AT_RISK}))
        self.status = self.expected_status
        self.cutoff_at = None
        self._lack(())
        return AppointmentRecovered(
            appointment_id=self.id, patient_id=self.patient_id, status=self.status.value
        )

    def release(self, cause_code: str) -> AppointmentReleased:
        """Give everything back, because the dose may not be given."""
        self.demand(AHEAD)
        self.give_back(AppointmentStatus.RELEASED)
        return AppointmentReleased(
            appointment_id=self.id, patient_id=self.patient_id, cause_code=cause_code
        )

    @property
    def expected_status(self) -> AppointmentStatus:
        """Booked or, if the patient has said to come, confirmed."""
        is_confirmed = self.confirmed_at is not None
        return AppointmentStatus.CONFIRMED if is_confirmed else AppointmentStatus.BOOKED

    def _lack(self, missing: tuple[str, ...]) -> None:
        self.missing = list(missing)
        self.owner_role = owner_of(missing) if missing else None
