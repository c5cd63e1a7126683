"""What is read of what can be asked in a clinic."""

from services.intake.domain import (
    Questionnaire,
)
from services.intake.models import (
    questionnaires,
)
from shared.instruments import INSTRUMENTS, Instrument
from shared.reading import Reading, Row


def instruments(reading: Reading) -> list[Row]:
    """What can be asked in a clinic: the newest version of each questionnaire."""
    own = {
        row["code"]: _instrument(row)
        for row in reading.rows(
            reading.select(questionnaires).order_by(questionnaires.c.id)
        )
    }
    return [
        {**vars(asked), "is_own": asked.code in own}
        for asked in (*INSTRUMENTS.values(), *own.values())
    ]


def instrument(reading: Reading, code: str, edition: str | None = None) -> Instrument:
    """A questionnaire in a version, the newest unless one is named.

    Raises:
        NotFoundError: there is none in this clinic.
    """
    if code in INSTRUMENTS:
        return INSTRUMENTS[code]
    query = reading.select(questionnaires).where(questionnaires.c.code == code)
    if edition is not None:
        query = query.where(questionnaires.c.edition == edition)
    newest = query.order_by(questionnaires.c.id.desc()).limit(1)
    return _instrument(reading.one(newest, "questionnaire"))


def _instrument(row: Row) -> Instrument:
    return Questionnaire(**row).instrument
