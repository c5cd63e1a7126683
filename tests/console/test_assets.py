"""What is served besides pages: ours and others', from here alone."""

import hashlib
import re
from pathlib import Path

import pytest

from services.console.assets import A_YEAR, FOLDER
from shared.testing.lab import Lab
from tests.console.browser import Browser

VENDOR = FOLDER / "vendor"
ROW = re.compile(
    r"^\| (\S+\.(?:js|css)) \| (\S+) \| (\S+) \| (\S+) \| ([0-9a-f]{64}) \|$"
)


def vendored() -> list[tuple[str, ...]]:
    """The rows of the table of what is not ours."""
    lines = (VENDOR / "VENDOR.md").read_text().splitlines()
    return [match.groups() for line in lines if (match := ROW.match(line))]


def test_what_is_not_ours_is_as_it_was_published() -> None:
    listed = {name: said for name, *_, said in vendored()}

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.iterdir()
        if path.suffix in (".js", ".css")
    }
    assert found == listed


def test_whatever_is_not_ours_comes_with_its_licence() -> None:
    licences = {path.stem.lower() for path in VENDOR.glob("*.LICENSE")}

    assert {name.split(".")[0].lower() for name, *_ in vendored()} == licences


@pytest.mark.parametrize(
    "path", [p for p in FOLDER.rglob("*") if p.suffix in (".js", ".css", ".svg")]
)
def test_nothing_is_fetched_from_elsewhere(path: Path) -> None:
    addresses = re.findall(r"(?:url\(|src=|from )[\"']?(https?:)?//", path.read_text())

    assert addresses == []


def test_a_file_named_with_its_content_is_kept_by_the_browser(lab: Lab) -> None:
    browser = Browser(lab)
    page = browser.look("/signed-out")
    address = re.findall(r"/static/base\.css\?v=[0-9a-f]{12}", page)[0]

    with browser.get(address) as answer:
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == A_YEAR
        assert answer.mimetype == "text/css"


def test_files_outside_the_folder_are_not_served(lab: Lab) -> None:
    answer = Browser(lab).get("/static/../app.py")

    assert answer.status_code == 404
