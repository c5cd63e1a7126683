"""Notes: drafted, carried forward, signed, signed again, amended; nothing is lost."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from services.sessions.models import notes
from shared.access import Role
from shared.ids import uuid7
from shared.record_forms import FORMS, NOTES
from shared.rulepack import NotePart, Route
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING
from tests.sessions.clinic_day import NAME, Day, Patient

EXPERIENCE: dict[str, Any] = {
    "setting": "Music, eyeshades, the therapist beside.",
    "course": "Canary: quiet at first, then tears.",
    "distress": "mild",
    "touch_used": False,
}
RECOVERY: dict[str, Any] = {
    "orientation": "Slowly, over half an hour.",
    "mood": "better",
    "instructions_repeated": True,
}
ADMINISTRATION: dict[str, Any] = {
    "state_before": "Calm.",
    "site": "left_arm",
    "tolerated": "well",
}


@pytest.fixture
def patient(day: Day) -> Patient:
    """A patient whose record is open."""
    return day.patient().here().open()


def save(
    patient: Patient,
    part: str = "experience",
    *,
    by: Caller | None = None,
    based_on: int | None = None,
    reviewed: tuple[str, ...] = (),
    **content: Any,
) -> Any:
    """The whole answer to a draft that is saved."""
    headers = {} if based_on is None else {"If-Match": f'"{based_on}"'}
    return (by or patient.day.therapist).request(
        "PUT",
        NAME,
        f"{patient.path}/notes/{part}/draft",
        {"content": content, "reviewed": list(reviewed)},
        headers=headers,
    )


def sign(patient: Patient, part: str = "experience", by: Caller | None = None) -> Any:
    """A draft is signed."""
    path = f"{patient.path}/notes/{part}/sign"
    return (by or patient.day.therapist).post(NAME, path)


def colleague(day: Day, role: Role = Role.THERAPIST) -> Caller:
    """Somebody else of the clinic."""
    return day.lab.caller(role, clinic_id=day.clinic_id)


@pytest.mark.parametrize("part", NotePart)
@pytest.mark.parametrize("route", Route)
def test_every_part_of_every_route_has_a_form_with_something_to_answer(
    part: NotePart, route: Route
) -> None:
    asked = NOTES[part].asked(route)

    assert any(section.required for section in asked)
    assert FORMS[NOTES[part].reference].part is part


def test_a_draft_is_saved_as_it_is_typed_and_tells_nothing(
    day: Day, patient: Patient
) -> None:
    told = day.names()

    first = save(patient, course="Quiet")
    second = save(patient, course="Quiet at first", based_on=1)

    assert (first.get_json()["version"], second.get_json()["version"]) == (1, 2)
    assert second.headers["ETag"] == '"2"'
    kept = day.therapist.get(NAME, f"{patient.path}/notes/experience/draft")
    assert kept["content"] == {"course": "Quiet at first"}
    assert day.names() == told


def test_two_windows_do_not_overwrite_each_other(patient: Patient) -> None:
    save(patient, course="One")
    save(patient, course="Two", based_on=1)

    late = save(patient, course="Three", based_on=1)

    assert (late.status_code, late.get_json()["code"]) == (412, "stale_version")
    assert late.get_json()["version"] == 2


def test_a_draft_is_its_writers_alone(day: Day, patient: Patient) -> None:
    save(patient, course="Canary")

    other = colleague(day)
    seen = other.get(NAME, f"{patient.path}/notes")
    begun = other.get(NAME, f"{patient.path}/notes/experience/draft")

    assert (seen["drafts"], seen["items"]) == ([], [])
    assert (begun["version"], begun["content"]) == (0, {})
    own = day.therapist.get(NAME, f"{patient.path}/notes")
    assert [one["part"] for one in own["drafts"]] == ["experience"]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"course": 7}, "course"),
        ({"distress": "enormous"}, "distress"),
        ({"touch_used": "yes"}, "touch_used"),
        ({"line_patent": True}, "line_patent"),
        ({"course": "x" * 20_001}, "course"),
    ],
)
def test_what_a_section_does_not_take_is_refused_by_its_name(
    patient: Patient, content: dict[str, Any], field: str
) -> None:
    answer = save(patient, **content)

    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.get_json()["errors"]] == [f"#/{field}"]


def test_a_note_is_signed_when_all_that_is_needed_is_answered(
    day: Day, patient: Patient
) -> None:
    save(patient, **EXPERIENCE | {"course": "  "})
    path = f"{patient.path}/notes/experience/sign"

    problem = day.therapist.refused(NAME, path)
    save(patient, **EXPERIENCE)
    note = sign(patient)

    assert (problem["status"], problem["code"]) == (422, "form_incomplete")
    assert [one["pointer"] for one in problem["errors"]] == ["#/course"]
    assert note["content"] == EXPERIENCE
    (read,) = day.prescriber.get(NAME, f"{patient.path}/notes")["items"]
    answers = {one["label"]: one["answer"] for one in read["sections"]}
    assert answers["Greatest distress"] == "mild"
    assert read["signature_holds"]
    (told,) = day.told("note.signed")
    assert (str(told.note_id), told.part) == (note["id"], "experience")


def test_nothing_is_changed_after_the_signature(day: Day, patient: Patient) -> None:
    save(patient, **EXPERIENCE)
    sign(patient)

    again = save(patient, course="Something else")

    assert (again.status_code, again.get_json()["code"]) == (409, "note_signed")
    path = f"{patient.path}/notes/experience/sign"
    assert day.therapist.refused(NAME, path)["code"] == "not_found"


def test_a_note_that_was_altered_no_longer_matches_its_signature(
    day: Day, patient: Patient
) -> None:
    save(patient, **EXPERIENCE)
    note = sign(patient)

    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        row = update(notes).where(notes.c.id == UUID(note["id"]))
        uow.connection.execute(row.values(author_id=uuid7()))

    (read,) = day.prescriber.get(NAME, f"{patient.path}/notes")["items"]
    assert not read["signature_holds"]


def test_answers_carried_forward_are_marked_and_must_be_looked_at(
    day: Day, patient: Patient
) -> None:
    save(patient, **EXPERIENCE)
    earlier = sign(patient)
    other = colleague(day)
    path = f"{patient.path}/notes/experience"

    begun = other.post(NAME, f"{path}/carry-forward")
    answers = {**EXPERIENCE, "course": "Other."}
    save(patient, by=other, **answers)
    problem = other.refused(NAME, f"{path}/sign")
    confirmed = save(patient, by=other, reviewed=("setting",), **answers)
    signed = sign(patient, by=other)

    assert begun["content"] == {"setting": EXPERIENCE["setting"]}
    assert (begun["carried"], begun["carried_from"]) == (["setting"], earlier["id"])
    assert (problem["code"], problem["sections"]) == (
        "carried_unreviewed",
        ["setting"],
    )
    assert confirmed.get_json()["carried"] == []
    assert signed["content"]["setting"] == EXPERIENCE["setting"]


def test_a_carried_answer_that_is_changed_is_looked_at(
    day: Day, patient: Patient
) -> None:
    save(patient, **EXPERIENCE)
    sign(patient)
    other = colleague(day)
    other.post(NAME, f"{patient.path}/notes/experience/carry-forward")

    changed = save(patient, by=other, **{**EXPERIENCE, "setting": "In silence."})

    assert changed.get_json()["carried"] == []


def test_what_is_written_already_is_not_carried_over(
    day: Day, patient: Patient
) -> None:
    save(patient, **EXPERIENCE)
    sign(patient)
    other = colleague(day)
    save(patient, by=other, setting="In silence.")

    begun = other.post(NAME, f"{patient.path}/notes/experience/carry-forward")

    assert (begun["content"], begun["carried"]) == ({"setting": "In silence."}, [])
    nothing = other.refused(NAME, f"{patient.path}/notes/recovery/carry-forward")
    assert nothing["code"] == "not_found"


def test_a_second_clinician_signs_what_the_form_wants_signed_twice(
    day: Day, patient: Patient
) -> None:
    save(patient, "administration", by=day.monitor, **ADMINISTRATION)
    note = sign(patient, "administration", by=day.monitor)
    path = f"/notes/{note['id']}/cosign"

    own = day.monitor.refused(NAME, path)
    signed = day.prescriber.post(NAME, path)
    again = day.therapist.refused(NAME, path)

    assert (own["status"], own["code"]) == (409, "cosigner_is_author")
    assert signed["cosigned_by"] == str(day.ids[Role.PRESCRIBER])
    assert again["code"] == "already_cosigned"
    assert len(day.told("note.cosignature_requested")) == 1
    assert len(day.told("note.cosigned")) == 1


def test_addenda_stand_beside_what_is_signed_with_their_own_signature(
    day: Day, patient: Patient
) -> None:
    save(patient, **EXPERIENCE)
    note = sign(patient)

    added = day.prescriber.post(
        NAME, f"/notes/{note['id']}/addenda", text="It was twenty minutes."
    )

    (read,) = day.therapist.get(NAME, f"{patient.path}/notes")["items"]
    assert [one["text"] for one in read["addenda"]] == ["It was twenty minutes."]
    assert read["content"] == EXPERIENCE
    assert added["author_id"] == str(day.ids[Role.PRESCRIBER])
    assert len(added["signature_hash"]) == 64
    (told,) = day.told("record.amended")
    assert (str(told.note_id), told.part) == (note["id"], "experience")


def test_a_signed_record_takes_addenda_and_notes_on_integration_only(
    day: Day, patient: Patient
) -> None:
    open_yet = day.prescriber.refused(NAME, f"{patient.path}/addenda", text="More.")
    save(patient, **EXPERIENCE)
    sign(patient)
    day.monitor.post(NAME, f"{patient.path}/abort", reason_code="patient_left")
    day.prescriber.post(NAME, f"{patient.path}/sign")

    late = save(patient, "recovery", **RECOVERY)
    day.prescriber.post(NAME, f"{patient.path}/addenda", text="More.")
    talk: dict[str, Any] = {
        "themes": "T",
        "since_the_dose": "S",
        "safety": "no_concern",
        "plan": "P",
    }
    save(patient, "integration", **talk)
    sign(patient, "integration")

    assert open_yet["code"] == "wrong_state"
    assert (late.status_code, late.get_json()["code"]) == (409, "record_locked")
    assert patient.chart["signature_holds"]
    seen = day.therapist.get(NAME, f"{patient.path}/notes")
    assert [one["text"] for one in seen["addenda"]] == ["More."]
    assert {one["part"]: one["in_record"] for one in seen["items"]} == {
        "experience": True,
        "integration": False,
    }


def test_the_records_signature_covers_its_notes(day: Day, patient: Patient) -> None:
    save(patient, **EXPERIENCE)
    note = sign(patient)
    day.monitor.post(NAME, f"{patient.path}/abort", reason_code="patient_left")
    day.prescriber.post(NAME, f"{patient.path}/sign")
    assert patient.chart["signature_holds"]

    with day.lab.unit_of_work(NAME, day.clinic_id) as uow:
        row = update(notes).where(notes.c.id == UUID(note["id"]))
        uow.connection.execute(row.values(author_id=uuid7()))

    assert not patient.chart["signature_holds"]


def test_a_draft_can_be_given_up(day: Day, patient: Patient) -> None:
    save(patient, course="Nothing")
    path = f"{patient.path}/notes/experience/draft"

    day.therapist.request("DELETE", NAME, path)

    assert day.therapist.get(NAME, path)["version"] == 0
    assert day.therapist.refused(NAME, path, "DELETE")["code"] == "not_found"


def test_what_is_written_is_sealed_and_in_no_event(day: Day, patient: Patient) -> None:
    save(patient, **EXPERIENCE)
    sign(patient)
    save(patient, "recovery", orientation="Canary")

    with day.lab.runtime(NAME).begin(EVERYTHING) as connection:
        for table in ("notes", "note_drafts"):
            kept = connection.execute(text(f"select content from {table}")).scalars()
            assert all(b"Canary" not in bytes(one) for one in kept)
    assert all("Canary" not in one.payload for one in day.lab.told(NAME))


def test_only_clinicians_write_and_no_part_is_made_up(
    day: Day, patient: Patient
) -> None:
    for role in (Role.FRONT_DESK, Role.CLINIC_ADMIN, Role.INTEGRATOR):
        answer = save(patient, by=colleague(day, role), course="x")
        assert answer.get_json()["code"] == "forbidden", role
    assert save(patient, "afterthoughts", course="x").status_code == 404
    stranger = day.lab.caller(Role.THERAPIST, clinic_id=uuid7())
    assert save(patient, by=stranger, course="x").status_code == 404
