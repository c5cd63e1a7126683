"""Which rule pack a clinic works by at a moment: the product's, until one is signed.

Intake signs packs and tells of it; every service that decides by them keeps a copy of
its own. The event names the pack; its text is fetched, long before it takes effect.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    MetaData,
    ScalarSelect,
    Select,
    String,
    Table,
    Text,
    Uuid,
    bindparam,
    insert,
    literal_column,
    select,
    update,
)

from shared.context import Context
from shared.database import UtcDateTime
from shared.errors import KapError, UnavailableError
from shared.events import Event
from shared.events.intake import RulePackSigned
from shared.rulepack import RulePack, load_pack, read_clinic_pack
from shared.service import Handler, Runtime
from shared.statements import ReadyQuery
from shared.unit_of_work import UnitOfWork

NOTICE = timedelta(minutes=10)
"""How long before it takes effect a pack is signed, so that every service has it.
Source: project default."""

_PRODUCER = "intake"


class PackNotHereError(UnavailableError):
    """The clinic's rule pack has taken effect and its text has not been fetched yet."""

    code = "rule_pack_not_here"


class PackAlteredError(KapError):
    """What a rule pack says is not what was signed."""

    code = "rule_pack_altered"
    status = 500


def packs_table(metadata: MetaData) -> Table:
    """One row for each signed pack; `text` is missing until it was fetched."""
    return Table(
        "signed_rule_packs",
        metadata,
        Column("id", Uuid(), primary_key=True),
        Column("clinic_id", Uuid(), nullable=False),
        Column("reference", String(64), nullable=False),
        Column("effective_at", UtcDateTime, nullable=False),
        Column("digest", String(64), nullable=False),
        Column("text", Text()),
        Index(
            "ix_signed_rule_packs_clinic_id_effective_at", "clinic_id", "effective_at"
        ),
    )


class Packs:
    """The signed packs in one service's database."""

    def __init__(self, metadata: MetaData) -> None:
        self.table = table = packs_table(metadata)
        self._read: dict[str, RulePack] = {}
        # Almost every request asks which pack is in force; its text is read once.
        clinic: ColumnElement[Any] = bindparam("clinic")
        is_here = table.c.text.is_not(None).label("is_here")
        self._in_force = ReadyQuery(self._latest(clinic).add_columns(is_here))
        self._at_hand = ReadyQuery(self._latest(clinic).where(is_here))

    def handlers(self) -> Mapping[type[Event], Handler]:
        """What keeps the copy up."""
        return {RulePackSigned: self.note}

    def note(self, event: RulePackSigned, uow: UnitOfWork) -> None:
        """A pack was signed; its text is fetched by `fetch`."""
        known = select(self.table.c.id).where(self.table.c.id == event.pack_id)
        if uow.connection.execute(known).first() is None:
            self.put(event, None, uow)

    def put(self, event: RulePackSigned, text: str | None, uow: UnitOfWork) -> None:
        """Keep a pack that was signed."""
        uow.connection.execute(
            insert(self.table).values(
                id=event.pack_id,
                clinic_id=uow.clinic_id,
                reference=event.rule_pack,
                effective_at=event.effective_at,
                digest=event.digest,
                text=text,
            )
        )

    def in_force(
        self, connection: Connection, clinic_id: UUID | None, at: datetime
    ) -> RulePack:
        """The pack a clinic works by at a moment, also a past one.

        Raises:
            PackNotHereError: it is known of, but its text is not here yet.
            PackAlteredError: it is not what was signed.
        """
        row = self._in_force.first(connection, clinic=clinic_id, at=at)
        if row is not None and not row["is_here"]:
            raise PackNotHereError
        return self.read(row["digest"] if row else None, connection)

    def of(self, uow: UnitOfWork) -> RulePack:
        """The pack that the clinic of some work goes by now.

        Raises:
            PackNotHereError, PackAlteredError: see `in_force`.
        """
        return self.in_force(uow.connection, uow.clinic_id, uow.now)

    def before(self, uow: UnitOfWork) -> RulePack:
        """The pack that the one in force took the place of."""
        earlier = self._latest(bindparam("clinic")).offset(literal_column("1"))
        is_here = self.table.c.text.is_not(None)
        row = uow.connection.execute(
            earlier.where(is_here), {"clinic": uow.clinic_id, "at": uow.now}
        ).first()
        return self.read(row.digest if row else None, uow.connection)

    def at_hand(
        self, connection: Connection, clinic_id: UUID | None, at: datetime
    ) -> RulePack:
        """The same, or the one before while its text is not here.

        For what must be written down or shown whatever happens; what comes of it says
        which pack it was judged by.
        """
        row = self._at_hand.first(connection, clinic=clinic_id, at=at)
        return self.read(row["digest"] if row else None, connection)

    def digest_at_hand(self, clinic_id: ColumnElement[Any]) -> ScalarSelect[Any]:
        """The digest of the pack at hand, as a part of another query; see `read`."""
        is_here = self.table.c.text.is_not(None)
        return self._latest(clinic_id).where(is_here).scalar_subquery()

    def read(self, digest: str | None, connection: Connection) -> RulePack:
        """The pack of a digest; the product's, if there is none.

        Raises:
            PackAlteredError: it is not what was signed.
        """
        if digest is None:
            return load_pack()
        if digest not in self._read:
            found = select(self.table.c.text).where(self.table.c.digest == digest)
            text = connection.execute(found.limit(1)).scalar_one()
            read = read_clinic_pack(text)
            if read.digest != digest:
                raise PackAlteredError
            self._read[digest] = read.pack
        return self._read[digest]

    def _latest(self, clinic_id: ColumnElement[Any]) -> Select[Any]:
        """The digest of the newest pack that has taken effect at the moment `at`."""
        table = self.table
        return (
            select(table.c.digest)
            .where(
                table.c.clinic_id == clinic_id,
                table.c.effective_at <= bindparam("at"),
            )
            .order_by(table.c.effective_at.desc(), table.c.id.desc())
            .limit(literal_column("1"))
        )

    def fetch(self, runtime: Runtime) -> int:
        """Fetch texts that are not here yet; how many were."""
        missing = select(self.table).where(self.table.c.text.is_(None))
        with runtime.reading(Context(actor=runtime.service.actor)) as reading:
            rows = reading.rows(missing.limit(20))
        return sum(
            self._fetch(row["id"], row["clinic_id"], row["digest"], runtime)
            for row in rows
        )

    def _fetch(
        self, pack_id: UUID, clinic_id: UUID, digest: str, runtime: Runtime
    ) -> bool:
        path = f"/v1/clinics/{clinic_id}/rule-packs/{pack_id}"
        try:
            text = str(runtime.peers.get(_PRODUCER, path)["text"])
            if read_clinic_pack(text).digest != digest:
                return False
        except (KapError, KeyError, TypeError):
            # Intake's trouble; it is asked again in the next round.
            return False
        context = Context(actor=runtime.service.actor, clinic_id=clinic_id)
        with runtime.unit_of_work(context) as uow:
            same = self.table.c.id == pack_id
            uow.connection.execute(update(self.table).where(same).values(text=text))
        return True
