"""Several processes post to the same ledgers at once, on PostgreSQL."""

import multiprocessing
import signal
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from services.sessions.app import service
from shared.testing.lab import Lab
from shared.testing.servers import PostgresServer
from tests.sessions.cabinet import Cabinet, dose_from
from tests.sessions.clinic_day import NAME, Day, authorised
from tests.sessions.posting import give_a_dose, post_at_random
from tests.sessions.test_at_once import at_once, codes, post

DATABASE = "sessions_ledger"
PROCESSES, TIMES = 3, 25


@pytest.fixture(scope="module")
def place(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Lab, Path, str]]:
    """The service on PostgreSQL, and what another process needs to be it too."""
    url = postgres_server.create_database(DATABASE)
    folder: Path = tmp_path_factory.mktemp("ledger")
    made = Lab([service], folder, database_url=lambda _: url)
    made.settle()
    yield made, folder, url
    made.close()
    postgres_server.drop_database(DATABASE)


def test_processes_that_post_at_once_lose_nothing_and_block_nobody(
    place: tuple[Lab, Path, str],
) -> None:
    lab, folder, url = place
    cabinets = [Cabinet(Day(lab)) for _ in range(2)]
    before = 0
    for cabinet in cabinets:
        for opened_mg in (90, 40, None, None):
            opened = {"origin": "initial_inventory", "amount_mg": opened_mg}
            made = cabinet.receive(content_mg=100, **(opened if opened_mg else {}))
            before += round(made["balance_mg"] * 1_000)
    clinics = [str(cabinet.day.clinic_id) for cabinet in cabinets]

    spawning = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawning) as pool:
        working = [
            pool.submit(post_at_random, str(folder), url, clinics, seed, TIMES)
            for seed in range(PROCESSES)
        ]
        outcomes = [one.result() for one in working]

    statuses: Counter[int] = sum((one[0] for one in outcomes), Counter())
    assert set(statuses) <= {200, 201, 409, 422}
    assert statuses[200] + statuses[201] > PROCESSES
    wasted = sum((one[1] for one in outcomes), Counter())
    for _ in range(2):
        lab.settle()
    after = adjusted = 0
    for cabinet in cabinets:
        cabinet.assert_whole()
        listed = cabinet.lead.get(NAME, "/ledger/containers", limit=500)["items"]
        assert all(one["balance_mg"] >= 0 for one in listed)
        after += sum(round(one["balance_mg"] * 1_000) for one in listed)
        under_way = cabinet.now()["shipments"]
        after += sum(round(one["amount_mg"] * 1_000) for one in under_way)
        entries = cabinet.entries()
        adjusted += sum(
            round(one["change_mg"] * 1_000)
            for one in entries
            if one["kind"] == "adjust"
        )
        said = Counter[str]()
        for one in entries:
            if one["kind"] == "waste":
                said[one["container_id"]] += round(one["amount_mg"] * 1_000)
        own = {one["id"] for one in listed}
        assert said == {key: amount for key, amount in wasted.items() if key in own}
    assert after == before - sum(wasted.values()) + adjusted


def test_the_last_of_a_container_is_drawn_once(place: tuple[Lab, Path, str]) -> None:
    day = Day(place[0])
    cabinet = Cabinet(day)
    vial = cabinet.receive(content_mg=50)
    patients = [authorised(day) for _ in range(4)]

    answers = at_once(
        *[
            post(day.monitor, f"{one.path}/doses", dose_from(vial["id"]))
            for one in patients
        ]
    )

    assert codes(answers) == [(201, None)] + [(409, "wrong_state")] * 3
    assert cabinet.left(vial["id"]) == 0
    cabinet.assert_whole()


def test_a_witness_code_witnesses_one_waste(place: tuple[Lab, Path, str]) -> None:
    day = Day(place[0])
    cabinet = Cabinet(day)
    vials = [cabinet.receive() for _ in range(3)]
    patients = [authorised(day) for _ in vials]
    code = cabinet.code()

    answers = at_once(
        *[
            post(
                day.monitor,
                f"{patient.path}/doses",
                dose_from(vial["id"], 40, drawn_mg=50, wasted_mg=10, witness_code=code),
            )
            for patient, vial in zip(patients, vials, strict=True)
        ]
    )

    assert codes(answers) == [(201, None)] + [(409, "witness_code_invalid")] * 2
    assert sorted(cabinet.left(vial["id"]) for vial in vials) == [450, 500, 500]


@pytest.mark.parametrize(
    ("point", "is_kept"),
    [("unit_of_work.before_commit", False), ("unit_of_work.after_commit", True)],
)
def test_a_process_that_dies_over_a_dose_leaves_all_of_it_or_nothing(
    place: tuple[Lab, Path, str],
    point: str,
    is_kept: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab, folder, url = place
    day = Day(lab)
    cabinet = Cabinet(day)
    vial = cabinet.receive()
    patient = authorised(day)
    code = cabinet.code()
    body = dose_from(vial["id"], 40, drawn_mg=50, wasted_mg=10, witness_code=code)
    before = len(day.names())

    # Read where the module is imported: by the process that is to die, not by this one.
    monkeypatch.setenv("KAP_CRASH_AT", point)
    dying = multiprocessing.get_context("spawn").Process(
        target=give_a_dose,
        args=(str(folder), url, str(day.clinic_id), f"{patient.path}/doses", body),
    )
    dying.start()
    dying.join()

    assert dying.exitcode == -signal.SIGKILL
    doses = patient.chart["doses"]
    posted = ["draw", "give", "waste"] if is_kept else []
    told = ["dose.drawn", "waste.recorded", "dose.administered", "phase.changed"]
    assert len(doses) == int(is_kept)
    assert cabinet.kinds(vial["id"]) == ["receive", *posted]
    assert cabinet.left(vial["id"]) == (450 if is_kept else 500)
    assert day.names()[before:] == (told if is_kept else [])
    cabinet.assert_whole()
    if not is_kept:
        day.monitor.post(NAME, f"{patient.path}/doses", **body)
        cabinet.assert_whole()


def test_postgresql_keeps_entries_as_they_are(place: tuple[Lab, Path, str]) -> None:
    import psycopg

    Cabinet(Day(place[0])).receive()

    with psycopg.connect(place[2], autocommit=True) as owner:
        owner.execute("set kap.clinic = '*'")
        for statement in (
            "update ledger_entries set amount_ug = 1",
            "delete from ledger_entries",
            "truncate ledger_entries cascade",
        ):
            with pytest.raises(psycopg.DatabaseError, match="append-only"):
                owner.execute(statement)
