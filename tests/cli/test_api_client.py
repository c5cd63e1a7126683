"""How commands get a token of a deployment that is there to be tried."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from werkzeug.serving import make_server

from cli import api_client
from cli.api_client import Deployment
from services.console.app import service as console
from shared.identity import verifier_of
from shared.testing.lab import Lab


@contextmanager
def served(folder: Path, **settings: Any) -> Iterator[tuple[Lab, str]]:
    """A console on a port, and its address."""
    folder.mkdir(exist_ok=True)
    lab = Lab([console], folder, front="console", **settings)
    server = make_server("127.0.0.1", 0, lab.platform.wsgi, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield lab, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()
    lab.close()


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run commands in, with nothing in it or in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KAP_DEVELOPMENT_SECRET", raising=False)
    return tmp_path


def is_given(url: str, lab: Lab, secret: str | None = None) -> bool:
    """Whether a token is given, and is good."""
    deployment = Deployment(url, secret=secret)
    with deployment.client:
        token = deployment.development_token("network_admin")
    return bool(verifier_of(lab.runtime("console").settings).verify(token))


def test_the_secret_that_everybody_knows_will_do_for_compose(elsewhere: Path) -> None:
    with served(elsewhere, development_issuer=True) as (lab, url):
        assert is_given(url, lab)


def test_an_old_secret_in_the_folder_does_no_harm(elsewhere: Path) -> None:
    (elsewhere / "data").mkdir()
    (elsewhere / "data/development-secret").write_text("of another platform\n")

    with served(elsewhere, development_issuer=True) as (lab, url):
        assert is_given(url, lab)


def test_the_secret_of_a_platform_started_here_is_found(elsewhere: Path) -> None:
    (elsewhere / "data").mkdir()
    (elsewhere / "data/development-secret").write_text("mine\n")
    own = {"development_issuer": True, "development_secret": "mine"}

    with served(elsewhere, **own) as (lab, url):
        assert is_given(url, lab)


@pytest.mark.parametrize("by_file", [True, False])
def test_a_secret_can_be_named(
    by_file: bool, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere / "secret").write_text("mine\n")
    said = f"@{elsewhere / 'secret'}" if by_file else "mine"
    monkeypatch.setenv("KAP_DEVELOPMENT_SECRET", said)
    own = {"development_issuer": True, "development_secret": "mine"}

    with served(elsewhere, **own) as (lab, url):
        assert is_given(url, lab)


def test_what_is_missing_is_said(elsewhere: Path) -> None:
    own = {"development_issuer": True, "development_secret": "of nobody here"}
    with ExitStack() as stack:
        lab, url = stack.enter_context(served(elsewhere / "on", **own))
        _, off = stack.enter_context(served(elsewhere / "off"))

        with pytest.raises(ClickException, match="set KAP_DEVELOPMENT_SECRET"):
            is_given(url, lab)
        with pytest.raises(ClickException, match="KAP_DEVELOPMENT_ISSUER is off"):
            is_given(off, lab)


def test_who_asks_too_often_waits_and_gets_it(elsewhere: Path) -> None:
    own = {"development_issuer": True, "rate_sign_ins": "2/second"}
    with served(elsewhere, **own) as (lab, url):
        began = time.monotonic()

        given = [is_given(url, lab) for _ in range(5)]

    assert all(given)
    assert 1 < time.monotonic() - began < api_client.LONGEST_WAIT_SECONDS
