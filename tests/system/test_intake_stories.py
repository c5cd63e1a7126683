"""What happens to patients before and beside treatment, told through all services."""

from datetime import timedelta
from typing import Any

import pytest

from cli.demo import journeys, steps
from cli.demo.steps import Clinic, Patient, refused
from shared.access import Role
from tests.system.conftest import Teller, World


def stage(clinic: Clinic, patient: Patient) -> str:
    """Where the patient's episode stands."""
    episode = clinic.therapist.get("intake", f"/episodes/{patient.episode_id}")
    found: str = episode["stage"]
    return found


def tasks(clinic: Clinic, kind: str) -> list[dict[str, Any]]:
    """Open tasks of a kind on the worklist."""
    listed = clinic.admin.get("notifications", "/tasks", status="open")["items"]
    return [one for one in listed if one["kind"] == kind]


def mails(clinic: Clinic, patient: Patient) -> list[tuple[str, str]]:
    """What was planned for a patient: template and what became of it."""
    listed = clinic.desk.get("notifications", f"/patients/{patient.id}/messages")
    return [(one["template"], one["status"]) for one in listed["items"]]


def booked(world: World) -> Patient:
    """A patient with a dose ahead."""
    patient = world.patient()
    steps.screen(world.clinic, patient)
    steps.decide(world.clinic, patient, "eligible")
    steps.consent(world.clinic, patient)
    steps.clear_and_order(world.clinic, patient)
    steps.prepare(world.clinic, patient)
    steps.book_dose(world.clinic, patient)
    world.lab.settle()
    return patient


def test_a_referral_with_a_letter_is_followed_by_whoever_sent_it(world: World) -> None:
    clinic = world.clinic
    integrator = world.lab.caller(Role.INTEGRATOR, clinic_id=clinic.id)
    sender = Teller(integrator)
    sent = sender.post(
        "intake",
        "/referrals",
        source_type="general_practice",
        identifier={"system": "urn:example:practice", "value": "4711"},
        patient={
            "given_name": "Refa",
            "family_name": "Fictional",
            "birth_date": "1979-03-04",
        },
        conditions=[],
        medications=[{"system": "urn:rx", "code": "1", "display": "Sertraline"}],
        coverages=[],
    )
    sender.post(
        "intake",
        f"/referrals/{sent['referral_id']}/letter",
        name="letter.png",
        media_type="image/png",
        content="iVBORw0KGgo=",
    )
    patient = Patient(
        id=sent["patient_id"], episode_id=sent["episode_id"], name="Refa Fictional"
    )

    def status() -> str:
        path = f"/referrals/{sent['referral_id']}"
        found: str = sender.get("intake", path)["status"]
        return found

    seen = [status()]
    steps.answer_phq9(clinic, patient)
    seen.append(status())
    steps.answer_gad7(clinic, patient)
    steps.answer_cssrs(clinic, patient)
    steps.answer_safety_screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    seen.append(status())

    assert seen == ["received", "in_screening", "accepted"]
    files = clinic.therapist.get("intake", f"/patients/{patient.id}/files")["items"]
    assert [one["kind"] for one in files] == ["referral_letter"]
    world.assert_all_heard_once()


def test_forms_that_stay_away_are_reminded_of_and_then_somebody_calls(
    world: World,
) -> None:
    clinic, patient = world.clinic, world.patient()
    planned = []
    for days in (2, 3, 5):
        world.lab.clock.advance(days=days)
        world.lab.settle()
        planned.append(len(mails(clinic, patient)))

    asked = [one["role"] for one in tasks(clinic, "forms_missing")]
    steps.screen(clinic, patient)
    world.lab.settle()

    assert planned == [1, 2, 3]
    assert {template for template, _ in mails(clinic, patient)} == {"forms_due"}
    assert asked == ["front_desk"]
    assert tasks(clinic, "forms_missing") == []
    assert stage(clinic, patient) == "in_review"
    world.assert_all_heard_once()


def test_a_high_suicide_risk_holds_everything_until_a_clinician_clears_it(
    world: World,
) -> None:
    clinic, patient = world.clinic, booked(world)
    answered = steps.answer_cssrs(clinic, patient, context="pre_dose", recent=1)
    world.lab.settle()

    held = stage(clinic, patient)
    clinic.until(
        lambda: journeys.status(clinic, patient) == "released",
        "the dose is given back",
    )
    path = f"/patients/{patient.id}/readiness"
    reasons = clinic.desk.get("scheduling", path, gate="booking")
    (task,) = tasks(clinic, "safety_flag")
    world.lab.clock.advance(minutes=61)
    world.lab.settle()
    (escalated,) = tasks(clinic, "safety_flag")
    clinic.prescriber.post(
        "intake",
        f"/safety-flags/{answered['safety_flag_id']}/clear",
        note="Seen, a plan is made, daily contact.",
    )
    world.lab.settle()

    assert held == "crisis_hold"
    assert not reasons["ready"]
    assert (task["role"], escalated["role"]) == ("prescriber", "clinic_admin")
    assert tasks(clinic, "safety_flag") == []
    assert stage(clinic, patient) == "in_review"
    world.assert_all_heard_once()


def test_a_pregnancy_ends_eligibility_and_nobody_is_written_why(world: World) -> None:
    clinic, patient = world.clinic, booked(world)
    before = set(mails(clinic, patient))

    steps.answer_safety_screen(clinic, patient, pregnancy=True)
    world.lab.settle()
    clinic.until(
        lambda: journeys.status(clinic, patient) == "released",
        "the dose is given back",
    )
    refused(
        "override_reason_required",
        lambda: steps.decide(clinic, patient, "eligible"),
    )
    world.lab.settle()

    assert stage(clinic, patient) == "in_review"
    told = [
        envelope
        for name in ("intake", "scheduling", "notifications")
        for envelope in world.lab.told(name)
    ]
    assert "pregnan" not in str([one.payload for one in told])
    news = {template for template, _ in set(mails(clinic, patient)) - before}
    assert news <= {
        "appointment_cancelled",
        "appointment_booked",
        "appointment_reminder",
    }
    world.assert_all_heard_once()


def test_a_coverage_that_lapses_warns_and_keeps_no_dose_away(world: World) -> None:
    clinic, patient = world.clinic, booked(world)
    until = clinic.now() + timedelta(minutes=30)
    clinic.desk.post(
        "intake",
        f"/episodes/{patient.episode_id}/coverages",
        payer="insurance",
        insurer="Fictional Mutual",
        member_number="F-1",
        valid_until=until.isoformat(),
    )
    world.lab.clock.advance(minutes=31)
    world.lab.settle()

    (task,) = tasks(clinic, "coverage")

    assert task["role"] == "front_desk"
    assert journeys.status(clinic, patient) == "booked"
    path = f"/patients/{patient.id}/readiness"
    assert clinic.desk.get("scheduling", path, gate="booking")["ready"]
    world.assert_all_heard_once()


def test_a_consent_that_is_taken_back_gives_doses_back_whoever_notes_it(
    world: World,
) -> None:
    clinic, patient = world.clinic, booked(world)
    link = clinic.desk.post("intake", f"/patients/{patient.id}/links")
    own = clinic.by_link(link["code"])
    mine = own.get("intake", f"/patients/{patient.id}/consents")["items"]
    (treatment,) = (one for one in mine if one["consent_type"] == "treatment")

    own.post("intake", f"/patients/{patient.id}/consents/{treatment['id']}/withdraw")
    world.lab.settle()

    assert journeys.status(clinic, patient) == "released"
    assert stage(clinic, patient) == "active"
    path = f"/patients/{patient.id}/readiness"
    readiness = clinic.desk.get("scheduling", path, gate="booking")
    missing = [one["fact"] for one in readiness["facts"] if not one["holds"]]
    assert missing == ["consent.treatment"]
    world.assert_all_heard_once()


def test_a_consent_that_ends_soon_is_asked_for_by_mail(world: World) -> None:
    clinic, patient = world.clinic, world.patient()
    steps.consent(clinic, patient)
    world.lab.clock.advance(days=336)
    world.lab.settle()

    sent = [one for one in mails(clinic, patient) if one[0] == "consent_due"]

    assert len(sent) == 3
    world.assert_all_heard_once()


@pytest.mark.parametrize("outcome", ["completed", "withdrawn", "deceased"])
def test_a_course_goes_over_into_maintenance_and_comes_to_its_end(
    world: World, outcome: str
) -> None:
    clinic, patient = world.clinic, booked(world)
    path = f"/episodes/{patient.episode_id}"
    due_at = (clinic.now() + timedelta(days=90)).isoformat()
    clinic.prescriber.post("intake", f"{path}/maintenance", review_due_at=due_at)
    maintained = stage(clinic, patient)
    world.lab.clock.advance(days=91)
    world.lab.settle()
    reviewed = stage(clinic, patient)
    asked = [one["role"] for one in tasks(clinic, "review")]
    steps.decide(clinic, patient, "eligible")
    again = stage(clinic, patient)
    clinic.prescriber.post(
        "intake", f"{path}/end", outcome=outcome, reason_code="course_over"
    )
    world.lab.settle()

    assert (maintained, reviewed, again) == ("maintenance", "in_review", "maintenance")
    assert asked == ["prescriber"]
    assert stage(clinic, patient) == outcome
    assert tasks(clinic, "review") == []
    assert "planned" not in {status for _, status in mails(clinic, patient)}
    world.assert_all_heard_once()


ROUTED = """
version = "routes-1"
title = "No spray with glaucoma, no needle without a specialist"
source = "Fictional medical lead"
extends = "{base}"

[[rules]]
code = "glaucoma"
rule_class = "absolute"
label = "Glaucoma"
fact = "glaucoma"
reason_group = "medical"
source = "The clinic"
routes = ["esketamine_nasal"]

[[rules]]
code = "clotting"
rule_class = "hard_stop"
label = "A disorder of clotting"
fact = "clotting"
reason_group = "medical"
source = "The clinic"
routes = ["im"]

[[cases]]
code = "glaucoma"
answers = {{ glaucoma = true }}
outcome = "eligible"
met = ["glaucoma"]

[[cases]]
code = "clotting"
answers = {{ clotting = true }}
outcome = "eligible"
met = ["clotting"]
"""


def sign_routed(world: World) -> None:
    """The medical lead signs rules about routes, and they take effect."""
    clinic = world.clinic
    base = clinic.lead.get("intake", "/rule-packs")["base"]
    text = ROUTED.format(base=base)
    path = f"/rule-packs/{clinic.lead.post('intake', '/rule-packs', text=text)['id']}"
    clinic.lead.post("intake", f"{path}/trials")
    world.lab.settle()
    soon = (clinic.now() + timedelta(minutes=11)).isoformat()
    clinic.lead.post("intake", f"{path}/sign", effective_at=soon)
    world.lab.clock.advance(minutes=12)
    world.lab.settle()


def order(clinic: Clinic, patient: Patient, route: str) -> Any:
    """A prescriber orders doses by a route."""
    drug = "esketamine" if route == "esketamine_nasal" else "racemic_ketamine"
    return clinic.prescriber.post(
        "sessions",
        "/orders",
        patient_id=patient.id,
        drug=drug,
        route=route,
        dose_mg=56 if route == "esketamine_nasal" else 50,
        max_doses=3,
    )


def test_a_rule_against_a_route_keeps_orders_by_it_away_and_no_others(
    world: World,
) -> None:
    clinic, patient = world.clinic, world.patient()
    sign_routed(world)
    steps.screen(clinic, patient, glaucoma=True, clotting=True)
    steps.decide(clinic, patient, "eligible")
    world.lab.settle()
    path = f"/patients/{patient.id}/weights"
    clinic.monitor.post("sessions", path, weight_kg=70)

    refused("route_ruled_out", lambda: order(clinic, patient, "esketamine_nasal"))
    refused("route_ruled_out", lambda: order(clinic, patient, "im"))
    assert order(clinic, patient, "iv")["status"] == "open"
    world.assert_all_heard_once()


def test_a_reason_weighs_a_hard_stop_against_a_route_and_no_absolute_rule(
    world: World,
) -> None:
    clinic, patient = world.clinic, world.patient()
    sign_routed(world)
    steps.screen(clinic, patient, glaucoma=True, clotting=True)
    steps.decide(
        clinic, patient, "eligible", override_reason="Seen by a haematologist."
    )
    world.lab.settle()
    path = f"/patients/{patient.id}/weights"
    clinic.monitor.post("sessions", path, weight_kg=70)

    listed = clinic.therapist.get("intake", f"/episodes/{patient.episode_id}/routes")
    refused("route_ruled_out", lambda: order(clinic, patient, "esketamine_nasal"))

    standing = {one["route"] for one in listed["items"] if one["is_allowed"]}
    assert {"im", "iv"} <= standing
    assert "esketamine_nasal" not in standing
    assert order(clinic, patient, "im")["status"] == "open"
    world.assert_all_heard_once()


def test_a_consent_to_one_route_is_none_to_another(world: World) -> None:
    clinic, patient = world.clinic, world.patient()
    admin, own = clinic.admin, {"code": "muscle", "edition": "1"}
    admin.post(
        "intake",
        "/consent-documents",
        **own,
        consent_type="treatment",
        title="Into the muscle",
        valid_months=12,
        sections=[{"heading": "What", "text": "A dose into the muscle."}],
        items=[{"name": "agreed", "text": "I agree."}],
        route="im",
        protocol="kap-6",
    )
    admin.post(
        "intake",
        "/consent-documents",
        code="vein",
        edition="1",
        consent_type="treatment",
        title="Into the vein",
        valid_months=12,
        sections=[{"heading": "What", "text": "A dose into the vein."}],
        items=[{"name": "agreed", "text": "I agree."}],
        route="iv",
    )
    path = f"/episodes/{patient.episode_id}/consents"
    signature = {"items": ["agreed"], "signed_name": "T F", "witness_name": "W W"}

    def sign(document: str) -> None:
        clinic.therapist.post(
            "intake",
            path,
            consent_type="treatment",
            document_version=document,
            **signature,
        )

    steps.screen(clinic, patient)
    steps.decide(clinic, patient, "eligible")
    sign("vein-1")
    clinic.therapist.post("intake", path, **steps.signature("offlabel", patient))
    steps.clear_and_order(clinic, patient)
    steps.prepare(clinic, patient)
    steps.book_dose(clinic, patient)
    steps.arrive(clinic, patient)
    steps.open_session(clinic, patient)
    steps.take_vitals(clinic, patient)
    steps.wait_for_facts_of_the_day(clinic, patient)
    steps.precheck(clinic, patient)

    refused("consent_for_other_route", lambda: steps.authorise(clinic, patient))
    sign("muscle-1")
    world.lab.settle()
    steps.authorise(clinic, patient)
    steps.give(clinic, patient)

    world.assert_all_heard_once()
