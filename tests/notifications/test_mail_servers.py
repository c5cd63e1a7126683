"""What mail servers say, and what is made of it."""

import base64
from pathlib import Path

import pytest

from shared.access import Role
from shared.settings import SettingsError
from tests.notifications.certificates import certify
from tests.notifications.clinic_lab import Clinic
from tests.notifications.mail_servers import ScriptedMailServer

BOOKED = "appointment_booked"


def book(clinic: Clinic) -> tuple[str, str | None, int]:
    """Book an appointment: status, cause and tries of the message about it."""
    clinic.tell(clinic.booking(clinic.register(), hours=6))
    (message,) = clinic.caller(Role.MONITOR).get("notifications", "/messages")["items"]
    return message["status"], message["cause_code"], message["tries"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA", "written"])
def test_a_final_refusal_fails_at_once(clinic: Clinic, command: str) -> None:
    with ScriptedMailServer({command: "550 5.1.1 no"}) as server:
        server.serve(clinic)

        assert book(clinic) == ("failed", "mail_refused", 1)

    assert [task["kind"] for task in clinic.tasks()] == ["message_failed"]


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("MAIL", "451 4.3.0 later"),
        ("RCPT", "450 4.2.1 greylisted"),
        ("DATA", "452 4.3.1 full"),
        ("written", "421 4.3.2 going down"),
        ("EHLO", "421 4.3.2 going down"),
    ],
)
def test_a_temporary_refusal_is_tried_again(
    clinic: Clinic, command: str, answer: str
) -> None:
    with ScriptedMailServer({command: answer, "HELO": answer}) as server:
        server.serve(clinic)

        assert book(clinic) == ("planned", None, 1)

    assert clinic.tasks() == []


def test_a_server_that_is_rude_at_the_end_has_taken_the_message(
    clinic: Clinic,
) -> None:
    with ScriptedMailServer({"QUIT": "421 4.3.2 going down"}) as server:
        server.serve(clinic)

        assert book(clinic) == ("sent", None, 1)


def test_a_server_that_is_not_there_is_tried_again(clinic: Clinic) -> None:
    with ScriptedMailServer({}) as server:
        server.serve(clinic)

    assert book(clinic) == ("planned", None, 1)


def test_name_and_password_of_the_url_are_used(clinic: Clinic) -> None:
    with ScriptedMailServer({}) as server:
        server.serve(clinic, "smtp://us%40er:p%2Fss@127.0.0.1:{port}")

        assert book(clinic) == ("sent", None, 1)

    login = next(line for line in server.said if line.startswith("AUTH PLAIN "))
    assert base64.b64decode(login.split()[2]) == b"\0us@er\0p/ss"


def test_a_refused_login_is_our_trouble_and_tried_again(clinic: Clinic) -> None:
    with ScriptedMailServer({"AUTH": "535 5.7.8 wrong password"}) as server:
        server.serve(clinic, "smtp://user:pass@127.0.0.1:{port}")

        assert book(clinic) == ("planned", None, 1)


def test_mail_is_encrypted_where_that_is_asked_for(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, trusted = certify(tmp_path, "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with ScriptedMailServer({}, tls=served) as server:
        server.serve(clinic, "smtp://localhost:{port}?starttls=1")

        assert book(clinic) == ("sent", None, 1)

    assert server.is_encrypted


@pytest.mark.parametrize("offers_tls", [False, True])
def test_mail_is_not_sent_in_the_clear_or_to_a_stranger_instead(
    clinic: Clinic, tmp_path: Path, offers_tls: bool
) -> None:
    served, _ = certify(tmp_path, "localhost")
    with ScriptedMailServer({}, tls=served if offers_tls else None) as server:
        server.serve(clinic, "smtp://localhost:{port}?starttls=1")

        assert book(clinic) == ("planned", None, 1)

    assert not any(line.startswith(("MAIL", "DATA")) for line in server.said)


@pytest.mark.parametrize("url", ["carrier-pigeon://loft", "smtp://", "mail.example"])
def test_a_mail_url_of_another_kind_is_refused_loudly(clinic: Clinic, url: str) -> None:
    with ScriptedMailServer({}) as server:
        server.serve(clinic, url)

    with pytest.raises(SettingsError, match="KAP_MAIL_URL"):
        clinic.lab.settle()
