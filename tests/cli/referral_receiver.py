"""An intake service that keeps to the contract of referrals, and nothing more."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid5

import httpx
from flask import Flask, Response, request
from werkzeug.serving import make_server

from cli.referrals.load import ImportReport, import_referrals

CLINIC = UUID("00000000-0000-4000-8000-00000000c11c")
TOKEN = "a-token-for-tests"

_TEXT = ("given_name", "family_name", "birth_date")


class Receiver:
    """Keeps what it was sent; `next_answers` are given before it does its own work."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.created: dict[tuple[str, str], dict[str, str]] = {}
        self.answered: dict[str, dict[str, str]] = {}
        self.next_answers: list[Response] = []
        self.app = Flask("receiver")
        path = "/intake/v1/clinics/<uuid:clinic_id>/referrals"
        self.app.add_url_rule(path, view_func=self._receive, methods=["POST"])

    def client(self) -> httpx.Client:
        """A client that reaches this service without a network."""
        return httpx.Client(
            transport=httpx.WSGITransport(app=self.app),
            base_url="http://kap.test",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The address of this service on a free port of this machine."""
        server = make_server("127.0.0.1", 0, self.app)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def _receive(self, clinic_id: UUID) -> Response:
        body = request.get_json()
        self.bodies.append(body)
        self.keys.append(request.headers["Idempotency-Key"])
        if self.next_answers:
            return self.next_answers.pop(0)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return answer(401, code="unauthenticated", detail="A token is needed.")
        if errors := _errors(body):
            return answer(422, code="invalid", detail="It does not fit.", errors=errors)
        if self.keys[-1] in self.answered:
            recalled = answer(201, **self.answered[self.keys[-1]])
            recalled.headers["Idempotency-Replayed"] = "true"
            return recalled
        key = (body["identifier"]["system"], body["identifier"]["value"])
        if key in self.created:
            return answer(200, outcome="already_known", **self.created[key])
        self.created[key] = {
            "referral_id": str(uuid5(clinic_id, f"referral {key}")),
            "patient_id": str(uuid5(clinic_id, f"patient {key}")),
        }
        self.answered[self.keys[-1]] = {"outcome": "created", **self.created[key]}
        return answer(201, **self.answered[self.keys[-1]])


def answer(status: int, retry_after: str = "", **body: object) -> Response:
    """An answer with a JSON body."""
    headers = {"Retry-After": retry_after} if retry_after else {}
    return Response(json.dumps(body), status, headers, mimetype="application/json")


def _errors(body: dict[str, Any]) -> list[dict[str, str]]:
    person = body["patient"]
    errors = [
        {"pointer": f"/patient/{name}", "detail": "Missing data."}
        for name in _TEXT
        if not person[name]
    ]
    if person["email"] and "@" not in person["email"]:
        said = f"{person['given_name']} {person['family_name']} has no valid email."
        errors.append({"pointer": "/patient/email", "detail": said})
    for kind in ("conditions", "medications"):
        for place, item in enumerate(body[kind]):
            if not all(isinstance(item[x], str) for x in ("system", "code", "display")):
                errors.append({"pointer": f"/{kind}/{place}", "detail": "Not a code."})
    return errors


def no_progress(_done: int, _total: int | None) -> None:
    """Nobody watches."""


def run(
    receiver: Receiver,
    export: Path,
    *,
    file_format: str | None = None,
    clinic_id: UUID = CLINIC,
    sleep: Callable[[float], None] = lambda _seconds: None,
) -> ImportReport:
    """Imports an export into a receiver; the result is beside the export."""
    with receiver.client() as client:
        return import_referrals(
            export,
            clinic_id=clinic_id,
            client=client,
            result=export.with_suffix(".result"),
            file_format=file_format,
            progress=no_progress,
            sleep=sleep,
        )
