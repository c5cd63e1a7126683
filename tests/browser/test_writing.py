"""Notes in a real browser: saved as one types, kept through a reload, signed."""

from datetime import timedelta

from playwright.sync_api import APIResponse, Route, expect

from shared.access import Role
from tests.browser.conftest import Live, Screen
from tests.browser.test_console import enter


def test_a_note_is_saved_as_it_is_typed_and_signed(live: Live, screen: Screen) -> None:
    page, busy = screen.page, live.busy
    enter(page, live, "Therapist")
    page.goto(f"{live.clinic}/sessions/{busy.session}")
    page.get_by_role("link", name="Notes").click()
    page.get_by_role("link", name="Recovery").click()

    page.get_by_label("How the patient came back").fill("Slowly, over half an hour.")
    expect(page.get_by_text("Saved.", exact=True)).to_be_visible()
    page.reload()
    came_back = page.get_by_label("How the patient came back")
    expect(came_back).to_have_value("Slowly, over half an hour.")
    screen.keep("note-draft")
    page.get_by_role("button", name="Sign and lock").click()
    expect(page.get_by_text("Must be answered").first).to_be_visible()
    screen.forgiven = ("422",)
    page.get_by_label("Mood before leaving").select_option("better")
    page.get_by_role("radio", name="Yes").check()
    page.get_by_role("button", name="Sign and lock").click()
    page.get_by_text("Add to this note").click()
    page.get_by_label("What is to be added").fill("It was twenty minutes.")
    page.get_by_role("button", name="Sign the addendum").click()

    expect(page.get_by_text("It was twenty minutes.")).to_be_visible()
    screen.keep("notes")
    path = f"/sessions/{busy.session}/notes"
    (note,) = busy.day.staff[Role.PRESCRIBER].get("sessions", path)["items"]
    assert note["content"]["mood"] == "better"
    assert note["signature_holds"]


def test_a_note_is_signed_once_what_is_being_saved_has_arrived(
    live: Live, screen: Screen
) -> None:
    page, held = screen.page, list[tuple[Route, APIResponse]]()
    enter(page, live, "Therapist")
    page.goto(f"{live.clinic}/sessions/{live.busy.session}/notes/experience")

    def hold(route: Route) -> None:
        if "x-kept" in route.request.headers:
            held.append((route, route.fetch()))
        else:
            route.continue_()

    page.route("**/notes/*", hold)
    said = page.get_by_label("What the patient said")
    said.fill("A house by the sea.")
    for _ in range(500):
        if held:
            break
        page.wait_for_timeout(20)
    page.get_by_role("button", name="Sign and lock").click()
    ((route, answer),) = held
    screen.forgiven = ("422",)
    route.fulfill(response=answer)

    expect(page.get_by_text("Must be answered").first).to_be_visible()
    expect(said).to_have_value("A house by the sea.")


def test_a_note_that_was_to_be_signed_is_not_signed_again_by_typing_on(
    live: Live, screen: Screen
) -> None:
    page, kept, signed = screen.page, list[Route](), list[Route]()
    enter(page, live, "Therapist")
    page.goto(f"{live.clinic}/sessions/{live.busy.session}/notes/experience")

    def answer(route: Route) -> None:
        if "x-kept" in route.request.headers:
            kept.append(route)
            if len(kept) > 1:
                route.continue_()
        elif route.request.method == "POST":
            signed.append(route)
            route.fulfill(status=204)  # The page stays, as when one goes back to it.
        else:
            route.continue_()

    page.route("**/notes/*", answer)
    said, word = page.get_by_label("What the patient said"), page.get_by_role("status")
    with page.expect_request(lambda request: "x-kept" in request.headers):
        said.fill("A house.")
    page.get_by_role("button", name="Sign and lock").click()
    assert signed == []
    kept[0].continue_()
    expect(word).to_have_text("Saved.")
    with page.expect_response(lambda answer: "x-kept" in answer.request.headers):
        said.fill("A house by the sea, and more.")
    page.wait_for_timeout(500)

    assert len(kept) == 2
    assert len(signed) == 1


def test_an_adverse_event_is_recorded_and_its_page_says_what_follows(
    live: Live, screen: Screen
) -> None:
    page, busy = screen.page, live.busy
    enter(page, live, "Prescriber")
    page.goto(f"{live.clinic}/sessions/{busy.session}/adverse-events")

    page.get_by_label("What happened").select_option("nausea")
    page.get_by_label("Grade").select_option("3")
    began = busy.day.lab.clock() - timedelta(hours=6, minutes=5)  # In Chicago.
    page.get_by_label("Began").fill(f"{began:%Y-%m-%dT%H:%M}")
    for label, choice in (
        ("Caused by the dose?", "probable"),
        ("What was done with the dose", "none"),
        ("How it ended", "recovering"),
        ("Who told of it first", "patient"),
    ):
        page.get_by_label(label).select_option(choice)
    screen.keep("adverse-event-form")
    page.get_by_role("button", name="Record").click()

    expect(page.get_by_text("No dose is given to this patient until")).to_be_visible()
    screen.keep("adverse-event")
    page.get_by_label("Treatment goes on as planned").check()
    page.get_by_label("Why", exact=True).fill("Settled within the hour.")
    page.get_by_role("button", name="Sign the review").click()
    expect(page.get_by_text("Settled within the hour.")).to_be_visible()


def test_what_is_ticked_before_leaving_outlives_a_reload(
    live: Live, screen: Screen
) -> None:
    page, busy = screen.page, live.busy
    enter(page, live, "Monitor")
    page.goto(f"{live.clinic}/sessions/{busy.session}")

    page.get_by_label("Oriented").check()
    expect(page.get_by_text("Kept.", exact=True)).to_be_visible()
    page.get_by_label("Activity").select_option("2")
    expect(page.get_by_text("Kept.", exact=True)).to_be_visible()
    screen.forgiven = ("ERR_INTERNET_DISCONNECTED",)
    page.context.set_offline(True)
    page.get_by_label("Walks unaided").check()
    expect(page.get_by_text("Not kept yet")).to_be_visible()
    page.context.set_offline(False)
    expect(page.get_by_text("Kept.", exact=True)).to_be_visible()
    page.reload()

    for label in ("Oriented", "Walks unaided"):
        expect(page.get_by_label(label)).to_be_checked()
    expect(page.get_by_label("Activity")).to_have_value("2")
    page.get_by_text("Emergency card").click()
    screen.keep("leaving")
