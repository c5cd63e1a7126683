"""What the ledger refuses, each with a code of its own."""

from shared.errors import ConflictError, InvalidError


class LedgerNotOpenError(ConflictError):
    """The clinic has not opened its ledger."""

    code = "ledger_not_open"


class LedgerOpenError(ConflictError):
    """The clinic has opened its ledger already."""

    code = "ledger_open"


class ContainerNeededError(ConflictError):
    """The ledger is open: say which containers it was drawn from."""

    code = "container_needed"


class WitnessCodeNeededError(InvalidError):
    """A witness enters a code of their own here."""

    code = "witness_code_needed"


class WitnessCodeInvalidError(ConflictError):
    """The witness code is wrong, used or too old; make a new one."""

    code = "witness_code_invalid"


class NotEnoughLeftError(ConflictError):
    """The container does not hold that much."""

    code = "not_enough_left"


class ContainerExpiredError(ConflictError):
    """The container has expired."""

    code = "container_expired"


class ContainerQuarantinedError(ConflictError):
    """The container is quarantined; nothing is taken out of it."""

    code = "container_quarantined"


class OtherDrugError(ConflictError):
    """The container does not hold the drug that was ordered."""

    code = "other_drug"


class OtherLotError(ConflictError):
    """The container is of another lot."""

    code = "other_lot"


class BrokenUnitError(InvalidError):
    """This comes in pieces and is taken out in whole ones."""

    code = "broken_unit"


class CountIncompleteError(InvalidError):
    """A count takes in every container on hand."""

    code = "count_incomplete"


class CaseOpenError(ConflictError):
    """A discrepancy case about the container is open; close it first."""

    code = "case_open"


class NotReversibleError(ConflictError):
    """This posting cannot be reversed, or has been."""

    code = "not_reversible"


class QuantityDiffersError(ConflictError):
    """That is not the quantity that was sent; count again, or send it back."""

    code = "quantity_differs"


class OtherLedgerNotOpenError(ConflictError):
    """The other clinic has not opened its ledger, so nothing can be sent there."""

    code = "other_ledger_not_open"
