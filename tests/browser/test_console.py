"""The console in a real browser: what changes there is seen without a reload."""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from shared.access import Role
from tests.browser.conftest import Live, Screen


def enter(page: Page, live: Live, part: str) -> None:
    """Choose somebody on the development issuer's page."""
    page.goto(f"{live.url}/login")
    page.get_by_role("button", name=part).click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_a_prescriber_follows_a_session_from_the_board(
    live: Live, screen: Screen
) -> None:
    page, day = screen.page, live.busy.day
    page.goto(live.url)
    expect(page.get_by_text("Lakeside")).to_be_visible()
    screen.keep("login")

    enter(page, live, "Prescriber")
    screen.keep("board")
    page.get_by_role("link", name="Testa Fictional, dosing").click()
    expect(page.get_by_role("heading", name="Testa Fictional")).to_be_visible()
    screen.keep("patient")
    page.get_by_label("Sessions", exact=True).get_by_role("link").first.click()

    chart = page.locator("#chart")
    expect(chart).to_have_attribute("data-points", "5")
    expect(page.locator("#chart canvas")).to_have_count(3)
    page.evaluate("window.sameDocument = true")
    day.wait(minutes=3)
    day.vitals(live.busy.session, systolic_mmhg=184, diastolic_mmhg=104)
    expect(chart).to_have_attribute("data-points", "6", timeout=10_000)
    expect(page.locator("#saved").get_by_text("184/104")).to_be_visible()
    expect(page.get_by_text("Act now: Blood pressure")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    screen.keep("session")

    page.get_by_role("link", name="Worklist").click()
    task = page.get_by_role("listitem").filter(has_text="alert in a session")
    expect(task).to_be_visible()
    screen.keep("worklist")
    task.get_by_role("link", name="Session").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("heading", name="Alerts seen to")).to_be_visible()
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)
    alerts = day.staff[Role.MONITOR].get("sessions", "/alerts")
    assert alerts["items"] == []


def test_the_board_changes_by_itself(live: Live, screen: Screen) -> None:
    page, day = screen.page, live.busy.day
    enter(page, live, "Front desk")
    tile = page.get_by_role("listitem").filter(has_text="Sample Invented")
    expect(tile).to_contain_text("confirmed")
    called_off = page.get_by_text("Called off")
    called_off.click()
    appointments = day.staff[Role.FRONT_DESK].get("scheduling", "/day")["appointments"]
    waiting = next(
        row
        for row in appointments
        if row["status"] == "confirmed" and row["type"] == "dosing"
    )

    day.arrive(waiting["id"])

    expect(tile).to_contain_text("arrived", timeout=10_000)
    expect(page.locator("details.off")).to_have_attribute("open", "")
    assert page.get_by_role("link", name="Sessions").count() == 0


def test_old_data_is_called_old_and_fresh_data_is_not(
    live: Live, screen: Screen
) -> None:
    page = screen.page
    page.clock.install()
    enter(page, live, "Front desk")
    banner = page.locator("#stale")
    page.clock.run_for(4_000)
    expect(banner).to_be_hidden()

    screen.forgiven = ("ERR_FAILED", "htmx:error")
    page.route("**/board*", lambda route: route.abort())
    page.clock.run_for(20_000)
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("No fresh data since 09:4")
    screen.keep("stale")
    page.unroute("**/board*")
    page.clock.run_for(4_000)

    with page.expect_response("**/board*"):
        page.clock.run_for(4_000)
    page.clock.run_for(2_000)
    expect(banner).to_be_hidden()


def test_clinics_are_switched_in_the_header(live: Live, screen: Screen) -> None:
    page = screen.page
    page.goto(f"{live.url}/login")
    page.get_by_role("button", name="Network admin").click()
    expect(page.get_by_role("heading", name="Operations")).to_be_visible()
    screen.keep("operations")

    page.locator(".switcher summary").click()
    page.get_by_role("link", name=re.compile("Lakeside")).click()

    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_what_one_request_set_off_unfolds(live: Live, screen: Screen) -> None:
    page = screen.page
    enter(page, live, "Therapist")
    page.get_by_role("link", name="Events").click()
    screen.keep("events")

    page.get_by_role("link", name=re.compile("Follow")).first.click()
    page.locator("summary.said").first.click()

    expect(page.locator("pre").first).to_be_visible()
    screen.keep("correlation")


def test_every_page_fits_a_phone(live: Live, phone: Screen) -> None:
    page = phone.page
    enter(page, live, "Clinic admin")
    person, session = live.busy.dosed.id, live.busy.session

    for name, path in (
        ("board", "board"),
        ("patients", "patients"),
        ("patient", f"patients/{person}"),
        ("sessions", "sessions"),
        ("session", f"sessions/{session}"),
        ("worklist", "worklist"),
        ("messages", "messages"),
        ("outbox", "outbox"),
        ("events", "events"),
    ):
        page.goto(f"{live.clinic}/{path}")
        if name == "session":
            expect(page.locator("#chart canvas")).to_have_count(3)
        phone.keep(f"phone-{name}")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= page.evaluate("window.innerWidth"), name


def test_somebody_signs_out_and_in_again_under_another_name_of_this_machine(
    live: Live, screen: Screen
) -> None:
    page, here = screen.page, live.url.replace("127.0.0.1", "localhost")
    page.goto(f"{here}/ops")
    page.get_by_role("button", name="Network admin").click()
    expect(page).to_have_url(f"{here}/ops")

    page.locator("details.who summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    screen.keep("signed-out")
    page.get_by_role("link", name="Sign in again").click()
    page.get_by_role("button", name="Front desk").click()

    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def test_the_list_of_people_fits_a_phone(live: Live, phone: Screen) -> None:
    page = phone.page
    page.goto(live.url)

    phone.keep("phone-login")

    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= page.evaluate("window.innerWidth")


def test_an_appointment_is_dragged_and_moved_by_keyboard(
    live: Live, screen: Screen
) -> None:
    page, day = screen.page, live.busy.day
    enter(page, live, "Front desk")
    at = day.lab.clock() + timedelta(days=5)
    day.book(live.busy.screened, "preparation", at, "River room")
    board = f"{live.clinic}/board?date={at:%Y-%m-%d}"
    tile = page.locator(".tile[data-move]")
    confirm = page.get_by_role("button", name="Move it")

    page.goto(board)
    lane = page.locator(f'[data-row="{day.rooms["Garden room"]}"] .lane')
    box = lane.bounding_box()
    assert box is not None
    tile.drag_to(
        lane,
        source_position={"x": 5, "y": 30},
        target_position={"x": box["width"] * 0.6, "y": 30},
    )
    expect(page.get_by_text("Nothing else is touched")).to_be_visible()
    expect(page.get_by_role("heading", name="Garden room")).to_be_visible()
    screen.keep("move")
    confirm.click()

    expect(lane.locator(".tile")).to_have_count(1)
    was = tile.get_attribute("data-starts")
    assert was is not None
    tile.get_by_role("link").first.focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("#move-told")).to_contain_text("Quiet room")
    screen.keep("moving")
    page.keyboard.press("Escape")
    expect(page.locator("#move-told")).to_have_text("Not moved.")
    page.keyboard.press("m")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(confirm).to_be_focused()
    page.keyboard.press("Enter")

    quiet = page.locator(f'[data-row="{day.rooms["Quiet room"]}"] .tile')
    expect(quiet).to_have_attribute("data-starts", str(int(was) - 15 * 60_000))
