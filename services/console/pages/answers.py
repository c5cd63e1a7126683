"""Forms of the record as pages send them: one field for each section."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask import request

ANSWER = "answer:"
"""How the fields of a form begin that hold an answer."""

_TRUTHS = {"yes": True, "no": False}


def answers(sections: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """What was answered, each as its section takes it; nothing where nothing was said.

    What is no number is passed on as it was typed: the service says so, and it is not
    lost.
    """
    said = {
        section["code"]: _answer(
            section["kind"], request.form.get(ANSWER + section["code"], "").strip()
        )
        for section in sections
    }
    return {code: value for code, value in said.items() if value != ""}


def _answer(kind: str, text: str) -> Any:
    if kind == "check":
        return _TRUTHS.get(text, "")
    if kind == "number" and text:
        try:
            return float(text)
        except ValueError:
            return text
    return text
