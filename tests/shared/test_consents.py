"""Consent documents that ship with the product, and what makes one unfit."""

from typing import Any

import pytest

from shared.consents import TEMPLATES, ConsentType, Document, read_document
from shared.errors import InvalidError

TOUCH: dict[str, Any] = {
    "code": "touch",
    "edition": "2",
    "type": "touch",
    "title": "Touch",
    "valid_months": 6,
    "sections": [{"heading": "What", "text": "A hand is held."}],
    "items": [{"name": "agreed", "text": "I agree."}],
}

every_template = pytest.mark.parametrize(
    "document", TEMPLATES.values(), ids=lambda document: document.reference
)


def test_there_is_a_template_of_each_type() -> None:
    assert {document.type for document in TEMPLATES.values()} == set(ConsentType)


@every_template
def test_a_template_says_that_counsel_must_review_it(document: Document) -> None:
    assert document.notice is not None
    assert document.notice.startswith("Template text.")
    assert "counsel" in document.notice


@every_template
def test_a_template_says_that_one_may_say_no_and_take_it_back(
    document: Document,
) -> None:
    text = " ".join(section.text for section in document.sections)

    assert "take this consent back" in text or "take it back" in text
    assert any(section.heading == "Your choice" for section in document.sections)


def test_the_offlabel_item_says_what_off_label_is() -> None:
    items = {item.name: item.text for item in TEMPLATES["offlabel-2026.1"].items}

    assert "psychiatric use of racemic ketamine is off-label" in items["offlabel"]


def test_a_document_is_called_by_its_code_and_edition() -> None:
    assert read_document(TOUCH).reference == "touch-2"


@pytest.mark.parametrize(
    ("different", "field"),
    [
        ({"code": "c" * 63}, "code"),
        ({"code": "esketamine"}, "code"),
        ({"edition": "ketamine-1"}, "code"),
        ({"valid_months": 0}, "valid_months"),
        ({"valid_months": 61}, "valid_months"),
        ({"sections": []}, "sections"),
        ({"sections": TOUCH["sections"] * 41}, "sections"),
        ({"items": []}, "items"),
        ({"items": TOUCH["items"] * 2}, "items"),
        (
            {"items": [{"name": f"i{n}", "text": "I agree."} for n in range(31)]},
            "items",
        ),
        ({"drug": "esketamine"}, "drug"),
        ({"route": "im"}, "route"),
        ({"type": "research"}, "type"),
        ({"author": "me"}, "author"),
    ],
)
def test_what_does_not_fit_is_named(different: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        read_document(TOUCH | different)

    assert refused.value.field == field
