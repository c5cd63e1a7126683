"""Pulls what the broker lost, or never had, from the producers' feeds.

A producer's feed has every event it ever told, in a gapless order. This step walks it,
first the ids only, and takes in what the inbox does not know. So a broker that forgets
costs time and never an event; an embedded platform catches up this way at every start.
"""

import json
import time
from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from shared.database import insert_new
from shared.envelope import MAX_PAYLOAD_BYTES, Envelope, UnreadableError
from shared.errors import KapError, NotFoundError, UnavailableError
from shared.mailbox import inbox
from shared.mailbox.inbox import Unreadable
from shared.mailbox.tables import pulled
from shared.metrics import REPAIRED
from shared.peers import PATIENCE_SECONDS
from shared.service import Runtime

PAGE = 500


class Repair:
    """Compares this service's inbox with the feeds it subscribes to."""

    def __init__(
        self, runtime: Runtime, *, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._runtime = runtime
        self._patience_seconds = patience_seconds
        self._types: dict[str, list[str]] = defaultdict(list)
        for event in runtime.service.handlers:
            self._types[event.producer].append(event.type)
        self._next: dict[str, float] = dict.fromkeys(self._types, 0.0)

    def step(self) -> bool:
        """Walk one page of each feed that is due; True while there is more."""
        more = False
        failure: KapError | None = None
        for producer, types in self._types.items():
            if time.monotonic() < self._next[producer]:
                continue
            try:
                walked = self._walk(producer, types)
            except (NotFoundError, UnavailableError) as error:
                # One producer that does not answer keeps nothing of the others back.
                failure = error
                continue
            if walked:
                more = True
            else:
                wait = self._runtime.settings.repair_seconds
                self._next[producer] = time.monotonic() + wait
        if failure:
            raise failure
        return more

    def pull(self, producer: str) -> None:
        """Walk one producer's feed to its end.

        Raises:
            NotFoundError, UnavailableError: the producer does not answer.
        """
        while self._walk(producer, self._types[producer]):
            pass

    def now(self) -> None:
        """Let the next step look at every feed."""
        self._next = dict.fromkeys(self._types, 0.0)

    def close(self) -> None:
        """Nothing is held between steps."""

    def _walk(self, producer: str, types: list[str]) -> bool:
        epoch, position = self._position(producer)
        params = {"after": position, "types": ",".join(types), "limit": PAGE}
        asked_at = self._runtime.clock()
        page = self._ask(producer, "/v1/feed/ids", params)
        if page["epoch"] is None:
            return False
        if epoch is not None and str(epoch) != page["epoch"]:
            # The producer's database was restored: its places mean something else now,
            # and the inbox knows what it has had.
            self._advance(producer, page["epoch"], position=0)
            return True
        items = page["items"]
        lost = self._missing([UUID(item["id"]) for item in items])
        if lost:
            self._fetch(producer, params, lost)
        position = items[-1]["sequence"] if items else position
        if len(items) == PAGE:
            self._advance(producer, page["epoch"], position=position)
            return True
        # What was told before this is here now.
        until = page["complete_until"]
        seen_at = min(asked_at, datetime.fromisoformat(until)) if until else asked_at
        self._advance(producer, page["epoch"], position=position, seen_at=seen_at)
        return False

    def _fetch(self, producer: str, params: dict[str, object], lost: set[UUID]) -> None:
        page = self._ask(producer, "/v1/feed", params)
        envelopes: list[Envelope] = []
        unreadable: list[Unreadable] = []
        for document in page["items"]:
            try:
                envelope = Envelope.from_document(document)
            except UnreadableError as error:
                # One event that nobody can read keeps none of those after it back.
                text = json.dumps(document)[:MAX_PAYLOAD_BYTES]
                unreadable.append(Unreadable(body=text, reason=error.message))
            else:
                envelopes += [envelope] if envelope.id in lost else []
        now = self._runtime.clock()
        with self._runtime.mailbox() as connection:
            inbox.store(connection, envelopes, at=now)
            inbox.set_aside(connection, unreadable, at=now)
        REPAIRED.labels(self._runtime.service.name, producer).inc(len(envelopes))
        self._runtime.post.set()

    def _ask(self, producer: str, path: str, params: dict[str, object]) -> Any:
        return self._runtime.peers.get(
            producer, path, params, patience_seconds=self._patience_seconds
        )

    def _missing(self, ids: list[UUID]) -> set[UUID]:
        if not ids:
            return set()
        with self._runtime.mailbox() as connection:
            return inbox.missing(connection, ids)

    def _position(self, producer: str) -> tuple[UUID | None, int]:
        with self._runtime.mailbox() as connection:
            row = connection.execute(
                select(pulled).where(pulled.c.producer == producer)
            ).first()
        return (row.epoch, row.position) if row else (None, 0)

    def _advance(self, producer: str, epoch: str, **values: Any) -> None:
        """Note how far a feed was walked, and until when all of it is here."""
        changes = {"epoch": UUID(epoch), **values}
        with self._runtime.mailbox() as connection:
            insert_new(connection, pulled, [{"producer": producer, **changes}])
            connection.execute(
                update(pulled).where(pulled.c.producer == producer).values(changes)
            )
