"""What a query works with: rows of one clinic, opened."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Table, select

from shared.audit.tables import audit_log
from shared.audit.trail import Entry, row_of
from shared.context import Context
from shared.database import insert_and_commit
from shared.errors import NotFoundError
from shared.privacy.columns import opened
from shared.statements import ReadyQuery

Row = Mapping[str, Any]


class Reading:
    """What a query works with: a connection to read from, and the clinic it is for."""

    def __init__(self, connection: Connection, context: Context) -> None:
        self.connection = connection
        self.context = context

    def select(self, table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
        """A query of a table's rows of this clinic; of all clinics for the network."""
        query = select(*columns) if columns else select(table)
        if self.context.clinic_id is None:
            return query
        return query.where(table.c.clinic_id == self.context.clinic_id)

    def rows(self, query: Select[Any]) -> list[Row]:
        """Every row a query finds."""
        found = self.connection.execute(query)
        return opened(self.connection, found, clinic_id=self.context.clinic_id)

    def one(self, query: Select[Any], what: str) -> Row:
        """The one row a query finds.

        Raises:
            NotFoundError: there is none.
        """
        row = self.connection.execute(query).first()
        if row is None:
            raise NotFoundError(f"there is no such {what} in this clinic")
        return opened(self.connection, [row], clinic_id=self.context.clinic_id)[0]

    def ready(self, query: ReadyQuery, what: str) -> Row:
        """The one row of this clinic that a query without sealed columns finds.

        Raises:
            NotFoundError: there is none.
        """
        row = query.first(self.connection, clinic=self.context.clinic_id)
        if row is None:
            raise NotFoundError(f"there is no such {what} in this clinic")
        return row

    def note(self, entry: Entry) -> None:
        """Leave an entry in the audit trail: no answer is given without it."""
        row = (audit_log, row_of(self.connection, entry))
        insert_and_commit(self.connection, [row])
        self.connection.commit()
