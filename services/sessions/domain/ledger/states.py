"""The words the ledger is described by."""

from enum import StrEnum


class Schedule(StrEnum):
    """How strictly a substance is controlled, by the US schedules."""

    C2 = "c2"
    C3 = "c3"
    C4 = "c4"
    C5 = "c5"


class ContainerStatus(StrEnum):
    """What may be done with a container."""

    SEALED = "sealed"
    OPEN = "open"
    EMPTY = "empty"
    QUARANTINED = "quarantined"
    DESTROYED = "destroyed"
    TRANSFERRED = "transferred"


ON_HAND = frozenset(
    {ContainerStatus.SEALED, ContainerStatus.OPEN, ContainerStatus.QUARANTINED}
)
"""Containers that stand in the cabinet, and are counted."""


class Kind(StrEnum):
    """What an entry says became of a container's content."""

    RECEIVE = "receive"
    TRANSFER_IN = "transfer_in"
    TRANSFER_OUT = "transfer_out"
    RETURN = "return"
    DRAW = "draw"
    GIVE = "give"
    WASTE = "waste"
    COUNT = "count"
    ADJUST = "adjust"
    DESTROY = "destroy"
    LOSE = "lose"
    REVERSE = "reverse"


class Origin(StrEnum):
    """Where stock came from that no other registration of the network sent."""

    SUPPLIER = "supplier"
    INITIAL_INVENTORY = "initial_inventory"


class Moment(StrEnum):
    """Why stock is counted; a spot count need not take in every container."""

    INITIAL = "initial"
    OPENING = "opening"
    CLOSING = "closing"
    BIENNIAL = "biennial"
    SPOT = "spot"


class DestructionMethod(StrEnum):
    """How stock is destroyed: here, or by somebody who is registered for it."""

    FORM_41 = "form_41"
    REVERSE_DISTRIBUTOR = "reverse_distributor"


class Cause(StrEnum):
    """Why a discrepancy case was opened."""

    VARIANCE = "variance"
    BROKEN = "broken"
    MISSING = "missing"
    SEAL_BROKEN = "seal_broken"
    REFUSED_DELIVERY = "refused_delivery"


class CaseStatus(StrEnum):
    """Whether it is still to be found out what happened."""

    OPEN = "open"
    CLOSED = "closed"


class Resolution(StrEnum):
    """What a discrepancy turned out to be."""

    NO_VARIANCE = "no_variance"
    MEASURING_ERROR = "measuring_error"
    SPILLAGE = "spillage"
    LOSS = "loss"
    THEFT = "theft"


class TransferStatus(StrEnum):
    """How far a container is on its way between two registrations."""

    IN_TRANSIT = "in_transit"
    ACCEPTED = "accepted"
    REFUSED = "refused"
