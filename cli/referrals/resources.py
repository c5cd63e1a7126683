"""FHIR R4 resources, read into the words of a referral.

Every function takes a resource as parsed and refuses what has a wrong type: a list
that is passed over because it is not one could be a patient's medications.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from cli.referrals.record import Coding, distinct, refused, required, text, uncoded

Resource = Mapping[str, Any]

RECORD_NUMBER = ("http://terminology.hl7.org/CodeSystem/v2-0203", "MR")
SOCIAL_SECURITY = "http://hl7.org/fhir/sid/us-ssn"
TIME_ZONE = "http://hl7.org/fhir/StructureDefinition/timezone"

_NAME_ORDER: dict[object, int] = {"official": 0, "usual": 1, None: 2, "temp": 3}
_IDENTIFIER_ORDER: dict[object, int] = {"usual": 1, "official": 2}


def listed(resource: Resource, field: str) -> list[dict[str, Any]]:
    """The objects of a list; an absent list is empty."""
    value = resource.get(field)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(x, dict) for x in value):
        raise refused(field, "a list of objects is expected")
    return value


def inner(resource: Resource, field: str) -> dict[str, Any]:
    """The object in a field; an absent one is empty."""
    value = resource.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused(field, "an object is expected")
    return value


def patient_fields(patient: Resource) -> dict[str, object]:
    """A Patient in the fields that `record.identifier` and `record.person` read.

    Raises:
        RowRefusedError: a wrong type, or the patient is dead or no longer in use.
    """
    if patient.get("active") is False:
        raise refused("active", "false: the record is no longer in use")
    if patient.get("deceasedBoolean") or patient.get("deceasedDateTime"):
        raise refused("deceased", "the record says that the patient has died")
    name = _name(patient)
    return {
        "given_name": _joined(name.get("given")),
        "family_name": name.get("family"),
        "birth_date": patient.get("birthDate"),
        "email": _contact(patient, "email"),
        "phone": _contact(patient, "phone", "sms"),
        "time_zone": _time_zone(patient),
    }


def identifier_fields(patient: Resource) -> dict[str, object]:
    """The identifier that a patient is known by in the exporting system.

    The medical record number comes first, then the one in usual use, then the
    official one, then any; a social security number is never taken.
    """
    found = [
        item
        for item in listed(patient, "identifier")
        if item.get("use") != "old" and item.get("system") != SOCIAL_SECURITY
    ]
    best = min(found, key=_identifier_rank, default={})
    return {
        "identifier_system": best.get("system"),
        "identifier": best.get("value"),
    }


def codings(concept: Resource, field: str, note: str = "") -> tuple[Coding, ...]:
    """Every code of a CodeableConcept, or its words where it has none.

    All codes are kept: which code system the clinic's rules go by is not known here.
    `note` is put behind the words that people read.
    """
    words = text(concept.get("text"), f"{field}.text")
    suffix = f" ({note})" if note else ""
    found = []
    for item in listed(concept, "coding"):
        system = text(item.get("system"), f"{field}.coding.system")
        code = text(item.get("code"), f"{field}.coding.code")
        display = text(item.get("display"), f"{field}.coding.display")
        words = words or display or code
        if system and code:
            shown = (display or words or code) + suffix
            found.append(Coding(system=system, code=code, display=shown))
    if not found:
        found.append(uncoded(required(words, field) + suffix))
    return distinct(found)


def reference(resource: Resource, field: str) -> str:
    """Where a reference points; empty where it points nowhere."""
    value = inner(resource, field).get("reference")
    return text(value, f"{field}.reference") or ""


def contained(resource: Resource, fragment: str) -> dict[str, Any]:
    """The resource inside this one that `#id` means; empty if there is none."""
    own_id = fragment.removeprefix("#")
    matching = (x for x in listed(resource, "contained") if x.get("id") == own_id)
    return next(matching, {}) if fragment.startswith("#") else {}


def status_code(resource: Resource, field: str) -> str:
    """The first code of a status that is a CodeableConcept."""
    first: Resource = next(iter(listed(inner(resource, field), "coding")), {})
    return text(first.get("code"), field) or ""


def _identifier_rank(item: Resource) -> int:
    types = listed(inner(item, "type"), "coding")
    if any((x.get("system"), x.get("code")) == RECORD_NUMBER for x in types):
        return 0
    complete = bool(item.get("system") and item.get("value"))
    return _rank(_IDENTIFIER_ORDER, item.get("use"), 3) if complete else 4


def _name(patient: Resource) -> Resource:
    usable = [
        x for x in listed(patient, "name") if _rank(_NAME_ORDER, x.get("use"), 9) < 9
    ]
    return min(usable, key=lambda x: _rank(_NAME_ORDER, x.get("use"), 9), default={})


def _rank(order: Mapping[object, int], use: object, otherwise: int) -> int:
    """A use of any type: a list from a broken file cannot be looked up."""
    return order.get(use, otherwise) if isinstance(use, str | None) else otherwise


def _joined(given: object) -> object:
    if not isinstance(given, list):
        return given
    return " ".join(required(part, "given_name") for part in given)


def _contact(patient: Resource, *systems: str) -> object:
    """The value to use first: mobile before others, then by rank."""
    found = [
        item
        for item in listed(patient, "telecom")
        if item.get("system") in systems and item.get("use") != "old"
    ]
    return min(found, key=_contact_rank, default={}).get("value")


def _contact_rank(item: Resource) -> tuple[bool, float]:
    rank = item.get("rank")
    known = float(rank) if isinstance(rank, int | float) else float("inf")
    return item.get("use") != "mobile", known


def _time_zone(patient: Resource) -> object:
    places: Iterable[Resource] = (patient, *listed(patient, "address"))
    extensions = (x for place in places for x in listed(place, "extension"))
    return next(
        (x.get("valueCode") for x in extensions if x.get("url") == TIME_ZONE), None
    )
