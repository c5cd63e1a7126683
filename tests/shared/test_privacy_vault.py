"""Keys are made once, remembered for a while, never left without their row."""

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Connection, event, func, select, update

from shared import migrations
from shared.database import Database
from shared.ids import utc_now, uuid7
from shared.privacy.keyring import Keyring, new_ring
from shared.privacy.keys import NETWORK, PersonErasedError, Purpose, SealBrokenError
from shared.privacy.tables import data_keys, person_keys
from shared.privacy.vault import Vault
from shared.testing.keys import new_vault
from shared.testing.lab import EVERYTHING

CLINIC, OTHER = uuid7(), uuid7()
WHERE = "notes.text"


class Ticks:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ticks() -> Ticks:
    """The clock by which keys are remembered."""
    return Ticks()


@pytest.fixture
def vault(ticks: Ticks) -> Vault:
    """A vault of one process."""
    return Vault(Keyring(new_ring()), seconds=30, ticks=ticks)


@pytest.fixture
def database(database_url: str, vault: Vault) -> Iterator[Database]:
    """A database of either kind, with tables for keys."""
    made = Database(database_url, vault=vault)
    migrations.upgrade("console", made)
    yield made
    made.close()


def seal(
    vault: Vault,
    connection: Connection,
    plain: str = "plain",
    *,
    clinic_id: UUID = CLINIC,
    person_id: UUID | None = None,
) -> bytes:
    """Seal a note."""
    return vault.seal(
        connection, plain.encode(), WHERE, clinic_id=clinic_id, person_id=person_id
    )


def opens(
    vault: Vault,
    database: Database,
    *sealed: bytes,
    where: str = WHERE,
    clinic_id: UUID | None = None,
) -> list[bytes | None]:
    """What notes say."""
    with database.read(EVERYTHING) as connection:
        return vault.open_all(
            connection, [(each, where) for each in sealed], clinic_id=clinic_id
        )


def statements(database: Database) -> list[str]:
    """A list that every statement is noted in from now on."""
    said: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: said.append(statement),
    )
    return said


def test_what_is_sealed_opens_and_says_nothing_by_itself(
    vault: Vault, database: Database
) -> None:
    person = uuid7()
    with database.begin(EVERYTHING) as connection:
        clinics = seal(vault, connection, "Ann's note")
        persons = seal(vault, connection, "Ann", person_id=person)

    assert b"Ann" not in clinics + persons
    assert opens(vault, database, clinics, persons) == [b"Ann's note", b"Ann"]


def test_another_process_opens_it_with_the_same_master_keys_only(
    vault: Vault, database: Database
) -> None:
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection, person_id=uuid7())

    assert opens(Vault(vault.masters), database, sealed) == [b"plain"]
    with pytest.raises(Exception, match="there is no master key"):
        opens(new_vault(), database, sealed)


def test_a_value_opens_in_its_column_and_its_clinic_only(
    vault: Vault, database: Database
) -> None:
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection)

    assert opens(vault, database, sealed, clinic_id=CLINIC) == [b"plain"]
    with pytest.raises(SealBrokenError, match=r"notes\.title does not open with key"):
        opens(vault, database, sealed, where="notes.title")
    with pytest.raises(SealBrokenError, match=r"notes\.text does not open"):
        opens(vault, database, sealed, clinic_id=OTHER)


@pytest.mark.parametrize("place", [0, 5, 20, 40, -1])
def test_a_value_that_was_altered_anywhere_does_not_open(
    vault: Vault, database: Database, place: int
) -> None:
    with database.begin(EVERYTHING) as connection:
        sealed = bytearray(seal(vault, connection))
    sealed[place] ^= 1

    with pytest.raises(SealBrokenError) as refused:
        opens(vault, database, bytes(sealed))

    assert "plain" not in str(refused.value)


@pytest.mark.parametrize("length", [0, 1, 17, 44])
def test_a_value_that_was_cut_does_not_open(
    vault: Vault, database: Database, length: int
) -> None:
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection)

    with pytest.raises(SealBrokenError):
        opens(vault, database, sealed[:length])


def test_a_persons_value_is_of_no_use_to_another_person(
    vault: Vault, database: Database
) -> None:
    ann, bob = uuid7(), uuid7()
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection, person_id=ann)
        seal(vault, connection, person_id=bob)
        wrapped = select(person_keys.c.wrapped).where(person_keys.c.patient_id == ann)
        connection.execute(
            update(person_keys)
            .where(person_keys.c.patient_id == bob)
            .values(wrapped=wrapped.scalar_subquery())
        )

    moved = sealed[:1] + bob.bytes + sealed[17:]
    with pytest.raises(SealBrokenError):
        opens(Vault(vault.masters), database, moved)


def test_nothing_is_sealed_with_a_persons_key_for_another_clinic(
    vault: Vault, database: Database
) -> None:
    person = uuid7()
    with database.begin(EVERYTHING) as connection:
        seal(vault, connection, person_id=person)

    with (
        pytest.raises(SealBrokenError),
        database.begin(EVERYTHING) as connection,
    ):
        seal(vault, connection, person_id=person, clinic_id=OTHER)


def test_a_key_whose_transaction_is_rolled_back_seals_nothing_that_is_kept(
    vault: Vault, database: Database
) -> None:
    person = uuid7()
    with (
        pytest.raises(ZeroDivisionError),
        database.begin(EVERYTHING) as connection,
    ):
        seal(vault, connection)
        seal(vault, connection, person_id=person)
        raise ZeroDivisionError

    with database.begin(EVERYTHING) as connection:
        kept = [seal(vault, connection), seal(vault, connection, person_id=person)]

    assert opens(Vault(vault.masters), database, *kept) == [b"plain", b"plain"]


def test_many_who_need_the_first_key_at_once_get_one_and_the_same(
    vault: Vault, database: Database
) -> None:
    person, sealed = uuid7(), list[bytes]()
    start = threading.Barrier(4)

    def work() -> None:
        own = Vault(vault.masters)
        start.wait()
        for _ in range(5):
            with database.begin(EVERYTHING) as connection:
                sealed.append(seal(own, connection))
                sealed.append(seal(own, connection, person_id=person))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert opens(vault, database, *sealed) == [b"plain"] * 40
    with database.read(EVERYTHING) as connection:
        for table in (data_keys, person_keys):
            count = select(func.count()).select_from(table)
            assert connection.execute(count).scalar() == 1


def test_a_process_that_is_warm_asks_the_database_for_no_key(
    vault: Vault, database: Database
) -> None:
    for _ in range(2):
        with database.begin(EVERYTHING) as connection:
            seal(vault, connection)
    said = statements(database)

    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection)
    opens(vault, database, sealed, sealed)

    assert [each for each in said if "keys" in each] == []


def test_keys_of_many_values_are_read_in_two_statements(
    vault: Vault, database: Database
) -> None:
    with database.begin(EVERYTHING) as connection:
        sealed = [seal(vault, connection, person_id=uuid7()) for _ in range(50)]
        sealed += [seal(vault, connection) for _ in range(50)]
    said = statements(database)

    assert opens(Vault(vault.masters), database, *sealed) == [b"plain"] * 100
    assert len([each for each in said if each.startswith("SELECT")]) == 2


def test_a_destroyed_key_opens_nothing_and_seals_nothing_more(
    vault: Vault, database: Database
) -> None:
    person = uuid7()
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection, person_id=person)
    with database.begin(EVERYTHING) as connection:
        assert vault.destroy(connection, CLINIC, person, at=utc_now())
        assert vault.open_all(connection, [(sealed, WHERE)]) == [None]

    assert opens(vault, database, sealed) == [None]
    with pytest.raises(PersonErasedError), database.begin(EVERYTHING) as connection:
        seal(vault, connection, person_id=person)
    with database.begin(EVERYTHING) as connection:
        assert not vault.destroy(connection, CLINIC, person, at=utc_now())
        kept = connection.execute(select(person_keys)).one()
    assert (kept.wrapped, kept.data_key_id) == (b"", None)


def test_a_key_is_not_destroyed_in_the_name_of_another_clinic(
    vault: Vault, database: Database
) -> None:
    person = uuid7()
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection, person_id=person)
    with database.begin(EVERYTHING) as connection:
        assert not vault.destroy(connection, OTHER, person, at=utc_now())

    assert opens(Vault(vault.masters), database, sealed) == [b"plain"]


def test_who_is_erased_before_a_key_was_needed_never_gets_one(
    vault: Vault, database: Database
) -> None:
    person = uuid7()
    with database.begin(EVERYTHING) as connection:
        assert vault.destroy(connection, CLINIC, person, at=utc_now())

    with pytest.raises(PersonErasedError), database.begin(EVERYTHING) as connection:
        seal(vault, connection, person_id=person)


def test_a_destruction_takes_effect_in_other_processes_within_a_minute(
    vault: Vault, database: Database, ticks: Ticks
) -> None:
    person = uuid7()
    with database.begin(EVERYTHING) as connection:
        sealed = seal(vault, connection, person_id=person)
    assert opens(vault, database, sealed) == [b"plain"]
    with database.begin(EVERYTHING) as connection:
        Vault(vault.masters).destroy(connection, CLINIC, person, at=utc_now())

    # To seal, every process looks at once; to open, when it has forgotten the key.
    with pytest.raises(PersonErasedError), database.begin(EVERYTHING) as connection:
        seal(vault, connection, person_id=person)
    ticks.now += 30

    assert vault.seconds < 60
    assert opens(vault, database, sealed) == [None]


def test_a_new_key_takes_over_and_the_old_one_still_opens(
    vault: Vault, database: Database, ticks: Ticks
) -> None:
    with database.begin(EVERYTHING) as connection:
        old = seal(vault, connection)
    with database.begin(EVERYTHING) as connection:
        seal(vault, connection)  # Now the process remembers the old key.
    with database.begin(EVERYTHING) as connection:
        Vault(vault.masters).renew(connection, CLINIC, Purpose.DATA)
    ticks.now += 30

    with database.begin(EVERYTHING) as connection:
        new = seal(vault, connection)

    assert new[:17] != old[:17]
    assert opens(vault, database, old, new) == [b"plain", b"plain"]


def test_each_purpose_clinic_and_the_network_has_a_key_of_its_own(
    vault: Vault, database: Database
) -> None:
    with database.begin(EVERYTHING) as connection:
        keys = [
            vault.key(connection, clinic_id, purpose)
            for clinic_id in (CLINIC, OTHER, None)
            for purpose in Purpose
        ]
        again = vault.key(connection, NETWORK, Purpose.AUDIT)

    assert len(set(keys)) == len(keys) == 12
    assert {len(key) for key in keys} == {32}
    assert again in keys


@pytest.mark.parametrize(
    ("one", "other", "are_equal"),
    [
        (("Ann Example",), ("  ann   EXAMPLE ",), True),
        (("STRASSE",), ("straße",), True),
        (("\uff21\uff4e\uff4e",), ("Ann",), True),
        (("Ann",), ("Anne",), False),
        (("Ann", "Example"), ("Ann Example",), False),
        (("a", ""), ("", "a"), False),
    ],
)
def test_equal_texts_have_an_index_in_common(
    vault: Vault,
    database: Database,
    one: tuple[str, ...],
    other: tuple[str, ...],
    are_equal: bool,
) -> None:
    with database.begin(EVERYTHING) as connection:
        first = vault.index(connection, CLINIC, "name", *one)
        second = vault.index(connection, CLINIC, "name", *other)

    assert (first == second) is are_equal
    assert len(first) == 64


def test_an_index_differs_by_clinic_label_and_where_letters_count(
    vault: Vault, database: Database
) -> None:
    with database.begin(EVERYTHING) as connection:
        indexes = [
            vault.index(connection, CLINIC, "name", "ann"),
            vault.index(connection, OTHER, "name", "ann"),
            vault.index(connection, CLINIC, "email", "ann"),
            vault.index(connection, CLINIC, "name", "ANN", exact=True),
        ]

    assert len(set(indexes)) == 4
