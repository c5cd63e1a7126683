"""What each event means to the worklist: what opens a task, what closes it."""

from collections.abc import Mapping
from datetime import timedelta

from services.notifications.domain.rule import Closes, Opens
from services.notifications.domain.scheduling_rules import SCHEDULING
from services.notifications.domain.tasks import Owner, TaskKind
from shared.events import Event
from shared.events.intake import (
    ConsentExpired,
    ConsentSigned,
    ConsentSubmitted,
    ConsentWithdrawn,
    CoverageLapsed,
    EligibilityDeferred,
    EpisodeClosed,
    GlassBroken,
    MatchAnswered,
    PatientEligible,
    PatientIneligible,
    PatientMatched,
    ReviewRequested,
    SafetyCleared,
    SafetyEscalated,
    SafetyFlagged,
    ScreeningCompleted,
    ScreeningStalled,
)
from shared.events.notifications import MessageFailed
from shared.events.sessions import (
    AdverseEventDismissed,
    AdverseEventRecorded,
    AdverseEventReviewed,
    AdverseEventReviewRequested,
    AdverseEventSuggested,
    AlertAcknowledged,
    AlertEscalated,
    AlertRaised,
    AlertResolved,
    CheckMissed,
    DeliveryAnnounced,
    DeliveryAnswered,
    DiscrepancyClosed,
    DiscrepancyOpened,
    DoseAuthorised,
    DoseHeld,
    EscortMissing,
    IntegrationCompleted,
    IntegrationFellDue,
    IntegrationMissed,
    LossNoticeFiled,
    LossReported,
    NoteCosignatureRequested,
    NoteCosigned,
    PatientDischarged,
    RecordAborted,
    RemsFormFellDue,
    RemsFormMissed,
    RemsFormSubmitted,
)

_REVIEWED = (Closes(kind=TaskKind.REVIEW, source="episode_id"),)
_WAITED_FOR = (Closes(kind=TaskKind.ITEMS_MISSING, source="episode_id"),)
_ANSWERED = (Closes(kind=TaskKind.FORMS_MISSING, source="episode_id"),)
_DECIDED = (Closes(kind=TaskKind.DOSE_HELD, source="session_id"),)
_LOOKED_AT = (Closes(kind=TaskKind.ALERT, source="alert_id"),)
_FETCHED = (Closes(kind=TaskKind.ESCORT_MISSING, source="session_id"),)
_SIGNED = (Closes(kind=TaskKind.CONSENT_WITNESS, source="consent_id"),)

_SAID = (Closes(kind=TaskKind.ADVERSE_EVENT_DRAFT, source="adverse_event_id"),)

COSIGN_WITHIN = timedelta(days=2)
SAY_WHETHER_WITHIN = timedelta(hours=24)
REVIEW_WITHIN = timedelta(hours=24)
"""How soon a prescriber reviews an adverse event; no dose is given before."""
ASK_ABOUT_MATCH_WITHIN = timedelta(days=7)
WITNESS_WITHIN = timedelta(days=2)
SEE_TO_COVERAGE_WITHIN = timedelta(days=2)
CALL_ABOUT_FORMS_WITHIN = timedelta(days=1)
WAIT_FOR_ITEMS = timedelta(days=14)
"""How long a deferred decision waits if the event does not say."""
LOOK_INTO_WITHIN = timedelta(days=1)
"""How soon an administrator looks into a record that was opened in an emergency."""

RULES: Mapping[type[Event], tuple[Opens | Closes, ...]] = {
    **SCHEDULING,
    CoverageLapsed: (
        Opens(
            kind=TaskKind.COVERAGE,
            source="coverage_id",
            owner=Owner.FRONT_DESK,
            within=SEE_TO_COVERAGE_WITHIN,
        ),
    ),
    PatientMatched: (
        Opens(
            kind=TaskKind.NETWORK_MATCH,
            source="match_id",
            owner=Owner.FRONT_DESK,
            within=ASK_ABOUT_MATCH_WITHIN,
        ),
    ),
    MatchAnswered: (Closes(kind=TaskKind.NETWORK_MATCH, source="match_id"),),
    ConsentSubmitted: (
        Opens(
            kind=TaskKind.CONSENT_WITNESS,
            source="consent_id",
            owner=Owner.FRONT_DESK,
            within=WITNESS_WITHIN,
        ),
    ),
    ConsentSigned: _SIGNED,
    ConsentWithdrawn: _SIGNED,
    ConsentExpired: _SIGNED,
    ScreeningStalled: (
        Opens(
            kind=TaskKind.FORMS_MISSING,
            source="episode_id",
            owner=Owner.FRONT_DESK,
            within=CALL_ABOUT_FORMS_WITHIN,
        ),
    ),
    ScreeningCompleted: _ANSWERED,
    ReviewRequested: (
        *_WAITED_FOR,
        Opens(
            kind=TaskKind.REVIEW,
            source="episode_id",
            owner=Owner.PRESCRIBER,
            due="due_at",
        ),
    ),
    PatientEligible: (*_REVIEWED, *_WAITED_FOR),
    PatientIneligible: (*_REVIEWED, *_WAITED_FOR),
    EligibilityDeferred: (
        *_REVIEWED,
        Opens(
            kind=TaskKind.ITEMS_MISSING,
            source="episode_id",
            owner=Owner.FRONT_DESK,
            due="due_at",
            within=WAIT_FOR_ITEMS,
        ),
    ),
    EpisodeClosed: (*_REVIEWED, *_WAITED_FOR, *_ANSWERED),
    SafetyFlagged: (
        Opens(
            kind=TaskKind.SAFETY_FLAG,
            source="flag_id",
            owner=Owner.PRESCRIBER,
            due="due_at",
        ),
    ),
    SafetyEscalated: (
        Opens(
            kind=TaskKind.SAFETY_FLAG,
            source="flag_id",
            owner=Owner.CLINIC_ADMIN,
            due="due_at",
        ),
    ),
    SafetyCleared: (Closes(kind=TaskKind.SAFETY_FLAG, source="flag_id"),),
    AlertRaised: (
        Opens(
            kind=TaskKind.ALERT,
            source="alert_id",
            owner=Owner.PRESCRIBER,
            due="due_at",
        ),
    ),
    AlertEscalated: (
        Opens(
            kind=TaskKind.ALERT,
            source="alert_id",
            owner=Owner.CLINIC_ADMIN,
            due="due_at",
            level="level",
            role="role",
        ),
    ),
    CheckMissed: (
        Opens(
            kind=TaskKind.ALERT,
            source="alert_id",
            owner=Owner.MONITOR,
            due="due_at",
            role="role",
        ),
    ),
    AlertAcknowledged: _LOOKED_AT,
    AlertResolved: _LOOKED_AT,
    EscortMissing: (
        Opens(
            kind=TaskKind.ESCORT_MISSING,
            source="session_id",
            owner=Owner.MONITOR,
            role="role",
        ),
    ),
    DoseHeld: (
        Opens(kind=TaskKind.DOSE_HELD, source="session_id", owner=Owner.PRESCRIBER),
    ),
    DoseAuthorised: _DECIDED,
    RecordAborted: (*_DECIDED, *_FETCHED),
    PatientDischarged: (*_DECIDED, *_FETCHED),
    IntegrationFellDue: (
        Opens(
            kind=TaskKind.INTEGRATION,
            source="integration_id",
            owner=Owner.THERAPIST,
            due="due_at",
        ),
    ),
    IntegrationMissed: (
        Opens(
            kind=TaskKind.INTEGRATION, source="integration_id", owner=Owner.THERAPIST
        ),
    ),
    IntegrationCompleted: (Closes(kind=TaskKind.INTEGRATION, source="integration_id"),),
    NoteCosignatureRequested: (
        Opens(
            kind=TaskKind.COSIGNATURE,
            source="note_id",
            owner=Owner.PRESCRIBER,
            within=COSIGN_WITHIN,
        ),
    ),
    NoteCosigned: (Closes(kind=TaskKind.COSIGNATURE, source="note_id"),),
    AdverseEventSuggested: (
        Opens(
            kind=TaskKind.ADVERSE_EVENT_DRAFT,
            source="adverse_event_id",
            owner=Owner.PRESCRIBER,
            within=SAY_WHETHER_WITHIN,
        ),
    ),
    AdverseEventDismissed: _SAID,
    AdverseEventRecorded: _SAID,
    AdverseEventReviewRequested: (
        Opens(
            kind=TaskKind.ADVERSE_EVENT_REVIEW,
            source="adverse_event_id",
            owner=Owner.PRESCRIBER,
            within=REVIEW_WITHIN,
        ),
        Opens(
            kind=TaskKind.ADVERSE_EVENT_NEWS,
            source="adverse_event_id",
            owner=Owner.MEDICAL_LEAD,
            within=REVIEW_WITHIN,
        ),
    ),
    AdverseEventReviewed: (
        Closes(kind=TaskKind.ADVERSE_EVENT_REVIEW, source="adverse_event_id"),
    ),
    RemsFormFellDue: (
        Opens(
            kind=TaskKind.REMS_FORM,
            source="rems_form_id",
            owner=Owner.PRESCRIBER,
            due="due_at",
        ),
    ),
    RemsFormMissed: (
        Opens(kind=TaskKind.REMS_FORM, source="rems_form_id", owner=Owner.CLINIC_ADMIN),
    ),
    RemsFormSubmitted: (Closes(kind=TaskKind.REMS_FORM, source="rems_form_id"),),
    MessageFailed: (
        Opens(
            kind=TaskKind.MESSAGE_FAILED,
            source="message_id",
            owner=Owner.FRONT_DESK,
        ),
    ),
    DiscrepancyOpened: (
        Opens(
            kind=TaskKind.DISCREPANCY,
            source="case_id",
            owner=Owner.MEDICAL_LEAD,
            due="due_at",
        ),
    ),
    DiscrepancyClosed: (Closes(kind=TaskKind.DISCREPANCY, source="case_id"),),
    LossReported: (
        Opens(
            kind=TaskKind.LOSS_NOTICE,
            source="case_id",
            owner=Owner.MEDICAL_LEAD,
            due="due_at",
        ),
    ),
    LossNoticeFiled: (Closes(kind=TaskKind.LOSS_NOTICE, source="case_id"),),
    DeliveryAnnounced: (
        Opens(
            kind=TaskKind.DELIVERY,
            source="delivery_id",
            owner=Owner.MEDICAL_LEAD,
            due="due_at",
        ),
    ),
    DeliveryAnswered: (Closes(kind=TaskKind.DELIVERY, source="delivery_id"),),
    GlassBroken: (
        Opens(
            kind=TaskKind.EMERGENCY_ACCESS,
            source="grant_id",
            owner=Owner.CLINIC_ADMIN,
            within=LOOK_INTO_WITHIN,
        ),
    ),
}
"""What each event means to the worklist. A kind is always about one aggregate, so the
versions of that aggregate put what is told of it in order."""
