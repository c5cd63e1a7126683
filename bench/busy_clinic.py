"""A busy clinic in a database of its own, alone or in a large network."""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from bench.deployment import Deployment
from bench.filling import ascending_id
from cli.services import load
from services.scheduling.commands import AddResource, OnboardClinic
from services.scheduling.domain import ResourceKind
from services.scheduling.handlers.clinic import onboard_clinic
from services.scheduling.handlers.resources import add_resource
from shared.access import Role
from shared.context import Actor, Context
from shared.ids import uuid7
from shared.service import Runtime
from shared.testing.deployment import Deployment as AnyDeployment

STAFF = {
    ResourceKind.ROOM: 10,
    ResourceKind.THERAPIST: 10,
    ResourceKind.MONITOR: 6,
    ResourceKind.PRESCRIBER: 4,
}
DAYS = 90
OPENS, CLOSES = 8, 18
BUSY_HOURS = 6
"""Of the ten hours of a day, for everybody and every room."""
OTHER_CLINICS = 1_000
PAST_DAYS = 900
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# Nothing is booked in these databases: they go without what refuses overlaps, without
# a log, and get their indexes once the rows are there.
LIGHTEN = """
    alter table claims drop constraint ex_claims_no_overlap;
    alter table overbookings set unlogged;
    alter table claims set unlogged;
    alter table appointments set unlogged;
"""
INDEXES = """
    select indexname, indexdef from pg_indexes
    where tablename = %s and indexname not in (select conname from pg_constraint)
"""
OWN = """
    create temp table own (
        id uuid, clinic_id uuid, patient_id uuid, starts_at timestamptz,
        resource_id uuid, kind text, claim_id uuid
    )
"""
AT = "now() + (n - {past})::float / {count} * interval '{days} days'"
APPOINTMENTS = """
    insert into appointments (
        id, clinic_id, version, patient_id, episode_id, type, starts_at, ends_at,
        status, escort_confirmed, mode, gate, missing, fasting_told
    )
    select id, clinic_id, 1, patient_id, patient_id, 'preparation', starts_at,
        starts_at + interval '1 hour', '{status}', false, 'in_person', 'booking',
        '[]', false
    from ({rows}) as one
"""
CLAIMS = """
    insert into claims (
        id, appointment_id, clinic_id, resource_id, kind, starts_at, ends_at, active
    )
    select claim_id, id, clinic_id, resource_id, kind, starts_at,
        starts_at + interval '1 hour', {active}
    from ({rows}) as one
"""


@dataclass(frozen=True, kw_only=True)
class Clinic:
    """A clinic of twenty people and ten rooms in a database of its own."""

    runtime: Runtime
    url: str
    id: UUID
    resources: dict[ResourceKind, list[UUID]]
    begin: datetime
    patient_id: UUID

    @property
    def here(self) -> Context:
        """Work at its front desk."""
        actor = Actor(id=uuid7(), roles={self.id: frozenset({Role.FRONT_DESK})})
        return Context(actor=actor, clinic_id=self.id)


def busy_clinic(
    deployment: Deployment, name: str, others: int, stack: ExitStack
) -> Clinic:
    """A clinic in a database of its own, with so many appointments of others."""
    own = stack.enter_context(
        AnyDeployment(
            [load("scheduling")], deployment.postgres, deployment.rabbit, name=name
        )
    )
    runtime = Runtime.start(load("scheduling"), own.settings("scheduling"))
    stack.callback(runtime.close)
    actor = Actor(id=uuid7())
    with runtime.unit_of_work(Context(actor=actor)) as uow:
        joins = OnboardClinic(name="Fictional Harbour", time_zone="UTC")
        clinic_id = onboard_clinic(joins, uow).id
    resources: dict[ResourceKind, list[UUID]] = defaultdict(list)
    with runtime.unit_of_work(Context(actor=actor, clinic_id=clinic_id)) as uow:
        for kind, count in STAFF.items():
            for number in range(count):
                command = AddResource(kind=kind, name=f"{kind} {number}")
                resources[kind].append(add_resource(command, uow).id)
    tomorrow = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    clinic = Clinic(
        runtime=runtime,
        url=own.url("scheduling"),
        id=clinic_id,
        resources=resources,
        begin=tomorrow + DAY,
        patient_id=uuid7(),
    )
    _fill(clinic, others)
    return clinic


def _booked(clinic: Clinic) -> Iterator[tuple[object, ...]]:
    """What is taken: six hours of ten of each room and of everybody, day by day."""
    kinds = clinic.resources
    for day in range(DAYS):
        for room in range(STAFF[ResourceKind.ROOM]):
            monitors = STAFF[ResourceKind.MONITOR]
            third = (
                (kinds[ResourceKind.MONITOR][room], "monitor")
                if room < monitors
                else (kinds[ResourceKind.PRESCRIBER][room - monitors], "prescriber")
            )
            for hour in range(CLOSES - OPENS):
                if (hour + 3 * room + day) % (CLOSES - OPENS) >= BUSY_HOURS:
                    continue
                ids, at = (uuid7(), uuid7()), clinic.begin + day * DAY
                for resource_id, kind in (
                    (kinds[ResourceKind.ROOM][room], "room"),
                    (kinds[ResourceKind.THERAPIST][room], "therapist"),
                    third,
                    (ids[1], "patient"),
                ):
                    starts_at = at + (OPENS + hour) * HOUR
                    own = ids[0], clinic.id, ids[1], starts_at
                    yield *own, resource_id, kind, uuid7()


def _fill(clinic: Clinic, others: int) -> None:
    """The clinic's own rows between those of so many appointments of others.

    One in ten of those is to come, with a room and a therapist; the others took place.
    """
    rows = list(_booked(clinic))
    with psycopg.connect(clinic.url, autocommit=True) as connection:
        connection.execute(LIGHTEN)
    with ThreadPoolExecutor() as pool:
        tables = [
            pool.submit(_fill_table, clinic.url, table, rows, others)
            for table in ("appointments", "claims")
        ]
    for table in tables:
        table.result()


def _fill_table(
    url: str, table: str, rows: list[tuple[object, ...]], others: int
) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")
        connection.execute("set maintenance_work_mem = '512MB'")
        connection.execute(OWN)
        with connection.cursor().copy("copy own from stdin") as copy:
            for row in rows:
                copy.write_row(row)
        indexes = connection.execute(INDEXES, (table,)).fetchall()
        for name, _ in indexes:
            connection.execute(f"drop index {name}")
        for statement in _statements(table, others):
            connection.execute(statement)
        for _, definition in indexes:
            connection.execute(definition)
        connection.execute(f"vacuum analyze {table}")


def _statements(table: str, others: int) -> tuple[str, str]:
    """What fills a table: first what is past, then what is ahead, each in its order."""
    past = others * 9 // 10
    clinic = ascending_id("01940001", f"(n % {OTHER_CLINICS})")
    who = ascending_id("01940003", f"(n % {OTHER_CLINICS * 20})")
    columns = (
        f"{ascending_id('01940000')} as id, {clinic} as clinic_id,"
        f" {ascending_id('01940002', '(n / 10)')} as patient_id,"
    )
    before = AT.format(past=past, days=PAST_DAYS, count=max(past, 1))
    behind = AT.format(past=past, days=DAYS, count=max(others - past, 1))
    some = (
        f"select {columns} {before} as starts_at {{more}}"
        f" from generate_series(1, {past}) n"
    )
    more = (
        f"select {columns} {behind} as starts_at {{more}}"
        f" from generate_series({past + 1}, {others}) n {{each}}"
    )
    if table == "appointments":
        own = "select distinct id, clinic_id, patient_id, starts_at from own"
        ahead = f"{more.format(more='', each='')} union all {own} order by starts_at"
        return (
            APPOINTMENTS.format(status="fulfilled", rows=some.format(more="")),
            APPOINTMENTS.format(status="booked", rows=ahead),
        )
    ids = ascending_id("' || prefix || '")
    each = more.format(
        more=f", {who} as resource_id, kind, {ids} as claim_id",
        each="cross join (values ('room', '01940004'), ('therapist', '01940005'))"
        " as kinds (kind, prefix)",
    )
    first = ascending_id("01940006")
    one = some.format(
        more=f", {who} as resource_id, 'room' as kind, {first} as claim_id"
    )
    ahead = f"{each} union all select * from own order by starts_at"
    return (
        CLAIMS.format(active="false", rows=one),
        CLAIMS.format(active="true", rows=ahead),
    )
