"""The pages of one patient's record: consents, files, medication, who pays."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from shared.access import Role
from tests.console.browser import SAME_ORIGIN, Browser
from tests.console.clinic_day import ClinicDay, Person, laboratory
from tests.intake.clinic_lab import consent
from tests.intake.test_files import PDF


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


@pytest.fixture
def ann(day: ClinicDay) -> Person:
    return day.register("Ann", "Fictional")


def upload(content: bytes) -> FileStorage:
    """A file as a browser sends it."""
    return FileStorage(BytesIO(content), "ecg.pdf", content_type="application/pdf")


class Record:
    """A patient's record as a role sees it."""

    def __init__(self, day: ClinicDay, person: Person, role: Role) -> None:
        self.browser = Browser.of(day.staff[role])
        self.root = f"/clinics/{day.clinic_id}/patients/{person.id}"

    def look(self, path: str) -> str:
        return self.browser.look(self.root + path)

    def send(self, path: str, **fields: Any) -> tuple[int, str]:
        # A body of bytes: the client itself would leave a large one's file open.
        boundary, body = encode_multipart(fields)
        answer = self.browser.client.post(
            self.root + path,
            data=body,
            content_type=f'multipart/form-data; boundary="{boundary}"',
            headers=SAME_ORIGIN,
        )
        return answer.status_code, re.sub(r"\s+", " ", answer.get_data(as_text=True))

    def action(self, page: str, ending: str) -> str:
        """Where the form on a page leads that ends like this."""
        found = re.search(rf'action="{self.root}(/[^"]*{ending})"', page)
        assert found, page
        return found[1]


def test_a_consent_is_signed_on_the_clinics_device_before_whoever_is_signed_in(
    day: ClinicDay, ann: Person
) -> None:
    record = Record(day, ann, Role.THERAPIST)
    body = consent("touch")
    fields = {
        "consent_type": "touch",
        "items": body["items"],
        "signed_name": "Ann Fictional",
        "witness_name": "Tilda Therapist",
    }

    text = record.look("/consents/touch-2026.1")
    unwitnessed, problem = record.send(
        "/consents/touch-2026.1", **fields | {"witness_name": ""}
    )
    status, _ = record.send("/consents/touch-2026.1", **fields)
    page = record.look("/consents")

    assert all(f'value="{name}"' in text for name in body["items"])
    assert (unwitnessed, status) == (422, 303)
    assert 'value="Ann Fictional"' in problem
    assert "witnessed by Tilda Therapist" in page
    taken, _ = record.send(record.action(page, "withdraw"))
    assert taken == 303
    assert "Withdrawn" in record.look("/consents")


def test_a_file_is_added_fetched_and_struck(day: ClinicDay, ann: Person) -> None:
    record = Record(day, ann, Role.PRESCRIBER)

    added, _ = record.send("/files", kind="ecg", file=upload(PDF))
    page = record.look("/files")
    file = re.search(rf'action="{record.root}(/files/[0-9a-f-]+)"', page)
    assert file
    fetched = record.browser.client.post(
        record.root + file[1], headers=SAME_ORIGIN, follow_redirects=True
    )
    struck, _ = record.send(f"{file[1]}/strike", reason="Somebody else's.")

    assert (added, struck) == (303, 303)
    assert fetched.data == PDF
    assert "Struck" in record.look("/files")


def test_a_large_file_passes_and_one_that_is_none_comes_back_with_the_cause(
    day: ClinicDay, ann: Person
) -> None:
    record = Record(day, ann, Role.PRESCRIBER)
    large = PDF.ljust(9 * 1_048_576, b"\n")

    passed, _ = record.send("/files", kind="ecg", file=upload(large))
    refused, page = record.send("/files", kind="ecg", file=upload(b"MZ"))
    empty, nothing = record.send("/files", kind="ecg")

    assert (passed, refused, empty) == (303, 422, 422)
    assert "Is no application/pdf" in page
    assert "No file was chosen" in nothing


def test_medication_is_listed_changed_and_gone_through(
    day: ClinicDay, ann: Person
) -> None:
    record = Record(day, ann, Role.THERAPIST)
    fields = {"kind": "medication", "name": "Sertraline", "source": "patient"}

    added, _ = record.send("/medication", **fields)
    page = record.look("/medication")
    entry = record.action(page, "")
    entries = re.findall(rf'action="{record.root}(/medication/[0-9a-f-]+)"', page)
    stopped, _ = record.send(entries[0], status="stopped")
    gone_through, _ = record.send("/medication/reconciled")
    unnamed, problem = record.send("/medication", **fields | {"name": ""})

    assert entry
    assert (added, stopped, gone_through, unnamed) == (303, 303, 303, 422)
    assert "Sertraline" in page
    after = record.look("/medication")
    assert "Stopped" in after
    assert "Never gone through" not in after
    assert 'role="alert"' in problem


def test_who_pays_is_noted_by_the_front_desk(day: ClinicDay, ann: Person) -> None:
    record = Record(day, ann, Role.FRONT_DESK)
    fields = {
        "payer": "insurance",
        "insurer": "Example Health",
        "member_number": "77",
        "units_granted": "6",
        "valid_until": "2026-12-31",
    }

    noted, _ = record.send("/coverage", **fields)
    page = record.look("/coverage")
    checked, _ = record.send(record.action(page, "check"), outcome="covered")
    ended, _ = record.send(record.action(page, "end"))
    wrong, problem = record.send("/coverage", payer="nobody")

    assert (noted, checked, ended, wrong) == (303, 303, 303, 422)
    assert "Example Health" in page
    assert "6 of 6 sessions left" in page
    assert "Ended" in record.look("/coverage")
    assert 'role="alert"' in problem


def test_each_role_sees_its_part_of_the_record(day: ClinicDay, ann: Person) -> None:
    desk, therapist = (
        Record(day, ann, role) for role in (Role.FRONT_DESK, Role.THERAPIST)
    )

    statuses = {
        path: (
            desk.browser.get(desk.root + path).status_code,
            therapist.browser.get(therapist.root + path).status_code,
        )
        for path in ("/consents", "/files", "/medication", "/coverage")
    }

    assert statuses == {
        "/consents": (200, 200),
        "/files": (200, 200),
        "/medication": (403, 200),
        "/coverage": (200, 403),
    }
    assert "not shown to your role" in desk.look("/files")


def test_two_records_are_made_one_on_the_page_of_duplicates(
    day: ClinicDay, ann: Person
) -> None:
    twin = day.register("Ann", "Fictional")
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    where = f"/clinics/{day.clinic_id}/duplicates"

    before = desk.look(where)
    answer = desk.send(f"{where}/{ann.id}/{twin.id}/merge")
    again = desk.send(f"{where}/{ann.id}/{twin.id}/dismiss")

    assert "In common: name" in before
    assert (answer.status_code, again.status_code) == (303, 422)
    assert "Nobody seems to be registered twice" in desk.look(where)
    record = Record(day, ann, Role.FRONT_DESK)
    assert "on a record that was closed" in record.look("/identity")
    closed = Record(day, twin, Role.FRONT_DESK)
    assert "This record is closed" in closed.look("/identity")


def test_a_name_is_put_right_on_the_page(day: ClinicDay, ann: Person) -> None:
    record = Record(day, ann, Role.FRONT_DESK)

    status, _ = record.send("/identity", family_name="Fictitious")
    wrong, problem = record.send("/identity", birth_date="2990-01-01")

    assert (status, wrong) == (303, 422)
    assert "Ann Fictitious" in record.look("/identity")
    assert 'role="alert"' in problem


def test_a_patient_is_handed_on_once_there_is_a_consent(
    day: ClinicDay, ann: Person
) -> None:
    elsewhere = ClinicDay.begin(day.lab, "Hillside")
    record = Record(day, ann, Role.PRESCRIBER)

    early, problem = record.send("/transfer", to_clinic_id=elsewhere.clinic_id)
    path = f"/episodes/{ann.episode_id}/consents"
    day.staff[Role.THERAPIST].post("intake", path, **consent("sharing"))
    done, _ = record.send("/transfer", to_clinic_id=elsewhere.clinic_id)
    day.lab.settle()

    assert (early, done) == (422, 303)
    assert "consented" in problem
    assert "Handed on" in record.look("/identity")
    there = Browser.of(elsewhere.staff[Role.FRONT_DESK])
    assert ann.name in there.look(f"/clinics/{elsewhere.clinic_id}/patients")


def test_the_desk_asks_who_seems_to_be_known_elsewhere(
    day: ClinicDay, ann: Person
) -> None:
    elsewhere = ClinicDay.begin(day.lab, "Hillside")
    elsewhere.register("Ann", "Fictional")
    day.lab.settle()
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    page = desk.look(f"/clinics/{day.clinic_id}/duplicates")
    found = re.search(r'action="([^"]+/matches/[^"]+)"', page)
    assert found

    named = desk.send(found[1], is_same="yes").get_data(as_text=True)

    assert elsewhere.clinic_id not in page
    assert elsewhere.clinic_id in named
    assert "Nobody to ask" in desk.look(f"/clinics/{day.clinic_id}/duplicates")
