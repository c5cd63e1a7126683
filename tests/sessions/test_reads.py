"""What screens read."""

import pytest

from services.sessions.queries import readiness_of
from shared.context import Context
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.readiness import Gate
from tests.sessions.clinic_day import CALM, NAME, Day


def test_the_wall_shows_each_running_session_with_what_matters(day: Day) -> None:
    ended = day.patient().here().open()
    day.monitor.post(NAME, f"{ended.path}/abort", reason_code="unwell")
    fresh = day.patient().here().open()
    dosed = day.patient().dosed()
    dosed_at = day.lab.clock()
    day.lab.clock.advance(minutes=10)
    dosed.vitals(heart_rate_bpm=140, systolic_mmhg=190)
    day.lab.clock.advance(minutes=5)
    dosed.vitals(systolic_mmhg=165)

    cards = day.monitor.get(NAME, "/sessions", open="true")["items"]

    assert [card["id"] for card in cards] == [fresh.session_id, dosed.session_id]
    first, second = cards
    assert (first["status"], first["phase"]) == ("opened", None)
    assert (first["last_vitals"], first["open_alerts"]) == (None, 0)
    assert (second["status"], second["phase"]) == ("experience", "experience")
    assert second["patient_id"] == str(dosed.id)
    assert second["appointment_id"] == str(dosed.appointment_id)
    assert second["first_dose_at"] == dosed_at.isoformat()
    assert second["last_vitals"]["status"] == "amber"
    assert second["last_vitals"]["systolic_mmhg"] == 165
    assert second["open_alerts"] == 2


def test_a_late_entry_is_not_the_last_reading(day: Day) -> None:
    dosed = day.patient().dosed()
    earlier = day.lab.clock()
    day.lab.clock.advance(minutes=10)
    dosed.vitals(heart_rate_bpm=71)
    dosed.vitals(heart_rate_bpm=72, taken_at=earlier, late_reason="on paper first")

    (card,) = day.monitor.get(NAME, "/sessions", open="true")["items"]

    assert card["last_vitals"]["heart_rate_bpm"] == 71


def test_sessions_come_in_pages_and_by_whether_they_run(day: Day) -> None:
    ended = day.patient().here().open()
    day.monitor.post(NAME, f"{ended.path}/abort", reason_code="unwell")
    running = day.patient().here().open()

    def ids(**query: object) -> list[str]:
        items = day.monitor.get(NAME, "/sessions", **query)["items"]
        return [item["id"] for item in items]

    both = [ended.session_id, running.session_id]
    assert ids() == both
    assert ids(open="true") == both[1:]
    assert ids(open="false") == both[:1]
    assert ids(limit=1) == both[:1]
    assert ids(limit=1, after=both[0]) == both[1:]


def test_a_chart_holds_everything_of_a_session(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck()
    patient.authorise()
    patient.give(40, drawn_mg=60, wasted_mg=20, witness_id=uuid7())
    day.lab.clock.advance(minutes=20)
    alert_id = patient.vitals(spo2_percent=91)["alert_id"]
    day.therapist.post(NAME, f"{patient.path}/phase", phase="recovery")

    chart = patient.chart

    assert [reading["status"] for reading in chart["vitals"]] == ["ok", "red"]
    assert {name: chart["vitals"][0][name] for name in CALM} == CALM
    assert [check["outcome"] for check in chart["prechecks"]] == ["go"]
    assert chart["doses"][0]["given_mg"] == 40
    assert [alert["id"] for alert in chart["alerts"]] == [alert_id]
    assert [phase["phase"] for phase in chart["phases"]] == ["experience", "recovery"]
    assert chart["limits"]["spo2_percent"]["emergency"] == {"below": 90}
    assert chart["readiness"]["ready"]
    assert chart["order"]["id"] == patient.order_id
    assert chart["identifiers_checked"] == ["name", "birth_date"]
    assert (chart["discharge"], chart["abort"], chart["signature_holds"]) == (None,) * 3


def test_before_the_dose_the_limits_before_the_dose_are_shown(day: Day) -> None:
    chart = day.patient().here().open().chart

    assert chart["limits"]["systolic_mmhg"]["stop"] == {"at_least": 180}
    assert chart["readiness"] is None


def test_the_readiness_of_an_authorisation_stays_as_it_was(day: Day) -> None:
    patient = day.patient().here().open()
    patient.vitals()
    patient.precheck()
    at = day.lab.clock()
    patient.authorise()
    day.lab.clock.advance(days=400)

    kept = patient.chart["readiness"]

    assert (kept["ready"], kept["at"]) == (True, at.isoformat())
    path = f"/patients/{patient.id}/readiness"
    assert not day.prescriber.get(NAME, path)["ready"]


def test_a_patients_sessions_and_orders_come_newest_first(day: Day) -> None:
    patient = day.patient().dosed().recover()
    patient.discharge()
    first, patient.appointment_id = patient.session_id, uuid7()
    patient.book()
    patient.arrive()
    second = patient.open().session_id

    items = day.therapist.get(NAME, f"/patients/{patient.id}/sessions")["items"]

    assert [item["id"] for item in items] == [second, first]


def test_readiness_is_asked_for_any_gate_and_moment(day: Day) -> None:
    patient = day.patient().here()
    path = f"/patients/{patient.id}/readiness"
    later = day.lab.clock().replace(year=2030).isoformat()

    def ready(**query: object) -> bool:
        answer = day.front_desk.get(NAME, path, **query)
        return bool(answer["ready"])

    assert ready(gate="booking")
    assert not ready(gate="authorisation")
    assert ready(gate="authorisation", appointment_id=patient.appointment_id)
    assert not ready(gate="authorisation", appointment_id=uuid7())
    assert not ready(gate="booking", at=later)


def test_of_a_patient_nobody_told_of_every_fact_is_missing(day: Day) -> None:
    answer = day.front_desk.get(NAME, f"/patients/{uuid7()}/readiness", gate="booking")

    assert not answer["ready"]


def test_every_route_is_described(day: Day) -> None:
    app = day.lab.platform.apps[NAME]

    spec = app.test_client().get(f"/{NAME}/openapi.json").get_json()

    prefix = f"/{NAME}/v1/clinics/{{clinic_id}}"
    assert f"{prefix}/sessions/{{session_id}}/vitals" in spec["paths"]
    assert f"{prefix}/integrations/{{integration_id}}/complete" in spec["paths"]


def test_readiness_is_read_for_a_clinic_and_never_across_all(day: Day) -> None:
    runtime = day.lab.runtime(NAME)
    network = Context(actor=runtime.service.actor)
    query = {"gate": Gate.BOOKING, "at": None, "appointment_id": None}

    with runtime.reading(network) as reading, pytest.raises(NotFoundError):
        readiness_of(reading, uuid7(), query, now=day.lab.clock())
