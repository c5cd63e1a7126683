"""What happens in each clinic on a day of the demonstration."""

from collections.abc import Callable
from dataclasses import dataclass

from cli.demo import arriving, courses, deciding, journeys, waiting
from cli.demo.steps import Clinic, Patient

Note = Callable[[str], None]


@dataclass(frozen=True)
class Journey:
    """One patient's path; `play` notes each step it has taken."""

    name: str
    about: str
    play: Callable[[Clinic, Patient, Note], None]


GOOD_IM = Journey("treated, IM", "the whole path", journeys.good("im", 60.0))
GOOD_IV = Journey("treated, IV", "the whole path", journeys.good("iv", 37.5))
GOOD_SL = Journey("treated, sublingual", "the whole path", journeys.good("sl", 200.0))
GOOD_NASAL = Journey("treated, nasal spray", "by device", journeys.sprayed)
INELIGIBLE = Journey("ineligible", "an absolute contraindication", journeys.ineligible)
WITHDRAWN = Journey("consent withdrawn", "after booking", journeys.consent_withdrawn)
LEFT = Journey("left treatment", "after a pause", journeys.left_treatment)
ESCORT = Journey("escort missing", "at check-in", journeys.escort_missing)
HELD = Journey(
    "held, then treated", "amber before the dose", journeys.held_on_blood_pressure
)
STOPPED = Journey("stopped", "red before the dose", journeys.stopped_on_blood_pressure)
RED = Journey("red vital, escalated", "under way", journeys.red_vital)
NO_SHOW = Journey("no-show", "and a call", journeys.no_show)
LATE = Journey("late cancel", "messages taken back", journeys.late_cancel)
TWICE = Journey("asked twice", "repeated and double booked", journeys.asked_twice)
ITEM_NINE = Journey("item 9", "seen by a clinician", deciding.item_nine)
APPEALED = Journey("appealed", "decided by somebody else", deciding.appealed)
FOUND = Journey("medicine found", "weighed anew", deciding.medicine_found)
BY_LINK = Journey("at home", "forms and a consent by private link", arriving.by_link)
MERGED = Journey("registered twice", "made one", arriving.registered_twice)
MOVED = Journey("handed on", "to another clinic", arriving.handed_on)
COURSE = Journey("a course of weeks", "planned at once, replanned", courses.planned)
AHEAD = Journey("planned ahead", "booked before all is ready", waiting.planned_ahead)
EARLIER = Journey("earlier time", "held, called off, offered", waiting.earlier_time)
RULES = Journey("own rules", "tried and signed", deciding.own_rules)

DAYS = (
    (
        GOOD_IM,
        RED,
        ESCORT,
        INELIGIBLE,
        NO_SHOW,
        HELD,
        GOOD_IV,
        TWICE,
        ITEM_NINE,
        RULES,
        BY_LINK,
        COURSE,
        AHEAD,
    ),
    (
        GOOD_NASAL,
        HELD,
        WITHDRAWN,
        GOOD_SL,
        STOPPED,
        LATE,
        RED,
        LEFT,
        GOOD_IM,
        APPEALED,
        MERGED,
        EARLIER,
    ),
    (
        GOOD_SL,
        TWICE,
        STOPPED,
        NO_SHOW,
        GOOD_NASAL,
        WITHDRAWN,
        ESCORT,
        LATE,
        RED,
        FOUND,
        MOVED,
    ),
)
"""What happens in each of three clinics."""
