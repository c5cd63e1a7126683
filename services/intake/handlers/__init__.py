"""What intake does about each command and each event, a module for each subject."""

from services.intake.handlers.access import (
    break_glass,
    end_link,
    make_link,
    open_link,
)
from services.intake.handlers.assessing import (
    AGE,
    missing_forms,
    weighed,
    within,
)
from services.intake.handlers.clearances import (
    EXPIRE_CLEARANCE,
    expire_clearance,
    grant_clearance,
    lapse_clearance,
)
from services.intake.handlers.comparing import compare_clinic
from services.intake.handlers.consent_documents import (
    publish_document,
    retire_document,
)
from services.intake.handlers.consents import (
    sign_consent,
    withdraw_consent,
    withdraw_own_consent,
    witness_consent,
)
from services.intake.handlers.contacts import change_contact
from services.intake.handlers.coverage import (
    EXPIRE_COVERAGE,
    confirm_coverage,
    end_coverage,
    expire_coverage,
    note_check,
    use_unit,
)
from services.intake.handlers.deciding import (
    DEFERRED_DUE,
    LAPSE,
    allows,
    appeal,
    ask_another,
    decide_episode,
    lapse_if_expired,
    review_deferred,
)
from services.intake.handlers.duplicates import dismiss_duplicate
from services.intake.handlers.erasing import erase_patient
from services.intake.handlers.expiring import EXPIRE, RENEW, ask_renewal, expire_consent
from services.intake.handlers.files import (
    add_file,
    add_letter,
    make_file_link,
    strike_file,
)
from services.intake.handlers.finding import (
    identifier_index,
    indexes_of,
    network_index,
)
from services.intake.handlers.following_up import FOLLOW_UP, follow_up_if_due
from services.intake.handlers.identity import correct_identity, merge_patients
from services.intake.handlers.inviting import (
    accept_invitation,
    end_invitation,
    invite,
)
from services.intake.handlers.listed import facts_listed
from services.intake.handlers.medication import (
    add_list_entry,
    change_list_entry,
    reconcile,
)
from services.intake.handlers.moving import (
    REMIND_FORMS,
    REVIEW,
    begin_maintenance,
    end_episode,
    pause_episode,
    remind_forms,
    resume_episode,
    review_if_due,
)
from services.intake.handlers.network import (
    answer_match,
    note_compared,
    note_match,
    note_received,
    receive_transfer,
    transfer_patient,
)
from services.intake.handlers.own_forms import answer_own_form, save_draft
from services.intake.handlers.papers import transfer_paper
from services.intake.handlers.patients import receive_referral, register_patient
from services.intake.handlers.questionnaires import (
    define_questionnaire,
    instrument_of,
)
from services.intake.handlers.rule_packs import (
    draft_rule_pack,
    held_edition,
    rewrite_rule_pack,
    sign_rule_pack,
)
from services.intake.handlers.scheduled import (
    know_clinic,
    note_no_show,
    note_preparation,
)
from services.intake.handlers.screening import (
    ESCALATE,
    clear_flag,
    escalate_flag,
    record_measure,
    record_screen,
)
from services.intake.handlers.treatments import (
    note_dose,
    note_integration,
    note_integration_due,
    note_opened,
)
from services.intake.handlers.trying import (
    TAKE_EFFECT,
    begin_trial,
    take_effect,
    try_some,
)

__all__ = [
    "AGE",
    "DEFERRED_DUE",
    "ESCALATE",
    "EXPIRE",
    "EXPIRE_CLEARANCE",
    "EXPIRE_COVERAGE",
    "FOLLOW_UP",
    "LAPSE",
    "REMIND_FORMS",
    "RENEW",
    "REVIEW",
    "TAKE_EFFECT",
    "accept_invitation",
    "add_file",
    "add_letter",
    "add_list_entry",
    "allows",
    "answer_match",
    "answer_own_form",
    "appeal",
    "ask_another",
    "ask_renewal",
    "begin_maintenance",
    "begin_trial",
    "break_glass",
    "change_contact",
    "change_list_entry",
    "clear_flag",
    "compare_clinic",
    "confirm_coverage",
    "correct_identity",
    "decide_episode",
    "define_questionnaire",
    "dismiss_duplicate",
    "draft_rule_pack",
    "end_coverage",
    "end_episode",
    "end_invitation",
    "end_link",
    "erase_patient",
    "escalate_flag",
    "expire_clearance",
    "expire_consent",
    "expire_coverage",
    "facts_listed",
    "follow_up_if_due",
    "grant_clearance",
    "held_edition",
    "identifier_index",
    "indexes_of",
    "instrument_of",
    "invite",
    "know_clinic",
    "lapse_clearance",
    "lapse_if_expired",
    "make_file_link",
    "make_link",
    "merge_patients",
    "missing_forms",
    "network_index",
    "note_check",
    "note_compared",
    "note_dose",
    "note_integration",
    "note_integration_due",
    "note_match",
    "note_no_show",
    "note_opened",
    "note_preparation",
    "note_received",
    "open_link",
    "pause_episode",
    "publish_document",
    "receive_referral",
    "receive_transfer",
    "reconcile",
    "record_measure",
    "record_screen",
    "register_patient",
    "remind_forms",
    "resume_episode",
    "retire_document",
    "review_deferred",
    "review_if_due",
    "rewrite_rule_pack",
    "save_draft",
    "sign_consent",
    "sign_rule_pack",
    "strike_file",
    "take_effect",
    "transfer_paper",
    "transfer_patient",
    "try_some",
    "use_unit",
    "weighed",
    "withdraw_consent",
    "withdraw_own_consent",
    "within",
    "witness_consent",
]
