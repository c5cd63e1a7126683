"""The monitoring form of the esketamine REMS: due, filled, submitted by a person."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from services.sessions.domain.rems import ROUTE, RemsForm, RemsFormStatus
from services.sessions.domain.session import Session
from services.sessions.handlers.loading import held
from services.sessions.models import packs, treatment
from shared.errors import InvalidError
from shared.ids import uuid7
from shared.record_forms import REMS
from shared.unit_of_work import UnitOfWork

LATE = "rems_form_late"


def need_rems_form(session: Session, uow: UnitOfWork) -> None:
    """After a treatment that the programme is about, the form falls due."""
    if session.route is not ROUTE or not session.is_dosed:
        return
    form = RemsForm(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        session_id=session.id,
        patient_id=session.patient_id,
        form=REMS.reference,
        due_at=uow.now + packs.of(uow).rems.due_after,
    )
    uow.publish(form.fall_due(), of=form)
    uow.remind(LATE, about=form.id, at=form.due_at)
    uow.add(form)


def fill_rems_form(form_id: UUID, said: Mapping[str, Any], uow: UnitOfWork) -> RemsForm:
    """What people answer; it stands over what the record answers by itself.

    Raises:
        InvalidError: answers do not fit; it names each.
        AlreadySubmittedError: it has gone.
    """
    form = held(RemsForm, form_id, uow)
    uow.publish(form.fill(said), of=form)
    return form


def submit_rems_form(form_id: UUID, on: date, uow: UnitOfWork) -> RemsForm:
    """Note that a person has sent it, and on which day.

    Raises:
        FormIncompleteError: answers are missing; it names each.
        AlreadySubmittedError: it had gone before.
        InvalidError: that day is yet to come.
    """
    # By the clinic's clock it may be tomorrow already, nowhere the day after.
    if (on - uow.now.date()).days > 1:
        raise InvalidError("that day is yet to come", field="submitted_on")
    form = held(RemsForm, form_id, uow)
    treated = treatment(form.session_id, uow.clinic_id, uow.connection)
    known = treated.answers(packs.of(uow))
    uow.publish(form.submit(known, on=on, at=uow.now, by=uow.actor_id), of=form)
    uow.forget(LATE, about=form.id)
    return form


def note_late(form_id: UUID, uow: UnitOfWork) -> None:
    """The time for it is over: say so, unless it was submitted."""
    form = held(RemsForm, form_id, uow)
    if form.status is RemsFormStatus.DUE:
        uow.publish(form.miss(), of=form)
