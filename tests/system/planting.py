"""Callers who plant a marker in every field that can take one, and keep refusals.

What is planted is made from each service's own OpenAPI document: a field that is added
to it is planted in from then on, without anybody thinking of it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from werkzeug.test import TestResponse

from cli.api_client import RefusedError
from cli.services import NAMES
from shared.testing.caller import Caller
from shared.testing.lab import Lab
from tests.system.conftest import Teller

MARK = "zqxcanary"
BIRTH_DATE = "1931-07-19"
PHONE = "+1 555 010 7193"
LEAST_NUMBER = 10
"""Smaller ones look like the seconds and counts that telemetry is full of."""

MEANT = frozenset({"time_zone", "url", "types"})
"""Texts that only few values of are accepted: there the marker is tried in vain."""

Document = Mapping[str, Any]


class Plants:
    """What was planted so far, and how it is found again."""

    def __init__(self) -> None:
        self.where: dict[str, str] = {}
        self._numbers = 0

    def text(self, where: str, schema: Document) -> str:
        """A marker of its own, as long as the field allows."""
        marker = f"{MARK}{len(self.where)}x"
        self.where[marker] = where
        named = where.rpartition(".")[2]
        if named == "email":
            return f"{marker}@example.org"
        return f"Of {marker}"[-schema.get("maxLength", 200) :]

    def number(self, where: str, value: float) -> float:
        """Nearly the same, with three decimals nobody else writes."""
        if value < LEAST_NUMBER:
            return value
        self._numbers += 1
        # The last decimal is never zero, or it would not be written.
        thousandths = 101 + self._numbers % 80 * 10 + self._numbers % 9
        planted = round(int(value) + thousandths / 1_000, 3)
        self.where[str(planted)] = where
        return planted

    def texts_in(self, text: str) -> set[str]:
        """The markers, the birth date and the phone number that a text holds."""
        held = set(re.findall(rf"{MARK}\d+x", text.lower()))
        return held | {known for known in (BIRTH_DATE, PHONE) if known in text}

    def found_in(self, text: str) -> list[str]:
        """Which of them a text holds, and where they were planted."""
        held = self.texts_in(text)
        numbers = set(re.findall(r"(?<![\d.:-])\d+\.\d{1,3}(?![\d-])", text))
        held |= numbers & self.where.keys()
        return sorted(f"{marker} ({self.where.get(marker, '')})" for marker in held)


class Planter:
    """Bodies of one platform's operations, planted."""

    def __init__(self, lab: Lab, plants: Plants) -> None:
        self.plants = plants
        self.documents: dict[str, Document] = {}
        for name in NAMES:
            client = lab.platform.apps[name].test_client()
            self.documents[name] = client.get(f"/{name}/openapi.json").get_json()

    def operations(self) -> Iterator[tuple[str, str, str, Document]]:
        """Service, method, path and description of every operation."""
        for name, document in self.documents.items():
            for path, item in document["paths"].items():
                for method in item.keys() & {"get", "post", "put", "delete"}:
                    yield name, method.upper(), path, item[method]

    def body_schema(self, service: str, path: str) -> Document | None:
        """What a POST to a path takes."""
        for name, method, template, operation in self.operations():
            pattern = re.sub(r"\{\w+\}", "[^/]+", template)
            if (name, method) == (service, "POST") and re.fullmatch(pattern, path):
                return self.schema_of(service, operation)
        return None

    def schema_of(self, service: str, operation: Document) -> Document | None:
        """What an operation takes, if it takes a body."""
        if "requestBody" not in operation:
            return None
        schema: Document = operation["requestBody"]["content"]["application/json"][
            "schema"
        ]
        return self._resolved(service, schema)

    def planted(
        self, service: str, schema: Document, body: Any, *, real: bool, at: str = ""
    ) -> Any:
        """A body with markers wherever its schema has room, added where it has none.

        Args:
            real: leave alone what only few values are accepted of.
        """
        schema = self._resolved(service, schema)
        kinds = _kinds(schema)
        name = at.rpartition(".")[2]
        if "object" in kinds and isinstance(body, Mapping):
            return self._object(service, schema, body, real=real, at=at)
        if "array" in kinds and isinstance(body, list):
            items = schema.get("items", {})
            return [self.planted(service, items, one, real=real, at=at) for one in body]
        if name == "birth_date":
            return BIRTH_DATE
        if name == "phone":
            return PHONE
        if "string" in kinds and not {"enum", "format", "pattern"} & schema.keys():
            return body if real and name in MEANT else self.plants.text(at, schema)
        if "number" in kinds and isinstance(body, int | float):
            return self.plants.number(at, body)
        return body

    def wrong(self, service: str, schema: Document, at: str) -> Any:
        """A body that cannot fit: a marker where something else belongs, too."""
        schema = self._resolved(service, schema)
        if "object" in _kinds(schema):
            named = schema.get("properties") or {"q1": {}, "age_years": {}}
            return {
                name: self.wrong(service, one, f"{at}.{name}")
                for name, one in named.items()
            }
        if "array" in _kinds(schema):
            return [self.wrong(service, schema.get("items", {}), at)]
        return self.plants.text(at, {})

    def _object(
        self, service: str, schema: Document, body: Document, *, real: bool, at: str
    ) -> Any:
        made = dict(body)
        for name, one in schema.get("properties", {}).items():
            resolved = self._resolved(service, one)
            if name in body or "string" in _kinds(resolved):
                given = body.get(name)
                planted = self.planted(
                    service, resolved, given, real=real, at=f"{at}.{name}"
                )
                if planted is not None:
                    made[name] = planted
        return made

    def _resolved(self, service: str, schema: Document) -> Document:
        if "$ref" not in schema:
            return schema
        name = schema["$ref"].rpartition("/")[2]
        found: Document = self.documents[service]["components"]["schemas"][name]
        return found


def _kinds(schema: Document) -> set[str]:
    kinds = schema.get("type", [])
    return {kinds} if isinstance(kinds, str) else set(kinds)


@dataclass
class Seen:
    """What the platform answered: its refusals, and requests it took."""

    refusals: list[TestResponse] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    not_replayed: list[str] = field(default_factory=list)


class PlantingTeller(Teller):
    """Plants in all it sends; what is refused is sent again as it was meant."""

    def __init__(self, caller: Caller, planter: Planter, seen: Seen) -> None:
        super().__init__(caller)
        self._planter = planter
        self._seen = seen
        self._said: dict[str, Any] = {}

    def post(
        self, service: str, path: str, /, key: str | None = None, **body: Any
    ) -> Any:
        """What a change answers; each accepted one is asked for twice."""
        asked_before = self._said.get(key) if key else None
        key = key or str(uuid4())
        whole = self._whole_path(service, path)
        schema = self._planter.body_schema(service, whole)
        tries: list[Any] = [body]
        if asked_before is not None:
            tries = [asked_before]
        elif schema is not None:
            plant = self._planter.planted
            tries = [
                plant(service, schema, body, real=False, at=whole),
                plant(service, schema, body, real=True, at=whole),
                body,
            ]
        for said in tries:
            answer = self._send(service, path, said, key)
            if answer.status_code < 400:
                self._said[key] = said
                self._seen.taken.add(f"{service} {path.rpartition('/')[2]}")
                self._demand_replay(answer, self._send(service, path, said, key), whole)
                return answer.get_json()
            self._seen.refusals.append(answer)
        raise RefusedError(answer.status_code, answer.get_json())

    def _send(self, service: str, path: str, body: Any, key: str) -> TestResponse:
        headers = {"Idempotency-Key": key}
        return self._caller.request("POST", service, path, body, headers=headers)

    def _demand_replay(
        self, first: TestResponse, again: TestResponse, path: str
    ) -> None:
        """Asking twice is asking once, for every operation there is."""
        same = (first.status_code, first.data) == (again.status_code, again.data)
        if not same or again.headers.get("Idempotency-Replayed") != "true":
            self._seen.not_replayed.append(path)

    def _whole_path(self, service: str, path: str) -> str:
        clinic_id = self._caller.clinic_id
        scope = f"/clinics/{clinic_id}" if clinic_id else ""
        return f"/{service}/v1{scope}{path}"
