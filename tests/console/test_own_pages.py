"""A patient's own pages: reached by a private link, on a phone, and by nobody else."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client

from services.console.cookies import OWN
from shared.access import Role
from tests.console.browser import SAME_ORIGIN, Browser, path_of
from tests.console.clinic_day import ClinicDay, Person, laboratory
from tests.intake.clinic_lab import CALM, consent


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


@pytest.fixture
def ann(day: ClinicDay) -> Person:
    return day.register("Ann", "Fictional")


class Phone:
    """The browser of somebody with a link and no other way in."""

    def __init__(self, day: ClinicDay) -> None:
        self.client = Client(day.lab.platform.wsgi)
        self.root = f"/own/{day.clinic_id}"

    def follow(self, path: str) -> str:
        """Open a link, and what it leads to."""
        answer = self.client.get(path)
        if answer.status_code == 303:
            answer = self.client.get(path_of(answer))
        return re.sub(r"\s+", " ", answer.get_data(as_text=True))

    def look(self, path: str = "") -> str:
        """One of the own pages."""
        answer = self.client.get(self.root + path)
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, (answer.status_code, text[:300])
        return re.sub(r"\s+", " ", text)

    def send(self, path: str, **fields: object) -> tuple[int, str]:
        """A form of an own page, and what it leads to."""
        answer = self.client.post(self.root + path, data=fields, headers=SAME_ORIGIN)
        status = answer.status_code
        if status == 303:
            answer = self.client.get(path_of(answer))
        return status, re.sub(r"\s+", " ", answer.get_data(as_text=True))


def link_of(day: ClinicDay, person: Person) -> str:
    """The path of the private link that the front desk hands on."""
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    page = desk.send(f"/clinics/{day.clinic_id}/patients/{person.id}/link")
    return url_on(page.get_data(as_text=True))


def url_on(page: str) -> str:
    """The path of the link that a page tells."""
    found = re.search(r'id="url"[^>]* value="([^"]+)"', page)
    assert found, page[:400]
    return urlsplit(found[1]).path


@pytest.fixture
def phone(day: ClinicDay, ann: Person) -> Phone:
    """A phone on which the private link was opened."""
    made = Phone(day)
    assert "Hello Ann" in made.follow(link_of(day, ann))
    return made


def answers(code: str, **different: int) -> dict[str, str]:
    """A questionnaire as its page sends it."""
    return {f"answer:{n}": str(v) for n, v in (CALM[code] | different).items()}


def test_a_private_link_opens_the_own_forms_and_leaves_no_code_behind(
    day: ClinicDay, ann: Person
) -> None:
    phone, link = Phone(day), link_of(day, ann)

    answer = phone.client.get(link)

    assert answer.status_code == 303
    assert link.rpartition("/")[2] not in answer.headers["Location"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{OWN}=")
    assert "HttpOnly" in cookie
    page = phone.look()
    assert "PHQ-9" in page
    assert "988" in page


def test_answers_are_kept_and_gone_on_with_on_another_device(
    day: ClinicDay, ann: Person, phone: Phone
) -> None:
    status, _ = phone.send("/forms/phq9", do="keep", **{"answer:q1": "2"})
    other = Phone(day)
    other.follow(link_of(day, ann))

    page = other.look("/forms/phq9")

    assert status == 303
    assert 'name="answer:q1" value="2" checked' in page
    assert "Begun" in other.look()


def test_a_script_keeps_answers_without_a_page(phone: Phone) -> None:
    answer = phone.client.post(
        f"{phone.root}/forms/phq9",
        data={"do": "keep", "answer:q1": "2"},
        headers={**SAME_ORIGIN, "X-Kept": "1"},
    )
    wrong = phone.client.post(
        f"{phone.root}/forms/phq9",
        data={"do": "keep", "answer:q1": "9"},
        headers={**SAME_ORIGIN, "X-Kept": "1"},
    )

    assert (answer.status_code, answer.data) == (204, b"")
    assert wrong.status_code == 503


def test_a_form_that_is_sent_is_done(phone: Phone) -> None:
    status, page = phone.send("/forms/phq9", do="send", **answers("phq9"))

    assert status == 303
    assert "Thank you" in page
    assert "Done" in page


def test_a_form_that_lacks_an_answer_comes_back_with_the_others(phone: Phone) -> None:
    given = answers("phq9", q1=3)
    del given["answer:q9"]

    status, page = phone.send("/forms/phq9", do="send", **given)

    assert status == 422
    assert "no answer yet" in page
    assert 'name="answer:q1" value="3" checked' in page


def test_an_alarming_answer_leads_to_help_and_on_at_once(
    day: ClinicDay, phone: Phone
) -> None:
    status, page = phone.send("/forms/phq9", do="send", **answers("phq9", q9=2))

    assert status == 200
    assert page.index("988 Suicide and Crisis Lifeline") < page.index("Wish to be dead")
    assert "C-SSRS" in page


def test_a_consent_is_signed_waits_for_a_witness_and_is_taken_back(
    day: ClinicDay, ann: Person, phone: Phone
) -> None:
    body = consent("privacy")
    fields = {
        "consent_type": "privacy",
        "items": body["items"],
        "signed_name": "Ann Fictional",
    }

    incomplete, page = phone.send(
        "/consents/privacy-2026.1", **fields | {"items": body["items"][:1]}
    )
    signed, after = phone.send("/consents/privacy-2026.1", **fields)
    staff = Browser.of(day.staff[Role.THERAPIST])
    where = f"/clinics/{day.clinic_id}/patients/{ann.id}/consents"
    waiting = staff.look(where)
    found = re.search(rf'action="({where}/[^"]+/witness)"', waiting)
    assert found
    staff.send(found[1], witness_name="Tilda Therapist")
    witnessed = phone.look()
    back = re.search(rf'action="{phone.root}(/consents/[^"]+/withdraw)"', witnessed)
    assert back
    _, taken = phone.send(back[1])

    assert (incomplete, signed) == (422, 303)
    assert 'value="Ann Fictional"' in page
    assert "your clinic confirms it" in after
    assert "To be witnessed" in waiting
    assert "valid until" in witnessed
    assert "valid until" not in taken


def test_who_was_invited_registers_and_goes_on_to_the_forms(day: ClinicDay) -> None:
    desk = Browser.of(day.staff[Role.FRONT_DESK])
    page = desk.send(f"/clinics/{day.clinic_id}/invitations").get_data(as_text=True)
    link, phone = url_on(page), Phone(day)
    path = link.removeprefix(phone.root)
    person = {
        "given_name": "Bea",
        "family_name": "Fictional",
        "birth_date": "1990-05-06",
        "email": "",
        "phone": "",
    }

    wrong, again = phone.send(path, **person | {"birth_date": "2990-05-06"})
    status, home = phone.send(path, **person)
    used, _ = Phone(day).send(path, **person)

    assert (wrong, status, used) == (422, 303, 422)
    assert 'value="Bea"' in again
    assert "Hello Bea" in home


def test_without_a_link_there_is_nothing_to_see(
    day: ClinicDay, ann: Person, phone: Phone
) -> None:
    stranger = Phone(day)
    staff = Browser.of(day.staff[Role.THERAPIST])

    nobody = stranger.client.get(f"{stranger.root}/forms/phq9")
    guessed = stranger.client.get(f"{stranger.root}/in/abc.def")
    by_staff = staff.get(f"{stranger.root}")
    as_staff = phone.client.get(f"/clinics/{day.clinic_id}/patients")

    assert (nobody.status_code, guessed.status_code) == (401, 404)
    assert "does not open any more" in nobody.get_data(as_text=True)
    assert by_staff.status_code == 401
    assert as_staff.status_code == 303
    assert "Hello" not in by_staff.get_data(as_text=True)


def test_another_sites_page_sends_nothing(phone: Phone) -> None:
    answer = phone.client.post(
        f"{phone.root}/forms/phq9",
        data={"do": "send", **answers("phq9")},
        headers={"Sec-Fetch-Site": "cross-site"},
    )

    assert answer.status_code == 403


def test_who_leaves_is_forgotten(phone: Phone) -> None:
    _, page = phone.send("/leave")

    assert "You have left your forms" in page
    assert phone.client.get(phone.root).status_code == 401


def test_an_earlier_time_is_taken_on_the_own_pages(
    day: ClinicDay, ann: Person, phone: Phone
) -> None:
    desk, other = day.staff[Role.FRONT_DESK], day.register("Ben", "Fictional")
    at = day.lab.clock() + timedelta(days=5)
    booked = day.book(other, "preparation", at, "Garden room")
    desk.post("scheduling", "/waitlist", patient_id=ann.id, type="preparation")
    day.wait(seconds=1)
    desk.post(
        "scheduling",
        f"/appointments/{booked}/cancel",
        by="patient",
        reason_code="ill",
    )
    day.lab.settle()

    page = phone.look()
    assert "An earlier time is free" in page
    path = re.search(r'action="([^"]+/offers/[^"]+/accept)"', page)
    assert path
    accept = path[1].removeprefix(phone.root)
    status, taken = phone.send(accept)
    again, said = phone.send(accept)

    assert (status, again) == (303, 409)
    assert "The time is yours" in taken
    assert "An earlier time is free" not in taken
    assert "not free for you any longer" in said
    (mine,) = desk.get("scheduling", f"/patients/{ann.id}/appointments")["items"]
    assert mine["status"] == "booked"
