"""Which questionnaires a clinic asks: those of the product and its own."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from services.intake.domain import EditionExistsError, Questionnaire
from services.intake.models import questionnaires
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.instruments import INSTRUMENTS, Instrument, fhir
from shared.unit_of_work import UnitOfWork


def define_questionnaire(resource: Mapping[str, Any], uow: UnitOfWork) -> Questionnaire:
    """Take in a version of a questionnaire, as FHIR tells it.

    Raises:
        InvalidError: it does not fit.
        ReservedCodeError: the product has one of this code.
        EditionExistsError: the clinic has this version.
    """
    instrument = fhir.from_questionnaire(resource)
    if instrument.follow_up is not None:
        instrument_of(instrument.follow_up, uow)
    made = Questionnaire(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        code=instrument.code,
        edition=instrument.version,
        definition=fhir.table_of(instrument),
        made_by=uow.actor_id,
        made_at=uow.now,
    )
    made.demand_own_code()
    same = (
        questionnaires.c.clinic_id == uow.clinic_id,
        questionnaires.c.code == made.code,
        questionnaires.c.edition == made.edition,
    )
    if uow.db.scalars(select(Questionnaire).where(*same)).first() is not None:
        raise EditionExistsError
    uow.db.add(made)
    uow.flush()
    return made


def instrument_of(code: str, uow: UnitOfWork) -> Instrument:
    """The newest version of a questionnaire.

    Raises:
        InvalidError: neither the product nor the clinic has one of this code.
    """
    if code in INSTRUMENTS:
        return INSTRUMENTS[code]
    newest = (
        select(Questionnaire)
        .where(
            questionnaires.c.code == code, questionnaires.c.clinic_id == uow.clinic_id
        )
        .order_by(questionnaires.c.id.desc())
        .limit(1)
    )
    found = uow.db.scalars(newest).first()
    if found is None:
        raise InvalidError(f"{code} is not an instrument.", field="instrument")
    return found.instrument
