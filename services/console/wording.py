"""What pages call things: every event and every code, in plain words.

A code without words of its own is shown as it is, without its underscores, so that a
new code never breaks a page. Every event must have words; a test sees to it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

EVENTS: Mapping[str, str] = {
    "intake.referral.received": "Referral received from {source_type}",
    "intake.patient.registered": "Patient registered, episode opened",
    "intake.patient.changed": "How the patient is reached has changed",
    "intake.patient.erased": "Patient erased; the records stay, without a name",
    "intake.measure.recorded": "{instrument} answered, {context}",
    "intake.safety.flagged": "Safety flag raised, {level} level",
    "intake.episode.activated": "Treatment began",
    "intake.episode.paused": "Treatment paused: {reason_code}",
    "intake.episode.resumed": "Treatment goes on",
    "intake.episode.maintenance_started": "Maintenance began",
    "intake.episode.closed": "Episode closed: {outcome}",
    "intake.safety.escalated": "Nobody saw to a safety flag in time: the next is asked",
    "intake.safety.cleared": "Safety flag cleared by a clinician",
    "intake.screening.started": "First form answered",
    "intake.screening.fell_behind": "Forms still missing after {days} days",
    "intake.screening.stalled": "Forms still missing, and no reminder is left",
    "intake.appeal.lodged": "Appeal lodged: somebody else decides",
    "intake.readiness.reached": "Ready to start",
    "intake.readiness.lost": "No longer ready: {missing}",
    "intake.screening.completed": "Screening complete",
    "intake.review.requested": "A prescriber is asked to decide",
    "intake.patient.eligible": "Found eligible for treatment",
    "intake.eligibility.deferred": "Decision deferred, waiting for {missing}",
    "intake.patient.ineligible": "Found not eligible: {reason_codes}",
    "intake.eligibility.lapsed": "Eligibility lapsed: {cause_code}",
    "intake.consent.renewal_requested": "Asked to renew a consent: {consent_type}",
    "intake.consent.submitted": "Consent signed, to be witnessed: {consent_type}",
    "intake.match.answered": "Asked about another clinic",
    "intake.match.found": "Seems known to another clinic of the network",
    "intake.patient.corrected": "Name or birth date put right",
    "intake.patient.merged": "Registered twice: closed, goes on under another record",
    "intake.patient.transferred": "Handed on to another clinic",
    "intake.file.added": "File added: {kind}",
    "intake.consent.signed": "Consent signed: {consent_type}",
    "intake.consent.expired": "Consent ended: {consent_type} ({cause_code})",
    "intake.consent.withdrawn": "Consent withdrawn: {consent_type}",
    "intake.coverage.confirmed": "Coverage confirmed: {payer}",
    "intake.coverage.lapsed": "Coverage ended: {cause_code}",
    "intake.medication_list.changed": "Medication list changed",
    "intake.clearance.lapsed": "Medical clearance ended: {cause_code}",
    "intake.clearance.granted": "Medical clearance granted",
    "intake.rule_pack.signed": "Rule pack {rule_pack} signed",
    "intake.access.break_glass_used": "Record opened in an emergency",
    "intake.audit.anchored": "Audit trail of intake anchored",
    "scheduling.audit.anchored": "Audit trail of scheduling anchored",
    "sessions.audit.anchored": "Audit trail of sessions anchored",
    "notifications.audit.anchored": "Audit trail of notifications anchored",
    "console.audit.anchored": "Audit trail of the console anchored",
    "scheduling.clinic.onboarded": "Clinic joined the network",
    "scheduling.resource.added": "{kind} can be booked",
    "scheduling.resource.changed": "{kind} changed: {what_code}",
    "scheduling.resource.retired": "{kind} retired: nothing more is booked on it",
    "scheduling.appointment.booked": "{appointment_type} booked",
    "scheduling.escort.confirmed": "Escort confirmed",
    "scheduling.escort.withdrawn": "Escort withdrawn",
    "scheduling.appointment.marked_at_risk": "Booking at risk: {missing}",
    "scheduling.appointment.released": "Booking released: {cause_code}",
    "scheduling.clinic.hours_changed": "Opening hours changed",
    "scheduling.closure.added": "Closed for some days",
    "scheduling.closure.removed": "Open after all",
    "scheduling.appointment.rescheduled": "Moved to another time",
    "scheduling.appointment.cancelled": "Cancelled by {by}: {reason_code}",
    "scheduling.appointment.no_show": "Did not come: {appointment_type}",
    "scheduling.appointment.fulfilled": "{appointment_type} done",
    "scheduling.patient.arrived": "Arrived at the clinic",
    "sessions.order.placed": "Order placed",
    "sessions.order.closed": "Order closed: {cause_code}",
    "sessions.preparation.completed": "Preparation completed",
    "sessions.record.opened": "Session opened, {route_class}",
    "sessions.precheck.completed": "Checks before the dose: {outcome}",
    "sessions.dose.held": "Dose held: {reason_code}",
    "sessions.dose.authorised": "Dose authorised",
    "sessions.dose.administered": "Dose {seq} given",
    "sessions.phase.changed": "Phase: {phase}",
    "sessions.vitals.recorded": "Vital signs taken: {status}",
    "sessions.alert.raised": "{severity} alert: {rule_code}",
    "sessions.alert.escalated": "Alert escalated to level {level}",
    "sessions.alert.acknowledged": "Alert acknowledged",
    "sessions.alert.resolved": "Alert over: {outcome}",
    "sessions.check.missed": "Check after the dose missed: {role} asked",
    "sessions.vitals.reversed": "Vital signs struck: {reason_code}",
    "sessions.limits.changed": "Limits of vital signs changed",
    "sessions.emergency.noted": "Emergency: {step}",
    "sessions.escort.missing": "No escort to go home with: {role} asked",
    "sessions.discharge.criteria_met": "Fit to leave",
    "sessions.patient.discharged": "Discharged and on the way home",
    "sessions.record.aborted": "Session ended early: {reason_code}",
    "sessions.record.signed": "Session record signed",
    "sessions.ledger.opened": "Controlled-substance ledger opened",
    "sessions.stock.received": "Stock received",
    "sessions.dose.drawn": "Drawn from a container for a dose",
    "sessions.waste.recorded": "Waste recorded before a witness",
    "sessions.stock.destroyed": "Stock destroyed",
    "sessions.posting.corrected": "Ledger corrected by a reversal",
    "sessions.count.recorded": "Counted, {moment}: {variances} of {containers} differ",
    "sessions.discrepancy.opened": "Discrepancy case opened: {cause_code}",
    "sessions.discrepancy.closed": "Discrepancy case closed: {resolution_code}",
    "sessions.loss.reported": "Loss posted: the authority is to be told",
    "sessions.loss_notice.filed": "The authority was told of a loss",
    "sessions.stock.transferred": "Stock sent to another clinic",
    "sessions.shipment.answered": "What was sent was answered, taken: {accepted}",
    "sessions.delivery.announced": "Stock is on its way here",
    "sessions.delivery.answered": "What was sent here was answered, taken: {accepted}",
    "sessions.lot.recalled": "Lot recalled: {affected_count} sessions got some of it",
    "sessions.integration.fell_due": "Integration is due",
    "sessions.integration.completed": "Integration completed",
    "sessions.integration.missed": "Integration missed",
    "notifications.message.scheduled": "Message planned: {template}",
    "notifications.message.sent": "Message sent",
    "notifications.message.failed": "Message failed: {reason_code}",
    "notifications.message.suppressed": "Message not sent: {cause_code}",
}

CODES: Mapping[str, str] = {
    "phq9": "PHQ-9",
    "gad7": "GAD-7",
    "pcl5": "PCL-5",
    "cssrs": "C-SSRS screen",
    "audit_c": "AUDIT-C",
    "auditc": "AUDIT-C",
    "dast10": "DAST-10",
    "c2": "schedule II",
    "c3": "schedule III",
    "c4": "schedule IV",
    "c5": "schedule V",
    "form_41": "form 41, two witnesses",
    "iv": "IV",
    "im": "IM",
    "sc": "SC",
    "spo2": "SpO₂",
    "spo2_percent": "SpO₂",
    "systolic_mmhg": "systolic pressure",
    "diastolic_mmhg": "diastolic pressure",
    "heart_rate_bpm": "heart rate",
    "respiratory_rate_bpm": "breathing rate",
    "moaas": "sedation (MOAA/S)",
    "dea": "DEA",
    "check_missed": "check after the dose missed",
    "ecg": "ECG",
    "offlabel": "off-label use",
    "consent.offlabel": "consent to off-label use",
    "consent.treatment": "consent to treatment",
    "clearance.medical": "medical clearance",
    "prep.completed": "preparation",
    "measures.phq9": "PHQ-9 is recent",
    "measures.gad7": "GAD-7 is recent",
    "measures.safety": "safety screen is recent",
    "order.active": "active order",
    "weight.current": "current weight",
    "escort.confirmed": "escort",
    "no.open.hold": "no open hold",
    "no_show": "did not come",
    "at_risk": "at risk",
    "in_progress": "in progress",
    "front_desk": "front desk",
    "ok": "within limits",
    "hold": "hold",
    "email": "e-mail",
    "sms": "text message",
}

MEASURES: Mapping[str, str] = {
    "bp": "blood pressure",
    "spo2": "SpO₂",
    "heart_rate": "heart rate",
    "respiratory_rate": "breathing",
    "sedation": "sedation",
    "distress": "distress",
}
"""What the codes of alerts begin with; they end with how far a limit was crossed."""


class Mark(NamedTuple):
    """How a state is shown: a tone, an icon and, always, a word."""

    tone: str
    icon: str
    word: str


MARKS: Mapping[str, Mark] = {
    "booked": Mark("info", "calendar", "Booked"),
    "at_risk": Mark("warn", "warning", "At risk"),
    "arrived": Mark("live", "door", "Arrived"),
    "in_progress": Mark("live", "pulse", "In progress"),
    "fulfilled": Mark("good", "check", "Done"),
    "released": Mark("quiet", "release", "Released"),
    "cancelled": Mark("quiet", "cross", "Cancelled"),
    "rescheduled": Mark("quiet", "right", "Moved"),
    "no_show": Mark("bad", "absent", "Did not come"),
    "ok": Mark("good", "check", "Within limits"),
    "amber": Mark("warn", "warning", "Watch"),
    "red": Mark("bad", "alarm", "Act now"),
    "go": Mark("good", "check", "Go"),
    "hold": Mark("warn", "pause", "Hold"),
    "stop": Mark("bad", "stop", "Stop"),
    "open": Mark("warn", "circle", "Open"),
    "done": Mark("good", "check", "Done"),
    "acknowledged": Mark("good", "check", "Acknowledged"),
    "resolved": Mark("good", "check", "Over"),
    "eligible": Mark("good", "check", "Eligible"),
    "ineligible": Mark("bad", "cross", "Not eligible"),
    "deferred": Mark("warn", "pause", "Deferred"),
    "lapsed": Mark("warn", "warning", "Lapsed"),
    "registered": Mark("info", "clipboard", "Registered"),
    "screening": Mark("info", "clipboard", "Screening"),
    "onboarding": Mark("info", "clipboard", "Onboarding"),
    "ready_to_start": Mark("good", "check", "Ready to start"),
    "crisis_hold": Mark("bad", "shield", "Crisis hold"),
    "in_review": Mark("info", "clock", "In review"),
    "maintenance": Mark("good", "leaf", "Maintenance"),
    "deceased": Mark("quiet", "circle", "Deceased"),
    "response": Mark("good", "check", "Response"),
    "remission": Mark("good", "check", "Remission"),
    "improved": Mark("good", "check", "Improved"),
    "deteriorated": Mark("bad", "warning", "Got worse"),
    "probable_ptsd": Mark("warn", "warning", "Above the PTSD cut"),
    "symptom_pattern": Mark("warn", "warning", "PTSD symptom pattern"),
    "hazardous_drinking": Mark("warn", "warning", "Hazardous drinking"),
    "review": Mark("info", "clock", "To be looked at"),
    "verdict_eligible": Mark("good", "check", "Nothing against treatment"),
    "verdict_review": Mark("warn", "warning", "A prescriber must weigh it"),
    "verdict_ineligible": Mark("bad", "stop", "Against treatment"),
    "verdict_incomplete": Mark("info", "circle", "Not complete"),
    "rule_absolute": Mark("bad", "stop", "Absolute"),
    "rule_hard_stop": Mark("bad", "cross", "Hard stop"),
    "rule_time_limited": Mark("warn", "clock", "For a time"),
    "rule_relative": Mark("warn", "warning", "To be weighed"),
    "rule_unknown": Mark("info", "circle", "Not answered"),
    "rule_not_met": Mark("quiet", "check", "Does not apply"),
    "used_up": Mark("quiet", "check", "Used up"),
    "opened": Mark("info", "clipboard", "Opened"),
    "prechecked": Mark("info", "check", "Checks done"),
    "held": Mark("warn", "pause", "On hold"),
    "authorised": Mark("live", "pen", "Dose authorised"),
    "experience": Mark("live", "pulse", "Experience"),
    "recovery": Mark("live", "leaf", "Recovery"),
    "emergency": Mark("bad", "alarm", "Emergency"),
    "sealed": Mark("good", "shield", "Sealed"),
    "empty": Mark("quiet", "circle", "Empty"),
    "quarantined": Mark("bad", "lock", "Quarantined"),
    "destroyed": Mark("quiet", "cross", "Destroyed"),
    "in_transit": Mark("warn", "right", "On its way"),
    "accepted": Mark("good", "check", "Taken"),
    "refused": Mark("bad", "cross", "Sent back"),
    "closed": Mark("good", "check", "Closed"),
    "active": Mark("good", "check", "Active"),
    "signed": Mark("good", "check", "Signed"),
    "proposed": Mark("warn", "clock", "To be confirmed"),
    "stopped": Mark("quiet", "stop", "Stopped"),
    "refuted": Mark("quiet", "cross", "Not so"),
    "transferred": Mark("quiet", "right", "Handed on"),
    "withdrawn": Mark("bad", "cross", "Withdrawn"),
    "expired": Mark("warn", "clock", "Expired"),
    "missing": Mark("warn", "circle", "Missing"),
    "other_appointment": Mark("warn", "circle", "For another appointment"),
    "planned": Mark("info", "clock", "Planned"),
    "sent": Mark("good", "check", "Sent"),
    "failed": Mark("bad", "cross", "Failed"),
    "suppressed": Mark("quiet", "pause", "Not sent"),
    "completed": Mark("good", "check", "Completed"),
    "missed": Mark("bad", "absent", "Missed"),
    "discharged": Mark("good", "check", "Discharged"),
    "aborted": Mark("bad", "stop", "Ended early"),
    "late": Mark("warn", "clock", "Late"),
    "due": Mark("info", "leaf", "Due"),
}


def say(name: str, data: Mapping[str, Any]) -> str:
    """An event in a few words; the name of one that has none, or lacks a value."""
    phrase = EVENTS.get(name)
    if phrase is None:
        return name
    spoken = {field: words(value) for field, value in data.items()}
    try:
        said = phrase.format(**spoken)
    except KeyError:
        return name
    return said[:1].upper() + said[1:]


def words(code: object) -> str:
    """A code, or several, in plain words."""
    if isinstance(code, list | tuple):
        return ", ".join(words(one) for one in code)
    if code is None:
        return ""
    if isinstance(code, bool):
        return "yes" if code else "no"
    text = str(code)
    measure, _, level = text.rpartition("_")
    if measure in MEASURES:
        return MEASURES[measure] if level == "red" else f"{MEASURES[measure]} {level}"
    return CODES.get(text, text.replace("_", " ").replace(".", " "))


def mark(state: object) -> Mark:
    """How a state is shown."""
    text = str(state)
    plain = words(text)
    return MARKS.get(text, Mark("quiet", "circle", plain[:1].upper() + plain[1:]))
