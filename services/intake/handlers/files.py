"""Files about patients: kept sealed, fetched by a link that opens for minutes."""

from dataclasses import replace
from uuid import UUID

from services.intake.commands import AddFile, SendLetter
from services.intake.domain import (
    FILE_LINK_LASTS,
    MADE_HERE,
    File,
    FileContent,
    FileKind,
    FileLink,
    FileRefusedError,
    MediaType,
    Patient,
    Referral,
    demand_kept,
    digest_of,
    digest_of_content,
)
from services.intake.handlers.access import new_code
from shared.access import DESK
from shared.errors import NotFoundError
from shared.ids import uuid7
from shared.paper import Paper, pdf_of
from shared.unit_of_work import UnitOfWork


def add_file(command: AddFile, uow: UnitOfWork) -> File:
    """Keep a file about a patient.

    Raises:
        NotFoundError: there is no such patient in this clinic.
        AlreadyErasedError, AlreadyMergedError: nothing is written on this record any
            more.
        FileRefusedError: it is no file that is kept here.
    """
    if command.kind in MADE_HERE:
        raise FileRefusedError("is made here and not sent", field="kind")
    patient = uow.get(Patient, command.patient_id)
    patient.demand_current()
    return _keep(command, uow)


def add_letter(command: SendLetter, uow: UnitOfWork) -> File:
    """Whoever sent a referral sends the letter to it.

    Raises:
        NotFoundError: there is no such referral, or the caller did not send it.
        FileRefusedError: it is no file that is kept here.
    """
    referral = uow.get(Referral, command.referral_id)
    is_theirs = referral.sent_by == uow.actor_id
    if not is_theirs and not uow.context.roles & DESK:
        raise NotFoundError("there is no such referral in this clinic")
    letter = AddFile(
        patient_id=referral.patient_id,
        kind=FileKind.REFERRAL_LETTER,
        name=command.name,
        media_type=command.media_type,
        content=command.content,
    )
    return add_file(letter, uow)


def keep_paper(paper: Paper, kind: FileKind, patient_id: UUID, uow: UnitOfWork) -> File:
    """Keep a document that is made here."""
    command = AddFile(
        patient_id=patient_id,
        kind=kind,
        name=f"{kind.value}-{uow.now:%Y-%m-%d}.pdf",
        media_type=MediaType.PDF,
        content=pdf_of(paper),
    )
    return _keep(command, uow)


def keep_received(file: AddFile, patient_id: UUID, uow: UnitOfWork) -> File:
    """Keep a copy of a file that another clinic of the network had checked."""
    return _keep(replace(file, patient_id=patient_id), uow)


def strike_file(patient_id: UUID, file_id: UUID, why: str, uow: UnitOfWork) -> File:
    """A file was added by mistake; it is marked so, and stays.

    Raises:
        NotFoundError: the patient has no such file.
        AlreadyStruckError: somebody said so before.
    """
    file = _file(patient_id, file_id, uow)
    file.strike(by=uow.actor_id, because=why, at=uow.now)
    return file


def make_file_link(
    patient_id: UUID, file_id: UUID, uow: UnitOfWork
) -> tuple[FileLink, str]:
    """A link to a file for a browser, and its code; it opens for five minutes.

    Raises:
        NotFoundError: the patient has no such file.
    """
    file = _file(patient_id, file_id, uow)
    link_id, secret, code = new_code()
    link = FileLink(
        id=link_id,
        clinic_id=uow.clinic_id,
        file_id=file.id,
        patient_id=file.patient_id,
        digest=digest_of(secret),
        made_by=uow.actor_id,
        expires_at=uow.now + FILE_LINK_LASTS,
    )
    return uow.add(link), code


def _file(patient_id: UUID, file_id: UUID, uow: UnitOfWork) -> File:
    file = uow.get(File, file_id)
    if file.patient_id != patient_id:
        raise NotFoundError("there is no such file in this clinic")
    return file


def _keep(command: AddFile, uow: UnitOfWork) -> File:
    demand_kept(command.content, command.media_type)
    file = File(
        id=uuid7(),
        clinic_id=uow.clinic_id,
        patient_id=command.patient_id,
        kind=command.kind,
        name=command.name,
        media_type=command.media_type,
        size=len(command.content),
        digest=digest_of_content(command.content),
        added_by=uow.actor_id,
        added_at=uow.now,
    )
    uow.publish(file.add(), of=file)
    uow.add(file)
    # What is in it names the file by a foreign key and must be written after it.
    uow.flush()
    uow.db.add(
        FileContent(
            id=file.id,
            clinic_id=file.clinic_id,
            patient_id=file.patient_id,
            content=command.content,
        )
    )
    return file
