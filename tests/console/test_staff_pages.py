"""The pages on which staff and rooms are kept."""

import re

import pytest

from services.console.pages.staff import rule_in_words
from shared.access import Role
from tests.console.browser import Browser
from tests.console.clinic_day import ClinicDay

HOURS = {
    "MO": "yes",
    "WE": "yes",
    "from": "09:00",
    "to": "17:00",
    "weeks": "2",
    "first_day": "2026-03-02",
}


def admin_of(day: ClinicDay) -> Browser:
    """The clinic's administrator."""
    return Browser.of(day.staff[Role.CLINIC_ADMIN])


def page_of(day: ClinicDay, name: str) -> str:
    """Where one of them is kept."""
    return f"/clinics/{day.clinic_id}/staff/{day.people[name]}"


def test_staff_and_rooms_are_listed_and_added(day: ClinicDay) -> None:
    admin, where = admin_of(day), f"/clinics/{day.clinic_id}/staff"

    added = admin.send(where, kind="prescriber", name="Dr. Fictional")
    nameless = admin.send(where, kind="room", name=" ")
    page = admin.look(where)

    assert (added.status_code, nameless.status_code) == (303, 422)
    assert 'role="alert"' in nameless.get_data(as_text=True)
    assert "Dr. Fictional" in page
    assert "River room" in page
    assert where in admin.look(f"/clinics/{day.clinic_id}/board")
    assert where in admin.look(f"/clinics/{day.clinic_id}/hours")


def test_hours_are_added_and_removed(day: ClinicDay) -> None:
    admin, where = admin_of(day), page_of(day, "therapist North")

    added = admin.send(f"{where}/shifts", **HOURS)
    page = admin.look(where)
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    stale = admin.send(f"{where}/shifts/0/remove", version="0")
    removed = admin.send(f"{where}/shifts/0/remove", version=version[1])

    assert (added.status_code, stale.status_code, removed.status_code) == (
        303,
        409,
        303,
    )
    assert "Monday, Wednesday, every 2 weeks" in page
    assert "09:00–17:00" in page
    assert "Whenever the clinic is open" in admin.look(where)


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("shifts", {**HOURS, "from": "nine"}),
        ("shifts", {**HOURS, "weeks": "900"}),
        ("shifts", {"from": "09:00", "to": "17:00", "first_day": "2026-03-02"}),
        ("absences", {"first_day": "2026-03-02", "last_day": "", "reason": "leave"}),
        ("absences", {"first_day": "2026-03-02", "last_day": "2026-03-02"}),
        ("licences", {"code": "dea", "number": "1", "valid_until": "soon"}),
    ],
)
def test_what_makes_no_sense_is_said_on_the_page(
    day: ClinicDay, part: str, wrong: dict[str, str]
) -> None:
    admin, where = admin_of(day), page_of(day, "therapist North")

    answer = admin.send(f"{where}/{part}", **wrong)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.get_data(as_text=True)


def test_leave_and_licences_are_noted_and_removed(day: ClinicDay) -> None:
    admin, where = admin_of(day), page_of(day, "monitor North")
    leave = {"first_day": "2026-03-09", "last_day": "2026-03-13", "reason": "Leave"}
    lunch = {"first_day": "2026-03-09", "last_day": "2026-03-09", "reason": "lunch"}
    again = {"from": "12:00", "to": "13:00", "again": "FREQ=WEEKLY"}

    admin.send(f"{where}/absences", **leave)
    admin.send(f"{where}/absences", **lunch, **again, until="2026-06-30")
    admin.send(f"{where}/licences", code="RN", number="7", valid_until="2026-03-20")
    page = admin.look(where)

    assert "Mon 9 Mar, 00:00 to Sat 14 Mar, 00:00" in page
    assert "Mon 9 Mar, 12:00 to Mon 9 Mar, 13:00" in page
    assert "Expires soon" in page
    assert "expires 20 Mar 2026" in admin.look(f"/clinics/{day.clinic_id}/staff")
    for action in re.findall(r'action="([^"]+/(?:absences|licences)/[^"]+)"', page):
        assert admin.send(action).status_code == 303
    assert "Not away" in admin.look(where)


def test_what_is_retired_is_listed_only_when_asked_for(day: ClinicDay) -> None:
    admin, where = admin_of(day), f"/clinics/{day.clinic_id}/staff"
    room = f"{where}/{day.rooms['Quiet room']}"

    renamed = admin.send(room, name="Still room")
    retired = admin.send(f"{room}/retire")

    assert (renamed.status_code, retired.status_code) == (303, 303)
    assert "Still room" not in admin.look(where)
    assert "Still room" in admin.look(f"{where}?retired=true")
    assert "Retire for good" not in admin.look(room)


def test_others_see_who_there_is_and_keep_nothing(day: ClinicDay) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/staff"

    page = desk.look(where)

    assert "River room" in page
    assert page_of(day, "therapist North") not in page
    assert desk.get(page_of(day, "therapist North")).status_code == 403
    assert desk.send(where, kind="room", name="Mine").status_code == 422


def test_what_is_overbooked_or_by_video_is_seen_on_the_board(day: ClinicDay) -> None:
    admin = day.staff[Role.CLINIC_ADMIN]
    ann, ben, eve = (day.register(name, "Fictional") for name in ("Ann", "Ben", "Eve"))
    therapist = {"therapist_id": day.people["therapist North"]}
    talk = {"type": "preparation", "starts_at": day.lab.clock(), **therapist}
    room = {"room_id": day.rooms["River room"]}
    south = {"therapist_id": day.people["therapist South"], "mode": "telehealth"}

    admin.post("scheduling", "/appointments", patient_id=ann.id, **talk, **room)
    admin.post(
        "scheduling",
        "/appointments/overbook",
        patient_id=ben.id,
        overbook_reason="asked for at once",
        **talk,
        **room,
    )
    admin.post("scheduling", "/appointments", patient_id=eve.id, **{**talk, **south})
    board = admin_of(day).look(f"/clinics/{day.clinic_id}/board")

    assert board.count("Overbooked</span>") == 1
    assert "asked for at once" not in board
    assert ">By video<" in board


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("FREQ=WEEKLY;BYDAY=TU", "Tuesday"),
        ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU", "Monday, Sunday, every 3 weeks"),
        ("FREQ=WEEKLY;INTERVAL=2", "Every second week"),
        ("FREQ=MONTHLY;BYDAY=1MO", "FREQ=MONTHLY;BYDAY=1MO"),
    ],
)
def test_a_rule_is_said_in_words_where_there_are_some(rule: str, words: str) -> None:
    assert rule_in_words(rule) == words
