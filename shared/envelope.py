"""An event on its way: CloudEvents 1.0, in binary mode between our services, as one
JSON document in the feed and to integrators.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from shared.errors import InvalidError
from shared.events import Event, Sensitivity, catalogue

PREFIX = "cloudEvents_"
MAX_PAYLOAD_BYTES = 65_536
LARGEST_VERSION = 2**31 - 1
LARGEST_PLACE = 2**63 - 1


class UnreadableError(InvalidError):
    """What arrived is not an event of this platform."""

    code = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One event, and all that is said about it besides what it tells.

    `payload` is the event as JSON text, exactly as it was written. `sequence` is its
    place in the producer's feed, from 1, or None before it has one.
    """

    id: UUID
    type: str
    clinic_id: UUID | None
    aggregate_type: str
    aggregate_id: UUID
    aggregate_version: int
    payload: str
    occurred_at: datetime
    actor_id: UUID | None = None
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None
    sequence: int | None = None

    @property
    def name(self) -> str:
        """The event's name, `<service>.<aggregate>.<past tense>`."""
        return self.type.removeprefix("kap.").rpartition(".v")[0]

    @property
    def producer(self) -> str:
        """The service that tells it."""
        return self.name.partition(".")[0]

    @property
    def routing_key(self) -> str:
        """`<name>.v<major>.<clinic id>`; `network` where no clinic is concerned."""
        return f"{self.type.removeprefix('kap.')}.{self.clinic_id or 'network'}"

    @property
    def sensitivity(self) -> Sensitivity:
        """How much the fact discloses; what is unknown counts as the most."""
        event = catalogue().get(self.type)
        return event.sensitivity if event else Sensitivity.SUD

    def event(self) -> Event:
        """The event inside.

        Raises:
            UnreadableError: the type is unknown, or the payload does not fit it.
        """
        kind = catalogue().get(self.type)
        if kind is None:
            raise UnreadableError(f"{self.type} is not a known event type")
        return kind.from_payload(json.loads(self.payload))

    def attributes(self) -> dict[str, str]:
        """The CloudEvents attributes, as strings; those without a value are absent."""
        values = {
            "specversion": "1.0",
            "id": str(self.id),
            "source": f"//kap/{self.producer}",
            "type": self.type,
            "subject": f"{self.aggregate_type}/{self.aggregate_id}",
            "time": self.occurred_at.isoformat(),
            "datacontenttype": "application/json",
            "dataclassification": self.sensitivity.value,
            "partitionkey": str(self.aggregate_id),
            "aggregateversion": str(self.aggregate_version),
            "clinicid": self.clinic_id and str(self.clinic_id),
            "authid": self.actor_id and str(self.actor_id),
            "correlationid": self.correlation_id and str(self.correlation_id),
            "causationid": self.causation_id and str(self.causation_id),
            "traceparent": self.traceparent,
            "sequence": None if self.sequence is None else f"{self.sequence:020d}",
        }
        return {name: value for name, value in values.items() if value}

    def headers(self) -> dict[str, str]:
        """The attributes as message headers: CloudEvents binary mode over AMQP."""
        attributes = self.attributes()
        attributes.pop("datacontenttype")
        return {PREFIX + name: value for name, value in attributes.items()}

    def document(self) -> dict[str, Any]:
        """The envelope and its event as one JSON document: structured mode."""
        return {**self.attributes(), "data": json.loads(self.payload)}

    @classmethod
    def from_headers(cls, headers: Mapping[str, Any], body: bytes | str) -> Self:
        """An envelope from a message.

        Raises:
            UnreadableError: an attribute or the body is missing or makes no sense.
        """
        attributes = {
            name[len(PREFIX) :]: value
            for name, value in headers.items()
            if name[: len(PREFIX)] in (PREFIX, "cloudEvents:")
        }
        try:
            text = body.decode() if isinstance(body, bytes) else body
        except UnicodeDecodeError as error:
            raise UnreadableError("the body is not UTF-8") from error
        return cls._read(attributes, text)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """An envelope from its one JSON document.

        Raises:
            UnreadableError: an attribute or the data is missing or makes no sense.
        """
        if not isinstance(document, Mapping):
            raise UnreadableError("a JSON object is expected")
        return cls._read(document, json.dumps(document.get("data")))

    @classmethod
    def _read(cls, attributes: Mapping[str, Any], payload: str) -> Self:
        try:
            if len(payload.encode()) > MAX_PAYLOAD_BYTES:
                raise UnreadableError("the body is too large")
            if not isinstance(json.loads(payload), dict):
                raise UnreadableError("the body is not a JSON object")
            aggregate_type, _, aggregate_id = attributes["subject"].partition("/")
            occurred_at = datetime.fromisoformat(attributes["time"])
            if occurred_at.tzinfo is None:
                raise UnreadableError("the attribute time has no zone")
            kind = _text(attributes["type"], 160)
            _text(kind.removeprefix("kap.").partition(".")[0], 32)
            return cls(
                id=UUID(attributes["id"]),
                type=kind,
                clinic_id=_id(attributes.get("clinicid")),
                aggregate_type=_text(aggregate_type, 64),
                aggregate_id=UUID(aggregate_id),
                aggregate_version=_number(
                    attributes["aggregateversion"], LARGEST_VERSION
                ),
                payload=payload,
                occurred_at=occurred_at.astimezone(UTC),
                actor_id=_id(attributes.get("authid")),
                correlation_id=_id(attributes.get("correlationid")),
                causation_id=_id(attributes.get("causationid")),
                traceparent=_trace(attributes.get("traceparent")),
                sequence=_number(attributes["sequence"], LARGEST_PLACE)
                if attributes.get("sequence")
                else None,
            )
        except KeyError as error:
            raise UnreadableError(
                f"the attribute {error.args[0]} is missing"
            ) from error
        except (
            TypeError,
            ValueError,
            AttributeError,
            OverflowError,
            RecursionError,
        ) as error:
            raise UnreadableError("an attribute or the body makes no sense") from error


def _id(value: str | None) -> UUID | None:
    return UUID(value) if value else None


def _text(value: str, longest: int) -> str:
    """A word that every database can keep in a column of that length."""
    if not 0 < len(value) <= longest or not (value.isascii() and value.isprintable()):
        raise ValueError("no text, or too long")
    return value


def _number(value: str | int, largest: int) -> int:
    number = int(value)
    if not 0 <= number <= largest:
        raise ValueError("out of range")
    return number


def _trace(value: str | None) -> str | None:
    return _text(value, 64) if value else None
