"""What the pages of a clinic's day show, and to whom."""

from shared.access import Role
from shared.ids import uuid7
from tests.console.browser import HTMX, Browser, look
from tests.console.busy_day import BusyDay
from tests.console.clinic_day import ClinicDay


def test_the_board_shows_the_day_in_the_clinics_own_time(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, "/board")

    assert "Testa Fictional, dosing, 09:00 to 12:00, in progress" in page
    assert "Sample Invented, dosing, 11:00 to 14:00, confirmed" in page
    assert "Mock Imaginary, preparation, 10:00 to 11:00, arrived" in page
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
    assert "Demo Notreal, dosing, 09:00 to 12:00, at risk" in friday


def test_the_board_asks_for_itself_again_and_gets_only_itself(busy: BusyDay) -> None:
    browser = Browser.of(busy.day.staff[Role.FRONT_DESK])
    path = f"/clinics/{busy.day.clinic_id}/board"

    part = browser.look(path, headers=HTMX)

    assert 'hx-trigger="every 3s"' in browser.look(path)
    assert "<html" not in part
    assert part.lstrip().startswith('<div id="board"')


def test_the_patients_are_listed_by_name(busy: BusyDay) -> None:
    page = look(busy, Role.FRONT_DESK, "/patients")

    for name in (
        "Testa Fictional",
        "Sample Invented",
        "Demo Notreal",
        "Mock Imaginary",
    ):
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


def test_the_worklist_names_what_is_to_be_done(busy: BusyDay) -> None:
    page = look(busy, Role.PRESCRIBER, "/worklist")

    assert "Decide on eligibility" in page
    assert "43 min over" in page
    assert "Booking at risk" in page
    assert f"/patients/{busy.screened.id}" in page


def test_a_task_is_ticked_off(day: ClinicDay) -> None:
    person = day.register("Mock", "Imaginary")
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
