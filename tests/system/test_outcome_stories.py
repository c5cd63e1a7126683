"""How a patient fares, told through all services."""

from cli.demo import journeys
from cli.demo.steps import refused
from tests.system.conftest import World
from tests.system.test_intake_stories import tasks


def test_a_dose_has_its_mark_and_whoever_gets_worse_is_seen_before_the_next(
    world: World,
) -> None:
    clinic, patient = world.clinic, world.patient()
    journeys.good("im", 60.0)(clinic, patient, lambda _: None)
    path = f"/patients/{patient.id}/outcomes"
    world.lab.clock.advance(minutes=30)

    worse = clinic.therapist.post(
        "intake",
        f"/episodes/{patient.episode_id}/measures",
        instrument="phq9",
        context="follow_up",
        answers={f"q{n}": 3 for n in range(1, 9)} | {"q9": 0},
    )
    clinic.until(lambda: tasks(clinic, "safety_flag") != [], "a prescriber is asked")
    held = clinic.prescriber.get(
        "sessions", f"/patients/{patient.id}/readiness", gate="authorisation"
    )
    clear = f"/safety-flags/{worse['safety_flag_id']}/clear"
    refused("forbidden", lambda: clinic.therapist.post("intake", clear, note="Talked."))
    clinic.prescriber.post("intake", clear, note="Seen, dosing goes on.")
    clinic.until(lambda: tasks(clinic, "safety_flag") == [], "nobody is asked any more")

    (episode,) = clinic.therapist.get("intake", path)["episodes"]
    (dose,) = episode["doses"]
    (phq9,) = [one for one in episode["series"] if one["instrument"] == "phq9"]
    assert (dose["seq"], dose["route_class"]) == (1, "im")
    assert phq9["baseline_id"] == phq9["points"][-2]["id"]
    assert phq9["points"][-1]["trends"] == ["deteriorated"]
    holds = {fact["fact"]: fact["holds"] for fact in held["facts"]}
    assert holds["no.open.hold"] is False
    (line,) = clinic.lead.get("intake", "/outcomes")["lines"]
    assert line["courses"] is None
    world.assert_all_heard_once()
