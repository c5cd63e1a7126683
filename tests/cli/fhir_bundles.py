"""Bundles of fictional people, and the result of importing them."""

import csv
import json
from pathlib import Path
from typing import Any

ICD = "http://hl7.org/fhir/sid/icd-10-cm"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
Json = dict[str, Any]


def patient(number: int = 1, **changes: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": str(number),
        "identifier": [{"system": "urn:ex", "value": f"A-{number}"}],
        "name": [{"family": "Fictional", "given": ["Testa"]}],
        "birthDate": "1980-02-29",
        **changes,
    }


def condition(
    subject: str = "Patient/1", code: str | Json = "F33.2", **changes: Any
) -> Json:
    if isinstance(code, str):
        code = {"coding": [{"system": ICD, "code": code, "display": "Words"}]}
    return {
        "resourceType": "Condition",
        "subject": {"reference": subject},
        "code": code,
        **changes,
    }


def medication(subject: str = "Patient/1", **changes: Any) -> Json:
    named = "medicationReference" in changes
    coding = {"system": RXNORM, "code": "36437", "display": "sertraline"}
    concept = {} if named else {"medicationCodeableConcept": {"coding": [coding]}}
    return {
        "resourceType": "MedicationStatement",
        "status": "active",
        "subject": {"reference": subject},
        **concept,
        **changes,
    }


def coverage(**changes: Any) -> Json:
    return {
        "resourceType": "Coverage",
        "beneficiary": {"reference": "Patient/1"},
        "subscriberId": "M-1",
        "payor": [{"display": "Example Plan"}],
        **changes,
    }


def at(url: str, resource: Json) -> Json:
    return {"fullUrl": url, "resource": resource}


def bundle_of(folder: Path, *resources: Json, **heading: Any) -> Path:
    """A bundle of resources; what has a `fullUrl` is an entry already."""
    entries = [x if "fullUrl" in x else {"resource": x} for x in resources]
    content = {"resourceType": "Bundle", "type": "collection", **heading}
    path = folder / "bundle.json"
    path.write_text(json.dumps({**content, "entry": entries}), encoding="utf-8")
    return path


def result_of(bundle: Path) -> list[dict[str, str]]:
    with bundle.with_suffix(".result").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
