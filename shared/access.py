"""Who may do what: every role and every scope there is, in one table.

A route states the scope it belongs to. Who calls needs a role that holds it, in the
clinic the route is about or in the whole network; a token that names scopes is good
for those only. What is not in this table is nobody's.
"""

# What is handed on stands in one import, each name with its own.
# ruff: noqa: I001
from shared.scopes import (
    ADMINS as ADMINS,
    ANYBODY as ANYBODY,
    BEDSIDE as BEDSIDE,
    CARE as CARE,
    CLINICAL as CLINICAL,
    DESK as DESK,
    NETWORK as NETWORK,
    NOBODY as NOBODY,
    STAFF as STAFF,
    Purpose as Purpose,
    Role as Role,
    Scope as Scope,
    scopes as scopes,
)
from shared.scopes import clinical as _clinical
from shared.scopes import desk as _desk
from shared.scopes import network as _network
from shared.scopes import plain as _plain

_PRESCRIBER = {Role.PRESCRIBER}
_THERAPIST = {Role.THERAPIST}

# Patients and intake.
PATIENTS_REGISTER = _desk(
    "patients.register",
    DESK | {Role.THERAPIST, Role.PRESCRIBER},
    "register patients",
)
PATIENTS_READ = _desk("patients.read", STAFF, "list patients, and find them")
PATIENT_READ = _desk(
    "patient.read", STAFF | {Role.PATIENT}, "read who a patient is; patients themselves"
)
PATIENT_LINK = _desk("patient.link", DESK, "give a patient a private link, or end it")
PATIENT_ERASE = _desk(
    "patient.erase", {Role.CLINIC_ADMIN}, "erase who a patient is, for good"
)
CONTACT_WRITE = _desk(
    "contact.write",
    DESK | {Role.THERAPIST, Role.PRESCRIBER},
    "change how a patient is reached",
)
IDENTITY_WRITE = _desk("identity.write", DESK, "put right who a patient is")
TRANSFERS = _desk(
    "transfers",
    {Role.PRESCRIBER, Role.CLINIC_ADMIN},
    "hand patients on to another clinic, and see who was",
)
DUPLICATES = _desk(
    "duplicates", DESK, "see who may be registered twice, and say who is not"
)
INVITATIONS = _plain(
    "invitations", DESK, "invite somebody to register, or take it back"
)
INVITATION_ACCEPT = Scope(
    name="invitation.accept",
    roles=NOBODY,
    is_open=True,
    about="somebody invited registers: the code of the invitation is the proof",
    purpose=Purpose.PATIENT,
)
LINK_OPEN = Scope(
    name="link.open",
    roles=NOBODY,
    is_open=True,
    about="a patient opens a private link: the code in it is the proof",
    purpose=Purpose.PATIENT,
)
CONTACT_READ = _desk(
    "contact.read", DESK | {Role.SERVICE}, "read how a patient is reached"
)
REFERRALS_SEND = _desk(
    "referrals.send",
    DESK | {Role.NETWORK_ADMIN, Role.INTEGRATOR},
    "refer patients to the clinic",
)
REFERRALS_TRACK = _desk(
    "referrals.track",
    DESK | {Role.NETWORK_ADMIN, Role.INTEGRATOR},
    "read how far a referral has come: the desk any, others those they sent",
)
EPISODE_READ = _clinical("episode.read", CARE, "read answers, decisions and consents")
ROUTES_READ = _clinical(
    "routes.read",
    CARE | {Role.SERVICE},
    "read by which routes a patient may be treated",
)
ANSWERS_WRITE = _clinical("answers.write", CARE, "enter answers to questionnaires")
QUESTIONNAIRES_READ = _plain(
    "questionnaires.read", STAFF, "read which questionnaires can be asked"
)
QUESTIONNAIRES_MANAGE = _plain(
    "questionnaires.manage",
    {Role.CLINIC_ADMIN, Role.PRESCRIBER},
    "define the clinic's own questionnaires",
)
OUTCOMES_READ = _clinical(
    "outcomes.read", CARE, "see how a patient's questionnaires went"
)
OUTCOMES_REPORT = _plain(
    "outcomes.report",
    {Role.MEDICAL_LEAD, Role.CLINIC_ADMIN},
    "read how the clinic's patients fared, in counts; have the clinic compared",
)
OUTCOMES_EXPORT = _desk(
    "outcomes.export",
    {Role.MEDICAL_LEAD, Role.CLINIC_ADMIN},
    "take out what the clinic's patients answered, under pseudonyms",
)
NETWORK_OUTCOMES = _network(
    "network_outcomes",
    {Role.NETWORK_ADMIN},
    "read how patients of the clinics that are compared fared, in counts",
)
ELIGIBILITY_SIGN = _clinical(
    "eligibility.sign",
    _PRESCRIBER | {Role.MEDICAL_LEAD},
    "decide whether a patient may be treated",
)
APPEALS = _clinical(
    "appeals", STAFF - {Role.MONITOR}, "note that a patient does not accept a no"
)
EPISODE_MOVE = _clinical(
    "episode.move", _PRESCRIBER | _THERAPIST, "pause an episode of care, or end it"
)
CONSENT_WRITE = _clinical("consent.write", STAFF, "note consents and their withdrawal")
OWN_FORMS = _clinical(
    "own_forms",
    {Role.PATIENT},
    "answer one's own questionnaires, and sign or take back consents",
)
CONSENT_READ = _clinical("consent.read", STAFF, "see what patients consented to")
FILES_READ = _clinical(
    "files.read", CARE | {Role.PATIENT}, "see a patient's files; patients their own"
)
FILES_WRITE = _clinical("files.write", STAFF, "add files about a patient, strike them")
FILE_OPEN = Scope(
    name="file.open",
    roles=NOBODY,
    is_open=True,
    about="a browser fetches a file by a link: the code in it is the proof",
)
CONSENT_DOCUMENTS_READ = _plain(
    "consent_documents.read", STAFF | {Role.SERVICE}, "read consent documents"
)
CONSENT_DOCUMENTS_MANAGE = _plain(
    "consent_documents.manage",
    {Role.CLINIC_ADMIN},
    "publish the clinic's own consent documents, and retire them",
)
COVERAGE = _desk("coverage", DESK, "note who pays, and read it")
MEDICATION_WRITE = _clinical(
    "medication.write",
    CLINICAL | {Role.MEDICAL_LEAD},
    "keep the list of medication and allergies",
)
RULES_READ = _plain(
    "rules.read", STAFF | {Role.SERVICE}, "read the clinic's rule packs"
)
RULES_DRAFT = _plain(
    "rules.draft",
    {Role.MEDICAL_LEAD, Role.PRESCRIBER, Role.CLINIC_ADMIN},
    "draft a rule pack, and try it on every open episode",
)
RULES_SIGN = _plain("rules.sign", {Role.MEDICAL_LEAD}, "sign a rule pack")
CLEARANCE_SIGN = _clinical(
    "clearance.sign", _PRESCRIBER, "clear a patient medically for treatment"
)
SAFETY_READ = _clinical(
    "safety.read", CARE | {Role.SERVICE}, "read safety flags nobody has cleared"
)
SAFETY_CLEAR = _clinical(
    "safety.clear", _PRESCRIBER | _THERAPIST, "clear a safety flag"
)
BREAK_GLASS = Scope(
    name="emergency.open",
    roles=STAFF,
    about="open a patient's record in an emergency, with a reason, for an hour",
    purpose=Purpose.EMERGENCY,
    from_anywhere=True,
)

# Clinics, rooms, people and time.
CLINICS_MANAGE = _network("clinics.manage", {Role.NETWORK_ADMIN}, "take clinics in")
CLINICS_LIST = _network("clinics.list", NETWORK, "list the network's clinics")
CLINIC_READ = _plain("clinic.read", STAFF | NETWORK, "read a clinic, rooms and staff")
CLINIC_MANAGE = _plain(
    "clinic.manage", ADMINS, "keep rooms and staff, their hours and licences"
)
BOOKINGS_READ = _desk(
    "bookings.read", STAFF | NETWORK, "read the day, appointments and readiness"
)
OWN_BOOKINGS_READ = _desk(
    "own_bookings.read",
    STAFF | NETWORK | {Role.PATIENT},
    "read a patient's appointments; patients their own",
)
BOOKINGS_WRITE = _desk(
    "bookings.write", DESK | {Role.THERAPIST}, "hold, book, confirm, cancel"
)
BOOKINGS_OVERBOOK = _desk(
    "bookings.overbook",
    {Role.CLINIC_ADMIN, Role.MEDICAL_LEAD},
    "book, or move to, what is taken or when somebody is not there, with a reason",
)
NETWORK_TIMES_READ = Scope(
    name="network_times.read",
    roles=STAFF | NETWORK,
    about="look for free times in every clinic one works in; the network in all",
    purpose=Purpose.OPERATIONS,
    in_network=True,
    from_anywhere=True,
)
ARRIVALS_WRITE = _desk("arrivals.write", STAFF, "note that a patient is here")
CALENDARS_MANAGE = _plain(
    "calendars.manage",
    DESK,
    "give out calendars of rooms and staff, and read in those of others",
)
CALENDAR_OPEN = Scope(
    name="calendar.open",
    roles=NOBODY,
    is_open=True,
    of_patients=False,
    about="a program fetches a calendar by a link: the code in it is the proof",
    purpose=Purpose.OPERATIONS,
)
COURSES_NOTE = _clinical(
    "courses.note",
    _PRESCRIBER | _THERAPIST | {Role.MEDICAL_LEAD},
    "decide at a checkpoint of a course, and stop one",
)
VISITS_READ = _desk(
    "visits.read", STAFF, "read who takes a patient home, and answers on arriving"
)
WAITLIST = _desk("waitlist", DESK | {Role.THERAPIST}, "keep the waitlist")
OWN_OFFERS = _desk(
    "own_offers",
    {Role.PATIENT},
    "see which time from the waitlist is offered to oneself, take it or leave it",
)
NO_SHOWS_WRITE = _desk("no_shows.write", DESK, "note that a patient did not come")

# Orders and treatment sessions.
READINESS_READ = _clinical("readiness.read", STAFF, "read what speaks against a dose")
ORDERS_SIGN = _clinical("orders.sign", _PRESCRIBER, "order doses, and cancel orders")
CHART_READ = _clinical("chart.read", CARE, "read orders, sessions and alerts")
PREPARATION_WRITE = _clinical("preparation.write", _THERAPIST, "note preparations")
BEDSIDE_WRITE = _clinical(
    "bedside.write", BEDSIDE, "open a session, give a dose, weigh, discharge"
)
PRECHECK_WRITE = _clinical("precheck.write", {Role.MONITOR}, "complete the precheck")
DOSE_AUTHORISE = _clinical(
    "dose.authorise", _PRESCRIBER, "authorise a dose, sign a session's record"
)
PHASE_WRITE = _clinical(
    "phase.write", {Role.THERAPIST, Role.MONITOR}, "change a session's phase"
)
VITALS_WRITE = _clinical(
    "vitals.write", CLINICAL, "enter vital signs, answer alerts, abort a session"
)
DEVICE_READING = Scope(
    name="device.reading",
    roles=NOBODY,
    is_open=True,
    about="a device sends vital signs of one session: its code is the proof",
)
INTEGRATION_WRITE = _clinical("integration.write", _THERAPIST, "note integrations")
NOTES_WRITE = _clinical(
    "notes.write", CLINICAL, "write notes on sessions, sign them, and add to them"
)
ADVERSE_EVENTS_WRITE = _clinical(
    "adverse_events.write",
    CLINICAL | {Role.MEDICAL_LEAD},
    "record adverse events, and note who was told of them",
)
ADVERSE_EVENTS_REVIEW = _clinical(
    "adverse_events.review",
    _PRESCRIBER,
    "say what an adverse event means for the next dose",
)
REMS_FORMS_WRITE = _clinical(
    "rems_forms.write", BEDSIDE, "fill REMS forms, and note that they were submitted"
)
PROCESS_NOTES = _clinical(
    "process_notes", _THERAPIST, "write process notes, and read one's own"
)

# The controlled-substance ledger.
LEDGER_READ = _clinical(
    "ledger.read", CARE - _THERAPIST, "read the ledger, and export it"
)
LEDGER_WRITE = _clinical(
    "ledger.write",
    BEDSIDE | {Role.MEDICAL_LEAD},
    "receive, count, waste and send stock, and report what is wrong with it",
)
LEDGER_MANAGE = _clinical(
    "ledger.manage",
    _PRESCRIBER | {Role.MEDICAL_LEAD},
    "open and correct the ledger, close cases, destroy stock, recall lots",
)
LEDGER_VERIFY = _plain(
    "ledger.verify", ADMINS | {Role.MEDICAL_LEAD}, "see whether the ledger is whole"
)
WITNESS = _plain("witness", CLINICAL | {Role.MEDICAL_LEAD}, "be a witness, by a code")

# Messages, the worklist, subscriptions.
MESSAGES_READ = _desk("messages.read", STAFF | NETWORK, "read which messages went out")
MAILS_READ = _desk("mails.read", DESK, "read mails that were kept, not sent")
TASKS_READ = _desk("tasks.read", STAFF | NETWORK, "read the worklist")
TASKS_WRITE = _desk("tasks.write", STAFF, "tick tasks off")
SUBSCRIPTIONS = _plain(
    "subscriptions", ADMINS | {Role.INTEGRATOR}, "have events posted to a URL"
)

# What happened.
TIMELINE_READ = _clinical("timeline.read", STAFF | NETWORK, "read what happened")
AUDIT_READ = _plain("audit.read", ADMINS, "read and verify who saw or changed what")
EVENTS_READ = _plain("events.read", NETWORK, "read a clinic's events and inbox")
FEED_READ = _network("feed.read", NETWORK, "read every event a service told")
DEAD_ROWS = _network("dead_rows", NETWORK, "see, retry and skip what failed")
NETWORK_AUDIT_READ = _network(
    "network_audit.read", {Role.NETWORK_ADMIN}, "read and verify the network's trail"
)
