"""A clinic's rule pack: drafted, compared, tested, tried, signed, in force."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.intake.handlers import trying
from shared.access import Role
from shared.rulepack import BASE
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.intake.clinic_lab import ANN, CALM, Clinic, all_clear

TWENTY_ONE = """
version = "north-2026.1"
title = "North clinic: from 21 years on"
source = "Medical lead of the clinic"
extends = "kap-base-2026.1"
jurisdiction = "us-il"

[[rules]]
code = "under_age"
rule_class = "absolute"
label = "Younger than 21 years"
fact = "age_years"
limit = { below = 21 }
reason_group = "general"
source = "The clinic's own insurance"

[[cases]]
code = "eighteen_today"
answers = { age_years = 18 }
outcome = "ineligible"
met = ["under_age"]

[[cases]]
code = "twenty_one_today"
answers = { age_years = 21 }
outcome = "eligible"
"""
YOUNG = {"age_years": 19}


@pytest.fixture
def lead(clinic: Clinic) -> Caller:
    """The clinic's medical lead."""
    return clinic.caller(Role.MEDICAL_LEAD)


def in_force(lead: Caller) -> str:
    """The pack the clinic works by."""
    said: str = lead.get("intake", "/rule-packs")["in_force"]
    return said


def tried(lead: Caller, lab: Lab, text: str = TWENTY_ONE) -> dict[str, Any]:
    """A draft that was tried to the end."""
    draft: dict[str, Any] = lead.post("intake", "/rule-packs", text=text)
    lead.post("intake", f"/rule-packs/{draft['id']}/trials")
    lab.settle()
    shown: dict[str, Any] = lead.get("intake", f"/rule-packs/{draft['id']}")
    return shown


def signed(lead: Caller, lab: Lab, text: str = TWENTY_ONE) -> dict[str, Any]:
    """A pack that takes effect in an hour."""
    pack = tried(lead, lab, text)
    at = (lab.clock.now + timedelta(hours=1)).isoformat()
    done: dict[str, Any] = lead.post(
        "intake", f"/rule-packs/{pack['id']}/sign", effective_at=at
    )
    return done


def screened(clinic: Clinic, **answers: bool | float) -> str:
    """An episode of somebody whose birth date nobody told, and who is in review."""
    person = {**ANN, "birth_date": "2007-01-15", "email": f"{uuid4().hex}@example.org"}
    episode: str = clinic.desk.post("intake", "/patients", **person)["episode_id"]
    for instrument, said in CALM.items():
        clinic.therapist.post(
            "intake",
            f"/episodes/{episode}/measures",
            instrument=instrument,
            context="intake",
            answers=said,
        )
    clinic.therapist.post(
        "intake", f"/episodes/{episode}/safety-screen", answers=all_clear(**answers)
    )
    return episode


def eligible(clinic: Clinic, **answers: bool | float) -> str:
    """The same with a prescriber's yes."""
    episode = screened(clinic, **answers)
    clinic.prescriber.post(
        "intake", f"/episodes/{episode}/decision", decision="eligible"
    )
    return episode


def episode_of(clinic: Clinic, episode: str) -> dict[str, Any]:
    found: dict[str, Any] = clinic.therapist.get("intake", f"/episodes/{episode}")
    return found


def test_a_clinic_works_by_the_products_pack_until_it_has_its_own(lead: Caller) -> None:
    assert in_force(lead) == BASE
    assert lead.get("intake", "/rule-packs")["items"] == []


def test_a_draft_says_what_it_changes_place_by_place(lead: Caller) -> None:
    draft = lead.post("intake", "/rule-packs", text=TWENTY_ONE)

    shown = lead.get("intake", f"/rule-packs/{draft['id']}")

    changes = {
        one["path"]: (one["before"], one["after"]) for one in shown["differences"]
    }
    assert changes["eligibility.rules[under_age].limit.below"] == (18, 21)
    assert changes["cases[twenty_one_today].outcome"] == (None, "eligible")
    assert not any(path.startswith("vitals") for path in changes)
    assert shown["compared_with"] == BASE
    assert shown["jurisdiction"] == "us-il"


def test_a_draft_shows_what_its_cases_say(lead: Caller) -> None:
    without = TWENTY_ONE.replace('code = "eighteen_today"', 'code = "eighteen_now"')
    draft = lead.post("intake", "/rule-packs", text=without)

    shown = lead.get("intake", f"/rule-packs/{draft['id']}")

    failing = {one["code"]: one for one in shown["cases"] if not one["passes"]}
    assert failing.keys() == {"eighteen_today"}
    assert failing["eighteen_today"]["wanted_outcome"] == "eligible"
    assert failing["eighteen_today"]["outcome"] == "ineligible"
    assert shown["untested_rules"] == []


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (('rule_class = "absolute"', 'rule_class = "relative"'), "rules[under_age]"),
        (("{ below = 21 }", "{ below = 16 }"), "rules[under_age]"),
        (('fact = "age_years"', 'fact = "is_young"'), "eligibility.unremarkable"),
        (
            (
                "[[rules]]",
                '[[lifted]]\ncode = "pre_eclampsia"\nreason = "x"\n[[rules]]',
            ),
            "lifted[pre_eclampsia]",
        ),
        (('extends = "kap-base-2026.1"', ""), "extends"),
        (
            ('code = "under_age"', 'code = "Under age"'),
            "eligibility.rules[Under age].code",
        ),
    ],
)
def test_a_draft_that_does_not_fit_is_refused_and_says_where(
    lead: Caller, change: tuple[str, str], pointer: str
) -> None:
    text = TWENTY_ONE.replace(*change)

    answer = lead.request("POST", "intake", "/rule-packs", {"text": text})

    assert answer.status_code == 422
    assert pointer in str(answer.get_json()["errors"])


def test_an_absolute_rule_may_be_made_stricter(lead: Caller) -> None:
    assert lead.post("intake", "/rule-packs", text=TWENTY_ONE)["rule_pack"]


def test_a_version_is_used_once(lead: Caller) -> None:
    lead.post("intake", "/rule-packs", text=TWENTY_ONE)

    answer = lead.request("POST", "intake", "/rule-packs", {"text": TWENTY_ONE})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "rule_pack_exists")


def test_the_version_of_a_pack_of_the_product_is_taken(lead: Caller) -> None:
    text = TWENTY_ONE.replace('"north-2026.1"', '"kap-base-2026.1"')

    answer = lead.request("POST", "intake", "/rule-packs", {"text": text})

    assert answer.status_code == 422


def test_a_trial_reports_the_episodes_that_come_out_otherwise(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    young, grown = screened(clinic, **YOUNG), screened(clinic, age_years=19)
    clinic.prescriber.post(
        "intake", f"/episodes/{grown}/end", outcome="withdrawn", reason_code="patient"
    )

    trial = tried(lead, lab)["trial"]

    assert (trial["total"], trial["seen"], trial["changed"]) == (1, 1, 1)
    assert trial["ended_at"]
    assert trial["outcomes"] == [
        {"before": "eligible", "after": "ineligible", "episodes": 1}
    ]
    found = lead.get("intake", f"/rule-pack-trials/{trial['id']}/findings")["items"]
    assert [(one["episode_id"], one["met"]) for one in found] == [
        (young, ["under_age"])
    ]
    assert not found[0]["has_lapsed"]


def test_a_trial_changes_nothing(lead: Caller, lab: Lab, clinic: Clinic) -> None:
    young = eligible(clinic, **YOUNG)

    tried(lead, lab)

    assert episode_of(clinic, young)["status"] == "eligible"
    assert in_force(lead) == BASE


def test_a_trial_goes_on_where_it_stopped(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    for _ in range(5):
        screened(clinic, **YOUNG)
    draft = lead.post("intake", "/rule-packs", text=TWENTY_ONE)
    trial = lead.post("intake", f"/rule-packs/{draft['id']}/trials")

    steps = []
    for _ in range(4):
        with lab.unit_of_work("intake", clinic.id) as uow:
            steps.append(trying.try_some(UUID(trial["id"]), uow, most=2))

    assert steps == [2, 2, 1, 0]
    shown = lead.get("intake", f"/rule-packs/{draft['id']}")["trial"]
    assert (shown["seen"], shown["changed"]) == (5, 5)
    page = lead.get("intake", f"/rule-pack-trials/{trial['id']}/findings", limit=3)
    rest = lead.get(
        "intake",
        f"/rule-pack-trials/{trial['id']}/findings",
        after=page["items"][-1]["id"],
    )
    assert (len(page["items"]), len(rest["items"])) == (3, 2)


def test_a_draft_is_tried_once_at_a_time(lead: Caller) -> None:
    draft = lead.post("intake", "/rule-packs", text=TWENTY_ONE)
    path = f"/rule-packs/{draft['id']}/trials"
    lead.post("intake", path)

    answer = lead.request("POST", "intake", path)

    assert (answer.status_code, answer.get_json()["code"]) == (409, "trial_running")


def test_only_the_medical_lead_signs(lead: Caller, lab: Lab, clinic: Clinic) -> None:
    pack = tried(lead, lab)
    at = (lab.clock.now + timedelta(hours=1)).isoformat()
    path = f"/rule-packs/{pack['id']}/sign"

    answer = clinic.prescriber.request("POST", "intake", path, {"effective_at": at})

    assert answer.status_code == 403


def test_a_pack_is_signed_only_if_it_was_tried_as_it_is(lead: Caller, lab: Lab) -> None:
    pack = tried(lead, lab)
    changed = TWENTY_ONE.replace("own insurance", "insurer")
    lead.request("PUT", "intake", f"/rule-packs/{pack['id']}", {"text": changed})
    at = (lab.clock.now + timedelta(hours=1)).isoformat()
    path = f"/rule-packs/{pack['id']}/sign"

    answer = lead.request("POST", "intake", path, {"effective_at": at})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_tried")


def test_a_pack_is_signed_only_if_its_cases_hold(lead: Caller, lab: Lab) -> None:
    untested = TWENTY_ONE + (
        '[[rules]]\ncode = "qtc_long"\nrule_class = "hard_stop"\nlabel = "Long QTc"\n'
        'fact = "qtc_long"\nreason_group = "medical"\nsource = "The clinic"\n'
    )
    pack = tried(lead, lab, untested)
    at = (lab.clock.now + timedelta(hours=1)).isoformat()
    path = f"/rule-packs/{pack['id']}/sign"

    answer = lead.request("POST", "intake", path, {"effective_at": at})

    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (409, "cases_fail")
    assert said["untested_rules"] == ["qtc_long"]


def test_a_pack_never_takes_effect_at_once(lead: Caller, lab: Lab) -> None:
    pack = tried(lead, lab)
    at = (lab.clock.now + timedelta(minutes=9)).isoformat()
    path = f"/rule-packs/{pack['id']}/sign"

    answer = lead.request("POST", "intake", path, {"effective_at": at})

    assert answer.status_code == 422


def test_a_signed_pack_never_changes(lead: Caller, lab: Lab) -> None:
    pack = signed(lead, lab)
    path = f"/rule-packs/{pack['id']}"

    for answer in (
        lead.request("PUT", "intake", path, {"text": TWENTY_ONE}),
        lead.request("POST", "intake", f"{path}/trials"),
    ):
        said = answer.get_json()
        assert (answer.status_code, said["code"]) == (409, "already_signed")
    assert lead.get("intake", path)["is_intact"]


def test_a_pack_counts_from_its_time_on(lead: Caller, lab: Lab, clinic: Clinic) -> None:
    young = screened(clinic, **YOUNG)
    signed(lead, lab)

    before = episode_of(clinic, young)["verdict"]
    lab.clock.advance(hours=1)
    after = episode_of(clinic, young)["verdict"]

    assert (before["outcome"], before["rule_pack"]) == ("eligible", BASE)
    assert (after["outcome"], after["rule_pack"]) == ("ineligible", "north-2026.1")
    assert in_force(lead) == "north-2026.1"


def test_a_verdict_can_be_asked_for_a_past_moment(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    young = screened(clinic, **YOUNG)
    then = lab.clock.now
    signed(lead, lab)
    lab.clock.advance(hours=2)
    lab.settle()

    past = clinic.therapist.get(
        "intake", f"/episodes/{young}/verdict", at=then.isoformat()
    )
    now = clinic.therapist.get("intake", f"/episodes/{young}/verdict")

    assert (past["outcome"], past["rule_pack"]) == ("eligible", BASE)
    assert (now["outcome"], now["rule_pack"]) == ("ineligible", "north-2026.1")
    earlier = (then - timedelta(minutes=1)).isoformat()
    blank = clinic.therapist.get("intake", f"/episodes/{young}/verdict", at=earlier)
    assert (blank["outcome"], blank["screen_id"]) == ("incomplete", None)


def test_every_rule_says_which_fact_and_who_told_it(clinic: Clinic) -> None:
    young = screened(clinic, age_years=30)

    rules = {one["code"]: one for one in episode_of(clinic, young)["verdict"]["rules"]}

    assert (rules["under_age"]["answer"], rules["under_age"]["told_by"]) == (
        19,
        "birth_date",
    )
    assert (rules["pregnancy"]["answer"], rules["pregnancy"]["told_by"]) == (
        False,
        "screen",
    )


def test_a_yes_lapses_when_a_new_pack_speaks_against_it(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    young, grown = eligible(clinic, **YOUNG), eligible(clinic, **YOUNG)
    pack = signed(lead, lab)

    lab.clock.advance(hours=1)
    lab.settle()

    assert episode_of(clinic, young)["status"] == "in_review"
    assert episode_of(clinic, grown)["eligible_until"] is None
    trial = lead.get("intake", f"/rule-packs/{pack['id']}")["trial"]
    assert trial["is_binding"]
    found = lead.get("intake", f"/rule-pack-trials/{trial['id']}/findings")["items"]
    assert {one["episode_id"] for one in found if one["has_lapsed"]} == {young, grown}


def test_a_yes_lapses_also_if_nothing_ran_when_the_pack_took_effect(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    young = eligible(clinic, **YOUNG)
    signed(lead, lab)

    lab.clock.advance(days=3)
    lab.settle()

    assert episode_of(clinic, young)["status"] == "in_review"


def test_another_clinic_sees_neither_pack_nor_findings(
    lead: Caller, lab: Lab, clinic: Clinic
) -> None:
    screened(clinic, **YOUNG)
    pack = tried(lead, lab)
    other = Clinic(lab).caller(Role.MEDICAL_LEAD)

    for path in (
        f"/rule-packs/{pack['id']}",
        f"/rule-pack-trials/{pack['trial']['id']}/findings",
    ):
        assert other.request("GET", "intake", path).status_code == 404
    assert other.get("intake", "/rule-packs")["items"] == []
