"""Posting to real servers: only to checked addresses, never for long."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.notifications.courier import Courier
from services.notifications.domain.webhooks import Answer
from shared.outward.courier import MOST_ANSWER_BYTES, UnknownHostError, resolve
from tests.notifications.certificates import certify
from tests.notifications.receiver import Receiver

HOST = "hooks.example.com"
LISTED = frozenset({"127.0.0.1", HOST})
NOBODY: frozenset[str] = frozenset()


def leading_to(*addresses: str) -> Callable[[str, int], list[str]]:
    """A resolver that says this of every name."""
    return lambda _host, _port: list(addresses)


def test_a_post_arrives_as_it_was_written() -> None:
    with Receiver() as receiver:
        answer = Courier().post(
            receiver.url("/in?a=1"), {"x-mark": "1"}, '{"é":1}', listed=LISTED
        )

    (posted,) = receiver.posted
    assert answer == Answer(status=204)
    assert posted.path == "/in?a=1"
    assert posted.body == '{"é":1}'.encode()
    assert posted.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert posted.headers["x-mark"] == "1"


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.1",),
        ("169.254.169.254",),
        ("::1",),
        ("::ffff:127.0.0.1",),
        ("8.8.8.8", "127.0.0.1"),
        ("127.0.0.1", "8.8.8.8"),
    ],
)
def test_a_name_that_leads_to_a_private_address_is_not_called(
    addresses: tuple[str, ...],
) -> None:
    courier = Courier(resolver=leading_to(*addresses), timeout_seconds=1)

    answer = courier.post(f"https://{HOST}/", {}, "{}", listed=NOBODY)

    assert answer == Answer(reason="address_refused")


def test_a_name_that_changes_its_meaning_is_checked_at_every_try() -> None:
    answers = iter([["192.0.2.7"], ["127.0.0.1"], []])
    courier = Courier(resolver=lambda _host, _port: next(answers))

    said = [courier.post(f"https://{HOST}/", {}, "{}", listed=NOBODY) for _ in range(3)]

    assert [answer.reason for answer in said] == [
        "address_refused",
        "address_refused",
        "unknown_host",
    ]


def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    asked: list[str] = []

    def once(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with Receiver() as receiver:
        url = f"http://{HOST}:{receiver.port}/"
        answer = Courier(resolver=once).post(url, {}, "{}", listed=LISTED)

    assert answer == Answer(status=204)
    assert asked == [HOST]
    assert receiver.posted[0].headers["host"] == f"{HOST}:{receiver.port}"


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with Receiver() as receiver:
        courier = Courier(resolver=leading_to("127.0.0.2", "127.0.0.1"))
        url = f"http://{HOST}:{receiver.port}/"

        answer = courier.post(url, {}, "{}", listed=LISTED)

    assert answer == Answer(status=204)


def test_a_redirect_is_an_answer_and_not_a_way() -> None:
    with Receiver() as receiver:
        receiver.answers["/away"] = 302

        answer = Courier().post(receiver.url("/away"), {}, "{}", listed=LISTED)

    assert answer == Answer(status=302)
    assert [posted.path for posted in receiver.posted] == ["/away"]


@pytest.mark.parametrize("path", ["/hang", "/drip"])
def test_a_server_that_takes_its_time_gets_no_more_than_is_allowed(path: str) -> None:
    with Receiver() as receiver:
        started = time.monotonic()

        answer = Courier(timeout_seconds=0.5).post(
            receiver.url(path), {}, "{}", listed=LISTED
        )

        took = time.monotonic() - started
    assert answer == Answer(reason="timed_out")
    assert took < 2


def test_an_endless_answer_is_not_listened_to() -> None:
    with Receiver() as receiver:
        answer = Courier().post(receiver.url("/endless"), {}, "{}", listed=LISTED)

    assert answer == Answer(status=200)
    # What was on its way when we hung up counts too: both ends keep some in memory.
    assert receiver.sent_bytes < MOST_ANSWER_BYTES + 16 * 1_048_576


def test_a_server_that_hangs_up_or_is_not_there_is_a_failure() -> None:
    with Receiver() as receiver:
        cut = Courier().post(receiver.url("/cut"), {}, "{}", listed=LISTED)
        url = receiver.url()
    absent = Courier().post(url, {}, "{}", listed=LISTED)

    assert cut.reason in ("not_http", "connection_failed")
    assert absent == Answer(reason="connection_failed")


def test_something_that_does_not_speak_http_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def greet() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"SSH-2.0-OpenSSH\r\n")
                connection.recv(65_536)

        thread = threading.Thread(target=greet)
        thread.start()
        answer = Courier().post(f"http://127.0.0.1:{port}/", {}, "{}", listed=LISTED)
        thread.join()

    assert answer == Answer(reason="not_http")


def test_the_certificate_must_be_of_the_name_in_the_url(tmp_path: Path) -> None:
    served, pem = certify(tmp_path, HOST)
    trusted = ssl.create_default_context(cafile=str(pem))
    courier = Courier(resolver=leading_to("127.0.0.1"), tls=lambda: trusted)

    with Receiver(served) as receiver:
        right = courier.post(
            f"https://{HOST}:{receiver.port}/", {}, "{}", listed=LISTED
        )
        other = courier.post(
            f"https://other.example.com:{receiver.port}/",
            {},
            "{}",
            listed=frozenset({"other.example.com"}),
        )
        stranger = Courier(resolver=leading_to("127.0.0.1")).post(
            f"https://{HOST}:{receiver.port}/", {}, "{}", listed=LISTED
        )

    assert right == Answer(status=204)
    assert other == Answer(reason="connection_failed")
    assert stranger == Answer(reason="connection_failed")


def test_the_system_resolves_odd_spellings_of_loopback_to_loopback() -> None:
    assert resolve("127.1", 443) == ["127.0.0.1"]
    with pytest.raises(UnknownHostError):
        resolve("no-such-host.invalid", 443)
    with pytest.raises(UnknownHostError):
        resolve("a" * 70 + ".example", 443)
