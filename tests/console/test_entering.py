"""What is entered at the bedside: once, in whose name, and what is said if it fails."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from werkzeug.test import TestResponse

from shared.access import Role
from shared.ids import uuid7
from tests.console.browser import SAME_ORIGIN, Browser
from tests.console.busy_day import running
from tests.console.clinic_day import CALM, ClinicDay, laboratory

CALM_FORM = {name: str(value) for name, value in CALM.items()}
BY_SCRIPT = {**SAME_ORIGIN, "Accept": "application/json"}


class Bedside:
    """A session, and somebody with its page before them."""

    def __init__(self, day: ClinicDay, role: Role = Role.MONITOR) -> None:
        self.day = day
        _, self.session = running(day)
        self.own = f"/clinics/{day.clinic_id}/sessions/{self.session}"
        self.browser = Browser.of(day.staff[role])

    def enter(self, **fields: str) -> TestResponse:
        """The form, without a script."""
        return self.browser.send(f"{self.own}/vitals", **fields)

    def send(self, **fields: str) -> TestResponse:
        """The same form, as the script that keeps entries sends it."""
        return self.browser.client.post(
            f"{self.own}/vitals", data=fields, headers=BY_SCRIPT
        )

    def readings(self) -> list[dict[str, Any]]:
        """What the record has, earliest first."""
        monitor = self.day.staff[Role.MONITOR]
        found = monitor.get("sessions", f"/sessions/{self.session}")["vitals"]
        return sorted(found, key=lambda row: row["taken_at"])


@pytest.fixture(scope="module")
def bedside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bedside]:
    """One session for all: making a clinic takes a while, and readings only add up."""
    with laboratory(tmp_path_factory.mktemp("bedside")) as lab:
        yield Bedside(ClinicDay.begin(lab))


def test_vital_signs_are_entered_without_a_script(bedside: Bedside) -> None:

    answer = bedside.enter(**CALM_FORM | {"systolic_mmhg": "131"})

    assert answer.status_code == 303
    assert bedside.readings()[-1]["systolic_mmhg"] == 131


def test_the_same_form_twice_is_one_reading(bedside: Bedside) -> None:
    page = bedside.browser.look(bedside.own)
    key = _only(r'name="key" value="([0-9a-f-]{36})"', page)
    before = len(bedside.readings())

    for _ in range(2):
        bedside.enter(**CALM_FORM, key=key)

    assert len(bedside.readings()) == before + 1


def test_an_impossible_value_is_named_and_nothing_typed_is_lost(
    bedside: Bedside,
) -> None:
    before = len(bedside.readings())

    answer = bedside.enter(**CALM_FORM | {"spo2_percent": "140"})

    page = answer.get_data(as_text=True)
    assert "SpO₂: this is not a possible value" in page
    assert 'value="140"' in page
    assert 'value="122"' in page
    assert len(bedside.readings()) == before


def test_what_is_no_number_is_refused_and_not_taken_for_one(bedside: Bedside) -> None:
    before = len(bedside.readings())

    for text in ("nan", "inf", "1e3", "12a", "-5"):
        assert bedside.send(heart_rate_bpm=text).status_code == 422
    bad_time = bedside.send(**CALM_FORM, taken_at="yesterday")

    assert bad_time.get_json()["code"] == "invalid"
    assert len(bedside.readings()) == before


def test_a_time_is_by_the_clinics_clock_unless_it_says_its_zone(
    bedside: Bedside,
) -> None:
    bedside.day.wait(minutes=30)
    now = bedside.day.lab.clock()
    chicago = now.astimezone(ZoneInfo("America/Chicago")).replace(tzinfo=None)

    bedside.send(**CALM_FORM, taken_at=now.isoformat())
    bedside.send(**CALM_FORM, taken_at=chicago.isoformat())

    taken = [row["taken_at"] for row in bedside.readings()[-2:]]
    assert taken[0] == taken[1]


def test_a_script_learns_what_was_refused_by_field_and_code(bedside: Bedside) -> None:
    taken_at = bedside.day.lab.clock().isoformat()
    bedside.day.wait(minutes=20)

    late = bedside.send(**CALM_FORM, taken_at=taken_at, key="one")
    told = bedside.send(
        **CALM_FORM, taken_at=taken_at, key="one", late_reason="entered offline"
    )

    assert (late.status_code, late.get_json()["field"]) == (422, "late_reason")
    assert late.get_json()["saved"] is False
    assert told.get_json()["saved"] is True
    assert bedside.readings()[-1]["late_reason"] == "entered offline"


def test_nobody_sends_what_somebody_else_entered(bedside: Bedside) -> None:
    before = len(bedside.readings())

    answer = bedside.send(**CALM_FORM, entered_by=str(uuid7()))

    assert answer.status_code == 409
    assert answer.get_json()["code"] == "entered_by_another"
    assert len(bedside.readings()) == before


def test_a_script_is_told_that_nobody_is_signed_in(bedside: Bedside) -> None:
    nobody = Browser(bedside.day.lab)

    answer = nobody.client.post(
        f"{bedside.own}/vitals", data=CALM_FORM, headers=BY_SCRIPT
    )

    assert answer.status_code == 401
    assert answer.get_json()["code"] == "unauthenticated"


def test_the_page_without_a_connection_names_no_patient(bedside: Bedside) -> None:

    page = bedside.browser.look(f"{bedside.own}/offline")

    assert "Garden room" in page
    for disclosing in ("Testa", "Fictional", "1988", "122"):
        assert disclosing not in page, disclosing


def test_only_sessions_pages_are_answered_without_a_connection(
    bedside: Bedside,
) -> None:
    board = bedside.browser.look(f"/clinics/{bedside.day.clinic_id}/board")

    with bedside.browser.get("/static/session-worker.js") as worker:
        assert worker.headers["Service-Worker-Allowed"] == "/clinics/"
    assert "session-worker" not in board
    assert f'data-scope="/clinics/{bedside.day.clinic_id}/sessions/"' in (
        bedside.browser.look(bedside.own)
    )


def test_a_page_that_has_seen_all_is_told_so(bedside: Bedside) -> None:
    part = {"HX-Request": "true"}
    mark = _mark(bedside.browser.look(bedside.own))

    same = bedside.browser.get(f"{bedside.own}?seen={mark}", headers=part)
    bedside.day.vitals(bedside.session, systolic_mmhg=133)
    news = bedside.browser.get(f"{bedside.own}?seen={mark}", headers=part)
    bedside.day.lab.clock.advance(seconds=11)
    later = bedside.browser.get(
        f"{bedside.own}?seen={_mark(news.get_data(as_text=True))}", headers=part
    )

    assert same.status_code == 204
    assert "133/78" in news.get_data(as_text=True)
    assert later.status_code == 200


def test_a_page_that_waits_is_told_of_news_and_of_nothing_else(
    bedside: Bedside,
) -> None:
    mark = _mark(bedside.browser.look(bedside.own))
    news = f"{bedside.own}/news?seen={mark}"

    assert f'data-news="{bedside.own}/news"' in bedside.browser.look(bedside.own)
    with ThreadPoolExecutor(1) as waiting:
        heard = waiting.submit(bedside.browser.get, news)
        bedside.day.vitals(bedside.session, systolic_mmhg=133)

        assert heard.result().status_code == 200
    assert bedside.browser.get(news).status_code == 200, "it is old by now"
    desk = Browser.of(bedside.day.staff[Role.FRONT_DESK])
    assert desk.get(news).status_code == 403


def test_whoever_may_not_see_sessions_is_not_told_that_nothing_is_new(
    bedside: Bedside,
) -> None:
    mark = _mark(bedside.browser.look(bedside.own))
    desk = Browser.of(bedside.day.staff[Role.FRONT_DESK])

    assert desk.get(f"{bedside.own}?seen={mark}").status_code == 403


def test_the_header_says_who_how_heavy_how_much_and_what_to_avoid(
    bedside: Bedside,
) -> None:
    session = bedside.day.staff[Role.MONITOR].get(
        "sessions", f"/sessions/{bedside.session}"
    )
    bedside.day.staff[Role.PRESCRIBER].post(
        "intake",
        f"/episodes/{session['episode_id']}/medication-list",
        kind="allergy",
        name="Latex",
        detail="hives",
        source="clinician",
    )

    page = bedside.browser.look(bedside.own)

    for said in ("Born 14 May 1988", "70 kg", "0.71 mg/kg", "Latex (hives)", "911"):
        assert said in page, said


def test_a_session_of_many_readings_lists_the_latest_and_charts_all(
    bedside: Bedside,
) -> None:
    monitor = bedside.day.staff[Role.MONITOR]
    for _ in range(30):
        monitor.post("sessions", f"/sessions/{bedside.session}/vitals", **CALM)
    count = len(bedside.readings())

    page = bedside.browser.look(bedside.own)
    everything = bedside.browser.look(f"{bedside.own}?readings=all")

    charted = json.loads(_attribute(page, "data-chart"))
    assert len(charted["minutes"]) == count
    assert page.count('id="reading-') == 30
    assert everything.count('id="reading-') == count


def test_who_comes_to_help_sees_whom_to_call_and_who_acted(bedside: Bedside) -> None:
    monitor = bedside.day.staff[Role.MONITOR]
    own = f"/sessions/{bedside.session}/emergency"
    monitor.post("sessions", own, step="team_called")
    card = monitor.get("sessions", own)
    admin = bedside.day.staff[Role.CLINIC_ADMIN]
    admin.put(
        "scheduling",
        f"/resources/{bedside.day.people['monitor North']}",
        name="Nora Monitor",
        person_id=card["team"][0]["staff_id"],
    )

    page = bedside.browser.look(bedside.own)

    assert all(one["contact"] in page for one in card["call"])
    assert "team called at" in page
    assert "Nora Monitor: opened" in page
    assert "none named on site" in page


def test_each_point_of_leaving_is_kept_as_it_is_ticked(bedside: Bedside) -> None:
    bedside.day.dose(bedside.session)
    keep = f"{bedside.own}/checklist"

    one = bedside.browser.client.post(
        keep, data={"asked": "oriented", "oriented": "on"}, headers=BY_SCRIPT
    )
    bedside.browser.send(keep, asked="mood_safe", mood_safe="on")
    bedside.browser.send(keep, aldrete_activity="2", aldrete_oxygen="1")
    bedside.browser.send(keep, asked="mood_safe")
    refused = Browser.of(bedside.day.staff[Role.FRONT_DESK]).send(
        keep, asked="oriented"
    )

    page = bedside.browser.look(bedside.own)
    assert one.get_json()["saved"] is True
    assert 'name="oriented" checked>' in page
    assert 'name="mood_safe">' in page
    score = r'name="aldrete_oxygen">(?:(?!</select>).)*<option selected>1'
    assert re.search(score, page)
    assert refused.status_code == 403


def test_recovery_and_discharge_are_entered_on_the_page(bedside: Bedside) -> None:
    bedside.browser.send(f"{bedside.own}/phase", phase="recovery")

    page = bedside.browser.look(bedside.own)
    seen = dict.fromkeys(("oriented", "walks_unaided", "mood_safe"), "on")
    parts = ("activity", "breathing", "circulation", "consciousness", "oxygen")
    early = bedside.browser.send(
        f"{bedside.own}/discharge",
        escort_name="Ida Invented",
        **seen,
        **{f"aldrete_{part}": "2" for part in parts},
    )

    said = early.get_data(as_text=True)
    status = bedside.day.staff[Role.MONITOR].get(
        "sessions", f"/sessions/{bedside.session}"
    )
    assert status["status"] == "recovery"
    assert "Recovery begins" not in page
    assert "Mood is safe" in page
    assert "not yet" in page
    assert early.status_code == 409
    assert 'value="Ida Invented"' in said


def test_an_alert_that_was_taken_on_stays_until_somebody_says_how_it_ended(
    bedside: Bedside,
) -> None:
    monitor = bedside.day.staff[Role.MONITOR]
    bedside.day.vitals(bedside.session, systolic_mmhg=186, diastolic_mmhg=104)
    (alert,) = monitor.get("sessions", "/alerts")["items"]
    bedside.browser.send(f"{bedside.own}/alerts/{alert['id']}/acknowledge")
    waiting = bedside.browser.look(bedside.own)

    bedside.browser.send(
        f"{bedside.own}/alerts/{alert['id']}/resolve", outcome="handed_over"
    )

    over = bedside.browser.look(bedside.own)
    assert "Taken on: Blood pressure" in waiting
    assert "measure again" in waiting
    assert "Taken on: Blood pressure" not in over


def _mark(page: str) -> str:
    return _only(r'name="seen" value="([^"]+)"', page)


def _attribute(page: str, name: str) -> str:
    return _only(rf"{name}='([^']*)'", page)


def _only(pattern: str, page: str) -> str:
    found: list[str] = re.findall(pattern, page)
    assert len(found) == 1, found
    return found[0]


def test_a_prescriber_answers_for_facts_that_may_be_old(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("stale")
    with laboratory(folder, facts_seconds=60.0) as lab:
        bedside = Bedside(ClinicDay.begin(lab), Role.PRESCRIBER)
        monitor = Browser.of(bedside.day.staff[Role.MONITOR])
        lab.repair()
        assert "May be old" not in bedside.browser.look(bedside.own)
        lab.silence("sessions", "intake")
        lab.clock.advance(seconds=61)

        page = bedside.browser.look(bedside.own)
        refused = bedside.browser.send(f"{bedside.own}/authorise")

        assert "Eligibility" in page
        assert "Intake was last heard of" in page
        assert "How you know that it has not changed" in page
        assert 'aria-label="Authorise the dose"' not in monitor.look(bedside.own)
        by_monitor = monitor.send(f"{bedside.own}/authorise", stale_reason="I rang")
        assert by_monitor.status_code == 403
        assert refused.status_code == 409
        assert "may be out of date" in refused.get_data(as_text=True)

        answer = bedside.browser.send(
            f"{bedside.own}/authorise", stale_reason="Intake read it to me"
        )

        assert answer.status_code == 303
        page = bedside.browser.look(bedside.own)
        assert "confirmed: Intake read it to me" in page
        assert 'aria-label="Authorise the dose"' not in page
