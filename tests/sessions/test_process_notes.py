"""Process notes are their author's alone: nobody else reads, hears or guesses them."""

from uuid import UUID

import pytest
from sqlalchemy import text

from services.sessions.app import service
from services.sessions.models import process_notes
from shared.access import Role
from shared.ids import uuid7
from shared.privacy.keys import Purpose
from shared.privacy.tables import data_keys
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.sessions.clinic_day import NAME, Day

NOTE = "Canary: my own unease when she spoke of her brother."


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    """Sessions, on either kind of database."""
    made = make_lab([service])
    made.settle()
    return made


@pytest.fixture
def path(day: Day) -> str:
    """Where process notes on a session are."""
    return f"{day.patient().here().open().path}/process-notes"


def colleague(day: Day, *roles: Role) -> Caller:
    """Somebody else of the clinic."""
    return day.lab.caller(*(roles or (Role.THERAPIST,)), clinic_id=day.clinic_id)


def test_their_author_reads_them_in_order(day: Day, path: str) -> None:
    kept = [
        day.therapist.post(NAME, path, note=said)["id"]
        for said in (NOTE, "Later: calm.")
    ]

    items = day.therapist.get(NAME, path)["items"]

    assert [item["id"] for item in items] == kept
    assert [item["note"] for item in items] == [NOTE, "Later: calm."]


def test_nobody_else_learns_that_there_are_any(day: Day, path: str) -> None:
    therapist = colleague(day)
    before = therapist.refused(NAME, path, "GET")

    day.therapist.post(NAME, path, note=NOTE)

    after = therapist.refused(NAME, path, "GET")
    assert (after["status"], after["code"]) == (404, "not_found")
    assert after["detail"] == before["detail"]


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.THERAPIST}))
def test_who_is_no_therapist_neither_reads_nor_writes(
    day: Day, path: str, role: Role
) -> None:
    other = colleague(day, role)

    for problem in (
        other.refused(NAME, path, "GET"),
        other.refused(NAME, path, note=NOTE),
    ):
        assert problem["code"] == "forbidden"


def test_the_answer_and_what_is_remembered_of_it_do_not_say_the_note(
    day: Day, path: str
) -> None:
    answers = [
        day.therapist.request(
            "POST", NAME, path, {"note": NOTE}, headers={"Idempotency-Key": "n"}
        )
        for _ in range(2)
    ]

    assert answers[0].get_json() == answers[1].get_json()
    assert answers[0].get_json().keys() == {"id", "session_id", "written_at"}
    assert len(day.therapist.get(NAME, path)["items"]) == 1


def test_no_event_tells_of_them_and_no_chart_shows_them(day: Day, path: str) -> None:
    told = day.lab.names(NAME)

    day.therapist.post(NAME, path, note=NOTE)

    assert day.lab.names(NAME) == told
    session = path.removesuffix("/process-notes")
    chart = day.prescriber.request("GET", NAME, session).get_data(as_text=True)
    assert "Canary" not in chart


def test_they_are_sealed_by_a_key_of_their_own(day: Day, path: str) -> None:
    day.therapist.post(NAME, path, note=NOTE)

    with day.lab.runtime(NAME).begin(EVERYTHING) as connection:
        raw = connection.execute(text("select note from process_notes")).scalar_one()
        key_id = UUID(bytes=bytes(raw)[1:17])
        key = data_keys.select().where(data_keys.c.id == key_id)
        purpose = connection.execute(key).one().purpose

    assert b"Canary" not in bytes(raw)
    assert purpose == Purpose.PROCESS_NOTES
    assert process_notes.c.note.type.purpose is Purpose.PROCESS_NOTES  # type: ignore[attr-defined]


def test_a_session_that_is_not_there_takes_none(day: Day) -> None:
    path = f"/sessions/{uuid7()}/process-notes"

    assert day.therapist.refused(NAME, path, note=NOTE)["code"] == "not_found"
    assert day.therapist.refused(NAME, path, "GET")["code"] == "not_found"


def test_a_therapist_of_another_clinic_is_told_of_no_session(
    day: Day, path: str
) -> None:
    stranger = day.lab.caller(Role.THERAPIST, clinic_id=uuid7())

    assert stranger.refused(NAME, path, note=NOTE)["code"] == "not_found"


@pytest.mark.parametrize("note", ["", "   ", None, "x" * 20_001])
def test_a_note_that_says_nothing_or_too_much_is_refused(
    day: Day, path: str, note: str | None
) -> None:
    assert day.therapist.refused(NAME, path, note=note)["status"] == 422
