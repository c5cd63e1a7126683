"""What a pack says of the controlled-substance ledger: tolerances and clocks."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

from shared.errors import InvalidError


class Form(StrEnum):
    """What a drug comes in; lozenges and spray devices are taken out whole."""

    VIAL = "vial"
    SYRINGE = "syringe"
    LOZENGE = "lozenge"
    DEVICE = "device"


@dataclass(frozen=True, kw_only=True)
class LedgerRules:
    """How much measuring may err, and how soon what does not add up is dealt with.

    `tolerance_percent` is of a container's content, for all its life together.
    """

    tolerance_percent: Mapping[Form, float]
    discrepancy_due_after: timedelta
    loss_notice_business_days: int
    delivery_due_after: timedelta
    inventory_every: timedelta
    source: str

    def __post_init__(self) -> None:
        if missing := set(Form) - self.tolerance_percent.keys():
            told = ", ".join(sorted(missing))
            raise InvalidError(f"lacks {told}", field="tolerance_percent")
        if not all(0 <= percent < 100 for percent in self.tolerance_percent.values()):
            raise InvalidError("is no share of a content", field="tolerance_percent")
        if self.loss_notice_business_days < 1:
            raise InvalidError("is less than 1", field="loss_notice_business_days")

    def tolerance_ug(self, form: Form, content_ug: int) -> int:
        """How far a container may be off in all, in whole micrograms."""
        percent = Decimal(str(self.tolerance_percent[form]))
        return int(percent * content_ug / 100)
