"""The command line of an import, against a service on a real port."""

import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.referrals.command import referrals
from tests.cli.referral_receiver import CLINIC, TOKEN, Receiver

HEADER = "identifier_system,identifier,given_name,family_name,birth_date"
ONE = "urn:ex,A-1,Testa,Fictional,1980-02-29"
BROKEN = "urn:ex,A-2,Probato,Invented,yesterday"


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "export.csv"
    path.write_text(f"{HEADER}\n{ONE}\n{BROKEN}\n", encoding="utf-8")
    return path


def invoke(export: Path, url: str, *more: str, token: str | None = TOKEN) -> Result:
    arguments = [str(export), "--clinic", str(CLINIC), "--url", url, *more]
    return CliRunner().invoke(referrals, arguments, env={"KAP_TOKEN": token})


def test_every_row_handled_is_success_and_names_nobody(export: Path) -> None:
    with Receiver().serving() as url:
        first = invoke(export, url)
        second = invoke(export, url)

    result = f"{export}.result.csv"
    told = "0 already known, 1 refused; row by row in"
    assert (first.exit_code, first.stdout) == (0, f"1 created, {told} {result}\n")
    assert second.stdout.startswith("0 created, 1 already known, 1 refused")
    written = Path(result).read_text(encoding="utf-8")
    for name in ("Testa", "Fictional", "Probato", "Invented"):
        assert name not in first.output + second.output + written


def test_a_refused_token_is_one_clear_line(export: Path) -> None:
    with Receiver().serving() as url:
        result = invoke(export, url, "--token", "another")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines()[-1] == (
        f"kap: {url}: the token was refused (401); set a valid one in KAP_TOKEN"
    )


def test_a_service_that_is_not_there_is_one_clear_line(export: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"

        result = invoke(export, url)

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"done so far: {export}.result.csv.part; run the same command to go on",
        f"kap: {url} cannot be reached; is the service running there?",
    ]


def test_a_file_that_cannot_be_read_ends_with_two(export: Path) -> None:
    with Receiver().serving() as url:
        result = invoke(export, url, "--format", "fhir")

    assert result.exit_code == 2
    assert result.stderr == "kap: the file is not a FHIR Bundle in JSON\n"


def test_a_file_that_breaks_off_ends_with_two_after_its_summary(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_text('{"resourceType": "Bundle", "type": "batch", "entry": [{}, ')
    chosen = tmp_path / "chosen.csv"

    with Receiver().serving() as url:
        result = invoke(bundle, url, "--result", str(chosen))

    assert result.exit_code == 2
    assert result.stdout.startswith("0 created, 0 already known, 2 refused")
    assert "the JSON breaks off after entry 1" in result.stderr
    assert chosen.exists()


def test_a_result_that_cannot_be_written_is_told(export: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere" / "result.csv"

    result = invoke(export, "http://127.0.0.1:9", "--result", str(nowhere))

    assert result.exit_code == 2
    assert result.stderr == f"kap: {nowhere}.part: No such file or directory\n"


@pytest.mark.parametrize(
    ("url", "token", "told"),
    [
        ("127.0.0.1:8080", TOKEN, "an address like http://"),
        ("ftp://127.0.0.1", TOKEN, "an address like http://"),
        ("http://127.0.0.1:port", TOKEN, "Invalid port"),
        ("http://127.0.0.1:9", "a\nb", "not a bearer token"),
        ("http://127.0.0.1:9", None, "KAP_TOKEN"),
    ],
)
def test_arguments_that_cannot_work_are_usage_errors(
    export: Path, url: str, token: str | None, told: str
) -> None:
    result = invoke(export, url, token=token)

    assert result.exit_code == 2
    assert told in result.stderr
