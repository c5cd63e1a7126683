"""The ledger's pages: opened, filled, counted, drawn from, put right."""

import re
from datetime import timedelta
from typing import Any

import pytest

from shared.access import Role
from tests.console.browser import Browser
from tests.console.clinic_day import ClinicDay

VIAL = {
    "drug": "racemic_ketamine",
    "form": "vial",
    "lot": "fict-1",
    "strength_mg": "50",
    "content_mg": "500",
    "expires_on": "2027-01-31",
    "supplier": "Fictional Wholesale",
    "invoice": "inv-1",
}


class Pages:
    """The ledger of a clinic, as its people see it."""

    def __init__(self, day: ClinicDay) -> None:
        self.day = day
        self.root = f"/clinics/{day.clinic_id}"
        self.lead = Browser.of(
            day.lab.caller(Role.MEDICAL_LEAD, clinic_id=day.clinic_id)
        )
        self.monitor = Browser.of(day.staff[Role.MONITOR])
        self.therapist = Browser.of(day.staff[Role.THERAPIST])
        self.send(self.lead, "/ledger", number="RK1234563", schedule="c3")

    def look(self, browser: Browser, path: str) -> str:
        return browser.look(self.root + path)

    def send(self, browser: Browser, path: str, **fields: str) -> Any:
        answer = browser.send(self.root + path, **fields)
        assert answer.status_code in (200, 303), answer.get_data(as_text=True)
        return answer

    def refused(self, browser: Browser, path: str, **fields: str) -> str:
        answer = browser.send(self.root + path, **fields)
        assert answer.status_code == 422
        text = answer.get_data(as_text=True)
        found = re.search(r'role="alert">.*?<span>(.*?)</span>', text, re.S)
        assert found, text
        return found[1]

    def code(self) -> str:
        """What the therapist is shown."""
        made = self.send(self.therapist, "/ledger/witness-code").get_data(as_text=True)
        found = re.search(r'id="code">([^<]+)<', made)
        assert found, made
        return found[1]

    def receive(self) -> str:
        """A vial came in; its id."""
        self.send(self.monitor, "/ledger/receipts", **VIAL)
        return self.containers()[-1]

    def containers(self) -> list[str]:
        page = self.look(self.monitor, "/ledger")
        return re.findall(r'href="[^"]*/ledger/containers/([0-9a-f-]{36})"', page)


@pytest.fixture
def pages(day: ClinicDay) -> Pages:
    return Pages(day)


def test_a_count_that_does_not_add_up_is_seen_and_closed_before_a_second_person(
    pages: Pages,
) -> None:
    vial = pages.receive()
    wrong = {"container_id": vial, f"counted-{vial}": "", "moment": "closing"}
    assert pages.refused(pages.monitor, "/ledger/count", **wrong)
    short = {**wrong, f"counted-{vial}": "450"}
    pages.send(pages.monitor, "/ledger/count", **short)

    page = pages.look(pages.lead, "/ledger")
    assert "The ledger said 500 mg, 450 mg were found." in page
    assert "Quarantined" in page
    case = re.search(r"/ledger/cases/([0-9a-f-]{36})/close", page)
    assert case
    path = f"/ledger/cases/{case[1]}/close"
    said = {"resolution": "measuring_error", "note": "read wrong"}
    problem = pages.refused(pages.lead, path, **said, witness_code="WRONGONE")
    assert "witness code is wrong" in problem
    pages.send(pages.lead, path, **said, witness_code=pages.code())

    after = pages.look(pages.lead, "/ledger")
    assert "Discrepancy case" not in after
    assert "450</b> of 500 mg" in after
    listed = pages.look(pages.lead, "/ledger/entries")
    assert listed.index("Adjust") < listed.index("Count") < listed.index("Receive")


def test_a_dose_is_shown_again_with_what_is_left_and_then_given(pages: Pages) -> None:
    day, vial = pages.day, pages.receive()
    person = day.register("Ann", "Fictional")
    day.admit(person)
    day.prepare(person, "River room")
    now = day.lab.clock()
    at = day.book(person, "dosing", now + timedelta(minutes=5), "River room")
    day.staff[Role.FRONT_DESK].post(
        "scheduling", f"/appointments/{at}/escort", name="Ed", phone="+1 555 0100"
    )
    day.lab.settle()
    day.arrive(at)
    session = day.open_session(person, at)
    day.staff[Role.PRESCRIBER].post("sessions", f"/sessions/{session}/authorise")
    path = f"/sessions/{session}/dose"
    assert "Draw and give" in pages.look(pages.monitor, f"/sessions/{session}")

    asked = {"container-0": vial, "drawn-0": "60", "given_mg": "50"}
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    shown = pages.look(pages.monitor, f"{path}?{query}")
    assert "500 mg before, 440 mg after" in shown
    assert "60 mg drawn: 50 mg given, 10 mg wasted." in shown
    assert "A witness enters a code" in pages.refused(pages.monitor, path, **asked)
    pages.send(pages.monitor, path, **asked, witness_code=pages.code())

    assert "10 mg wasted" in pages.look(pages.monitor, f"/sessions/{session}")
    entries = pages.look(pages.monitor, f"/ledger/containers/{vial}")
    assert "440 of 500 mg" in entries
    assert "Waste the rest" in entries


def test_a_witness_who_may_not_read_the_ledger_gets_a_code_and_nothing_else(
    pages: Pages,
) -> None:
    pages.receive()

    page = pages.look(pages.therapist, "/ledger")

    assert "not shown to your role" in page
    assert "fict-1" not in page
    assert re.fullmatch(r"[2-9A-Z]{4}-[2-9A-Z]{4}", pages.code())


def test_the_register_is_handed_on_as_a_file(pages: Pages) -> None:
    pages.receive()
    today = pages.day.lab.clock().date().isoformat()

    query = {"from": today, "to": today, "format": "csv"}
    answer = pages.lead.get(f"{pages.root}/ledger/export", query_string=query)
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "fict-1" in answer.get_data(as_text=True)

    backwards = pages.lead.get(
        f"{pages.root}/ledger/export", query_string={**query, "to": "2026-01-01"}
    )
    assert backwards.status_code == 422


def test_a_recall_shows_what_is_held_back(pages: Pages) -> None:
    vial = pages.receive()

    fields = {"drug": "racemic_ketamine", "lot": "fict-1", "note": "a letter"}
    pages.send(pages.lead, "/ledger/recalls", **fields)

    page = pages.look(pages.lead, f"/ledger/containers/{vial}")
    assert "Its lot was recalled" in page
    assert "Waste the rest" not in page
