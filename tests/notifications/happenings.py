"""Events about one patient that concern the staff."""

from datetime import timedelta

from shared.events.intake import (
    ReviewRequested,
    SafetyFlagged,
)
from shared.events.scheduling import (
    AppointmentCancelled,
    AppointmentMarkedAtRisk,
    AppointmentNoShow,
)
from shared.events.sessions import (
    AlertAcknowledged,
    AlertEscalated,
    AlertRaised,
    DoseAuthorised,
    DoseHeld,
    IntegrationCompleted,
    IntegrationFellDue,
    IntegrationMissed,
)
from shared.ids import uuid7
from shared.testing.lab import MORNING

DUE = MORNING + timedelta(hours=1)
LATER = MORNING + timedelta(hours=2)
P, E, A, S, X, G, F = (uuid7() for _ in range(7))
"""Patient, episode, appointment, session, alert, integration, flag."""

REVIEW = ReviewRequested(patient_id=P, episode_id=E, due_at=DUE)
FLAG = SafetyFlagged(patient_id=P, episode_id=E, flag_id=F, level="high", due_at=DUE)
ALERT = AlertRaised(
    alert_id=X,
    session_id=S,
    patient_id=P,
    severity="red",
    rule_code="systolic",
    due_at=DUE,
)
ESCALATED = AlertEscalated(
    alert_id=X, session_id=S, patient_id=P, level=2, due_at=LATER
)
ACKNOWLEDGED = AlertAcknowledged(alert_id=X, session_id=S, patient_id=P)
HELD = DoseHeld(session_id=S, patient_id=P, reason_code="blood_pressure")
AUTHORISED = DoseAuthorised(session_id=S, patient_id=P)
FELL_DUE = IntegrationFellDue(
    integration_id=G,
    session_id=S,
    patient_id=P,
    episode_id=E,
    due_at=DUE,
    late_at=LATER,
)
MISSED = IntegrationMissed(integration_id=G, session_id=S, patient_id=P)
INTEGRATED = IntegrationCompleted(integration_id=G, session_id=S, patient_id=P)
AT_RISK = AppointmentMarkedAtRisk(
    appointment_id=A, patient_id=P, missing=("order.active",), cutoff_at=DUE
)
NO_SHOW = AppointmentNoShow(
    appointment_id=A, patient_id=P, episode_id=E, appointment_type="dosing"
)
CANCELLED = AppointmentCancelled(
    appointment_id=A,
    patient_id=P,
    by="patient",
    reason_code="ill",
    notice_minutes=5,
    late=True,
)
