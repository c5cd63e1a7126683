"""What a consent document is: its text, and the items a patient says yes to."""

from dataclasses import dataclass
from enum import StrEnum

from shared.errors import InvalidError
from shared.events import Code
from shared.rulepack import Route

MOST_SECTIONS = 40
MOST_ITEMS = 30
LONGEST_CODE = 64
LONGEST_MONTHS = 60
UNTOLD = "ketamine"
"""No reference says this, of either drug: events carry it, and name no drug."""


class ConsentType(StrEnum):
    """What a patient consents to."""

    TREATMENT = "treatment"
    OFFLABEL = "offlabel"
    PRIVACY = "privacy"
    TOUCH = "touch"
    RECORDING = "recording"
    SHARING = "sharing"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the text, under a heading."""

    heading: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """A sentence the patient says yes to."""

    name: Code
    text: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """One version of a consent document; it never changes.

    A consent to it lasts `valid_months`. Without a drug, route or protocol it is about
    each.
    `notice` is a banner above the text.
    """

    code: Code
    edition: Code
    type: ConsentType
    title: str
    valid_months: int
    sections: tuple[Section, ...]
    items: tuple[Item, ...]
    drug: Code | None = None
    route: Route | None = None
    protocol: Code | None = None
    notice: str | None = None

    def __post_init__(self) -> None:
        """There is a text, and something to say yes to, each once.

        Raises:
            InvalidError: the field that does not fit.
        """
        if len(self.reference) > LONGEST_CODE:
            told = f"is, with the edition, longer than {LONGEST_CODE}"
            raise InvalidError(told, field="code")
        if UNTOLD in self.reference:
            raise InvalidError("names a drug, and events carry it", field="code")
        if not 0 < self.valid_months <= LONGEST_MONTHS:
            raise InvalidError(f"is not 1 to {LONGEST_MONTHS}", field="valid_months")
        if not 0 < len(self.sections) <= MOST_SECTIONS:
            told = f"has none, or more than {MOST_SECTIONS}"
            raise InvalidError(told, field="sections")
        if not 0 < len(self.items) <= MOST_ITEMS:
            raise InvalidError(f"has none, or more than {MOST_ITEMS}", field="items")
        if len({item.name for item in self.items}) < len(self.items):
            raise InvalidError("names something twice", field="items")
        limits = {"drug": self.drug, "route": self.route, "protocol": self.protocol}
        for field, value in limits.items():
            if value is not None and self.type is not ConsentType.TREATMENT:
                raise InvalidError("is for a consent to treatment only", field=field)

    @property
    def reference(self) -> str:
        """What a consent and its events call it."""
        return f"{self.code}-{self.edition}"
