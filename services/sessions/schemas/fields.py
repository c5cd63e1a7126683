"""Fields that several bodies and answers share."""

from decimal import Decimal
from typing import Any

from marshmallow import validate

from shared.http.schemas import Number

DECIMALS = 3
MOST_MG = 100_000


class Milligrams(Number):
    """An amount of a drug: a JSON number with at most three decimals, kept exactly."""

    default_error_messages = {
        "decimals": f"At most {DECIMALS} decimals.",
    }

    def __init__(self, *, above_zero: bool = False, **kwargs: Any) -> None:
        within = validate.Range(min=0, max=MOST_MG, min_inclusive=not above_zero)
        super().__init__(validate=within, **kwargs)

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        number = super()._deserialize(*args, **kwargs)
        # The shortest text of a float is what the client wrote, digit by digit.
        amount = Decimal(repr(number))
        if 0 <= amount <= MOST_MG and amount != round(amount, DECIMALS):
            raise self.make_error("decimals")
        return amount
