"""Keeps clinics apart inside PostgreSQL, whatever a query forgets to ask.

Every table with a clinic's rows gets row-level security: a transaction sees the rows of
the clinic it says it is for (`kap.clinic`), and none if it says nothing. The role that
services run as owns nothing and can neither lift this nor rewrite the audit trail.
"""

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from shared.database import Database
from shared.errors import UnavailableError
from shared.reach import Reach
from shared.settings import SettingsError

_TABLES = text("""
    select c.table_name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = current_schema() and c.column_name = 'clinic_id'
      and t.table_type = 'BASE TABLE'
    order by c.table_name
""")
# The column is compared as it is: of a value that is made from it, such as its text,
# PostgreSQL knows no statistics, expects next to no rows, and sorts whole tables.
_SAID = "current_setting('kap.clinic', true)"
_CLINIC = f"clinic_id = case when length({_SAID}) = 36 then {_SAID}::uuid end"
_NETWORK = f"{_SAID} = '*'"
_MAILBOX = "current_setting('kap.mailbox', true) = 'on'"
MAILBOX_TABLES = frozenset(
    {
        "event_log",
        "inbox",
        "timers",
        "idempotency_keys",
        "audit_log",
        "audit_anchors",
        "data_keys",
    }
)
"""Tables of every clinic's rows that a worker's loops reach as well."""

APPEND_ONLY = {"audit_log": ("position", "previous_id", "seal"), "audit_anchors": ()}
"""Tables whose rows stay as they are, and the columns that are filled in once."""


def isolate(connection: Connection) -> None:
    """Put row-level security on every table that has a clinic's rows."""
    for table in connection.execute(_TABLES).scalars().all():
        reached = f"{_CLINIC} or {_NETWORK}"
        if table in MAILBOX_TABLES:
            reached = f"{reached} or {_MAILBOX}"
        for statement in (
            f'alter table "{table}" enable row level security',
            f'alter table "{table}" force row level security',
            f'drop policy if exists clinic on "{table}"',
            f'create policy clinic on "{table}" '
            f"using ({reached}) with check ({reached})",
        ):
            connection.execute(text(statement))


def allow(connection: Connection, role: str) -> None:
    """Let a service's role use what is there: no more than it needs.

    Raises:
        sqlalchemy.exc.DBAPIError: there is no such role, or it is not ours to allow.
    """
    name = connection.dialect.identifier_preparer.quote(role)
    schema = connection.execute(text("select current_schema()")).scalar_one()
    for statement in (
        f'grant usage on schema "{schema}" to {name}',
        f"grant select, insert, update, delete on all tables in schema "
        f'"{schema}" to {name}',
        f'grant usage, select on all sequences in schema "{schema}" to {name}',
        f"revoke insert, update, delete on alembic_version from {name}",
    ):
        connection.execute(text(statement))
    for table, filled_in in APPEND_ONLY.items():
        connection.execute(text(f"revoke update, delete on {table} from {name}"))
        if filled_in:
            columns = ", ".join(filled_in)
            connection.execute(text(f"grant update ({columns}) on {table} to {name}"))


_RIGHTS = text("""
    select r.rolsuper or r.rolbypassrls as above_rules,
           exists (select 1 from pg_tables t
                   where t.schemaname = current_schema()
                     and pg_has_role(t.tableowner, 'member')) as owns
    from pg_roles r where r.rolname = current_user
""")


def demand_restricted(database: Database) -> None:
    """Refuse to work as a role that row-level security does not hold.

    Raises:
        SettingsError: the role is a superuser, may bypass policies or owns the tables.
        UnavailableError: the database does not answer.
    """
    if database.is_sqlite:
        return
    try:
        with database.read(Reach()) as connection:
            row = connection.execute(_RIGHTS).one()
    except DBAPIError as error:
        raise UnavailableError("the database does not answer") from error
    if row.above_rules or row.owns:
        raise SettingsError(
            "KAP_DATABASE_URL must name a role that neither owns the tables nor "
            "bypasses row-level security; `kap migrate` is for the owner"
        )
