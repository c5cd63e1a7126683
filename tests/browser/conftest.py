"""The console on a real port, and a real browser in front of it."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from shared.testing.servers.process import free_port
from tests.console.busy_day import BusyDay, busy_day
from tests.console.clinic_day import ClinicDay, laboratory

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


@dataclass(kw_only=True)
class Live:
    """A busy clinic whose pages answer at an address."""

    busy: BusyDay
    url: str

    @property
    def clinic(self) -> str:
        """The path of the clinic's pages."""
        return f"{self.url}/clinics/{self.busy.day.clinic_id}"


@dataclass(kw_only=True)
class Screen:
    """One window of a browser, and what it complains about.

    A test that cuts the line says in `forgiven` what the browser may say of that.
    """

    page: Page
    results: Path
    complaints: list[str] = field(default_factory=list)
    forgiven: tuple[str, ...] = ()

    def keep(self, name: str) -> None:
        """Keep a picture of the whole page."""
        self.page.screenshot(path=self.results / f"{name}.png", full_page=True)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The clinic's pages on a free port."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with laboratory(tmp_path_factory.mktemp("live"), public_url=url) as lab:
        busy = busy_day(ClinicDay.begin(lab))
        server = make_server("127.0.0.1", port, lab.platform.wsgi, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Live(busy=busy, url=url)
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """The browser, without a window."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def results() -> Path:
    """Where pictures go."""
    folder = Path(os.environ.get("KAP_TEST_RESULTS", "test-results"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@contextmanager
def window(browser: Browser, results: Path, **options: Any) -> Iterator[Screen]:
    """A window of its own; what the browser complains about fails the test."""
    context = browser.new_context(**options)
    screen = Screen(page=context.new_page(), results=results)
    screen.page.on(
        "console",
        lambda said: (
            screen.complaints.append(said.text)
            if said.type in ("error", "warning")
            else None
        ),
    )
    screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
    yield screen
    context.close()
    assert [
        said
        for said in screen.complaints
        if not any(words in said for words in screen.forgiven)
    ] == []


@pytest.fixture
def screen(browser: Browser, results: Path) -> Iterator[Screen]:
    """A window at a desk."""
    with window(browser, results, viewport=DESK) as opened:
        yield opened


@pytest.fixture
def phone(browser: Browser, results: Path) -> Iterator[Screen]:
    """A phone, held in the dark."""
    with window(
        browser,
        results,
        viewport=PHONE,
        device_scale_factor=2,
        color_scheme="dark",
    ) as opened:
        yield opened
