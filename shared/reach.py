"""Which rows of a database a connection may see."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Reach:
    """Which rows a transaction may see and touch: PostgreSQL itself refuses others.

    `clinic` is a clinic's id, `*` for the whole network or nothing for no clinic's
    records; `mailbox` opens the tables events pass through, of every clinic.
    """

    clinic: str = ""
    mailbox: bool = False

    @classmethod
    def of(cls, clinic_id: UUID | None, *, mailbox: bool = False) -> "Reach":
        """The reach of work for a clinic, or for the network if there is none."""
        return cls(str(clinic_id) if clinic_id else "*", mailbox)

    @property
    def script(self) -> str:
        """The statements that make it so, until the transaction ends."""
        clinic = f"set local kap.clinic = '{self.clinic}'"
        return f"{clinic}; {_MAILBOX_TOO}" if self.mailbox else clinic


# The mailbox's tables are empty when a worker begins and then grow: a plan that was
# made once and kept would read all of them for the few rows that wait.
_MAILBOX_TOO = """
    set local kap.mailbox = 'on'; set local plan_cache_mode = force_custom_plan
"""


MAILBOX = Reach(mailbox=True)
"""For moving envelopes and timers: their tables of every clinic, and no others."""
NETWORK = Reach("*")
"""For work that is about the network. It is stated, never a default."""
