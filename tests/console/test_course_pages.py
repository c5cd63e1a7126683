"""The pages of a patient's course, and of calendars."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from shared.access import Role
from tests.console.browser import SAME_ORIGIN, Browser
from tests.console.clinic_day import ClinicDay, Person, laboratory

ASKED = "protocol=kap-6&first_day=2026-03-09&weekday=0&weekday=1&weekday=2&weekday=3"
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    "DTSTART:20260310T150000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


@pytest.fixture
def ann(day: ClinicDay) -> Person:
    person = day.register("Ann", "Fictional")
    day.lab.settle()
    return person


def fields_of(page: str, path: str, button: str) -> MultiDict[str, str]:
    """What a form with this button sends."""
    forms = re.findall(rf'<form[^>]*action="{path}">(.*?)</form>', page)
    (form,) = [one for one in forms if button in one]
    named = re.findall(r'<input[^>]*name="(\w+)"[^>]*value="([^"]*)"', form)
    return MultiDict(named)


def send(browser: Browser, path: str, fields: MultiDict[str, str]) -> TestResponse:
    """A form whose fields may be there several times."""
    return browser.client.post(path, data=fields, headers=SAME_ORIGIN)


def test_a_course_is_looked_at_booked_and_placed_anew(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/patients/{ann.id}/course"

    shown = desk.look(f"{where}?{ASKED}")
    booked = send(desk, where, fields_of(shown, where, "Book these times"))
    page = desk.look(where)
    again = desk.look(f"{where}?replan=1")

    assert "Every step has one" in shown
    assert "Provisional until" in shown
    assert booked.status_code == 303
    assert (page.count("Booked"), page.count("Provisional")) == (8, 6)
    assert "Preparation 2" in page
    assert "Dose 1" in again
    assert where in desk.look(f"/clinics/{day.clinic_id}/patients/{ann.id}")


def test_what_is_wrong_is_said_on_the_page(day: ClinicDay, ann: Person) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/patients/{ann.id}/course"
    shown = desk.look(f"{where}?{ASKED}")
    fields = fields_of(shown, where, "Book these times")
    send(desk, where, fields)

    twice = send(desk, where, fields)
    unknown = desk.look(f"{where}?protocol=other&first_day=2026-03-09")

    assert twice.status_code == 422
    assert "has a course that is under way" in twice.get_data(as_text=True)
    assert "course" in unknown


def test_a_clinician_stops_a_course_and_others_are_not_offered_to(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    therapist = Browser.of(day.staff[Role.THERAPIST])
    where = f"/clinics/{day.clinic_id}/patients/{ann.id}/course"
    send(desk, where, fields_of(desk.look(f"{where}?{ASKED}"), where, "Book these"))
    plan = re.search(rf'action="({where}/[0-9a-f-]+)"', therapist.look(where))
    assert plan

    stopped = therapist.send(plan[1], what="stop", reason="Patient asked")

    assert stopped.status_code == 303
    assert "patient asked" in desk.look(where)
    assert "Stop the course" not in desk.look(where)


def test_a_clinician_keeps_a_course_that_is_to_be_replanned(
    day: ClinicDay, ann: Person
) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    therapist = Browser.of(day.staff[Role.THERAPIST])
    where = f"/clinics/{day.clinic_id}/patients/{ann.id}/course"
    send(desk, where, fields_of(desk.look(f"{where}?{ASKED}"), where, "Book these"))
    whole = therapist.look(where)
    caller, said = day.staff[Role.FRONT_DESK], {"by": "patient", "reason_code": "ill"}
    own = caller.get("scheduling", f"/patients/{ann.id}/course-plans")["items"][0]
    first = own["steps"][0]["appointment_id"]
    caller.post("scheduling", f"/appointments/{first}/cancel", **said)
    plan = re.search(rf'action="({where}/[0-9a-f-]+)"', therapist.look(where))
    assert plan

    flagged = therapist.look(where)
    offered = "Keep it" in desk.look(where)
    kept = therapist.send(plan[1], what="keep", reason="Patient asked")

    assert "Keep it" not in whole
    assert "To be replanned: cancelled" in flagged
    assert "Keep it" in flagged
    assert not offered
    assert kept.status_code == 303
    assert "Kept as it is: patient asked" in desk.look(where)


def test_a_link_to_a_calendar_is_shown_once_and_ended(day: ClinicDay) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/calendars"
    therapist = day.people["therapist North"]

    made = desk.send(where, resource_id=therapist, label="Phone").get_data(as_text=True)
    url = re.search(r'value="https?://[^/]+(/scheduling/[^"]+\.ics)"', made)
    assert url
    before = desk.get(url[1])
    page = desk.look(where)
    end = re.search(rf'action="({where}/[0-9a-f-]+/end)"', page)
    assert end
    desk.send(end[1])

    assert before.status_code == 200
    assert ".ics" not in page.replace('accept=".ics', "").replace("calendar.ics", "")
    assert desk.get(url[1]).status_code == 404
    assert desk.send(where, resource_id=therapist, label="").status_code == 422


def test_busy_times_are_read_from_a_file_and_taken_out(day: ClinicDay) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    own = f"/clinics/{day.clinic_id}"
    therapist = day.people["therapist North"]

    def upload(text: str) -> int:
        file = (io.BytesIO(text.encode()), "a.ics")
        said = {"resource_id": therapist, "file": file}
        answer = desk.client.post(f"{own}/busy", data=said, headers=SAME_ORIGIN)
        return answer.status_code

    statuses = [upload(CALENDAR), upload("hello")]
    page = desk.look(f"{own}/calendars")
    desk.send(f"{own}/busy/{therapist}/end")

    assert statuses == [303, 422]
    assert "from a file" in page
    assert "No calendar of others is read" in desk.look(f"{own}/calendars")
    assert f"{own}/calendars" in desk.look(f"{own}/hours")
