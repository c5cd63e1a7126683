"""Pages of what is written of a session: notes, adverse events, REMS form, tasks."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from services.console.pages import adverse_events as pages
from services.sessions.domain import adverse_event as domain
from shared.access import Role
from shared.rulepack import GRADES, NotePart
from tests.console.browser import SAME_ORIGIN, Browser
from tests.console.busy_day import running
from tests.console.clinic_day import ClinicDay, Person, laboratory

ALDRETE = ("activity", "breathing", "circulation", "consciousness", "oxygen")
RECOVERY = {
    "answer:orientation": "Slowly, over half an hour.",
    "answer:mood": "better",
    "answer:instructions_repeated": "yes",
}


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


class Pages:
    """The pages of a running session as a role sees them."""

    def __init__(self, day: ClinicDay, role: Role) -> None:
        self.browser = Browser.of(day.staff[role])
        self.root = f"/clinics/{day.clinic_id}"

    def look(self, path: str) -> str:
        return self.browser.look(self.root + path)

    def send(self, path: str, **more: Any) -> tuple[int, str]:
        headers = {**SAME_ORIGIN, **more.pop("headers", {})}
        answer = self.browser.client.post(
            self.root + path, data=more["form"], headers=headers
        )
        return answer.status_code, re.sub(r"\s+", " ", answer.get_data(as_text=True))


def test_a_page_offers_exactly_what_the_service_takes() -> None:
    assert set(pages.GRADES) == set(GRADES)
    assert list(pages.CRITERIA) == list(domain.Seriousness)
    assert list(pages.CONCLUSIONS) == list(domain.Conclusion)
    assert list(pages.AUTHORITIES) == list(domain.Authority)
    for name, kind in (
        ("relatedness", domain.Relatedness),
        ("action", domain.DoseAction),
        ("outcome", domain.Outcome),
        ("reporter", domain.Reporter),
    ):
        assert list(pages.CHOICES[name]) == list(kind), name


def test_a_note_is_written_signed_and_added_to_on_pages(day: ClinicDay) -> None:
    _, session = running(day)
    own = f"/sessions/{session}/notes"
    therapist = Pages(day, Role.THERAPIST)
    unfinished = {k: v for k, v in RECOVERY.items() if not k.endswith("mood")}

    listed = therapist.look(own)
    empty = therapist.look(f"{own}/recovery")
    refused, problem = therapist.send(
        f"{own}/recovery", form={"do": "sign", "version": "0", **unfinished}
    )
    signed, _ = therapist.send(
        f"{own}/recovery", form={"do": "sign", "version": "1", **RECOVERY}
    )
    page = Pages(day, Role.PRESCRIBER).look(own)

    assert all(f"{own}/{part}" in listed for part in NotePart)
    assert 'name="answer:orientation"' in empty
    assert (refused, signed) == (422, 303)
    assert "Must be answered" in problem
    assert "Slowly, over half an hour.</textarea>" in problem
    assert "Slowly, over half an hour." in page
    action = re.search(rf'action="{therapist.root}(/[^"]*addenda)"', page)
    assert action
    status, _ = Pages(day, Role.PRESCRIBER).send(action[1], form={"text": "<b>Forty"})
    assert status == 303
    assert "&lt;b&gt;Forty" in therapist.look(own)
    nothing, told = therapist.send(action[1], form={"text": ""})
    assert (nothing, "does not fit" in told) == (422, True)


def test_what_is_typed_is_saved_without_a_page_and_a_second_window_is_told(
    day: ClinicDay,
) -> None:
    _, session = running(day)
    path = f"/sessions/{session}/notes/recovery"
    therapist = Pages(day, Role.THERAPIST)
    kept = {"X-Kept": "1"}

    first, said = therapist.send(path, form={"version": "0", **RECOVERY}, headers=kept)
    late, problem = therapist.send(
        path, form={"version": "0", "answer:mood": "worse"}, headers=kept
    )
    page = therapist.look(path)
    refused, again = therapist.send(
        path, form={"version": "0", "answer:orientation": "Typed meanwhile"}
    )

    assert (first, '"version":1' in said) == (200, True)
    assert (late, "changed since you read it" in problem) == (409, True)
    assert "Slowly, over half an hour." in page
    assert (refused, "Typed meanwhile" in again) == (422, True)


def test_an_adverse_event_is_confirmed_and_reviewed_on_pages(day: ClinicDay) -> None:
    _, session = running(day)
    day.dose(session)
    day.vitals(session, moaas=2)
    monitor, prescriber = Pages(day, Role.MONITOR), Pages(day, Role.PRESCRIBER)
    waiting = monitor.look("/adverse-events")
    link = re.search(rf'href="{monitor.root}(/adverse-events/[^"]+)"', waiting)
    assert link
    began = day.lab.clock() - timedelta(hours=6)  # The clinic's clock is behind UTC.
    form = {
        "term": "sedation",
        "grade": "3",
        "onset_at": f"{began:%Y-%m-%dT%H:%M}",
        "relatedness": "probable",
        "action": "none",
        "outcome": "recovered",
        "reporter": "clinician",
    }

    bad, problem = monitor.send(f"{link[1]}/confirm", form={**form, "onset_at": ""})
    done, _ = monitor.send(f"{link[1]}/confirm", form=form)
    held = prescriber.look(link[1])
    reviewed, _ = prescriber.send(
        f"{link[1]}/review", form={"conclusion": "adjust", "note": "Half the dose."}
    )
    page = monitor.look(link[1])

    assert "Sedation" in monitor.look(f"/sessions/{session}/adverse-events")
    assert (bad, done, reviewed) == (422, 303, 303)
    assert 'class="fault"' in problem
    assert "No dose is given to this patient until" in held
    assert "Your review" not in monitor.look(link[1])
    assert "Half the dose." in page
    unknown, _ = prescriber.send(f"{link[1]}/forget", form={})
    assert unknown == 404


def test_tasks_of_an_integration_are_set_and_done_on_a_page(day: ClinicDay) -> None:
    person, session = running(day)
    day.dose(session)
    leave(day, session)
    path = f"/patients/{person.id}/integrations"
    therapist = Pages(day, Role.THERAPIST)

    page = therapist.look(path)
    action = re.search(rf'action="{therapist.root}(/[^"]*/tasks)"', page)
    assert action
    refused, kept = therapist.send(action[1], form={"text": "Walk daily", "due_on": ""})
    status, _ = therapist.send(
        action[1], form={"text": "Walk daily", "due_on": "2026-03-09"}
    )
    page = therapist.look(path)
    done = re.search(rf'action="{therapist.root}(/[^"]*/done)"', page)
    assert done
    finished, _ = therapist.send(done[1], form={})

    assert (refused, 'value="Walk daily"' in kept) == (422, True)
    assert (status, finished) == (303, 303)
    assert "until 9 Mar 2026" in page
    assert "done" in therapist.look(path)
    assert "Walk daily" not in Pages(day, Role.MONITOR).look(f"/patients/{person.id}")


def leave(day: ClinicDay, session: str) -> None:
    """The patient recovers and goes home."""
    own = f"/sessions/{session}"
    day.staff[Role.THERAPIST].post("sessions", f"{own}/phase", phase="recovery")
    day.vitals(session)
    day.staff[Role.PRESCRIBER].post(
        "sessions",
        f"{own}/discharge",
        oriented=True,
        walks_unaided=True,
        nausea_tolerable=True,
        dissociation_settled=True,
        mood_safe=True,
        instructions_given=True,
        next_contact_booked=True,
        line_removed=True,
        aldrete=dict.fromkeys(ALDRETE, 2),
        escort_present=True,
        escort_name="Erin Fictional",
        override_reason="time is compressed in this test",
    )
    day.lab.settle()


def test_a_rems_form_is_filled_printed_and_noted_as_submitted_on_a_page(
    day: ClinicDay,
) -> None:
    session = sprayed(day)
    path = f"/sessions/{session}/rems-form"
    monitor = Pages(day, Role.MONITOR)
    answers = {
        **dict.fromkeys(
            [
                f"answer:{code}"
                for code in (
                    *("benzodiazepines", "sedatives", "stimulants", "maoi"),
                    *("sedation", "dissociation", "respiratory_depression"),
                )
            ],
            "no",
        ),
        "answer:sex": "other",
        "answer:observer": "R. Fictional",
        "answer:site": "Lakeside",
        "answer:vitals_ok_before": "yes",
        "answer:vitals_ok_leaving": "yes",
        "answer:ready_to_leave": "soon",
        "answer:systolic_40_min": "126",
        "answer:diastolic_40_min": "80",
    }

    page = monitor.look(path)
    form = {"version": "1", **answers}
    bad, problem = monitor.send(path, form=form)
    known = dict(re.findall(r'name="(answer:\w+)"[^>]* value="([\d.]+)"', page))
    more = {**known, **answers, "answer:ready_to_leave": "95"}
    more |= {"answer:first_treatment": "yes", "answer:serious_event": "no"}
    today = f"{day.lab.clock():%Y-%m-%d}"
    done, _ = monitor.send(
        path, form={**more, "version": "1", "do": "submit", "submitted_on": today}
    )
    paper = monitor.browser.get(f"{monitor.root}{path}.pdf")

    assert known["answer:systolic_before"] == "122"
    assert (bad, 'value="soon"' in problem) == (422, True)
    assert "Is not a number" in problem
    assert done == 303
    assert "Submitted" in monitor.look(path)
    assert paper.get_data().startswith(b"%PDF")
    assert paper.headers["Content-Disposition"].startswith("attachment")
    paper.close()


def sprayed(day: ClinicDay) -> str:
    """A patient had a spray and went home; the session's id."""
    person: Person = day.register("Ann", "Fictional")
    day.admit(person)
    prescriber = day.staff[Role.PRESCRIBER]
    (usual,) = prescriber.get("sessions", f"/patients/{person.id}/orders")["items"]
    prescriber.post("sessions", f"/orders/{usual['id']}/cancel")
    spray = {"drug": "esketamine", "route": "esketamine_nasal", "dose_mg": 28}
    prescriber.post("sessions", "/orders", patient_id=person.id, max_doses=2, **spray)
    day.lab.settle()
    day.prepare(person, "River room")
    appointment = day.book(person, "dosing", day.lab.clock(), "Garden room")
    day.arrive(appointment)
    session = day.open_session(person, appointment)
    on_site = {"prescriber_on_site": True}
    prescriber.post("sessions", f"/sessions/{session}/authorise", **on_site)
    body = {"given_mg": 28, "drawn_mg": 28, "wasted_mg": 0, "lot": "ES-1"}
    day.staff[Role.MONITOR].post("sessions", f"/sessions/{session}/doses", **body)
    leave(day, session)
    return session
