"""The audit trail: every access leaves an entry, and no entry can be tampered with."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.console.app import service as console
from services.scheduling.app import service as scheduling
from shared.access import Role
from shared.audit import chain, witness
from shared.audit.tables import audit_log
from shared.audit.trail import NETWORK_TRAIL, key_of
from shared.database import Database
from shared.testing.caller import Caller
from shared.testing.lab import EVERYTHING, Lab
from tests.conftest import MakeLab

NAME = "scheduling"
GUARDS = (
    "audit_log_stays",
    "audit_log_is_sealed_once",
    "audit_anchors_stay",
    "audit_anchors_stay_as_they_are",
)


class Trail:
    """A clinic in a laboratory, and the entries of its trail."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        admin = lab.caller(Role.NETWORK_ADMIN)
        body = {"name": f"Clinic {uuid4()}", "time_zone": "UTC"}
        self.id = UUID(admin.post(NAME, "/clinics", **body)["id"])
        self.desk = self.caller(Role.FRONT_DESK)
        self.admin = self.caller(Role.CLINIC_ADMIN)

    def caller(self, *roles: Role) -> Caller:
        """Somebody with roles in the clinic."""
        return self.lab.caller(*roles, clinic_id=self.id)

    def entries(self, clinic_id: UUID | None = None) -> list[Any]:
        """Every entry of a trail, in order."""
        with self.lab.runtime(NAME).begin(EVERYTHING) as connection:
            chosen = audit_log.c.clinic_id == (clinic_id or self.id)
            query = select(audit_log).where(chosen).order_by(audit_log.c.id)
            return list(connection.execute(query))

    def read(self, times: int = 1) -> None:
        """Look at the clinic's day."""
        for _ in range(times):
            self.desk.get(NAME, "/day", date="2026-03-02")

    def tamper(self, *statements: str, **values: object) -> None:
        """What somebody does who owns the database."""
        settings = self.lab.runtime(NAME).settings
        owner = Database(settings.owner_database_url or settings.database_url)
        with owner.begin(EVERYTHING) as connection:
            if owner.is_sqlite:
                for guard in GUARDS:
                    connection.execute(text(f"drop trigger if exists {guard}"))
            for statement in statements:
                connection.execute(text(statement), values)
        owner.close()

    def name(self, entry: Any) -> str:
        """An entry's id, as the database at hand writes it."""
        is_sqlite = self.lab.runtime(NAME).database.is_sqlite
        return str(entry.id.hex if is_sqlite else entry.id)

    def findings(self) -> list[tuple[str | None, int | None, str]]:
        """What a clinic's administrator is told of the trail."""
        said = self.admin.post(NAME, "/audit/verify")
        return [(f["entry_id"], f["position"], f["what"]) for f in said["findings"]]


@pytest.fixture
def trail(make_lab: MakeLab) -> Trail:
    """A clinic of its own."""
    return Trail(make_lab([scheduling, console]))


def last(trail: Trail, clinic_id: UUID | None = None) -> Any:
    """The newest entry."""
    return trail.entries(clinic_id)[-1]


def test_a_read_of_patients_records_says_who_why_and_whose(trail: Trail) -> None:
    patient = uuid4()

    trail.desk.get(NAME, f"/patients/{patient}/appointments")

    entry = last(trail)
    assert (entry.action, entry.outcome) == ("scheduling.list_appointments", "read")
    assert (entry.roles, entry.purpose) == ("front_desk", "HOPERAT")
    assert (entry.record_type, entry.record_id) == ("patient", patient)
    assert entry.patients == [str(patient)]
    assert entry.at == trail.lab.clock()


def test_a_change_names_its_record_in_the_transaction_of_the_change(
    trail: Trail,
) -> None:
    made = trail.admin.post(NAME, "/resources", kind="room", name="Blue")

    entry = last(trail)
    assert (entry.action, entry.outcome) == ("scheduling.add_resource", "done")
    assert (entry.record_type, str(entry.record_id)) == ("resource", made["id"])
    assert entry.patients == []

    before = len(trail.entries())
    trail.admin.refused(NAME, "/resources", kind="room", name="")
    assert len(trail.entries()) == before


def test_what_is_no_patients_record_is_read_without_an_entry(trail: Trail) -> None:
    before = len(trail.entries())

    trail.desk.get(NAME, "")

    assert len(trail.entries()) == before


def test_a_refusal_leaves_an_entry(trail: Trail) -> None:
    trail.desk.refused(NAME, "/resources", kind="room", name="Blue")
    assert (last(trail).action, last(trail).outcome) == (
        "scheduling.add_resource",
        "refused",
    )

    missing = uuid4()
    trail.desk.refused(NAME, f"/appointments/{missing}", method="GET")
    assert (last(trail).record_id, last(trail).outcome) == (missing, "not_found")


def test_a_stranger_is_noted_in_the_networks_trail_and_not_in_the_clinics(
    trail: Trail,
) -> None:
    stranger = trail.lab.caller(Role.PRESCRIBER, clinic_id=uuid4())
    before = len(trail.entries())

    asking = Caller(trail.lab, stranger.token, trail.id)
    problem = asking.refused(NAME, "/day?date=2026-03-02", method="GET")

    assert problem["code"] == "not_found"
    assert len(trail.entries()) == before
    entry = last(trail, NETWORK_TRAIL)
    assert (entry.record_type, entry.record_id) == ("clinic", trail.id)
    assert entry.outcome == "not_found"


def test_entries_get_their_place_and_an_untouched_trail_is_whole(
    trail: Trail,
) -> None:
    trail.read(times=5)
    trail.lab.settle()

    entries = sorted(trail.entries(), key=lambda entry: entry.position)
    assert [entry.position for entry in entries] == list(range(1, len(entries) + 1))
    assert [e.previous_id for e in entries] == [None, *(e.id for e in entries[:-1])]
    assert trail.findings() == []


def test_entries_that_wait_for_their_seal_are_well_if_they_are_ours(
    trail: Trail,
) -> None:
    trail.read(times=3)
    said = trail.admin.post(NAME, "/audit/verify")

    assert said["unsealed"] == said["entries"] > 0
    assert said["findings"] == []


@pytest.mark.parametrize(
    "change",
    [
        "actor_id = clinic_id",
        "at = '2020-01-01 00:00:00.000000+00:00'",
        "roles = 'prescriber'",
        "purpose = 'TREAT'",
        "action = 'scheduling.show_clinic'",
        "record_id = clinic_id",
        "patients = '[]'",
        "request_id = clinic_id",
        "outcome = 'refused'",
        "mac = '" + "0" * 64 + "'",
    ],
)
def test_an_altered_entry_is_named(trail: Trail, change: str) -> None:
    trail.desk.get(NAME, f"/patients/{uuid4()}/appointments")
    trail.read(times=2)
    trail.lab.settle()
    chosen = trail.entries()[-3]

    trail.tamper(f"update audit_log set {change} where id = :id", id=trail.name(chosen))

    named = [(entry_id, what) for entry_id, _, what in trail.findings()]
    assert (str(chosen.id), "was altered") in named


def test_an_altered_seal_is_named(trail: Trail) -> None:
    trail.read(times=3)
    trail.lab.settle()
    chosen = trail.entries()[-2]

    trail.tamper(
        f"update audit_log set seal = '{'0' * 64}' where id = :id",
        id=trail.name(chosen),
    )

    assert (str(chosen.id), chosen.position) in [
        (entry_id, position) for entry_id, position, _ in trail.findings()
    ]


def test_a_removed_entry_is_named(trail: Trail) -> None:
    trail.read(times=4)
    trail.lab.settle()
    entries = sorted(trail.entries(), key=lambda entry: entry.position)
    chosen = entries[-3]

    trail.tamper("delete from audit_log where id = :id", id=trail.name(chosen))

    assert trail.findings() == [(str(chosen.id), chosen.position, "was removed")]


def test_swapped_entries_are_named(trail: Trail) -> None:
    trail.read(times=4)
    trail.lab.settle()
    one, other = sorted(trail.entries(), key=lambda entry: entry.position)[-3:-1]

    trail.tamper(
        f"update audit_log set position = 999999 where position = {one.position}"
        " and clinic_id = :clinic",
        f"update audit_log set position = {one.position} where position ="
        f" {other.position} and clinic_id = :clinic",
        f"update audit_log set position = {other.position} where position = 999999"
        " and clinic_id = :clinic",
        clinic=trail.id.hex if trail.lab.runtime(NAME).database.is_sqlite else trail.id,
    )

    named = {entry_id for entry_id, _, _ in trail.findings()}
    assert {str(one.id), str(other.id)} <= named


def test_an_inserted_entry_is_named(trail: Trail) -> None:
    trail.read(times=2)
    trail.lab.settle()
    forged = uuid4()
    columns = (
        "clinic_id, at, actor_id, roles, purpose, action, record_type, record_id,"
        " patients, request_id, outcome, mac"
    )

    trail.tamper(
        f"insert into audit_log (id, {columns}) select :new, {columns} from audit_log"
        " where id = :old",
        new=forged.hex if trail.lab.runtime(NAME).database.is_sqlite else forged,
        old=trail.name(trail.entries()[-1]),
    )
    assert (str(forged), "was inserted or altered") in [
        (entry_id, what) for entry_id, _, what in trail.findings()
    ]

    trail.lab.settle()
    assert (str(forged), "was altered") in [
        (entry_id, what) for entry_id, _, what in trail.findings()
    ]


def test_a_chain_that_was_cut_at_its_end_is_found_by_its_anchor(trail: Trail) -> None:
    trail.read(times=3)
    trail.lab.settle()
    trail.lab.clock.advance(days=1, minutes=5)
    trail.read()
    trail.lab.settle()
    trail.lab.settle()
    with trail.lab.runtime("console").begin(EVERYTHING) as connection:
        heard = dict(witness.heard(connection, NAME, trail.id))
    assert heard
    place = max(heard)

    trail.tamper(
        f"delete from audit_log where position > {place - 2} and clinic_id = :clinic",
        "delete from audit_anchors",
        clinic=trail.id.hex if trail.lab.runtime(NAME).database.is_sqlite else trail.id,
    )
    anchors = [{"position": at, "seal": seal} for at, seal in heard.items()]
    alone = trail.admin.post(NAME, "/audit/verify")
    held_against = trail.admin.post(NAME, "/audit/verify", anchors=anchors)

    assert alone["findings"] == []
    assert held_against["findings"][0]["position"] == place
    assert "is gone" in held_against["findings"][0]["what"]


def test_a_chain_is_anchored_once_a_day_while_it_grows(trail: Trail) -> None:
    def anchors() -> int:
        trail.lab.settle()
        trail.lab.settle()
        return trail.lab.names(NAME).count("scheduling.audit.anchored")

    trail.read()
    assert anchors() == 0
    trail.lab.clock.advance(days=1, minutes=2)
    first = anchors()
    assert first >= 1
    trail.lab.clock.advance(hours=23)
    trail.read()
    assert anchors() == first
    trail.lab.clock.advance(hours=2)
    assert anchors() > first


def test_only_administrators_read_a_trail_and_only_their_clinics(trail: Trail) -> None:
    trail.read()
    trail.lab.settle()
    other = Trail(trail.lab)

    mine = trail.admin.get(NAME, "/audit", limit=500)["items"]
    assert {entry["clinic_id"] for entry in mine} == {str(trail.id)}
    theirs = other.admin.get(NAME, "/audit", limit=500)["items"]
    assert not {e["id"] for e in mine} & {e["id"] for e in theirs}
    assert trail.desk.refused(NAME, "/audit", method="GET")["code"] == "forbidden"


def test_who_saw_a_patient_is_found_by_the_patient(trail: Trail) -> None:
    one, other = uuid4(), uuid4()
    for patient in (one, other, one):
        trail.desk.get(NAME, f"/patients/{patient}/appointments")
    trail.lab.settle()

    found = trail.admin.get(NAME, "/audit", patient_id=one)["items"]

    assert [entry["record_id"] for entry in found] == [str(one)] * 2


@pytest.mark.parametrize("stack", ["memory"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "delete from audit_log",
        "update audit_log set mac = ''",
        "update audit_log set seal = ''",
        "delete from audit_anchors",
        "update audit_anchors set seal = ''",
    ],
)
def test_sqlite_refuses_to_change_the_trail_too(trail: Trail, statement: str) -> None:
    trail.read()
    trail.lab.clock.advance(days=2)
    trail.lab.settle()
    trail.lab.settle()

    with (
        pytest.raises(Exception, match="append-only"),
        trail.lab.runtime(NAME).database.begin(EVERYTHING) as connection,
    ):
        connection.execute(text(statement))


@pytest.mark.parametrize("stack", ["real"], indirect=True)
def test_of_two_that_seal_at_once_one_does(trail: Trail) -> None:
    trail.read(times=20)
    runtime = trail.lab.runtime(NAME)
    key: Callable[[Any], Callable[[UUID], bytes]] = lambda connection: (  # noqa: E731
        lambda clinic: key_of(connection, clinic)
    )
    with runtime.mailbox() as one, runtime.mailbox() as other:
        first = chain.seal(one, key(one))
        second = chain.seal(other, key(other))

    assert first > 0
    assert second == 0
    trail.lab.settle()
    assert trail.findings() == []
