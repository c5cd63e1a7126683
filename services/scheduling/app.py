"""The scheduling service, put together."""

from services.scheduling.api import routes
from services.scheduling.domain import DoubleBookedError
from services.scheduling.handlers import (
    appointment,
    erasing,
    following,
    freeing,
    integration,
    judging,
    readiness,
    waitlist,
)
from services.scheduling.models import NO_OVERLAP, facts, metadata, packs
from services.scheduling.pumps.busy import fetch_busy
from shared.events.intake import (
    ConsentWithdrawn,
    EpisodeClosed,
    PatientErased,
    PatientRegistered,
    RulePackSigned,
)
from shared.events.scheduling import EscortConfirmed, EscortWithdrawn
from shared.events.sessions import (
    IntegrationCompleted,
    IntegrationFellDue,
    PatientDischarged,
    PreparationCompleted,
    RecordAborted,
    RecordOpened,
)
from shared.service import Service

service = Service(
    name="scheduling",
    metadata=metadata,
    blueprint=routes,
    handlers={
        **{
            event: readiness.note_fact
            for event in facts.handlers()
            if event not in (EscortConfirmed, EscortWithdrawn)
        },
        RulePackSigned: judging.await_pack,
        PatientRegistered: appointment.know_patient,
        PatientErased: erasing.erase_patient,
        ConsentWithdrawn: readiness.release_doses,
        EpisodeClosed: readiness.release_all,
        RecordOpened: appointment.note_begun,
        PatientDischarged: appointment.fulfil,
        PreparationCompleted: appointment.fulfil,
        RecordAborted: appointment.end_early,
        IntegrationFellDue: integration.need_integration,
        IntegrationCompleted: integration.close_integration,
    },
    pumps={"rule-packs": packs.fetch, "busy-times": fetch_busy},
    reminders={
        freeing.RELEASE: readiness.release_if_not_ready,
        freeing.SWEEP: readiness.sweep,
        freeing.EXPIRE: freeing.expire_hold,
        freeing.OFFER: waitlist.offer_slot,
        following.STEP_DUE: following.tell_step_is_due,
        judging.PACK_IN_FORCE: judging.judge_courses,
        judging.JUDGE: judging.judge_course,
    },
    conflicts={NO_OVERLAP: DoubleBookedError},
)
