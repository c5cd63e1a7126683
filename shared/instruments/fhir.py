"""Questionnaires and their answers as FHIR R4, in and out.

What R4 has no place for (how totals are read, what alarms) travels in one extension of
ours, so that what was exported comes back as it was. A questionnaire from elsewhere
has at least items with a choice of whole numbers, or yes and no.

Source: hl7.org/fhir/R4/questionnaire.html, questionnaireresponse.html.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from shared import datafile
from shared.errors import InvalidError
from shared.instruments.definition import Instrument, Item

LOINC = "http://loinc.org"
SCORING = "urn:kap:instrument:scoring"
"""The extension with what R4 has no place for."""
_ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
_SCORED = (
    "bands",
    "cuts",
    "pattern",
    "triage",
    "alert_items",
    "follow_up",
    "change",
    "source",
    "result_loinc",
)
MOST_LEVELS = 5


def to_questionnaire(asked: Instrument) -> dict[str, Any]:
    """A questionnaire as the R4 resource `Questionnaire`."""
    found: dict[str, Any] = {
        "resourceType": "Questionnaire",
        "url": url_of(asked.code),
        "version": asked.version,
        "name": asked.code,
        "title": asked.title,
        "status": "active",
        "subjectType": ["Patient"],
        "extension": [{"url": SCORING, "valueString": _scoring(asked)}],
        "item": [_item(item) for item in asked.items],
    }
    if asked.loinc:
        found["code"] = [{"system": LOINC, "code": asked.loinc}]
    return found


def from_questionnaire(resource: Mapping[str, Any]) -> Instrument:
    """The questionnaire that an R4 resource `Questionnaire` tells.

    Raises:
        InvalidError: it is none, or something in it does not fit; the message and
            `details["errors"]` name every fault.
    """
    _demand_kind(resource, "Questionnaire")
    table: dict[str, Any] = {
        "code": resource.get("name"),
        "version": resource.get("version"),
        "title": resource.get("title"),
        "source": resource.get("publisher") or resource.get("copyright") or "not said",
        "items": [_item_read(one) for one in _asking(resource)],
        **_scoring_read(resource),
    }
    if loinc := _loinc(resource.get("code")):
        table["loinc"] = loinc
    return datafile.read_table(Instrument, table, "questionnaire")


def to_response(
    asked: Instrument,
    answers: Mapping[str, int],
    *,
    response_id: str,
    patient_id: str,
    authored: str,
) -> dict[str, Any]:
    """Answers as the R4 resource `QuestionnaireResponse`.

    Args:
        authored: when they were given, in ISO 8601.
    """
    return {
        "resourceType": "QuestionnaireResponse",
        "id": response_id,
        "questionnaire": f"{url_of(asked.code)}|{asked.version}",
        "status": "completed",
        "subject": {"reference": f"Patient/{patient_id}"},
        "authored": authored,
        "item": [
            {
                "linkId": item.name,
                "text": item.label,
                "answer": [{"valueCoding": _coding(answers[item.name])}],
            }
            for item in asked.items
            if item.name in answers
        ],
    }


def from_response(
    asked: Instrument, resource: Mapping[str, Any], *, patient_id: str
) -> dict[str, int]:
    """The answers that an R4 resource `QuestionnaireResponse` gives, by item.

    Raises:
        InvalidError: it is none, it is about somebody else, it is not completed, it
            answers another questionnaire or version, or an answer is no number.
    """
    _demand_kind(resource, "QuestionnaireResponse")
    subject = resource.get("subject")
    named = subject.get("reference") if isinstance(subject, Mapping) else None
    if named is not None and named != f"Patient/{patient_id}":
        raise InvalidError("is another patient", field="subject")
    if resource.get("status") not in ("completed", "amended"):
        raise InvalidError("is not completed", field="status")
    named = str(resource.get("questionnaire", ""))
    if named not in (url_of(asked.code), f"{url_of(asked.code)}|{asked.version}"):
        raise InvalidError(
            f"is not {asked.code} in version {asked.version}", field="questionnaire"
        )
    answered = [one for one in _answered(resource) if one.get("answer")]
    return {str(one.get("linkId")): _answer_read(one) for one in answered}


def url_of(code: str) -> str:
    """The canonical URL a questionnaire is known by."""
    return f"urn:kap:questionnaire:{code}"


def code_in(resource: Mapping[str, Any]) -> str:
    """The code of the questionnaire that a response names; empty if none of ours."""
    named = str(resource.get("questionnaire", "")).partition("|")[0]
    prefix = url_of("")
    return named.removeprefix(prefix) if named.startswith(prefix) else ""


def table_of(asked: Instrument) -> dict[str, Any]:
    """A questionnaire as plain tables and lists, which `datafile` reads again."""
    found: dict[str, Any] = _plain(dataclasses.asdict(asked))
    return found


def _plain(value: Any) -> Any:
    """Tables and lists without what says nothing."""
    if isinstance(value, Mapping):
        return {
            name: _plain(inner)
            for name, inner in value.items()
            if inner is not None and inner is not False and inner != ()
        }
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return str(value) if isinstance(value, str) else value


def _scoring(asked: Instrument) -> str:
    """What R4 has no place for, as JSON."""
    table = table_of(asked)
    scored = {name: table[name] for name in _SCORED if name in table}
    return json.dumps(scored, separators=(",", ":"))


def _scoring_read(resource: Mapping[str, Any]) -> dict[str, Any]:
    for extension in _tables(resource.get("extension")):
        if extension.get("url") == SCORING:
            try:
                said = json.loads(str(extension.get("valueString")))
            except (ValueError, RecursionError) as error:
                raise InvalidError("is not JSON", field="extension") from error
            return said if isinstance(said, dict) else {}
    return {}


def _item(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {
        "linkId": item.name,
        "text": item.label,
        "type": "choice",
        "answerOption": [
            {"valueCoding": _coding(value)} for value in range(item.highest + 1)
        ],
    }
    if item.loinc:
        found["code"] = [{"system": LOINC, "code": item.loinc}]
    if item.asked_if:
        found["enableWhen"] = [
            {"question": item.asked_if, "operator": "=", "answerCoding": {"code": "1"}}
        ]
    if item.reversed:
        found["extension"] = [{"url": f"{SCORING}:reversed", "valueBoolean": True}]
    return found


def _item_read(one: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {
        "name": one.get("linkId"),
        "label": one.get("text") or one.get("linkId"),
        "highest": _highest(one),
    }
    if loinc := _loinc(one.get("code")):
        read["loinc"] = loinc
    for condition in _tables(one.get("enableWhen")):
        read["asked_if"] = condition.get("question")
    for extension in _tables(one.get("extension")):
        if extension.get("url") == f"{SCORING}:reversed":
            read["reversed"] = extension.get("valueBoolean")
    return read


def _highest(one: Mapping[str, Any]) -> int:
    """The highest answer; 0, which no question may have, if the choice is no choice."""
    if one.get("type") == "boolean":
        return 1
    values = [_value(option) for option in _tables(one.get("answerOption"))]
    whole = [value for value in values if value is not None]
    return max(whole) if whole and sorted(whole) == list(range(len(whole))) else 0


def _value(option: Mapping[str, Any]) -> int | None:
    """The number an option stands for: said as ordinal, as itself, or as its code."""
    if isinstance(option.get("valueInteger"), int):
        return int(option["valueInteger"])
    coding = option.get("valueCoding")
    if not isinstance(coding, Mapping):
        return None
    for holder in (coding, option):
        for extension in _tables(holder.get("extension")):
            value = extension.get("valueDecimal")
            if extension.get("url") == _ORDINAL and isinstance(value, int | float):
                return int(value)
    code = str(coding.get("code", ""))
    return int(code) if code.isascii() and code.isdigit() and len(code) < 4 else None


def _coding(value: int) -> dict[str, Any]:
    """A number as a choice, which says its number in the usual extension."""
    said = str(int(value))
    ordinal = {"url": _ORDINAL, "valueDecimal": int(value)}
    return {"code": said, "display": said, "extension": [ordinal]}


def _answer_read(one: Mapping[str, Any]) -> int:
    given = _tables(one.get("answer"))
    if len(given) == 1:
        if isinstance(given[0].get("valueBoolean"), bool):
            return int(given[0]["valueBoolean"])
        if (value := _value(given[0])) is not None:
            return value
    raise InvalidError("is not one whole number", field=str(one.get("linkId")))


def _asking(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Items that ask something, out of the groups they are in."""
    kinds = ("group", "display")
    return (one for one in _answered(resource) if one.get("type") not in kinds)


def _answered(resource: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every item, whatever group it is in."""
    level = _tables(resource.get("item"))
    for _ in range(MOST_LEVELS):
        yield from level
        level = [inner for one in level for inner in _tables(one.get("item"))]


def _tables(value: object) -> list[Mapping[str, Any]]:
    listed = value if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, Mapping)]


def _loinc(codings: object) -> str | None:
    for coding in _tables(codings):
        if coding.get("system") == LOINC:
            return str(coding.get("code"))
    return None


def _demand_kind(resource: Mapping[str, Any], kind: str) -> None:
    if resource.get("resourceType") != kind:
        raise InvalidError(f"is not a {kind}", field="resourceType")
