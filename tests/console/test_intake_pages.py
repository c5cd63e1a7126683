"""The pages of intake: where episodes stand, the review, and the rule packs."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from shared.access import Role
from shared.testing.caller import Caller
from tests.console.browser import HTMX, Browser
from tests.console.clinic_day import ClinicDay, Person, laboratory

PACK = """
version = "lakeside-2026.1"
title = "Lakeside: nobody with cystitis"
source = "Medical lead of the clinic"
extends = "kap-base-2026.1"

[[rules]]
code = "cystitis"
rule_class = "hard_stop"
label = "Cystitis of any kind"
fact = "cystitis"
reason_group = "medical"
source = "The clinic"
"""
QTC = """
[[rules]]
code = "qtc_long"
rule_class = "hard_stop"
label = "Long QTc"
fact = "qtc_long"
reason_group = "medical"
source = "The clinic"
"""


@pytest.fixture
def day(tmp_path: Path) -> Iterator[ClinicDay]:
    with laboratory(tmp_path) as made:
        yield ClinicDay.begin(made)


@pytest.fixture
def waiting(day: ClinicDay) -> Person:
    """Somebody about whom a prescriber must decide, with something to weigh."""
    person = day.register("Testa", "Fictional")
    day.measure(person, context="intake")
    day.screen(person, psychosis_current=True)
    day.lab.settle()
    return person


class Pages:
    """The clinic's pages, as a role sees them."""

    def __init__(self, day: ClinicDay, caller: Caller) -> None:
        self.browser = Browser.of(caller)
        self.root = f"/clinics/{day.clinic_id}"

    def look(self, path: str, **more: object) -> str:
        return self.browser.look(self.root + path, **more)

    def send(self, path: str, **fields: str) -> tuple[int, str]:
        """A form of ours; what came of it, and the page that is shown then."""
        page = self.look(path.rpartition("/")[0] or path)
        token = re.search(r'name="form_token" value="([^"]+)"', page)
        assert token
        answer = self.browser.send(self.root + path, form_token=token[1], **fields)
        return answer.status_code, answer.get_data(as_text=True)


def pages(day: ClinicDay, role: Role) -> Pages:
    caller = day.staff.get(role) or day.lab.caller(role, clinic_id=day.clinic_id)
    return Pages(day, caller)


def test_the_list_shows_where_episodes_stand(day: ClinicDay, waiting: Person) -> None:
    found = pages(day, Role.PRESCRIBER)

    everything = found.look("/episodes")
    in_review = found.look("/episodes?stage=in_review")
    none = found.look("/episodes?stage=active")

    assert waiting.name in everything
    assert waiting.name in in_review
    assert waiting.name not in none
    assert "No episode is at this stage." in none


def test_the_front_desk_does_not_see_answers(day: ClinicDay, waiting: Person) -> None:
    desk = pages(day, Role.FRONT_DESK)
    path = f"{desk.root}/episodes/{waiting.episode_id}"

    assert desk.browser.get(path).status_code == 403
    assert "not shown to your role" in desk.look("/episodes")


def test_a_review_shows_each_rule_and_what_speaks_against(
    day: ClinicDay, waiting: Person
) -> None:
    page = pages(day, Role.PRESCRIBER).look(f"/episodes/{waiting.episode_id}")

    assert "Primary psychotic disorder or current psychosis" in page
    assert "A prescriber must weigh it" in page
    assert 'value="psychosis_current"' in page
    assert "Sign" in page


def test_a_yes_against_a_hard_stop_without_a_reason_comes_back_with_the_cause(
    day: ClinicDay, waiting: Person
) -> None:
    prescriber = pages(day, Role.PRESCRIBER)
    path = f"/episodes/{waiting.episode_id}/decision"

    status, page = prescriber.send(path, decision="eligible")
    assert status == 200
    assert "takes a reason" in page or "reason" in page

    status, _ = prescriber.send(path, decision="eligible", override_reason="Weighed.")
    assert status == 303
    assert "Overruled: Weighed." in prescriber.look(f"/episodes/{waiting.episode_id}")


def test_a_decision_can_wait_until_a_day_by_the_clinics_clock(
    day: ClinicDay, waiting: Person
) -> None:
    prescriber = pages(day, Role.PRESCRIBER)

    prescriber.send(
        f"/episodes/{waiting.episode_id}/decision",
        decision="deferred",
        missing="ECG, gp_letter",
        due_on="2026-03-10",
    )

    page = prescriber.look(f"/episodes/{waiting.episode_id}")
    assert "until Tue 10 Mar" in page
    episode = day.staff[Role.PRESCRIBER].get(
        "intake", f"/episodes/{waiting.episode_id}"
    )
    assert episode["decisions"][0]["missing"] == ["ecg", "gp_letter"]


def test_whoever_asked_for_another_opinion_is_not_offered_to_decide(
    day: ClinicDay, waiting: Person
) -> None:
    prescriber = pages(day, Role.PRESCRIBER)

    prescriber.send(f"/episodes/{waiting.episode_id}/second-review")

    mine = prescriber.look(f"/episodes/{waiting.episode_id}")
    other = Pages(day, day.lab.caller(Role.PRESCRIBER, clinic_id=day.clinic_id))
    theirs = other.look(f"/episodes/{waiting.episode_id}")
    assert "Another opinion than yours is asked for" in mine
    assert 'name="decision"' not in mine
    assert 'name="decision"' in theirs


def test_a_no_can_be_appealed(day: ClinicDay, waiting: Person) -> None:
    prescriber = pages(day, Role.PRESCRIBER)
    prescriber.send(
        f"/episodes/{waiting.episode_id}/decision",
        decision="ineligible",
        reason_codes="psychosis_current",
    )

    status, _ = prescriber.send(f"/episodes/{waiting.episode_id}/appeal")

    assert status == 303
    assert "In review" in prescriber.look(f"/episodes/{waiting.episode_id}")


def test_a_pack_is_drafted_compared_tried_and_signed_on_its_pages(
    day: ClinicDay, waiting: Person
) -> None:
    lead = pages(day, Role.MEDICAL_LEAD)
    assert "works by <b>kap-base-2026.1</b>" in lead.look("/rule-packs")

    assert lead.send("/rule-packs", text=PACK)[0] == 303
    (pack,) = re.findall(r'/rule-packs/([0-9a-f-]{36})"', lead.look("/rule-packs"))
    page = lead.look(f"/rule-packs/{pack}")
    assert "eligibility.rules[cystitis].rule_class" in page
    assert "<del>relative</del>" in page
    assert "<ins>hard_stop</ins>" in page
    assert "It can be signed once" in page

    assert lead.send(f"/rule-packs/{pack}/trials")[0] == 303
    running = lead.look(f"/rule-packs/{pack}")
    assert 'hx-trigger="every 2s"' in running
    day.lab.settle()
    part = lead.look(f"/rule-packs/{pack}", headers=HTMX)
    assert "<html" not in part
    assert "Sign as medical lead" in part

    assert (
        lead.send(f"/rule-packs/{pack}/sign", effective_at="2026-03-02T10:00")[0] == 303
    )
    assert "Signed, from Mon 2 Mar, 10:00" in lead.look(f"/rule-packs/{pack}")
    day.lab.clock.advance(hours=2)
    assert "works by <b>lakeside-2026.1</b>" in lead.look("/rule-packs")


def test_a_pack_that_does_not_fit_keeps_what_was_typed(day: ClinicDay) -> None:
    lead = pages(day, Role.MEDICAL_LEAD)

    status, page = lead.send("/rule-packs", text=PACK.replace("hard_stop", "sometimes"))

    assert status == 200
    assert "eligibility.rules[cystitis].rule_class: is not one of" in page
    assert "nobody with cystitis" in page


def test_a_pack_whose_cases_fail_says_which_and_cannot_be_signed(
    day: ClinicDay,
) -> None:
    lead = pages(day, Role.MEDICAL_LEAD)
    lead.send("/rule-packs", text=PACK + QTC)
    (pack,) = re.findall(r'/rule-packs/([0-9a-f-]{36})"', lead.look("/rule-packs"))

    page = lead.look(f"/rule-packs/{pack}")

    assert "no case holds this rule to anything" in page
    at = (day.lab.clock.now + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    lead.send(f"/rule-packs/{pack}/trials")
    day.lab.settle()
    status, page = lead.send(f"/rule-packs/{pack}/sign", effective_at=at)
    assert status == 200
    assert "cases of the rule pack fail" in page


def test_a_therapist_reads_rules_and_drafts_none(day: ClinicDay) -> None:
    page = pages(day, Role.THERAPIST).look("/rule-packs")

    assert "works by" in page
    assert "New draft" not in page
