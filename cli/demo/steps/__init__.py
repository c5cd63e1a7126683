"""What staff do, one HTTP request each: the words journeys are written in.

The same words play the demo against a deployment and tell the stories of the tests.
"""

from cli.demo.steps.cast import Caller, Clinic, NotRefusedError, Patient, refused
from cli.demo.steps.intake import (
    GAD7_ITEMS,
    PHQ9_ITEMS,
    answer_cssrs,
    answer_gad7,
    answer_phq9,
    answer_safety_screen,
    consent,
    decide,
    register,
    screen,
)
from cli.demo.steps.scheduling import (
    add_people_and_rooms,
    arrive,
    book,
    book_dose,
    integrate,
    is_ready_to_book,
    prepare,
    start_of,
)
from cli.demo.steps.sessions import (
    CALM,
    authorise,
    clear_and_order,
    dose,
    give,
    knows,
    open_session,
    precheck,
    recover_and_leave,
    take_vitals,
    wait_for_facts_of_the_day,
)

__all__ = [
    "CALM",
    "GAD7_ITEMS",
    "PHQ9_ITEMS",
    "Caller",
    "Clinic",
    "NotRefusedError",
    "Patient",
    "add_people_and_rooms",
    "answer_cssrs",
    "answer_gad7",
    "answer_phq9",
    "answer_safety_screen",
    "arrive",
    "authorise",
    "book",
    "book_dose",
    "clear_and_order",
    "consent",
    "decide",
    "dose",
    "give",
    "integrate",
    "is_ready_to_book",
    "knows",
    "open_session",
    "precheck",
    "prepare",
    "recover_and_leave",
    "refused",
    "register",
    "screen",
    "start_of",
    "take_vitals",
    "wait_for_facts_of_the_day",
]
