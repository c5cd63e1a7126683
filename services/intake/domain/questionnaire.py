"""Questionnaires a clinic defines for itself, version by version."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.errors import ConflictError
from shared.instruments import INSTRUMENTS, Instrument, read_definition


class EditionExistsError(ConflictError):
    """This version of the questionnaire is there already; answers may rest on it."""

    code = "edition_exists"


class ReservedCodeError(ConflictError):
    """A questionnaire that ships with the product has this code."""

    code = "reserved_code"


@dataclass(kw_only=True, eq=False)
class Questionnaire:
    """One version of a clinic's questionnaire; it never changes, the newest is asked.

    `definition` is the instrument as tables and lists.
    """

    id: UUID
    clinic_id: UUID
    code: str
    edition: str
    definition: dict[str, Any]
    made_by: UUID
    made_at: datetime

    @property
    def instrument(self) -> Instrument:
        """What it asks, and how it is scored."""
        return read_definition(self.definition)

    def demand_own_code(self) -> None:
        """Refuse the code of a questionnaire that ships with the product.

        Raises:
            ReservedCodeError: it has one.
        """
        if self.code in INSTRUMENTS:
            raise ReservedCodeError
