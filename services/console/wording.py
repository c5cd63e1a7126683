"""What pages call things: every event and every code, in plain words.

A code without words of its own is shown as it is, without its underscores, so that a
new code never breaks a page. Every event must have words; a test sees to it.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from services.console.event_words import EVENTS

CODES: Mapping[str, str] = {
    "phq9": "PHQ-9",
    "gad7": "GAD-7",
    "pcl5": "PCL-5",
    "before_dose": "before a dose",
    "end": "end of the course",
    "month_1": "after 1 month",
    "month_3": "after 3 months",
    "month_6": "after 6 months",
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
    "fasting.told": "word about food",
    "ate": "ate too recently",
    "drank": "drank too recently",
    "sedative": "took a sedative",
    "new_medication": "takes a new medicine",
    "no.open.hold": "no open hold",
    "no_show": "did not come",
    "at_risk": "at risk",
    "in_progress": "in progress",
    "front_desk": "front desk",
    "ok": "within limits",
    "hold": "hold",
    "email": "e-mail",
    "sms": "text message",
    "step_done": "a step took place",
    "step_skipped": "a step left out",
    "nothing_free": "nothing is free",
    "no_time_left": "no time is left",
    "waits_for_another": "waits for the step before",
    "too_early": "too early after the step before",
    "too_late": "too late after the step before",
    "too_close_to_another_dose": "too close to another dose",
    "out_of_order": "not in the order of the protocol",
    "not_ready": "not ready for a dose",
    "too_short": "shorter than the rule pack says",
    "rule_pack_changed": "the rule pack changed",
    "double_booked": "taken meanwhile",
    "busy_elsewhere": "busy elsewhere",
    "calendar_unreadable": "cannot be read",
    "rule_not_followed": "recurs in a way that is not followed",
    "not_given": "the server does not give it",
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
    "slot_held": Mark("quiet", "clock", "Held"),
    "provisional": Mark("warn", "calendar", "Provisional"),
    "confirmed": Mark("good", "check", "Confirmed"),
    "arrived": Mark("live", "door", "Arrived"),
    "roomed": Mark("live", "door", "In the room"),
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
    "skipped": Mark("quiet", "skip", "Left out"),
    "due": Mark("info", "leaf", "Due"),
    "suggested": Mark("warn", "clock", "To be confirmed"),
    "recorded": Mark("info", "clipboard", "Recorded"),
    "dismissed": Mark("quiet", "cross", "Dismissed"),
    "submitted": Mark("good", "check", "Submitted"),
    "continue": Mark("good", "check", "Go on"),
    "adjust": Mark("warn", "pen", "Go on, changed"),
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
