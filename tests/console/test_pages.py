"""What pages show, to whom, and what they do when a service does not answer."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.console.app import service as console
from services.console.pages.ops import SERVICES
from services.scheduling.app import service as scheduling
from shared.context import Role
from shared.ids import uuid7
from shared.testing.lab import Lab
from tests.console.browser import SAME_ORIGIN, Browser, token_of
from tests.console.clinic_day import BusyDay, ClinicDay, Person

HTMX = {**SAME_ORIGIN, "HX-Request": "true"}


def look(busy: BusyDay, role: Role, path: str) -> str:
    """A page of the busy clinic, as a role sees it."""
    browser = Browser.of(busy.day.staff[role])
    return browser.look(f"/clinics/{busy.day.clinic_id}{path}")


def running(day: ClinicDay) -> tuple[Person, str]:
    """A patient in a session that has just begun."""
    person = day.register("Mira", "Solberg")
    day.admit(person)
    day.prepare(person, "River room")
    appointment = day.book(person, "dosing", day.lab.clock(), "Garden room")
    day.arrive(appointment)
    return person, day.open_session(person, appointment)


def test_the_board_shows_the_day_in_the_clinics_own_time(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, "/board")

    assert "Mira Solberg, dosing, 09:00 to 12:00, in progress" in page
    assert "Jonas Adeyemi, dosing, 11:00 to 14:00, booked" in page
    assert "Ida Lindqvist, preparation, 10:00 to 11:00, arrived" in page
    assert "CST" in page
    assert 'class="tile tone-live c12 s36 r0"' in page


def test_the_board_leads_to_patient_and_session(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, "/board")

    own = f"/clinics/{busy.day.clinic_id}"
    assert f'href="{own}/patients/{busy.dosed.id}"' in page
    assert f'href="{own}/sessions/{busy.session}"' in page


def test_the_board_counts_what_wants_to_be_seen_to(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, "/board")

    for name, count in (
        ("Still to arrive", 1),
        ("In the clinic", 2),
        ("Sessions running", 1),
        ("Open alerts", 0),
        ("Bookings at risk", 1),
        ("Integrations to book", 0),
    ):
        shown = f'<span class="count-name">{name}</span><b class="number">{count}</b>'
        assert shown in page, name


def test_another_day_of_the_board_is_a_link_away(busy: BusyDay) -> None:
    today = look(busy, Role.FRONT_DESK, "/board")
    friday = look(busy, Role.FRONT_DESK, "/board?date=2026-03-06")

    assert "?date=2026-03-05" in today
    assert "Lena Okafor, dosing, 09:00 to 12:00, at risk" in friday


def test_the_board_asks_for_itself_again_and_gets_only_itself(busy: BusyDay) -> None:
    browser = Browser.of(busy.day.staff[Role.FRONT_DESK])
    path = f"/clinics/{busy.day.clinic_id}/board"

    part = browser.look(path, headers=HTMX)

    assert 'hx-trigger="every 3s"' in browser.look(path)
    assert "<html" not in part
    assert part.lstrip().startswith('<div id="board"')


def test_the_patients_are_listed_by_name(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, "/patients")

    for name in ("Mira Solberg", "Jonas Adeyemi", "Lena Okafor", "Ida Lindqvist"):
        assert name in page


def test_a_patients_page_has_what_a_prescriber_needs(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, f"/patients/{busy.dosed.id}")

    assert "Born 14 May 1988 (37)" in page
    for part in ("Readiness", "Appointments", "Measures", "Messages", "Timeline"):
        assert f"<h2>{part}</h2>" in page, part
    assert "Consent signed: treatment" in page
    assert "Dose 1 given" in page
    assert "−8" in page
    assert "kap-base-2026.1" in page


def test_what_a_dose_lacks_is_said_with_its_cause(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, f"/patients/{busy.at_risk.id}")

    assert "Not ready" in page
    assert "withdrawn" in page.partition("Active order")[2][:300]


def test_the_rules_that_speak_against_treatment_are_named(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, f"/patients/{busy.screened.id}")

    assert "A prescriber must weigh it" in page
    assert "To be weighed" in page
    assert "Primary psychosis in a first-degree relative" in page


def test_the_timeline_can_be_limited_to_a_service(busy: BusyDay) -> None:
    page = look(
        busy,
        Role.PRESCRIBER,
        f"/patients/{busy.dosed.id}/timeline?service=scheduling",
    )

    assert "Arrived at the clinic" in page
    assert "Dose 1 given" not in page


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
    assert browser.get(f"{own}/chart").status_code == 404
    wall = look(busy, Role.FRONT_DESK, "/sessions")
    assert "Sessions are not shown to your role" in wall
    refused = busy.day.staff[Role.FRONT_DESK].refused(
        "sessions", f"/sessions/{busy.session}", method="GET"
    )
    assert refused["code"] == "forbidden"


def test_the_wall_has_a_card_for_each_running_session(busy: BusyDay) -> None:
    page = look(busy, Role.MONITOR, "/sessions")

    assert "Mira Solberg" in page
    assert "River room" in page
    assert "148/90" in page
    assert "37:00" in page


def test_a_session_shows_how_it_stands(busy: BusyDay) -> None:
    page = look(busy, Role.MONITOR, f"/sessions/{busy.session}")

    assert "Mira Solberg" in page
    assert "Born 14 May 1988" in page
    assert '<li class="here" aria-current="step">' in page
    assert "148/90" in page
    assert "from 180/110" in page
    assert "Dose 1: 50 mg" in page
    assert page.count('id="reading-') == 5


def test_the_chart_gains_a_point_with_each_reading(day: ClinicDay) -> None:
    _, session = running(day)
    browser = Browser.of(day.staff[Role.MONITOR])
    path = f"/clinics/{day.clinic_id}/sessions/{session}/chart"
    before = browser.get(path).get_json()

    day.wait(minutes=5)
    day.vitals(session, systolic_mmhg=131)

    after = browser.get(path).get_json()
    assert len(after["minutes"]) == len(before["minutes"]) + 1
    assert after["series"]["systolic"][-1] == 131


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

    answer = browser.client.post(
        f"{own}/alerts/{alert['id']}/acknowledge", headers=HTMX
    )

    part = answer.get_data(as_text=True)
    assert answer.status_code == 200
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
    answer = browser.client.post(
        f"{own}/alerts/{alert['id']}/acknowledge", headers=HTMX
    )

    assert "Act now: SpO₂" in page
    assert "Acknowledge</button>" not in page
    assert "Your roles in this clinic do not allow this" in answer.get_data(
        as_text=True
    )
    assert len(day.staff[Role.MONITOR].get("sessions", "/alerts")["items"]) == 1


def test_the_worklist_names_what_is_to_be_done(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, "/worklist")

    assert "Decide on eligibility" in page
    assert "43 min over" in page
    assert "Booking at risk" in page
    assert f"/patients/{busy.screened.id}" in page


def test_a_task_is_ticked_off(day: ClinicDay) -> None:
    person = day.register("Ida", "Lindqvist")
    day.measure(person, context="intake")
    day.screen(person)
    day.lab.settle()
    prescriber = day.staff[Role.PRESCRIBER]
    (task,) = prescriber.get("notifications", "/tasks")["items"]
    done = f"/clinics/{day.clinic_id}/worklist/{task['id']}/done"
    browser = Browser.of(prescriber)

    first = browser.send(done)
    again = browser.client.post(done, headers=HTMX)

    assert first.status_code == 303
    assert prescriber.get("notifications", "/tasks")["items"] == []
    assert "The task is done already" in again.get_data(as_text=True)


def test_messages_are_listed_with_what_became_of_them(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, "/messages")

    assert "Appointment booked" in page
    assert "Sent" in page


def test_kept_mails_are_shown_to_the_desk_alone(busy: BusyDay) -> None:
    desk = look(busy, Role.FRONT_DESK, "/outbox")
    monitor = look(busy, Role.MONITOR, "/outbox")

    assert "You have an appointment" in desk
    assert "Mails are not shown to your role" in monitor


def test_events_are_told_in_words_and_by_name(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, "/events?service=sessions")

    assert "Dose 1 given" in page
    assert "sessions.dose.administered" in page
    assert "scheduling." not in page.partition("<tbody>")[2]


def test_older_events_are_a_link_away(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, "/events")
    older = page.partition("after=")[2].partition('"')[0]

    assert "Patient registered" in look(
        busy, Role.PRESCRIBER, f"/events?after={older}"
    ) + look(busy, Role.PRESCRIBER, "/events?service=intake")


def test_what_one_request_set_off_is_a_tree(busy: BusyDay) -> None:
    lab = busy.day.lab
    risk = next(
        envelope
        for envelope in lab.told("scheduling")
        if envelope.name == "scheduling.appointment.marked_at_risk"
    )

    page = look(busy, Role.PRESCRIBER, f"/events/set-off-by/{risk.correlation_id}")

    closed = page.index("sessions.order.closed")
    nested = page.index("<ol>", closed)
    assert nested < page.index("scheduling.appointment.marked_at_risk")


def test_nothing_was_set_off_by_what_never_happened(busy: BusyDay) -> None:
    browser = Browser.of(busy.day.staff[Role.PRESCRIBER])
    own = f"/clinics/{busy.day.clinic_id}/events/set-off-by/{uuid7()}"

    assert browser.get(own).status_code == 404


def test_operations_shows_every_service(busy: BusyDay) -> None:
    lab = busy.day.lab
    page = Browser(lab, token_of(lab, Role.NETWORK_ADMIN)).look("/ops")

    for name in SERVICES:
        assert f'id="service-{name}"' in page
    assert page.count("Ready</span>") == len(SERVICES)
    assert "None. Every event was handled." in page


def test_operations_is_not_for_a_clinics_staff(busy: BusyDay) -> None:
    browser = Browser.of(busy.day.staff[Role.CLINIC_ADMIN])
    row = f"/ops/intake/dead/{uuid7()}/retry"

    assert browser.get("/ops").status_code == 403
    assert browser.send(row).status_code == 403


@pytest.mark.parametrize("path", ["nobody/dead/{}/retry", "intake/dead/{}/burn"])
def test_operations_knows_its_services_and_actions(lab: Lab, path: str) -> None:
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))

    answer = browser.send("/ops/" + path.format(uuid7()))

    assert answer.status_code == 404


def test_the_network_sees_every_clinic_but_no_names(busy: BusyDay) -> None:
    lab = busy.day.lab
    browser = Browser(lab, token_of(lab, Role.NETWORK_ADMIN))

    clinics = browser.look("/clinics")
    board = browser.look(f"/clinics/{busy.day.clinic_id}/board")

    assert "Lakeside" in clinics
    assert "A patient, dosing" in board
    assert busy.dosed.name not in board


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Lab]:
    """A platform where only scheduling answers."""
    lab = Lab([scheduling, console], tmp_path, front="console")
    yield lab
    lab.close()


def test_a_page_goes_on_without_the_services_that_do_not_answer(alone: Lab) -> None:
    day = ClinicDay.begin(alone, name="Remote")
    browser = Browser.of(day.staff[Role.PRESCRIBER])
    own = f"/clinics/{day.clinic_id}"

    board = browser.look(f"{own}/board")
    patient = browser.look(f"{own}/patients/{uuid7()}")

    assert "Intake, notifications, sessions do not answer" in board
    assert "River room" in board
    assert "cannot be shown now" in patient
    for path in ("sessions", "worklist", "messages", "outbox", "patients"):
        assert "answer" in browser.look(f"{own}/{path}"), path


def test_operations_says_which_services_do_not_answer(alone: Lab) -> None:
    page = Browser(alone, token_of(alone, Role.NETWORK_ADMIN)).look("/ops")

    assert page.count("Does not answer</span>") == 3
    assert page.count("Ready</span>") == 2


def test_without_scheduling_a_clinic_still_has_its_clock(
    day: ClinicDay, tmp_path: Path
) -> None:
    """The console alone, on the same database, as after an outage elsewhere."""
    url = day.lab.runtime("console").settings.database_url
    lonely = Lab([console], tmp_path, database_url=lambda _: url, front="console")
    token = token_of(lonely, Role.MONITOR, day.clinic_id)

    page = Browser(lonely, token).look(f"/clinics/{day.clinic_id}/events")

    lonely.close()
    assert "Clinic joined the network" in page
    assert 'data-zone="America/Chicago"' in page
