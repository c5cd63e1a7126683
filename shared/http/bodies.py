"""How long and how deep a body may be, before any schema looks at it."""

from typing import Any

from flask import Request
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from shared.errors import InvalidError

MAX_BODY_BYTES = 1_048_576
MAX_DEPTH = 20
MAX_ITEMS = 1_000


class BadJsonError(InvalidError):
    """The body is not valid JSON, or has a number too long."""

    status = 400
    code = "bad_json"


class TooDeepError(InvalidError):
    """The body is nested too deep."""

    code = "too_deep"


class TooManyItemsError(InvalidError):
    """A list or an object in the body has too many items."""

    code = "too_many_items"


class Parser(FlaskParser):
    """webargs' parser, which lets pass what Python's refuses besides bad syntax."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """What the body says."""
        # Of a body that does not say how long it is, the rest is cut off in silence.
        most = req.max_content_length or MAX_BODY_BYTES
        if req.content_length is None and len(req.get_data()) >= most:
            raise RequestEntityTooLarge
        try:
            return within_limits(super().load_json(req, schema))
        except RecursionError as error:
            raise TooDeepError from error
        except ValueError as error:
            raise BadJsonError from error


def within_limits(body: Any) -> Any:
    """The body, if it is not nested too deep and nothing in it is too long.

    It goes level by level and not by recursion, which hostile depth would exhaust.

    Raises:
        TooDeepError: it has more levels than `MAX_DEPTH`.
        TooManyItemsError: a list or an object has more than `MAX_ITEMS`.
    """
    level, depth = [body], 0
    while nested := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise TooDeepError(f"the body may be nested {MAX_DEPTH} levels deep")
        if any(len(one) > MAX_ITEMS for one in nested):
            raise TooManyItemsError(f"a list or object may have {MAX_ITEMS} items")
        level = [
            item
            for one in nested
            for item in (one.values() if isinstance(one, dict) else one)
        ]
    return body
