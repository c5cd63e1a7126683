"""The intake service, put together."""

from services.intake import handlers
from services.intake.api import routes
from services.intake.domain import (
    AlreadyDismissedError,
    DocumentExistsError,
    EditionExistsError,
    PackExistsError,
    ReferralUnderWayError,
)
from services.intake.models import (
    ONE_DISTINCTION,
    ONE_DOCUMENT,
    ONE_EDITION,
    ONE_PACK,
    ONE_REFERRAL,
    metadata,
)
from services.intake.pumps.network import look_across
from services.intake.pumps.trials import try_packs
from shared.audit import witness
from shared.events.scheduling import (
    AppointmentFulfilled,
    AppointmentNoShow,
    ClinicOnboarded,
)
from shared.events.sessions import (
    DoseAdministered,
    IntegrationCompleted,
    IntegrationFellDue,
    RecordOpened,
)
from shared.service import Service

service = Service(
    name="intake",
    metadata=metadata,
    blueprint=routes,
    handlers={
        ClinicOnboarded: handlers.know_clinic,
        **dict.fromkeys(witness.TOLD_BY_OTHERS["intake"], witness.note),
        RecordOpened: handlers.note_opened,
        DoseAdministered: handlers.note_dose,
        IntegrationFellDue: handlers.note_integration_due,
        IntegrationCompleted: handlers.note_integration,
        AppointmentNoShow: handlers.note_no_show,
        AppointmentFulfilled: handlers.note_preparation,
    },
    reminders={
        handlers.EXPIRE: handlers.expire_consent,
        handlers.RENEW: handlers.ask_renewal,
        handlers.EXPIRE_COVERAGE: handlers.expire_coverage,
        handlers.EXPIRE_CLEARANCE: handlers.expire_clearance,
        handlers.LAPSE: handlers.lapse_if_expired,
        handlers.ESCALATE: handlers.escalate_flag,
        handlers.REVIEW: handlers.review_if_due,
        handlers.REMIND_FORMS: handlers.remind_forms,
        handlers.FOLLOW_UP: handlers.follow_up_if_due,
        handlers.DEFERRED_DUE: handlers.review_deferred,
        handlers.TAKE_EFFECT: handlers.take_effect,
    },
    pumps={
        "trials": try_packs,
        "network": look_across,
    },
    conflicts={
        ONE_DISTINCTION: AlreadyDismissedError,
        ONE_REFERRAL: ReferralUnderWayError,
        ONE_DOCUMENT: DocumentExistsError,
        ONE_EDITION: EditionExistsError,
        ONE_PACK: PackExistsError,
    },
)
