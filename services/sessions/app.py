"""The sessions service, put together."""

from services.sessions.api import routes
from services.sessions.domain.errors import (
    AlreadyReversedError,
    DraftExistsError,
    NoteSignedError,
    OrderExistsError,
    PreparationExistsError,
    SessionExistsError,
)
from services.sessions.domain.ledger.errors import LedgerOpenError, NotReversibleError
from services.sessions.handlers import (
    alert,
    checks,
    copies,
    integration,
    leaving,
    rems,
)
from services.sessions.models import (
    ONE_DRAFT,
    ONE_NOTE,
    ONE_OPEN_ORDER,
    ONE_PREPARATION,
    ONE_SESSION,
    ONE_VITALS_REVERSAL,
    facts,
    metadata,
    packs,
)
from services.sessions.models.ledger import ONE_LEDGER, ONE_REVERSAL
from services.sessions.pumps import carry_stock
from shared import emergency
from shared.events.intake import ConsentSigned, GlassBroken, PatientRegistered
from shared.events.scheduling import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentNoShow,
    AppointmentReleased,
    AppointmentRescheduled,
    ClinicOnboarded,
    PatientArrived,
    StepUndone,
)
from shared.service import Service

NAME = "sessions"

service = Service(
    name=NAME,
    metadata=metadata,
    blueprint=routes,
    handlers={
        # Facts of our own are noted in the transaction that tells of them.
        **{
            event: copies.note_fact
            for event in facts.handlers()
            if event.producer != NAME
        },
        **packs.handlers(),
        ConsentSigned: copies.note_consent,
        GlassBroken: emergency.note,
        ClinicOnboarded: copies.know_clinic,
        PatientRegistered: copies.know_patient,
        AppointmentBooked: copies.know_appointment,
        PatientArrived: copies.follow_appointment,
        StepUndone: copies.undo_arrival,
        AppointmentCancelled: copies.follow_appointment,
        AppointmentReleased: copies.follow_appointment,
        AppointmentRescheduled: copies.follow_appointment,
        AppointmentNoShow: copies.follow_appointment,
    },
    reminders={
        alert.ESCALATE: alert.escalate_alert,
        alert.RECHECK: alert.miss_recheck,
        checks.WATCH: checks.watch_checks,
        leaving.ESCORT: leaving.ask_for_escort,
        integration.MISSED: integration.note_missed,
        rems.LATE: rems.note_late,
    },
    pumps={"rule-packs": packs.fetch, "stock": carry_stock},
    conflicts={
        ONE_DRAFT: DraftExistsError,
        ONE_NOTE: NoteSignedError,
        ONE_OPEN_ORDER: OrderExistsError,
        ONE_PREPARATION: PreparationExistsError,
        ONE_SESSION: SessionExistsError,
        ONE_LEDGER: LedgerOpenError,
        ONE_REVERSAL: NotReversibleError,
        ONE_VITALS_REVERSAL: AlreadyReversedError,
    },
)
