"""What an event can mean to the worklist: it opens a task, or closes one."""

from dataclasses import dataclass
from datetime import timedelta

from services.notifications.domain.tasks import Owner, TaskKind
from shared.events import Event


@dataclass(frozen=True, kw_only=True)
class Opens:
    """An event that asks somebody to act, or asks again and louder.

    `source` names the event's field with the id of what it is about, `due`, `level` and
    `role` those with a deadline, a level and who should act. Without a deadline it is
    `within` of the event; without `level` it is one above the last, and where the event
    names no role that has a worklist, the task is for `owner`. `when` is a field that
    must be true.
    """

    kind: TaskKind
    source: str
    owner: Owner
    due: str | None = None
    within: timedelta = timedelta()
    level: str | None = None
    role: str | None = None
    when: str | None = None

    def owner_by(self, event: Event) -> Owner:
        """Who should act."""
        said = getattr(event, self.role) if self.role else None
        return Owner(said) if said in list(Owner) else self.owner


@dataclass(frozen=True, kw_only=True)
class Closes:
    """An event after which nobody has to act any more."""

    kind: TaskKind
    source: str
