"""What is read of the files about a patient; never what is in them."""

from datetime import datetime
from uuid import UUID

from services.intake.domain import FileLink
from services.intake.models import file_contents, file_links, files
from services.intake.queries.people import ids_of
from shared.errors import NotFoundError
from shared.reading import Reading, Row


def files_of(reading: Reading, patient_id: UUID) -> list[Row]:
    """A patient's files, newest first."""
    return reading.rows(
        reading.select(files)
        .where(files.c.patient_id.in_(ids_of(reading, patient_id)))
        .order_by(files.c.id.desc())
    )


def file_at(reading: Reading, code: str, now: datetime) -> Row:
    """The file that a link's code opens, with what is in it.

    Raises:
        NotFoundError: it opens nothing: unknown, of another clinic or expired.
    """
    name, _, secret = code.partition(".")
    try:
        link_id = UUID(name)
    except ValueError as error:
        raise NotFoundError("this link does not open") from error
    of_link = reading.select(file_links).where(file_links.c.id == link_id)
    link = FileLink(**reading.one(of_link, "link"))
    link.demand_good(secret, at=now)
    query = (
        reading.select(
            files,
            files.c.patient_id,
            files.c.name,
            files.c.media_type,
            file_contents.c.content,
        )
        .join(file_contents, file_contents.c.id == files.c.id)
        .where(files.c.id == link.file_id)
    )
    found = reading.one(query, "file")
    if found["content"] is None:
        raise NotFoundError("the patient was erased, and with that the file")
    return found
