"""What a form of the record asks, section by section, and what fits as an answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.datafile import finite
from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack import NotePart, Route

LONGEST_TEXT = 20_000
LONGEST_CODE = 64

Answers = Mapping[str, Any]
"""A text, a code, a number, true or false, by the section it answers."""


class SectionKind(StrEnum):
    """What answers a section."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    CHECK = "check"


@dataclass(frozen=True, kw_only=True)
class Section:
    """One question of a form.

    Args:
        choices: what a choice is among.
        required: whether the form is incomplete without an answer.
        required_if: the check that makes it required if it is answered with yes.
        carry_forward: whether a new form may begin with the last one's answer.
        routes: for which routes it is asked; for each, if none is named.
    """

    code: Code
    label: str
    kind: SectionKind
    choices: tuple[Code, ...] = ()
    unit: str | None = None
    required: bool = False
    required_if: Code | None = None
    carry_forward: bool = False
    routes: tuple[Route, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind is SectionKind.CHOICE) is not (len(self.choices) > 1):
            told = "are two or more, of a choice and of nothing else"
            raise InvalidError(told, field="choices")

    def fault(self, value: object) -> str | None:
        """Why a value is no answer; None if it is one."""
        if self.kind is SectionKind.CHECK:
            return None if isinstance(value, bool) else "is not true or false"
        if self.kind is SectionKind.NUMBER:
            return _number_fault(value)
        if not isinstance(value, str):
            return "is not a text"
        if self.kind is SectionKind.CHOICE:
            return None if value in self.choices else "is not one of the choices"
        return _text_fault(value)


def _number_fault(value: object) -> str | None:
    try:
        finite(value)
    except ValueError as error:
        return str(error)
    return None


def _text_fault(value: str) -> str | None:
    if len(value) > LONGEST_TEXT:
        return f"is longer than {LONGEST_TEXT} characters"
    # Half of a surrogate pair is valid JSON, but no database can keep it.
    if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
        return "is not a text that can be kept"
    return None


@dataclass(frozen=True, kw_only=True)
class Form:
    """One edition of a form; it never changes.

    `part` is the part of a session that it documents, if it is a note. With `cosigned`
    a second clinician signs what the first one wrote.
    """

    code: Code
    edition: Code
    title: str
    sections: tuple[Section, ...]
    part: NotePart | None = None
    cosigned: bool = False
    source: str | None = None

    def __post_init__(self) -> None:
        """Every section once, and every condition a check of the form.

        Raises:
            InvalidError: the field that does not fit.
        """
        if len(self.reference) > LONGEST_CODE:
            told = f"is, with the edition, longer than {LONGEST_CODE}"
            raise InvalidError(told, field="code")
        kinds = {section.code: section.kind for section in self.sections}
        if not kinds or len(kinds) < len(self.sections):
            raise InvalidError("are none, or one stands twice", field="sections")
        conditions = {each.required_if for each in self.sections} - {None}
        if any(kinds.get(str(one)) is not SectionKind.CHECK for one in conditions):
            raise InvalidError("have a condition that is no check", field="sections")

    @property
    def reference(self) -> str:
        """What a record calls it."""
        return f"{self.code}-{self.edition}"

    def asked(self, route: Route) -> tuple[Section, ...]:
        """The sections that are asked for a route."""
        return tuple(
            each for each in self.sections if not each.routes or route in each.routes
        )

    def answered(self, said: Answers, route: Route) -> dict[str, Any]:
        """What was answered, without what is empty.

        Raises:
            InvalidError: a section is not asked, or its answer does not fit; `errors`
                names each.
        """
        asked = {section.code: section for section in self.asked(route)}
        given = {
            code: value.strip() if isinstance(value, str) else value
            for code, value in said.items()
        }
        given = {
            code: value for code, value in given.items() if value not in (None, "")
        }
        faults = {code: "is not asked" for code in given if code not in asked} | {
            code: fault
            for code, value in given.items()
            if code in asked and (fault := asked[code].fault(value))
        }
        if faults:
            raise InvalidError("some answers do not fit", details={"errors": faults})
        return given

    def missing(self, said: Answers, route: Route) -> tuple[str, ...]:
        """The sections without which the form is incomplete."""
        return tuple(
            each.code
            for each in self.asked(route)
            if each.code not in said
            and (each.required or (each.required_if and said.get(each.required_if)))
        )
