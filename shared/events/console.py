"""What the console tells: nothing of patients, only how far its audit trail goes."""

from dataclasses import dataclass

from shared.events.base import Code, Event


@dataclass(frozen=True, kw_only=True)
class ConsoleAuditAnchored(
    Event, name="console.audit.anchored", aggregate="audit_chain"
):
    """How far the console's audit trail of a clinic goes, and its last seal."""

    position: int
    seal: Code
