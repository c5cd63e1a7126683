"""The door every request goes through: who calls, may they, and what is noted of it.

Behind it a view has a unit of work (POST, PUT, DELETE) or a reading (GET) that reaches
one clinic only. Whatever it answers is answered with its entry in the audit trail, and
what is refused leaves one too.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import wraps
from typing import Any
from uuid import UUID

from flask import Response, current_app, g, make_response, request

from shared import emergency
from shared.access import CARE, NOBODY, STAFF, Purpose, Role, Scope
from shared.audit.trail import Entry, Outcome, write
from shared.conflicts import ExpectedVersion
from shared.context import Actor, Context
from shared.errors import (
    ConflictError,
    ForbiddenError,
    InvalidError,
    KapError,
    NotFoundError,
    UnauthenticatedError,
)
from shared.mailbox import idempotency
from shared.mailbox.idempotency import Answer
from shared.reach import Reach
from shared.service import Runtime
from shared.telemetry import is_traceparent
from shared.unit_of_work import UnitOfWork

View = Callable[..., Any]
Explain = Callable[..., Mapping[str, object]]
"""What a fresh reading has to say about a refusal: it is called with the refusal, the
reading and what the view was called with; the members it gives join the answer."""
Before = Callable[[Runtime, Context], None]
"""What is done for a change before its transaction begins: asking other services."""

KEY_LENGTH = 128
NOBODY_IN_PARTICULAR = Actor(id=UUID(int=0))
"""Who asks where no token is asked for."""


class MediaTypeError(InvalidError):
    """The body must be JSON, and say so in Content-Type."""

    status = 415
    code = "unsupported_media_type"


def guarded(
    endpoint: View,
    scope: Scope,
    *,
    method: str,
    action: str,
    has_body: bool,
    in_emergency: bool,
    most_bytes: int,
    explain: Explain | None = None,
    before: Before | None = None,
) -> View:
    """An endpoint behind the door; its body has at most so many bytes."""

    @wraps(endpoint)
    def call(**path: Any) -> Any:
        clinic_id = path.pop("clinic_id", None)
        asked = _asked(scope, action, clinic_id)
        try:
            asked = _admitted(asked, scope, path, in_emergency=in_emergency)
            if method == "GET":
                return _read(endpoint, asked, scope, path)
            request.max_content_length = most_bytes
            if before is not None:
                before(current_runtime(), asked)
            return _change(endpoint, asked, path, has_body=has_body)
        except ConflictError as refusal:
            if explain is not None:
                refusal.details.update(_explained(explain, refusal, asked, path))
            raise
        except (ForbiddenError, NotFoundError) as refusal:
            _note_refusal(asked, refusal, path)
            raise

    return call


def current_runtime() -> Runtime:
    """The runtime of the service that answers this request."""
    runtime: Runtime = current_app.extensions["kap"]
    return runtime


def caller() -> Actor:
    """Who calls, from the bearer token.

    Raises:
        UnauthenticatedError: there is none, or it is not valid.
    """
    actor: Actor = current_app.extensions["kap_verifier"].verify(bearer())
    return actor


def bearer() -> str:
    """The token of whoever calls: another service is asked in their name with it.

    Raises:
        UnauthenticatedError: there is none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError
    return token.strip()


def _asked(scope: Scope, action: str, clinic_id: UUID | None) -> Context:
    """What is asked for, before it is known whether it may be."""
    actor = NOBODY_IN_PARTICULAR if scope.is_open else caller()
    given = request.headers.get("traceparent")
    return Context(
        actor=actor,
        clinic_id=clinic_id,
        action=action,
        is_request=True,
        roles=actor.all_roles if scope.from_anywhere else actor.roles_in(clinic_id),
        purpose=scope.purpose,
        request_id=UUID(g.request_id),
        correlation_id=g.correlation_id,
        traceparent=given if is_traceparent(given) else None,
    )


def _admitted(
    asked: Context, scope: Scope, path: Mapping[str, Any], *, in_emergency: bool
) -> Context:
    """The context of a request that may go on.

    Raises:
        NotFoundError: the clinic, or the record of somebody else, is nothing the
            caller may know of.
        ForbiddenError: the caller's roles or the token's scopes do not allow it.
    """
    if scope.is_open:
        return asked
    is_named = asked.actor.scopes is None or scope.name in asked.actor.scopes
    if in_emergency and is_named and _has_broken_glass(asked, path["patient_id"]):
        return asked.acting_as(asked.actor.all_roles, Purpose.EMERGENCY)
    used = asked.roles & scope.roles if is_named else NOBODY
    if used == {Role.PATIENT}:
        if path.get("patient_id") != asked.actor.id:
            raise NotFoundError
        return asked.acting_as(used, Purpose.PATIENT)
    if used:
        return asked.acting_as(used, scope.purpose)
    if asked.clinic_id is not None and not asked.roles:
        # Nobody learns from us which clinics exist.
        raise NotFoundError
    raise ForbiddenError


def _has_broken_glass(asked: Context, patient_id: UUID) -> bool:
    """Whether the record was opened to the caller, whom the roles do not show all."""
    if asked.roles & CARE or not asked.actor.all_roles & STAFF:
        return False
    runtime = current_runtime()
    with runtime.reading(asked) as reading:
        return emergency.is_open(
            reading.connection,
            actor_id=asked.actor.id,
            patient_id=patient_id,
            at=runtime.clock(),
        )


def _read(
    endpoint: View, context: Context, scope: Scope, path: dict[str, Any]
) -> Response:
    runtime = current_runtime()
    is_person = Role.SERVICE not in context.roles
    is_noted = scope.of_patients or (scope.in_network and is_person)
    with runtime.reading(context, is_noted=is_noted) as g.door:
        response = _tagged(make_response(endpoint(**path)))
        if is_noted:
            entry = Entry.of(
                context,
                Outcome.READ,
                at=runtime.clock(),
                record=_named(path),
                patients=(*_patients_in(path), *_patients_in(g.answered)),
            )
            g.door.note(entry)
        return response


def _change(
    endpoint: View, context: Context, path: dict[str, Any], *, has_body: bool
) -> Response:
    if has_body and not request.is_json:
        raise MediaTypeError
    key = _idempotency_key()
    # All of the body is here before a transaction begins: no lock waits for a
    # slow sender.
    request.get_data()
    with current_runtime().unit_of_work(context) as uow:
        g.door = uow
        uow.expected = _expected(path)
        if key and (earlier := _claim(uow, key)):
            return earlier
        response = _tagged(make_response(endpoint(**path)))
        uow.touch(
            record=_named(path),
            patients=(*_patients_in(path), *_patients_in(g.answered)),
        )
        if key:
            _remember(uow, key, response)
        return response


def _explained(
    explain: Explain, refusal: KapError, asked: Context, path: Mapping[str, Any]
) -> Mapping[str, object]:
    """What is true now that everything is rolled back; nothing if it cannot be told."""
    try:
        with current_runtime().reading(asked) as reading:
            return explain(refusal, reading, *g.parsed, **path)
    except KapError:
        return {}


def _note_refusal(asked: Context, refusal: KapError, path: Mapping[str, Any]) -> None:
    """Leave an entry of what was refused, in the clinic's trail if the caller has any
    business there, else in the network's.
    """
    runtime = current_runtime()
    is_known = asked.clinic_id is not None and bool(asked.roles)
    own = asked if is_known else asked.in_clinic(None)
    is_missing = isinstance(refusal, NotFoundError)
    record = _named(path)
    if asked.clinic_id is not None and not is_known:
        record = ("clinic", asked.clinic_id)
    entry = Entry.of(
        own,
        Outcome.NOT_FOUND if is_missing else Outcome.REFUSED,
        at=runtime.clock(),
        record=record,
        patients=_patients_in(path),
    )
    with runtime.begin(Reach.of(own.clinic_id)) as connection:
        write(connection, entry)


def _named(path: Mapping[str, Any]) -> tuple[str, UUID] | None:
    """The last record a path names."""
    names = [name for name, value in path.items() if isinstance(value, UUID)]
    return (names[-1].removesuffix("_id"), path[names[-1]]) if names else None


def _patients_in(value: Any) -> Iterator[UUID | str]:
    """Whose records an answer, or a path, is about."""
    parts = [value]
    while parts:
        part = parts.pop()
        if isinstance(part, Mapping):
            if patient_id := part.get("patient_id"):
                yield patient_id
            parts += [each for each in part.values() if type(each) not in _PLAIN]
        elif isinstance(part, list | tuple):
            parts += part
        elif patient_id := getattr(part, "patient_id", None):
            yield patient_id


_PLAIN = frozenset({str, int, float, bool, UUID, datetime, type(None)})
"""What names nobody else; there may be very many of them in an answer."""


def _expected(path: dict[str, Any]) -> ExpectedVersion | None:
    """What If-Match says about the last record the path names."""
    given = request.headers.get("If-Match")
    ids = [value for value in path.values() if isinstance(value, UUID)]
    if not given or not ids:
        return None
    match = re.fullmatch(r'(?:W/)?"(\d{1,9})"', given.strip())
    if match is None:
        raise InvalidError(
            'If-Match must be an entity tag such as "3"', field="If-Match"
        )
    return ExpectedVersion(ids[-1], int(match[1]))


def _tagged(response: Response) -> Response:
    if g.get("version") is not None:
        response.set_etag(str(g.version))
    return response


def _idempotency_key() -> str | None:
    key = request.headers.get("Idempotency-Key")
    if not key or request.method != "POST":
        return None
    if len(key) > KEY_LENGTH or not key.isprintable():
        raise InvalidError(
            f"Idempotency-Key must be at most {KEY_LENGTH} printable characters",
            field="Idempotency-Key",
        )
    return key


def _request_hash() -> str:
    said = f"{request.method} {request.path}\n".encode() + request.get_data()
    return hashlib.sha256(said).hexdigest()


def _claim(uow: UnitOfWork, key: str) -> Response | None:
    answer = idempotency.claim(
        uow.connection,
        actor_id=uow.actor_id,
        key=key,
        request_hash=_request_hash(),
        at=uow.now,
        clinic_id=uow.context.clinic_id,
    )
    if answer is None:
        return None
    response = Response(answer.body, answer.status, mimetype="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    if answer.etag:
        response.set_etag(answer.etag)
    return response


def _remember(uow: UnitOfWork, key: str, response: Response) -> None:
    answer = Answer(
        status=response.status_code,
        body=response.get_data(as_text=True),
        etag=response.get_etag()[0],
    )
    idempotency.remember(
        uow.connection,
        answer,
        actor_id=uow.actor_id,
        key=key,
        clinic_id=uow.context.clinic_id,
    )
