"""The keys of one service in one process: made on first use, remembered for a while.

A clinic has a key for each purpose, wrapped by a master key; a person has one, wrapped
by the clinic's. All are rows of the service's own database. A key that was made in a
transaction is known to this transaction only, until another one finds it committed:
otherwise a roll-back would leave values behind that nobody can open.
"""

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, select, update

from shared.ids import utc_now, uuid7
from shared.privacy.cache import KeyCache
from shared.privacy.keyring import KEY_BYTES, MasterKeys
from shared.privacy.keys import (
    NETWORK,
    Key,
    Owner,
    PersonErasedError,
    Purpose,
    broken,
    sealed_by,
    unwrap_person,
    wrap_person,
)
from shared.privacy.scope import keep, made_in
from shared.privacy.tables import data_keys, insert_if_free, person_keys

LIVES_SECONDS = 25.0
"""How long a process goes on with a key after it was replaced or destroyed."""

MOST_CLINIC_KEYS = 2_000
MOST_PERSON_KEYS = 10_000


class Vault:
    """Seals, opens and indexes values of one service.

    Args:
        masters: what wraps the keys of clinics.
        seconds: how long a key is remembered.
        ticks: the clock that says so.
    """

    def __init__(
        self,
        masters: MasterKeys,
        *,
        seconds: float = LIVES_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.masters = masters
        self.seconds = seconds
        self._in_use: KeyCache[tuple[UUID, Purpose]] = KeyCache(
            most=MOST_CLINIC_KEYS, seconds=seconds, ticks=ticks
        )
        self._known: KeyCache[tuple[Owner, UUID]] = KeyCache(
            most=MOST_PERSON_KEYS, seconds=seconds, ticks=ticks
        )

    def key(
        self, connection: Connection, clinic_id: UUID | None, purpose: Purpose
    ) -> bytes:
        """The key of a purpose, of a clinic or, with None, of the network."""
        return self.clinic_key(connection, clinic_id or NETWORK, purpose).secret

    def index(
        self,
        connection: Connection,
        clinic_id: UUID,
        label: str,
        *parts: str,
        exact: bool = False,
    ) -> str:
        """What equal texts have in common, in a form that tells nothing of them.

        Args:
            label: what the texts are; those of another label have nothing in common.
            exact: equal means to the letter; otherwise neither case, nor width, nor
                the number of spaces counts.
        """
        said = "\0".join([label, *(parts if exact else map(_plainly, parts))])
        key = self.key(connection, clinic_id, Purpose.INDEX)
        return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()

    def seal(
        self,
        connection: Connection,
        plain: bytes,
        where: str,
        *,
        clinic_id: UUID | None,
        person_id: UUID | None = None,
        purpose: Purpose = Purpose.DATA,
    ) -> bytes:
        """Seal a value for a column, by the key of the clinic or of a person.

        Raises:
            PersonErasedError: the person's key was destroyed.
        """
        owner = clinic_id or NETWORK
        if person_id is None:
            return self.clinic_key(connection, owner, purpose).seal(plain, where)
        return self._person_key(connection, owner, person_id).seal(plain, where)

    def open_all(
        self,
        connection: Connection,
        sealed: Sequence[tuple[bytes, str]],
        *,
        clinic_id: UUID | None = None,
    ) -> list[bytes | None]:
        """Open values, each with the name of its column; None where a person is erased.

        Keys that are not remembered are read in one query for clinics and one for
        persons, however many values there are.

        Raises:
            SealBrokenError: one was altered, or is sealed for another clinic than the
                one named.
        """
        names = [sealed_by(value, where) for value, where in sealed]
        keys = self._keys(connection, set(names))
        plain: list[bytes | None] = []
        for (value, where), name in zip(sealed, names, strict=True):
            if name not in keys:
                raise broken(where, name[1])
            key = keys[name]
            if key is not None and clinic_id not in (None, key.clinic_id):
                raise broken(where, name[1])
            plain.append(None if key is None else key.open(value, where))
        return plain

    def destroy(
        self, connection: Connection, clinic_id: UUID, person_id: UUID, *, at: datetime
    ) -> bool:
        """Destroy a person's key for good; whether that is news.

        A person who has none yet never gets one.
        """
        name = (Owner.PERSON, person_id)
        who = {"patient_id": person_id, "clinic_id": clinic_id, "made_at": at}
        gone = {"wrapped": b"", "data_key_id": None, "destroyed_at": at}
        is_news = insert_if_free(connection, person_keys, {**who, **gone})
        if not is_news:
            changed = connection.execute(
                update(person_keys)
                .where(
                    person_keys.c.patient_id == person_id,
                    person_keys.c.clinic_id == clinic_id,
                    person_keys.c.destroyed_at.is_(None),
                )
                .values(gone)
            )
            is_news = changed.rowcount > 0
        self._known.bar(name)
        keep(connection, name, None)
        return is_news

    def renew(self, connection: Connection, clinic_id: UUID, purpose: Purpose) -> Key:
        """Retire the key of a purpose and make a new one; others follow within a while.

        What the old one sealed still opens.
        """
        live = data_keys.c.clinic_id == clinic_id, data_keys.c.purpose == purpose
        connection.execute(
            update(data_keys)
            .where(*live, data_keys.c.retired_at.is_(None))
            .values(retired_at=utc_now())
        )
        self._in_use.drop((clinic_id, purpose))
        made_in(connection).pop((clinic_id, purpose), None)
        return self.clinic_key(connection, clinic_id, purpose)

    def forget(self) -> None:
        """Remember nothing, as after a restart."""
        self._in_use.clear()
        self._known.clear()

    def clinic_key(
        self, connection: Connection, clinic_id: UUID, purpose: Purpose
    ) -> Key:
        """The key that seals for a purpose now; the first is made when it is needed."""
        name = (clinic_id, purpose)
        if key := made_in(connection).get(name) or self._in_use.get(name):
            return key
        live = data_keys.c.retired_at.is_(None)
        ours = data_keys.c.clinic_id == clinic_id, data_keys.c.purpose == purpose
        query = select(data_keys).where(*ours, live)
        row = connection.execute(query).first()
        if row is None:
            if made := self._make(connection, clinic_id, purpose):
                return made
            # Somebody else made one at the same moment, and has committed it.
            row = connection.execute(query).one()
        key = self._unwrapped(row)
        self._in_use.put(name, key)
        self._known.put((Owner.CLINIC, key.id), key)
        return key

    def key_of(self, connection: Connection, key_id: UUID) -> Key:
        """A clinic's key by its id, in use or retired.

        Raises:
            SealBrokenError: there is none.
        """
        key = self._keys(connection, [(Owner.CLINIC, key_id)]).get(
            (Owner.CLINIC, key_id)
        )
        if key is None:
            raise broken("data_keys", key_id)
        return key

    def _make(
        self, connection: Connection, clinic_id: UUID, purpose: Purpose
    ) -> Key | None:
        """A new key of a clinic; None if another was made at the same moment."""
        secret = secrets.token_bytes(KEY_BYTES)
        master_id, wrapped = self.masters.wrap(secret)
        key = Key(id=uuid7(), clinic_id=clinic_id, owner=Owner.CLINIC, secret=secret)
        row = {
            "id": key.id,
            "clinic_id": clinic_id,
            "purpose": purpose.value,
            "wrapped": wrapped,
            "master_id": master_id,
            "made_at": utc_now(),
        }
        if not insert_if_free(connection, data_keys, row):
            return None
        keep(connection, (clinic_id, purpose), key)
        keep(connection, (Owner.CLINIC, key.id), key)
        return key

    def _person_key(
        self, connection: Connection, clinic_id: UUID, person_id: UUID
    ) -> Key:
        """The key to seal with for a person, made when it is first needed.

        It is read anew in each transaction, and held: who is being erased at this
        moment waits, or is found erased.
        """
        name = (Owner.PERSON, person_id)
        scope = made_in(connection)
        if name not in scope:
            query = select(person_keys).where(person_keys.c.patient_id == person_id)
            held = query.with_for_update(read=True)
            row = connection.execute(held).first()
            if row is None:
                made = self._make_person(connection, clinic_id, person_id)
                if made is not None:
                    return made
                row = connection.execute(held).one()
            key = self._of_rows(connection, [row])[name]
            keep(connection, name, key)
            scope = made_in(connection)
        key = scope[name]
        if key is None:
            raise PersonErasedError
        if key.clinic_id != clinic_id:
            raise broken("person_keys", person_id)
        return key

    def _make_person(
        self, connection: Connection, clinic_id: UUID, person_id: UUID
    ) -> Key | None:
        by = self.clinic_key(connection, clinic_id, Purpose.DATA)
        secret = secrets.token_bytes(KEY_BYTES)
        row = {
            "patient_id": person_id,
            "clinic_id": clinic_id,
            "wrapped": wrap_person(secret, person_id, by),
            "data_key_id": by.id,
            "made_at": utc_now(),
        }
        if not insert_if_free(connection, person_keys, row):
            return None
        key = Key(id=person_id, clinic_id=clinic_id, owner=Owner.PERSON, secret=secret)
        keep(connection, (Owner.PERSON, person_id), key)
        return key

    def _keys(
        self, connection: Connection, names: Iterable[tuple[Owner, UUID]]
    ) -> dict[tuple[Owner, UUID], Key | None]:
        """Keys by name, None for those destroyed; what does not exist is left out."""
        found: dict[tuple[Owner, UUID], Key | None] = {}
        lacking: dict[Owner, list[UUID]] = {Owner.CLINIC: [], Owner.PERSON: []}
        scope = made_in(connection)
        for name in names:
            if name in scope:
                found[name] = scope[name]
            elif key := self._known.get(name):
                found[name] = key
            else:
                lacking[name[0]].append(name[1])
        if ids := lacking[Owner.CLINIC]:
            query = select(data_keys).where(data_keys.c.id.in_(ids))
            for row in connection.execute(query):
                key = self._unwrapped(row)
                self._known.put((Owner.CLINIC, key.id), key)
                found[Owner.CLINIC, key.id] = key
        if ids := lacking[Owner.PERSON]:
            query = select(person_keys).where(person_keys.c.patient_id.in_(ids))
            found |= self._of_rows(connection, list(connection.execute(query)))
        return found

    def _of_rows(
        self, connection: Connection, rows: Sequence[Row[tuple[object, ...]]]
    ) -> dict[tuple[Owner, UUID], Key | None]:
        """The keys of persons, from their rows."""
        living = [row for row in rows if row.destroyed_at is None]
        by = self._keys(connection, {(Owner.CLINIC, row.data_key_id) for row in living})
        found: dict[tuple[Owner, UUID], Key | None] = {
            (Owner.PERSON, row.patient_id): None for row in rows
        }
        for row in living:
            wrapper = by.get((Owner.CLINIC, row.data_key_id))
            if wrapper is None:
                raise broken("person_keys", row.data_key_id)
            secret = unwrap_person(row.wrapped, row.patient_id, wrapper)
            key = Key(
                id=row.patient_id,
                clinic_id=row.clinic_id,
                owner=Owner.PERSON,
                secret=secret,
            )
            self._known.put((Owner.PERSON, key.id), key)
            found[Owner.PERSON, key.id] = key
        return found

    def _unwrapped(self, row: Row[tuple[object, ...]]) -> Key:
        return Key(
            id=row.id,
            clinic_id=row.clinic_id,
            owner=Owner.CLINIC,
            secret=self.masters.unwrap(row.master_id, bytes(row.wrapped)),
        )


def _plainly(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", folded).split())
