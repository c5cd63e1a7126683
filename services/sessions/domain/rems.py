"""The monitoring form of the esketamine REMS: due after a treatment, filled, submitted.

It is sent by a person, never by the software: `submitted` says that somebody did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from services.sessions.domain.answers import demand_complete
from services.sessions.domain.errors import AlreadySubmittedError
from shared.aggregate import Aggregate
from shared.events.sessions import (
    RemsFormChanged,
    RemsFormFellDue,
    RemsFormMissed,
    RemsFormSubmitted,
)
from shared.record_forms import FORMS
from shared.rulepack import Measure, Route, RulePack

ROUTE = Route.ESKETAMINE_NASAL
"""The only route that has such a programme."""


class RemsFormStatus(StrEnum):
    """How far it has come; what was missed can still be submitted."""

    DUE = "due"
    MISSED = "missed"
    SUBMITTED = "submitted"


@dataclass(kw_only=True, eq=False)
class RemsForm(Aggregate):
    """The form of one treatment.

    `said` is what people answered; `content` is all that was submitted, with what the
    record said at that time.
    """

    session_id: UUID
    patient_id: UUID
    form: str
    due_at: datetime
    status: RemsFormStatus = RemsFormStatus.DUE
    said: dict[str, Any] = field(default_factory=dict)
    content: dict[str, Any] | None = None
    submitted_on: date | None = None
    submitted_at: datetime | None = None
    submitted_by: UUID | None = None

    def fall_due(self) -> RemsFormFellDue:
        """It is to be submitted by `due_at`."""
        return RemsFormFellDue(
            rems_form_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
            due_at=self.due_at,
        )

    def miss(self) -> RemsFormMissed:
        """It was not submitted in time."""
        self.status = RemsFormStatus.MISSED
        return RemsFormMissed(
            rems_form_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
        )

    def fill(self, said: Mapping[str, Any]) -> RemsFormChanged:
        """What people answer now.

        Raises:
            AlreadySubmittedError: it has gone.
        """
        self._demand_here()
        answered = FORMS[self.form].answered(said, ROUTE)
        self.said = answered
        return RemsFormChanged(
            rems_form_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
        )

    def submit(
        self, known: Mapping[str, Any], *, on: date, at: datetime, by: UUID
    ) -> RemsFormSubmitted:
        """Somebody has sent it.

        Args:
            known: what the record answers.

        Raises:
            AlreadySubmittedError: it had gone before.
            FormIncompleteError: answers are missing; it names each.
        """
        self._demand_here()
        content = {**known, **self.said}
        demand_complete(FORMS[self.form].missing(content, ROUTE))
        self.status, self.content = RemsFormStatus.SUBMITTED, content
        self.submitted_on, self.submitted_at, self.submitted_by = on, at, by
        return RemsFormSubmitted(
            rems_form_id=self.id,
            session_id=self.session_id,
            patient_id=self.patient_id,
        )

    def _demand_here(self) -> None:
        if self.status is RemsFormStatus.SUBMITTED:
            raise AlreadySubmittedError


@dataclass(frozen=True, kw_only=True)
class Pressure:
    """A reading that says blood pressure, and when it was taken."""

    taken_at: datetime
    systolic_mmhg: float
    diastolic_mmhg: float


@dataclass(frozen=True, kw_only=True)
class Treatment:
    """What the record knows of one treatment that the form asks for."""

    first_dose_at: datetime
    ended_at: datetime | None
    dose_mg: Decimal
    lots: tuple[str, ...]
    is_first: bool
    had_serious_event: bool
    baseline: Mapping[str, float]
    pressures: Sequence[Pressure]

    @property
    def monitored_minutes(self) -> int | None:
        """From the first device until the patient left."""
        if self.ended_at is None:
            return None
        return int((self.ended_at - self.first_dose_at) / timedelta(minutes=1))

    def answers(self, pack: RulePack) -> dict[str, Any]:
        """What the record answers of the form.

        It asks for a reading at the first check point; one counts that is not so far
        from it that the check would be missed.
        """
        after = [one for one in self.pressures if one.taken_at >= self.first_dose_at]
        asked_at = self.first_dose_at + pack.monitoring.routes[ROUTE].check_points[0]
        within = pack.monitoring.missed_after
        nearest = min(
            (one for one in after if abs(one.taken_at - asked_at) <= within),
            key=lambda one: abs(one.taken_at - asked_at),
            default=None,
        )
        found = {
            "systolic_before": self.baseline.get(Measure.SYSTOLIC),
            "diastolic_before": self.baseline.get(Measure.DIASTOLIC),
            **_said(nearest, "40_min"),
            **_said(after[-1] if after else None, "end"),
            "first_treatment": self.is_first,
            "serious_event": self.had_serious_event,
        }
        return {code: value for code, value in found.items() if value is not None}


def _said(reading: Pressure | None, when: str) -> dict[str, Any]:
    if reading is None:
        return {}
    return {
        f"systolic_{when}": reading.systolic_mmhg,
        f"diastolic_{when}": reading.diastolic_mmhg,
    }
