"""Seals new entries of the audit trail, and anchors each clinic's chain once a day."""

from uuid import NAMESPACE_URL, UUID, uuid5

from shared.aggregate import Aggregate
from shared.audit import chain
from shared.audit.chain import Anchor
from shared.audit.trail import key_of
from shared.context import Context
from shared.events import Event, catalogue
from shared.service import Runtime


class Sealing:
    """Gives entries their places; one process of a service does it at a time."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._look_at = runtime.clock()
        self._anchored = _anchored_event(runtime.service.name)

    def step(self) -> bool:
        """Seal a batch; look now and then whether an anchor is due."""
        with self._runtime.mailbox() as connection:
            sealed = chain.seal(connection, lambda clinic: key_of(connection, clinic))
        now = self._runtime.clock()
        if sealed < chain.BATCH and now >= self._look_at:
            self._look_at = now + chain.LOOK_EVERY
            self.anchor()
        # Fewer than a batch can wait: sealing each entry by itself costs a commit each.
        return sealed >= chain.BATCH

    def anchor(self) -> int:
        """Tell the seals of chains that were not anchored for a day; how many."""
        if self._anchored is None:
            return 0
        with self._runtime.mailbox() as connection:
            due = chain.due_anchors(connection, now=self._runtime.clock())
        for anchor in due:
            told = {"position": anchor.position, "seal": anchor.seal}
            self._tell(anchor, self._anchored.from_payload(told))
        return len(due)

    def close(self) -> None:
        """Nothing is held between steps."""

    def _tell(self, anchor: Anchor, event: Event) -> None:
        service = self._runtime.service
        context = Context(
            actor=service.actor, clinic_id=anchor.clinic_id, action="anchor"
        )
        told = Aggregate(
            id=_chain_id(service.name, anchor.clinic_id),
            clinic_id=anchor.clinic_id,
            version=anchor.number - 1,
        )
        with self._runtime.unit_of_work(context) as uow:
            chain.keep_anchor(uow.connection, anchor, at=uow.now)
            uow.publish(event, of=told)


def _chain_id(service: str, clinic_id: UUID) -> UUID:
    return uuid5(NAMESPACE_URL, f"kap:audit:{service}:{clinic_id}")


def _anchored_event(service: str) -> type[Event] | None:
    """The event by which a service tells its anchors; None if it has none."""
    return next(
        (
            event
            for event in catalogue().values()
            if event.name == f"{service}.audit.anchored"
        ),
        None,
    )
