"""What patients and referrals are found by: what is sealed cannot be searched."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.intake.commands import FindPatients, Identifier
from services.intake.domain import Patient
from shared.privacy.columns import vault_of
from shared.privacy.keys import NETWORK
from shared.unit_of_work import UnitOfWork


def mark_patient(patient: Patient, uow: UnitOfWork) -> None:
    """Let a patient be found by name and birth date, address or telephone."""
    patient.name_index = name_index(patient.family_name, patient.birth_date, uow)
    email, phone = patient.email, patient.phone
    patient.email_index = email_index(email, uow) if email else None
    patient.phone_index = phone_index(phone, uow) if phone else None


def indexes_of(command: FindPatients, uow: UnitOfWork) -> dict[str, str]:
    """The indexes under which those who are looked for would be, by column."""
    found: dict[str, str | None] = {}
    if command.family_name and command.birth_date:
        name = name_index(command.family_name, command.birth_date, uow)
        found["name_index"] = name
    if command.email:
        found["email_index"] = email_index(command.email, uow)
    if command.phone:
        found["phone_index"] = phone_index(command.phone, uow)
    return {column: index for column, index in found.items() if index}


def name_index(family_name: str, birth_date: date, uow: UnitOfWork) -> str:
    """What people of one family name and birth date have in common."""
    return _index("patients.name", uow, family_name, birth_date.isoformat())


def email_index(email: str, uow: UnitOfWork) -> str:
    """What people of one address have in common."""
    return _index("patients.email", uow, email)


def phone_index(phone: str, uow: UnitOfWork) -> str | None:
    """What people of one telephone have in common; only its digits count."""
    digits = re.sub(r"\D", "", phone)
    return _index("patients.phone", uow, digits) if digits else None


def identifier_index(identifier: Identifier, uow: UnitOfWork) -> str:
    """What makes a referral one and the same: to the letter, as it is another's."""
    parts = identifier.system, identifier.value
    return _index("referrals.identifier", uow, *parts, exact=True)


def network_index(person: Mapping[str, Any], connection: Connection) -> str:
    """What people of one name and birth date have in common in the whole network.

    The connection must reach the network, whose key it is.
    """
    born = person["birth_date"].isoformat()
    parts = (person["given_name"], person["family_name"], born)
    vault = vault_of(connection)
    return vault.index(connection, NETWORK, "patients.network", *parts)


def _index(label: str, uow: UnitOfWork, *parts: str, exact: bool = False) -> str:
    vault = vault_of(uow.connection)
    return vault.index(uow.connection, uow.clinic_id, label, *parts, exact=exact)
