"""Single values intake takes, and what is wrong with others."""

import unicodedata
from typing import Any

from email_validator import EmailNotValidError, validate_email
from marshmallow import fields, validate

from shared.http.schemas import CodeField, TextField

MOST_CODES = 20


class LineField(TextField):
    """A single line: control characters would break lists, letters and mails."""

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(*args, **kwargs)
        if any(unicodedata.category(char) == "Cc" for char in value):
            raise self.make_error("invalid")
        return value


class AddressField(LineField):
    """A mail address, by its form alone: nobody is asked whether it exists.

    Only such as every mail server takes; a domain in other letters is put in ASCII.
    """

    default_error_messages = {"address": "Not a mail address."}

    def _deserialize(self, *args: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(*args, **kwargs)
        try:
            found = validate_email(
                value, check_deliverability=False, allow_smtputf8=False
            )
        except EmailNotValidError as error:
            raise self.make_error("address") from error
        return found.ascii_email


class AnswerField(fields.Field[bool | float]):
    """Yes or no, or a number."""

    default_error_messages = {"invalid": "Neither true or false nor a number."}

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool | float:
        if not isinstance(value, bool | int | float):
            raise self.make_error("invalid")
        return value


def codes() -> fields.List[str]:
    """A list of words for programs; empty if not given."""
    return fields.List(
        CodeField(), load_default=list, validate=validate.Length(max=MOST_CODES)
    )
