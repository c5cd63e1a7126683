"""Discrepancy cases: opened, taken on, closed before a second person."""

from uuid import UUID

from services.sessions.commands.ledger import CloseCase, ReportContainer
from services.sessions.domain.amounts import micrograms
from services.sessions.domain.ledger.case import DiscrepancyCase, end_of_business_day
from services.sessions.domain.ledger.container import Container
from services.sessions.domain.ledger.states import Cause
from services.sessions.handlers.ledger.book import Book, demand_book
from services.sessions.handlers.ledger.witnessing import stood_by
from services.sessions.handlers.loading import held
from shared.ids import uuid7
from shared.unit_of_work import UnitOfWork


def open_case(
    book: Book,
    container: Container,
    cause: Cause,
    counted_ug: int,
    report: str | None,
    uow: UnitOfWork,
) -> DiscrepancyCase:
    """A container is not as the ledger says: nothing is taken out of it meanwhile."""
    case = DiscrepancyCase(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        registration_id=book.registration.id,
        container_id=container.id,
        cause=cause,
        expected_ug=container.balance_ug,
        counted_ug=counted_ug,
        opened_at=uow.now,
        opened_by=uow.actor_id,
        due_at=uow.now + book.rules.discrepancy_due_after,
        report=report,
    )
    container.case_id = case.id
    container.settle()
    uow.publish(case.open(), of=case)
    return uow.add(case)


def report_container(command: ReportContainer, uow: UnitOfWork) -> DiscrepancyCase:
    """Something is wrong with a container: it is broken, missing, tampered with.

    Raises:
        CaseOpenError: a case about it is open already.
    """
    book = demand_book(uow)
    container = book.container(command.container_id)
    container.demand_on_hand()
    container.demand_no_case()
    counted_ug = micrograms(command.counted_mg)
    return open_case(book, container, command.cause, counted_ug, command.note, uow)


def take_case(case_id: UUID, uow: UnitOfWork) -> DiscrepancyCase:
    """Whoever asks sees to a case."""
    case = held(DiscrepancyCase, case_id, uow)
    case.take(uow.actor_id)
    return case


def close_case(command: CloseCase, uow: UnitOfWork) -> DiscrepancyCase:
    """It was found out what happened; the ledger then says what is there.

    Raises:
        InvalidError: what was counted last does not go with the resolution.
    """
    book = demand_book(uow)
    case = held(DiscrepancyCase, command.case_id, uow)
    container = book.container(case.container_id)
    movement = case.settlement(command.resolution, command.note, container)
    second = stood_by(command.witness_code, uow)
    if movement is not None:
        posting = book.posting(witness_id=second, cause_id=case.id)
        book.post(container, movement, posting)
    container.case_id = None
    container.settle()
    days, zone = book.rules.loss_notice_business_days, book.clinic.zone
    for event in case.close(
        command.resolution,
        command.note,
        at=uow.now,
        by=uow.actor_id,
        second_person_id=second,
        notice_due_at=end_of_business_day(uow.now, days, zone),
    ):
        uow.publish(event, of=case)
    return case


def file_notice(case_id: UUID, reference: str, uow: UnitOfWork) -> DiscrepancyCase:
    """The authority was told of a loss in writing."""
    case = held(DiscrepancyCase, case_id, uow)
    event = case.file_notice(reference, at=uow.now, by=uow.actor_id)
    uow.publish(event, of=case)
    return case
