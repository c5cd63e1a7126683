"""A browser at the bedside that loses its connection, and nothing else."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from shared.access import Role
from tests.browser.conftest import Live, Screen

CUT = ("ERR_", "htmx:error", "Failed to fetch", "401", "422", "503")
"""What a browser says of a line that is cut, and of answers that are refusals."""

HOLD_THE_DISK = """() => new Promise((held) => {
  let isHeld = true;
  globalThis.letGo = () => { isHeld = false; };
  indexedDB.open("kap-entries").onsuccess = ({ target }) => {
    const store = target.result
      .transaction("kap-entries", "readwrite")
      .objectStore("kap-entries");
    const again = () => { if (isHeld) store.count().onsuccess = again; };
    store.count().onsuccess = () => { again(); held(); };
  };
})"""
"""Keeps the browser's store busy, as a slow disk does, until `letGo()`."""

FILL_THE_DISK = "() => { kapEntries.add = () => Promise.reject(Error('full')); }"


@pytest.fixture
def bedside(live: Live, screen: Screen) -> Iterator[Page]:
    """The running session before the monitor, ready to go on without a connection."""
    screen.forgiven = CUT
    sign_in(screen.page, live, "Monitor")
    open_session(screen.page, live)
    yield screen.page
    screen.page.context.set_offline(False)


def sign_in(page: Page, live: Live, part: str) -> None:
    """Choose somebody on the development issuer's page."""
    page.goto(f"{live.url}/login")
    page.get_by_role("button", name=part).click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def open_session(page: Page, live: Live) -> None:
    """The page of the session, with what it needs kept for later."""
    page.goto(f"{live.clinic}/sessions/{live.busy.session}")
    expect(page.locator("#connection[data-kept]")).to_be_attached()


def enter(page: Page, systolic: int, oxygen: int = 97) -> None:
    """Vital signs by keypad: fields follow each other by themselves."""
    page.get_by_label("Systolic").focus()
    for digit in f"{systolic}8272{oxygen}145":
        page.locator(f'[data-key="{digit}"]').click()
    page.get_by_role("button", name="Save").click()


def readings(live: Live) -> list[dict[str, Any]]:
    """What the record has, in the order it was saved."""
    monitor = live.busy.day.staff[Role.MONITOR]
    found = monitor.get("sessions", f"/sessions/{live.busy.session}")["vitals"]
    return sorted(found, key=lambda row: row["id"])


def waiting(page: Page) -> Any:
    """The rows that are not yet saved."""
    return page.locator("tr.unsaved.waiting")


def expect_all_sent(page: Page) -> None:
    """Wait until the page has looked at what it keeps, and none of it waits.

    That no row is shown says less: a page just loaded shows none before it looked.
    """
    kept = page.locator('#connection[data-waiting="0"]')
    expect(kept).to_be_attached(timeout=15_000)
    expect(waiting(page)).to_have_count(0)


def test_vital_signs_are_entered_by_keypad_in_as_many_taps_as_digits(
    live: Live, bedside: Page
) -> None:
    before = len(readings(live))

    enter(bedside, 129)

    expect(bedside.locator("#saved tr").first).to_contain_text("129/82")
    expect(bedside.locator("tr.unsaved")).to_have_count(0)
    last = readings(live)[-1]
    assert len(readings(live)) == before + 1
    assert (last["heart_rate_bpm"], last["spo2_percent"], last["moaas"]) == (72, 97, 5)
    expect(bedside.locator('[data-before="systolic_mmhg"]')).to_have_text("129")


def test_entries_without_a_connection_are_saved_once_in_order_with_their_times(
    live: Live, screen: Screen, bedside: Page
) -> None:
    day, before = live.busy.day, len(readings(live))
    began = day.lab.clock()
    bedside.context.set_offline(True)
    for systolic in (131, 132, 133):
        enter(bedside, systolic)
    expect(waiting(bedside)).to_have_count(3)
    expect(bedside.locator("#connection")).to_contain_text("3 entries are kept")
    screen.keep("session-offline")

    bedside.reload()
    expect(waiting(bedside)).to_have_count(3)
    expect(bedside.get_by_text("Testa Fictional")).to_have_count(0)
    enter(bedside, 134)
    expect(waiting(bedside)).to_have_count(4)
    screen.keep("session-shell")
    assert len(readings(live)) == before
    day.wait(minutes=20)
    bedside.context.set_offline(False)

    expect(bedside.get_by_role("heading", name="Testa Fictional")).to_be_visible(
        timeout=15_000
    )
    expect_all_sent(bedside)
    saved = readings(live)[before:]
    taken = [datetime.fromisoformat(row["taken_at"]) for row in saved]
    assert [row["systolic_mmhg"] for row in saved] == [131, 132, 133, 134]
    assert taken == sorted(set(taken))
    assert max(taken) - began < timedelta(minutes=2)
    assert {row["late_reason"] for row in saved} == {"entered offline"}


def test_an_answer_that_was_lost_makes_no_second_reading(
    live: Live, bedside: Page
) -> None:
    before = len(readings(live))
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.fetch().status)
            route.abort()

    bedside.route("**/vitals", lose)
    enter(bedside, 135)
    expect(waiting(bedside)).to_have_count(1)

    expect(waiting(bedside)).to_have_count(0, timeout=10_000)
    assert lost == [200]
    assert len(readings(live)) == before + 1


def test_what_is_typed_while_the_disk_is_busy_is_the_next_reading(
    live: Live, bedside: Page
) -> None:
    before = len(readings(live))
    bedside.evaluate(HOLD_THE_DISK)
    enter(bedside, 141)
    bedside.get_by_role("button", name="Save").click()
    enter(bedside, 142)
    bedside.get_by_label("Systolic").fill("143")
    assert len(readings(live)) == before
    bedside.evaluate("letGo()")

    saved = bedside.locator("#saved tr")
    expect(saved.first).to_contain_text("142/82")
    expect_all_sent(bedside)
    assert [row["systolic_mmhg"] for row in readings(live)[before:]] == [141, 142]
    expect(bedside.get_by_label("Systolic")).to_have_value("143")


def test_an_entry_that_cannot_be_kept_goes_straight_to_the_server(
    live: Live, bedside: Page
) -> None:
    before = len(readings(live))
    bedside.evaluate(FILL_THE_DISK)

    enter(bedside, 144, oxygen=89)
    expect(bedside.locator("#saved tr").first).to_contain_text("144/82")
    assert [row["systolic_mmhg"] for row in readings(live)[before:]] == [144]

    bedside.evaluate(FILL_THE_DISK)
    bedside.get_by_role("button", name="Acknowledge").click()
    expect(bedside.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert live.busy.day.staff[Role.MONITOR].get("sessions", "/alerts")["items"] == []


def test_what_the_server_refuses_stays_with_its_reason_until_somebody_sees_to_it(
    live: Live, bedside: Page
) -> None:
    before = len(readings(live))
    bedside.locator("#enter-spo2_percent").fill("400")
    bedside.get_by_role("button", name="Save").click()
    expect(bedside.get_by_text("is that what you read?")).to_be_visible()
    assert len(readings(live)) == before
    for _ in range(2):
        bedside.locator("#enter-spo2_percent").fill("400")
        bedside.get_by_role("button", name="Save").click()
        bedside.get_by_role("button", name="It is so, send it").click()
    refused = bedside.locator("tr.unsaved.refused")
    expect(refused).to_have_count(2)
    expect(refused.first).to_contain_text("this is not a possible value")

    refused.first.get_by_role("button", name="Correct").click()
    bedside.locator("#enter-spo2_percent").fill("98")
    bedside.get_by_role("button", name="Save").click()
    expect(refused).to_have_count(1)
    refused.get_by_role("button", name="Discard").first.click()
    refused.get_by_label("Why it is discarded").fill("entered twice")
    refused.get_by_role("button", name="Discard it").click()

    expect(bedside.locator("tr.unsaved.discarded")).to_contain_text("entered twice")
    expect_all_sent(bedside)
    assert [row["spo2_percent"] for row in readings(live)[before:]] == [98]


def test_a_screen_is_silent_and_bright_until_somebody_says_otherwise(
    live: Live, bedside: Page
) -> None:
    day, rang = live.busy.day, "document.documentElement.dataset.rang"
    day.vitals(live.busy.session, spo2_percent=89)
    expect(bedside.get_by_role("button", name="Acknowledge")).to_be_visible()
    assert bedside.evaluate(rang) is None

    bedside.get_by_role("button", name="Silent here").click()
    bedside.get_by_role("button", name="Low light").click()
    expect(bedside.get_by_role("button", name="Alerts sound here")).to_be_visible()
    bedside.wait_for_function(rang)
    bedside.reload()
    expect(bedside.locator('html[data-light="low"]')).to_be_attached()
    bedside.get_by_role("button", name="Acknowledge").click()
    expect(bedside.get_by_role("button", name="Acknowledge")).to_have_count(0)

    assert day.staff[Role.MONITOR].get("sessions", "/alerts")["items"] == []


def test_a_sign_in_that_ended_keeps_what_was_entered(live: Live, bedside: Page) -> None:
    before = len(readings(live))
    bedside.context.clear_cookies()
    enter(bedside, 137)
    expect(waiting(bedside)).to_have_count(1)
    expect(bedside.locator("#connection")).to_contain_text("sign-in has ended")

    bedside.get_by_role("link", name="Sign in again").click()
    bedside.get_by_role("button", name="Monitor").click()

    expect(bedside.get_by_role("heading", name="Testa Fictional")).to_be_visible()
    expect(bedside.locator("#saved tr").first).to_contain_text("137/82")
    assert len(readings(live)) == before + 1


def test_another_user_of_the_same_browser_neither_sees_nor_sends_it(
    live: Live, bedside: Page
) -> None:
    before = len(readings(live))
    bedside.route("**/vitals", lambda route: route.abort())
    enter(bedside, 138)
    expect(waiting(bedside)).to_have_count(1)

    bedside.locator("details.who summary").click()
    bedside.get_by_role("button", name="Sign out").click()
    expect(bedside.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert bedside.evaluate("caches.keys()") == []
    bedside.unroute("**/vitals")
    sign_in(bedside, live, "Therapist")
    open_session(bedside, live)
    expect(bedside.locator("tr.unsaved")).to_have_count(0)
    enter(bedside, 139)
    expect(bedside.locator("#saved tr").first).to_contain_text("139/82")
    assert len(readings(live)) == before + 1
    sign_in(bedside, live, "Monitor")
    open_session(bedside, live)

    expect_all_sent(bedside)
    assert [row["systolic_mmhg"] for row in readings(live)[before:]] == [139, 138]
