"""Compares patients across clinics, and carries those who go on at another one.

It sees the whole network, a step at a time; what it writes, it writes in one clinic.
"""

import logging
from collections.abc import Sequence
from uuid import UUID

from services.intake import handlers, queries
from services.intake.commands import AddFile, ReceiveTransfer, ReferredCode
from services.intake.domain import EntryStatus, Person
from shared.context import Context
from shared.errors import KapError, StaleError
from shared.reach import NETWORK
from shared.reading import Reading, Row
from shared.rulepack import EntryKind
from shared.service import Runtime

log = logging.getLogger(__name__)

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
BY_NAME = "urn:kap:name"


def look_across(runtime: Runtime) -> int:
    """Everything that concerns several clinics; how much of it there was."""
    return compare_patients(runtime) + carry_transfers(runtime)


def compare_patients(runtime: Runtime) -> int:
    """Compare those who are new or were put right; how many were."""
    with runtime.reading(_in(runtime, None)) as reading:
        rows = queries.to_compare(reading)
    if not rows:
        return 0
    with runtime.begin(NETWORK) as connection:
        indexes = [
            None if row["is_closed"] else handlers.network_index(row, connection)
            for row in rows
        ]
    return sum(
        _compare(row["id"], row["clinic_id"], index, runtime)
        for row, index in zip(rows, indexes, strict=True)
    )


def carry_transfers(runtime: Runtime) -> int:
    """Bring patients to the clinics where they go on; how many arrived."""
    with runtime.reading(_in(runtime, None)) as reading:
        rows = queries.on_their_way(reading)
    return sum(_carry(row, runtime) for row in rows)


def _in(runtime: Runtime, clinic_id: UUID | None) -> Context:
    return Context(actor=runtime.service.actor, clinic_id=clinic_id)


def _compare(
    patient_id: UUID, clinic_id: UUID, index: str | None, runtime: Runtime
) -> bool:
    """Whether a patient was compared; one who changes just now is in the next round."""
    try:
        with runtime.unit_of_work(_in(runtime, clinic_id)) as uow:
            handlers.note_compared(patient_id, index, uow)
    except StaleError:
        return False
    if index is None:
        return True
    with runtime.reading(_in(runtime, None)) as reading:
        others = queries.known_elsewhere(reading, index, clinic_id)
    for other in others:
        pair = ((patient_id, clinic_id), (other["id"], other["clinic_id"]))
        for (one_id, one_clinic), (two_id, two_clinic) in (pair, pair[::-1]):
            with runtime.unit_of_work(_in(runtime, one_clinic)) as uow:
                handlers.note_match(
                    one_id, other_id=two_id, other_clinic_id=two_clinic, uow=uow
                )
    return True


def _carry(transfer: Row, runtime: Runtime) -> bool:
    """Whether a patient arrived; what does not fit now is tried again."""
    with runtime.reading(_in(runtime, transfer["clinic_id"])) as reading:
        command = _sent(reading, transfer, runtime)
    try:
        with runtime.unit_of_work(_in(runtime, transfer["to_clinic_id"])) as uow:
            handlers.receive_transfer(command, uow)
    except KapError as error:
        told = {"record_id": transfer["id"], "code": error.code}
        log.warning("a transfer cannot be received and is tried again", extra=told)
        return False
    with runtime.unit_of_work(_in(runtime, transfer["clinic_id"])) as uow:
        handlers.note_received(transfer["id"], uow)
    return True


def _sent(reading: Reading, transfer: Row, runtime: Runtime) -> ReceiveTransfer:
    """What goes along with a patient."""
    now = runtime.clock()
    patient = queries.patient(reading, transfer["patient_id"])
    listed = queries.medication_list(reading, transfer["episode_id"], now)["items"]
    own = (transfer["patient_id"], *patient["merged"])
    return ReceiveTransfer(
        transfer_id=transfer["id"],
        person=_person(patient),
        medications=_taken(listed),
        summary=handlers.transfer_paper(
            transfer,
            patient,
            queries.episode(reading, transfer["episode_id"], now),
            listed,
        ),
        files=[
            AddFile(
                patient_id=row["patient_id"],
                kind=row["kind"],
                name=row["name"],
                media_type=row["media_type"],
                content=row["content"],
            )
            for row in queries.shared_files(reading, own)
        ],
    )


def _person(patient: Row) -> Person:
    return Person(
        given_name=patient["given_name"],
        family_name=patient["family_name"],
        birth_date=patient["birth_date"],
        email=patient["email"],
        phone=patient["phone"],
        time_zone=patient["time_zone"],
        emergency_contact=patient["emergency_contact"],
    )


def _taken(listed: Sequence[Row]) -> list[ReferredCode]:
    """What a patient takes, as a referral names it."""
    return [
        ReferredCode(
            system=RXNORM if one["rxnorm"] else BY_NAME,
            code=one["rxnorm"] or "none",
            display=one["name"],
        )
        for one in listed
        if one["kind"] is EntryKind.MEDICATION and one["status"] is EntryStatus.ACTIVE
    ]
