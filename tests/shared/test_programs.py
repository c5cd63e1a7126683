"""A browser is found where it is, or the error says what to install."""

from pathlib import Path

import pytest

from shared.testing.servers import ServerMissingError, find_chromium


def test_the_browser_of_the_environment_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = _program(tmp_path / "my-browser")
    monkeypatch.setenv("KAP_TEST_CHROMIUM", str(browser))

    assert find_chromium() == str(browser)


def test_a_browser_on_the_path_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = _program(tmp_path / "chromium-browser")
    monkeypatch.delenv("KAP_TEST_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_chromium() == str(browser)


def test_a_missing_browser_is_an_error_that_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KAP_TEST_CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(ServerMissingError, match="Debian package is chromium"):
        find_chromium()


def test_a_browser_named_wrongly_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAP_TEST_CHROMIUM", str(tmp_path / "absent"))

    with pytest.raises(ServerMissingError, match="absent, which is not a program"):
        find_chromium()


def _program(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path
