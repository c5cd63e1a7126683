"""Keys are replaced while everybody goes on, and nothing is left under an old one."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from services.intake.app import service
from services.intake.models import patients, referrals
from shared.access import Role
from shared.database import Database
from shared.mailbox.tables import metadata as mailbox
from shared.privacy import rotation
from shared.privacy.keyring import Keyring, Ring, write_ring
from shared.privacy.keys import Owner, Purpose, sealed_by
from shared.privacy.tables import data_keys, person_keys
from shared.privacy.vault import Vault
from shared.testing.keys import ring_in
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab
from tests.intake.clinic_lab import ANN, Clinic, a_referral

SECONDS = 0.3
"""How long the processes of these tests remember a key."""


@pytest.fixture
def lab(make_lab: MakeLab, tmp_path: Path) -> Lab:
    """Intake, on either kind of database, with a short memory for keys."""
    made = make_lab([service])
    runtime = made.runtime("intake")
    if runtime.notifier:
        # It would go on with the database that is closed; nobody here waits for news.
        runtime.notifier.close()
        runtime.notifier = None
    runtime.database.close()
    runtime.database = another(made, tmp_path)
    return made


def another(lab: Lab, folder: Path) -> Database:
    """The database as another process sees it."""
    vault = Vault(Keyring(f"@{ring_in(folder)}"), seconds=SECONDS)
    return Database(lab.runtime("intake").settings.database_url, vault=vault)


@pytest.fixture
def operator(lab: Lab, tmp_path: Path) -> Iterator[Database]:
    """The database as the command sees it."""
    made = another(lab, tmp_path)
    yield made
    made.close()


def tables() -> list[Table]:
    """All tables of the service."""
    return [*service.metadata.tables.values(), *mailbox.tables.values()]


def rotate(operator: Database, clinic_id: UUID | None = None) -> int:
    """What the command does."""
    rotation.renew(operator, clinic_id=clinic_id)
    return rotation.finish(operator, tables(), clinic_id=clinic_id, margin_seconds=0.2)


def keys_in_use(operator: Database, clinic_id: UUID) -> set[UUID]:
    """The keys that seal notes and persons of a clinic, as the rows say."""
    with operator.begin(EVERYTHING) as connection:
        codes = select(service.metadata.tables["codings"]).where(
            service.metadata.tables["codings"].c.clinic_id == clinic_id
        )
        found = {
            sealed_by(row.code, "codings.code")[1] for row in connection.execute(codes)
        }
        persons = select(person_keys.c.data_key_id).where(
            person_keys.c.clinic_id == clinic_id
        )
        return found | set(connection.execute(persons).scalars())


def live_key(operator: Database, clinic_id: UUID) -> UUID:
    """The key of a clinic's data that is not retired."""
    live = data_keys.c.clinic_id == clinic_id, data_keys.c.retired_at.is_(None)
    of_data = select(data_keys.c.id).where(*live, data_keys.c.purpose == Purpose.DATA)
    with operator.begin(EVERYTHING) as connection:
        key_id: UUID = connection.execute(of_data).scalar_one()
        return key_id


def refer(clinic: Clinic, number: int) -> Any:
    """A referral with a key of its own, under an Idempotency-Key."""
    body = a_referral(identifier={"system": "urn:mrn", "value": str(number)})
    headers = {"Idempotency-Key": f"r{number}"}
    return clinic.desk.request("POST", "intake", "/referrals", body, headers=headers)


def test_everything_is_under_the_new_key_and_still_there(
    lab: Lab, clinic: Clinic, operator: Database
) -> None:
    answers = [refer(clinic, number).get_json() for number in range(5)]
    old = live_key(operator, clinic.id)
    before = clinic.desk.get("intake", f"/patients/{answers[0]['patient_id']}")

    done = rotate(operator)

    assert done >= 5 * 4  # three codes, a remembered answer, and the person's key
    assert keys_in_use(operator, clinic.id) == {live_key(operator, clinic.id)} != {old}
    assert rotation.left(operator, tables()).total == 0
    lab.runtime("intake").database.vault.forget()  # type: ignore[union-attr]
    after = clinic.desk.get("intake", f"/patients/{answers[0]['patient_id']}")
    assert after == before
    assert refer(clinic, 0).get_json() == answers[0]


def test_persons_values_are_not_touched(clinic: Clinic, operator: Database) -> None:
    refer(clinic, 1)
    query = select(patients.c.given_name, referrals.c.identifier_value).join_from(
        patients, referrals
    )
    with operator.begin(EVERYTHING) as connection:
        before = connection.execute(query).all()

    rotate(operator)

    with operator.begin(EVERYTHING) as connection:
        after = connection.execute(query).all()
    assert after == before
    assert {sealed_by(each, "")[0] for row in after for each in row} == {Owner.PERSON}


def test_one_clinic_can_be_rotated_alone(
    lab: Lab, clinic: Clinic, operator: Database
) -> None:
    other = Clinic(lab)
    for each in (clinic, other):
        refer(each, 1)
    ours, theirs = live_key(operator, clinic.id), live_key(operator, other.id)

    rotate(operator, clinic.id)

    assert live_key(operator, clinic.id) != ours
    assert live_key(operator, other.id) == theirs
    assert keys_in_use(operator, other.id) == {theirs}


def test_a_rotation_that_was_stopped_is_finished_later(
    clinic: Clinic, operator: Database
) -> None:
    for number in range(3):
        refer(clinic, number)
    rotation.renew(operator)

    def stop(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotation.finish(operator, tables(), progress=stop)
    left = rotation.left(operator, tables()).total
    rotation.finish(operator, tables(), margin_seconds=0.2)

    assert left > 0
    assert rotation.left(operator, tables()).total == 0
    assert keys_in_use(operator, clinic.id) == {live_key(operator, clinic.id)}


def test_indexes_stay_so_everybody_is_still_found(
    clinic: Clinic, operator: Database
) -> None:
    clinic.desk.post("intake", "/patients", **ANN)

    rotate(operator)

    found = clinic.desk.post("intake", "/patients/search", email=ANN["email"])
    assert len(found["items"]) == 1


def test_an_erased_person_stays_erased(clinic: Clinic, operator: Database) -> None:
    patient_id = clinic.desk.post("intake", "/patients", **ANN)["id"]
    admin = clinic.caller(Role.CLINIC_ADMIN)
    admin.post("intake", f"/patients/{patient_id}/erase", reason="Asked for it.")

    rotate(operator)

    assert admin.get("intake", f"/patients/{patient_id}")["given_name"] is None


def test_no_request_fails_while_keys_are_replaced(
    clinic: Clinic, operator: Database, tmp_path: Path
) -> None:
    first = [refer(clinic, number).get_json()["patient_id"] for number in range(10)]
    stop, faults, lost = threading.Event(), list[str](), list[str]()
    made: list[str] = []
    asked = threading.Semaphore(0)

    def use(start: int) -> None:
        number = start
        while not stop.is_set():
            number += 1
            answer = refer(clinic, number)
            patient_id = (answer.get_json() or {}).get("patient_id", first[0])
            made.append(patient_id)
            for path in ("/patients", f"/patients/{patient_id}"):
                read = clinic.desk.request("GET", "intake", path)
                if read.status_code != 200:
                    faults.append(read.get_data(as_text=True))
            if read.get_json().get("given_name") != ANN["given_name"]:
                lost.append(patient_id)
            if answer.status_code != 201:
                faults.append(answer.get_data(as_text=True))
            asked.release()

    users = [threading.Thread(target=use, args=(n * 10_000,)) for n in (1, 2)]
    for user in users:
        user.start()
    path = ring_in(tmp_path)
    for _ in range(2):
        write_ring(path, Ring.parse(path.read_text()).with_new().dump())
        rotation.rewrap(operator)
        rotate(operator)
        assert all(asked.acquire(timeout=60) for _ in range(3))
    stop.set()
    for user in users:
        user.join()
    rotation.finish(operator, tables(), margin_seconds=0.2)

    assert (faults, lost) == ([], [])
    assert keys_in_use(operator, clinic.id) == {live_key(operator, clinic.id)}
    for patient_id in [*first, *made]:
        shown = clinic.desk.get("intake", f"/patients/{patient_id}")
        assert shown["family_name"] == ANN["family_name"]


def test_a_new_master_key_wraps_all_and_the_old_one_can_go(
    lab: Lab, clinic: Clinic, operator: Database, tmp_path: Path
) -> None:
    refer(clinic, 1)
    path = ring_in(tmp_path)
    old = Ring.parse(path.read_text())
    assert rotation.masters_in_use(operator) == {old.current}

    write_ring(path, old.with_new().dump())
    count = rotation.rewrap(operator)
    new = Ring.parse(path.read_text())
    write_ring(path, new.without(frozenset({old.current})).dump())

    assert count >= 2
    assert rotation.masters_in_use(operator) == {new.current}
    assert rotation.rewrap(operator) == 0
    lab.runtime("intake").database.vault.forget()  # type: ignore[union-attr]
    assert clinic.desk.get("intake", "/patients")["items"][0]["given_name"] == "Ann"
