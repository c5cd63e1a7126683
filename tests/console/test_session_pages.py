"""Pages about treatment: for those who treat, live, and refused to others."""

import json
import re
from typing import Any

from shared.access import Role
from tests.console.browser import Browser, look
from tests.console.busy_day import BusyDay, running
from tests.console.clinic_day import ClinicDay


def test_the_front_desk_sees_no_scores_and_no_vital_signs(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, f"/patients/{busy.dosed.id}")
    board = look(busy, Role.FRONT_DESK, "/board")

    for hidden in ("Measures", "Episode and decision", "Sessions and orders"):
        assert f"<h2>{hidden}</h2>" not in page, hidden
    for disclosing in ("PHQ-9 answered", "Vital signs", "Dose 1 given", "Safety flag"):
        assert disclosing not in page, disclosing
    assert "/sessions" not in page
    assert "Open alerts" not in board
    assert "/sessions" not in board


def test_what_is_hidden_from_the_front_desk_is_also_refused(busy: BusyDay) -> None:
    own = f"/clinics/{busy.day.clinic_id}/sessions/{busy.session}"
    browser = Browser.of(busy.day.staff[Role.FRONT_DESK])

    assert browser.get(own).status_code == 403
    assert browser.get(f"{own}/offline").status_code == 403
    wall = look(busy, Role.FRONT_DESK, "/sessions")
    assert "Sessions are not shown to your role" in wall
    refused = busy.day.staff[Role.FRONT_DESK].refused(
        "sessions", f"/sessions/{busy.session}", method="GET"
    )
    assert refused["code"] == "forbidden"


def test_the_wall_has_a_card_for_each_running_session(busy: BusyDay) -> None:
    page = look(busy, Role.MONITOR, "/sessions")

    assert "Testa Fictional" in page
    assert "River room" in page
    assert "148/90" in page
    assert "37:00" in page
    assert "falling" in page
    assert re.search(r"May leave</dt> ?<dd[^>]*>in 53 min", page)


def test_a_session_shows_how_it_stands(busy: BusyDay) -> None:
    page = look(busy, Role.MONITOR, f"/sessions/{busy.session}")

    assert "Testa Fictional" in page
    assert "Born 14 May 1988" in page
    assert '<li class="here" aria-current="step">' in page
    assert "148/90" in page
    assert "from 180/110" in page
    assert "Dose 1: 50 mg" in page
    assert page.count('id="reading-') == 5


def test_the_chart_gains_a_point_with_each_reading(day: ClinicDay) -> None:
    _, session = running(day)
    browser = Browser.of(day.staff[Role.MONITOR])
    before = charted(browser, day, session)

    day.wait(minutes=5)
    day.vitals(session, systolic_mmhg=131)

    after = charted(browser, day, session)
    assert len(after["minutes"]) == len(before["minutes"]) + 1
    assert after["series"]["systolic"][-1] == 131


def charted(browser: Browser, day: ClinicDay, session: str) -> dict[str, Any]:
    """What the chart of a session draws."""
    page = browser.look(f"/clinics/{day.clinic_id}/sessions/{session}")
    found = re.search("data-chart='([^']*)'", page)
    assert found
    drawn: dict[str, Any] = json.loads(found[1])
    return drawn


def test_an_alert_is_acknowledged_in_the_name_of_who_looks(day: ClinicDay) -> None:
    _, session = running(day)
    day.dose(session)
    day.wait(minutes=10)
    day.vitals(session, systolic_mmhg=184)
    monitor = day.staff[Role.MONITOR]
    (alert,) = monitor.get("sessions", "/alerts")["items"]
    own = f"/clinics/{day.clinic_id}/sessions/{session}"
    browser = Browser.of(monitor)
    assert "Act now: Blood pressure" in browser.look(own)

    answer = browser.send(f"{own}/alerts/{alert['id']}/acknowledge")

    part = browser.look(own)
    assert answer.status_code == 303
    assert "Alerts seen to" in part
    assert f'id="alert-{alert["id"]}"' not in part
    assert monitor.get("sessions", "/alerts")["items"] == []


def test_whoever_may_not_take_an_alert_on_gets_no_button(day: ClinicDay) -> None:
    _, session = running(day)
    day.dose(session)
    day.vitals(session, spo2_percent=91)
    own = f"/clinics/{day.clinic_id}/sessions/{session}"
    (alert,) = day.staff[Role.MONITOR].get("sessions", "/alerts")["items"]
    browser = Browser.of(day.staff[Role.CLINIC_ADMIN])

    page = browser.look(own)
    answer = browser.send(f"{own}/alerts/{alert['id']}/acknowledge")

    assert answer.status_code == 403
    assert "Act now: SpO₂" in page
    assert "Acknowledge</button>" not in page
    assert "Your roles in this clinic do not allow this" in answer.get_data(
        as_text=True
    )
    assert len(day.staff[Role.MONITOR].get("sessions", "/alerts")["items"]) == 1
