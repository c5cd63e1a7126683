"""Referrals from a FHIR R4 Bundle: a patient, and all the bundle says about them.

A patient goes as a whole or not at all. If a Condition or a MedicationStatement of
theirs cannot be read, the patient is refused and the reason names the entry: a
referral that lacks one line would look complete to whoever decides on it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cli.referrals.bundle import BundleEntry, BundleReader
from cli.referrals.record import (
    Coding,
    Coverage,
    Referral,
    Row,
    RowRefusedError,
    Source,
    distinct,
    identifier,
    person,
    refused,
    required,
    text,
)
from cli.referrals.resources import (
    codings,
    contained,
    identifier_fields,
    inner,
    listed,
    patient_fields,
    reference,
    status_code,
)
from cli.referrals.spool import Spool, Stored, temporary_database

SOURCE_TYPE = "ehr_export"
SELF_PAY = "self-pay"
MOST_ENTRIES_PER_PATIENT = 500

# Only these elements are kept, even for the time of the run.
_READ = {
    "Patient": (
        "active", "address", "birthDate", "deceasedBoolean", "deceasedDateTime",
        "extension", "id", "identifier", "name", "telecom",
    ),
    "Condition": (
        "abatementDateTime", "clinicalStatus", "code", "subject", "verificationStatus",
    ),
    "MedicationStatement": (
        "contained", "effectivePeriod", "medicationCodeableConcept",
        "medicationReference", "status", "subject",
    ),
    "Coverage": (
        "beneficiary", "contained", "identifier", "payor", "status", "subscriberId",
    ),
    "Medication": ("code", "id"),
    "Organization": ("id", "name"),
}  # fmt: skip
_PATIENT_FIELD = {
    "Condition": "subject",
    "MedicationStatement": "subject",
    "Coverage": "beneficiary",
}
_NEVER_TRUE = ("entered-in-error", "refuted", "not-taken")
_HERE_AND_NOW = ("", "active", "confirmed", "recurrence", "relapse")


@contextmanager
def open_bundle(path: Path) -> Iterator[Source]:
    """Opens a bundle: reads all of it onto disk, then hands out its patients.

    Raises:
        UnreadableFileError: it is no FHIR Bundle of a type that is imported.
        UnavailableError: there is no room for the temporary database.
    """
    with temporary_database() as db:
        spool = Spool(db)
        with path.open("rb") as file:
            reader = BundleReader(file)
            ignored = sum(not _keep(entry, spool) for entry in reader.entries())
        spool.link()
        yield Source(
            total=spool.count_rows() + bool(reader.broken),
            rows=_rows(spool, reader),
            ignored=ignored,
            broken=reader.broken,
        )


def _keep(entry: BundleEntry, spool: Spool) -> bool:
    """Puts an entry into the spool; False if it is of a kind that nobody reads."""
    content = entry.content if isinstance(entry.content, dict) else {}
    resource = content.get("resource")
    resource = resource if isinstance(resource, dict) else {}
    kind = resource.get("resourceType")
    kind = kind if isinstance(kind, str) else ""
    if kind and kind not in _READ:
        return False
    problem = "" if entry.whole else "too large, or nested too deeply"
    if not kind:
        problem = problem or "resource: missing, or without a resourceType"
    url = about = ""
    try:
        if kind in _PATIENT_FIELD:
            about = reference(resource, _PATIENT_FIELD[kind])
        url = text(content.get("fullUrl"), "fullUrl") or ""
    except RowRefusedError as error:
        problem = problem or error.message
    kept = {name: resource[name] for name in _READ.get(kind, ()) if name in resource}
    stored = Stored(
        number=entry.number, kind=kind, url=url, resource=kept, refusal=problem
    )
    spool.add(stored, about)
    return True


def _rows(spool: Spool, reader: BundleReader) -> Iterator[Row]:
    for stored in spool.rows():
        if stored.kind == "Patient":
            yield _patient_row(stored, spool)
        else:
            yield Row(number=stored.number, reason=_told(stored, _homeless(stored)))
    if reader.broken:
        yield Row(number=reader.count + 1, reason=f"file: {reader.broken}")


def _homeless(stored: Stored) -> str:
    field = _PATIENT_FIELD.get(stored.kind, "")
    return stored.refusal or f"{field}: refers to no Patient in this file"


def _told(stored: Stored, problem: str) -> str:
    return f"entry {stored.number} ({stored.kind or 'no resource'}): {problem}"


def _patient_row(patient: Stored, spool: Spool) -> Row:
    known_as = ""
    try:
        if patient.refusal:
            raise RowRefusedError(patient.refusal)
        known_as = identifier(identifier_fields(patient.resource)).value
        referral = _referral(patient, spool)
        return Row(number=patient.number, identifier=known_as, referral=referral)
    except RowRefusedError as error:
        return Row(number=patient.number, identifier=known_as, reason=error.message)


def _referral(patient: Stored, spool: Spool) -> Referral:
    entries = spool.about(patient, at_most=MOST_ENTRIES_PER_PATIENT + 1)
    if len(entries) > MOST_ENTRIES_PER_PATIENT:
        raise refused(
            "entries", f"more than {MOST_ENTRIES_PER_PATIENT} for one patient"
        )
    found: dict[str, list[Any]] = {kind: [] for kind in _PATIENT_FIELD}
    for stored in entries:
        found[stored.kind].extend(_read(stored, spool))
    return Referral(
        source_type=SOURCE_TYPE,
        identifier=identifier(identifier_fields(patient.resource)),
        patient=person(patient_fields(patient.resource)),
        conditions=distinct(found["Condition"]),
        medications=distinct(found["MedicationStatement"]),
        coverages=tuple(found["Coverage"]),
    )


def _read(stored: Stored, spool: Spool) -> Iterable[Coding | Coverage]:
    """What one resource adds to the referral of its patient.

    Raises:
        RowRefusedError: it cannot be read; the message names the entry.
    """
    try:
        if stored.refusal:
            raise RowRefusedError(stored.refusal)
        if spool.patients_of(stored) > 1:
            field = _PATIENT_FIELD[stored.kind]
            raise refused(field, "fits more than one Patient")
        if stored.kind == "Condition":
            return _conditions(stored)
        if stored.kind == "MedicationStatement":
            return _medications(stored, spool)
        return _coverages(stored, spool)
    except RowRefusedError as error:
        raise RowRefusedError(_told(stored, error.message)) from error


def _conditions(stored: Stored) -> Iterable[Coding]:
    resource = stored.resource
    verified = status_code(resource, "verificationStatus")
    if verified in _NEVER_TRUE:
        return ()
    clinical = status_code(resource, "clinicalStatus")
    note = _note(verified, clinical, until=resource.get("abatementDateTime"))
    return codings(inner(resource, "code"), "code", note)


def _medications(stored: Stored, spool: Spool) -> Iterable[Coding]:
    resource = stored.resource
    status = text(resource.get("status"), "status") or ""
    if status in _NEVER_TRUE:
        return ()
    note = _note(status, until=inner(resource, "effectivePeriod").get("end"))
    concept = inner(resource, "medicationCodeableConcept")
    return codings(concept or _medication(stored, spool), "medication", note)


def _medication(stored: Stored, spool: Spool) -> dict[str, Any]:
    """The concept that a statement only refers to; its words where it is elsewhere."""
    at = reference(stored.resource, "medicationReference")
    inside = contained(stored.resource, at)
    elsewhere = spool.find(at, stored, "Medication")
    found = inside or (elsewhere.resource if elsewhere else {})
    display = inner(stored.resource, "medicationReference").get("display")
    return inner(found, "code") or {"text": display}


def _coverages(stored: Stored, spool: Spool) -> Iterable[Coverage]:
    resource = stored.resource
    if resource.get("status") in ("cancelled", "entered-in-error"):
        return ()
    first: dict[str, Any] = next(iter(listed(resource, "identifier")), {})
    member_id = text(resource.get("subscriberId"), "subscriberId")
    member_id = member_id or text(first.get("value"), "identifier")
    return (Coverage(payer=_payer(stored, spool), member_id=member_id),)


def _payer(stored: Stored, spool: Spool) -> str:
    payor: dict[str, Any] = next(iter(listed(stored.resource, "payor")), {})
    at = text(payor.get("reference"), "payor") or ""
    if spool.find(at, stored, "Patient"):
        return SELF_PAY
    elsewhere = spool.find(at, stored, "Organization")
    found = contained(stored.resource, at) or (elsewhere.resource if elsewhere else {})
    return required(payor.get("display") or found.get("name"), "payor")


def _note(*statuses: str, until: object) -> str:
    """What people need to know of a thing that is past or not certain.

    It is sent all the same: a medicine stopped last week may still matter.
    """
    words = [status for status in statuses if status not in _HERE_AND_NOW]
    day = (text(until, "end") or "")[:10]
    return ", ".join([*words, f"until {day}"] if day else words)
