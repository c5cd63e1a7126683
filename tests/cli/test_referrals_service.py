"""How an import deals with the service it sends to."""

from pathlib import Path
from uuid import UUID

import httpx
import pytest

from cli.referrals.load import import_referrals
from shared.errors import (
    ForbiddenError,
    KapError,
    NotFoundError,
    UnauthenticatedError,
    UnavailableError,
)
from tests.cli.referral_receiver import CLINIC, Receiver, answer, no_progress, run
from tests.cli.referral_tables import HEADER, ONE, THREE, TWO, export_of, result_of


def test_running_twice_creates_nothing_twice(tmp_path: Path) -> None:
    export = export_of(tmp_path, HEADER, ONE, TWO)
    receiver = Receiver()

    first, first_rows = run(receiver, export), result_of(export)
    second, second_rows = run(receiver, export), result_of(export)

    assert (first.created, first.already_known) == (2, 0)
    assert (second.created, second.already_known) == (0, 2)
    assert receiver.keys[:2] == receiver.keys[2:]
    ids = [(row["referral_id"], row["patient_id"]) for row in first_rows]
    assert all(UUID(one) and UUID(other) for one, other in ids)
    assert ids == [(row["referral_id"], row["patient_id"]) for row in second_rows]


def test_a_patient_who_is_known_is_told_so_whatever_the_row_says(
    tmp_path: Path,
) -> None:
    receiver = Receiver()
    run(receiver, export_of(tmp_path, HEADER, ONE))

    report = run(receiver, export_of(tmp_path, HEADER, ONE.replace("1980", "1984")))

    assert (report.created, report.already_known) == (0, 1)


def test_a_request_that_is_still_being_answered_is_waited_for(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.next_answers = [answer(409, code="idempotency_key_in_use")]
    waits: list[float] = []

    report = run(receiver, export_of(tmp_path, HEADER, ONE), sleep=waits.append)

    assert (report.created, waits) == (1, [1.0])


def test_a_key_belongs_to_a_clinic_and_a_content(tmp_path: Path) -> None:
    receiver = Receiver()
    changed = ONE.replace("1980", "1984")

    run(receiver, export_of(tmp_path, HEADER, ONE))
    run(receiver, export_of(tmp_path, HEADER, ONE), clinic_id=UUID(int=7))
    run(receiver, export_of(tmp_path, HEADER, changed))

    assert len(set(receiver.keys)) == 3


def test_a_refusal_keeps_its_code_and_loses_the_person(tmp_path: Path) -> None:
    export = export_of(tmp_path, f"{HEADER},email", f"{ONE},nonsense", f"{TWO},")

    report = run(Receiver(), export)

    assert (report.created, report.refused) == (1, 1)
    written = export.with_suffix(".result").read_text(encoding="utf-8")
    assert "invalid: /patient/email ... ... has no valid email." in written
    for personal in ("Testa", "Fictional", "nonsense", "1980-02-29"):
        assert personal not in written


def test_a_busy_service_is_given_the_time_it_asks_for(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.next_answers = [answer(503, "7"), answer(429, "3"), answer(502)]
    waits: list[float] = []

    report = run(receiver, export_of(tmp_path, HEADER, ONE, TWO), sleep=waits.append)

    assert report.created == 2
    assert waits == [7.0, 3.0, 4.0]
    assert len(set(receiver.keys[:4])) == 1


def test_a_service_that_stays_busy_stops_and_a_second_run_goes_on(
    tmp_path: Path,
) -> None:
    receiver = Receiver()
    run(receiver, export_of(tmp_path, HEADER, ONE))
    export = export_of(tmp_path, HEADER, ONE, TWO, THREE)
    known = answer(200, outcome="already_known", **receiver.created["urn:ex", "A-1"])
    receiver.next_answers = [known, *(answer(503, "1") for _ in range(6))]
    waits: list[float] = []

    with pytest.raises(UnavailableError, match="did not answer in 6 attempts"):
        run(receiver, export, sleep=waits.append)

    part = export.with_name("export.result.part").read_text(encoding="utf-8")
    assert waits == [1.0] * 5
    assert [line.split(",")[:3] for line in part.splitlines()[1:]] == [
        ["2", "A-1", "already_known"]
    ]
    again = run(receiver, export)
    assert (again.created, again.already_known) == (2, 1)
    assert not export.with_name("export.result.part").exists()


def test_a_wait_of_an_hour_stops_the_import(tmp_path: Path) -> None:
    receiver = Receiver()
    receiver.next_answers = [answer(503, "3600")]

    with pytest.raises(UnavailableError, match="asks to come back in 3600 s"):
        run(receiver, export_of(tmp_path, HEADER, ONE))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, UnauthenticatedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (405, NotFoundError),
        (302, UnavailableError),
        (200, UnavailableError),
    ],
)
def test_an_answer_that_no_row_can_change_stops_at_once(
    tmp_path: Path, status: int, kind: type[KapError]
) -> None:
    receiver = Receiver()
    receiver.next_answers = [answer(status, title="Welcome to the guest network")]

    with pytest.raises(kind) as stop:
        run(receiver, export_of(tmp_path, HEADER, ONE, TWO))

    assert len(receiver.bodies) == 1
    assert stop.value.message.startswith("http://kap.test")
    assert "\n" not in stop.value.message


@pytest.mark.parametrize("body", ["[]", "", "<html>", "[" * 100_000])
def test_a_row_the_service_fails_on_does_not_stop_the_others(
    tmp_path: Path, body: str
) -> None:
    export = export_of(tmp_path, HEADER, ONE, TWO)
    receiver = Receiver()
    failure = answer(500)
    failure.set_data(body)
    receiver.next_answers = [failure]

    report = run(receiver, export)

    assert (report.created, report.refused) == (1, 1)
    assert result_of(export)[0]["reason"] == "http_500"


def test_a_lost_answer_is_asked_for_again_with_the_same_key(tmp_path: Path) -> None:
    receiver = Receiver()
    within = httpx.WSGITransport(app=receiver.app)
    lost = [True]

    def lose_the_first(request: httpx.Request) -> httpx.Response:
        response = within.handle_request(request)
        if lost and lost.pop():
            raise httpx.RemoteProtocolError("the server disconnected")
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.read()
        )

    with httpx.Client(
        transport=httpx.MockTransport(lose_the_first),
        base_url="http://kap.test",
        headers={"Authorization": "Bearer a-token-for-tests"},
    ) as client:
        report = import_referrals(
            export_of(tmp_path, HEADER, ONE),
            clinic_id=CLINIC,
            client=client,
            result=tmp_path / "result.csv",
            file_format=None,
            progress=no_progress,
            sleep=lambda _seconds: None,
        )

    assert report.created == len(receiver.created) == 1
    assert len(receiver.keys) == 2
    assert len(set(receiver.keys)) == 1
