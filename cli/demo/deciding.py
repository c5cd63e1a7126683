"""Journeys on which a decision is not simply yes."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

from cli.demo import steps
from cli.demo.journeys import tasks
from cli.demo.steps import Clinic, Patient, refused

Note = Callable[[str], None]

RULES = """
version = "{version}"
title = "The clinic's own: from 21 years on"
source = "Fictional medical lead"
extends = "{base}"

[[rules]]
code = "under_age"
rule_class = "absolute"
label = "Younger than 21 years"
fact = "age_years"
limit = {{ below = 21 }}
reason_group = "general"
source = "The clinic's insurance"

[[cases]]
code = "eighteen_today"
answers = {{ age_years = 18 }}
outcome = "ineligible"
met = ["under_age"]

[[cases]]
code = "twenty_one_today"
answers = {{ age_years = 21 }}
outcome = "eligible"
"""


def appealed(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A no is appealed: somebody else than who said it decides, and says yes."""
    steps.screen(clinic, patient, psychosis_current=True)
    note("screened")
    steps.decide(clinic, patient, "ineligible", reason_codes=["psychosis_current"])
    note("ineligible")
    path = f"/episodes/{patient.episode_id}"
    clinic.desk.post("intake", f"{path}/appeal")
    note("appealed")
    reason = "A single episode years ago, seen by a specialist."
    refused(
        "another_must_decide",
        lambda: steps.decide(clinic, patient, "eligible", override_reason=reason),
    )
    note("first prescriber refused")
    clinic.lead.post(
        "intake", f"{path}/decision", decision="eligible", override_reason=reason
    )
    demand_stage(clinic, patient, "onboarding")
    note("eligible after all")


def medicine_found(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A medicine that speaks against a dose is found, and stopped by its doctor."""
    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    note("eligible")
    entry = clinic.therapist.post(
        "intake",
        f"/episodes/{patient.episode_id}/medication-list",
        kind="medication",
        name="Theophylline 200 mg",
        source="patient",
    )
    demand_stage(clinic, patient, "in_review")
    note("eligibility lapsed")
    refused(
        "override_reason_required",
        lambda: steps.decide(clinic, patient, "eligible"),
    )
    note("eligible refused")
    path = f"/medication-list/{entry['id']}/status"
    clinic.therapist.post("intake", path, status="stopped")
    path = f"/episodes/{patient.episode_id}/reconciliation"
    clinic.therapist.post("intake", path)
    note("list reconciled")
    steps.decide(clinic, patient, "eligible")
    note("eligible again")


def own_rules(clinic: Clinic, patient: Patient, note: Note) -> None:
    """The clinic writes down rules of its own, tries them, and signs them.

    Meanwhile a decision waits for what is missing, somebody pays, and the patient
    becomes ready to start.
    """
    steps.screen(clinic, patient)
    due_at = (clinic.now() + timedelta(days=7)).isoformat()
    steps.decide(clinic, patient, "deferred", missing=["ecg"], due_at=due_at)
    note("deferred")
    _sign_rules(clinic)
    note("rules signed")
    steps.answer_safety_screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    steps.consent(clinic, patient)
    note("consented")
    clinic.desk.post(
        "intake",
        f"/episodes/{patient.episode_id}/coverages",
        payer="insurance",
        insurer="Fictional Mutual",
        member_number="F-4711",
        units_granted=6,
    )
    note("covered")
    demand_stage(clinic, patient, "onboarding")
    steps.clear_and_order(clinic, patient)
    demand_stage(clinic, patient, "ready_to_start")
    note("ready to start")


def _sign_rules(clinic: Clinic) -> None:
    base = clinic.lead.get("intake", "/rule-packs")["base"]
    text = RULES.format(version=f"own-{uuid4().hex[:8]}", base=base)
    pack = clinic.lead.post("intake", "/rule-packs", text=text)
    path = f"/rule-packs/{pack['id']}"
    soon = (clinic.now() + timedelta(hours=1)).isoformat()
    refused(
        "not_tried",
        lambda: clinic.lead.post("intake", f"{path}/sign", effective_at=soon),
    )
    clinic.lead.post("intake", f"{path}/trials")

    def is_tried() -> bool:
        trial: dict[str, Any] = clinic.lead.get("intake", path)["trial"]
        return trial["ended_at"] is not None

    clinic.until(is_tried, "the rules are tried on every open episode")
    clinic.lead.post("intake", f"{path}/sign", effective_at=soon)


def demand_stage(clinic: Clinic, patient: Patient, stage: str) -> None:
    """Look where an episode stands.

    Raises:
        AssertionError: somewhere else.
    """
    episode = clinic.therapist.get("intake", f"/episodes/{patient.episode_id}")
    if episode["stage"] != stage:
        raise AssertionError(f"an episode is {episode['stage']}, not {stage}")


def item_nine(clinic: Clinic, patient: Patient, note: Note) -> None:
    """A positive item 9: a clinician sees to it before anything goes on."""
    answered = steps.answer_phq9(clinic, patient, item9=1)
    if not answered["alert"]:
        raise AssertionError("a positive item 9 raised no alert")
    if answered["follow_up"] != "cssrs" or not answered["crisis_resources"]:
        raise AssertionError("a positive item 9 asked for nothing at once")
    note("item 9 positive: flagged")
    flag_id = answered["safety_flag_id"]
    clinic.until(
        lambda: bool(tasks(clinic, flag_id)), "a clinician is asked to see to it"
    )
    clinic.prescriber.post(
        "intake", f"/safety-flags/{flag_id}/clear", note="seen, a safety plan is made"
    )
    note("cleared by a clinician")
    steps.answer_gad7(clinic, patient)
    steps.answer_cssrs(clinic, patient)
    steps.answer_safety_screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    note("eligible")
    clinic.until(lambda: not tasks(clinic, flag_id), "the worklist is done with it")
