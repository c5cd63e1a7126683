"""How the services are asked, and what the console makes of what they say."""

from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from services.console.apis import Apis, Standing
from shared.errors import UnauthenticatedError
from shared.identity import new_key, public_keys
from shared.peers import Peers
from shared.settings import Settings
from shared.telemetry import Tracing

CLINIC = UUID(int=1)
Answering = Callable[[httpx.Request], httpx.Response]


class Wire:
    """The network between the console and the services, with one answer for all."""

    def __init__(self, answer: Answering) -> None:
        self.asked: list[httpx.Request] = []
        self._answer = answer
        key = new_key()
        settings = Settings(
            database_url="",
            broker_url="",
            signing_key=key,
            token_keys=public_keys(key),
            master_keys="{}",
            peer_url="http://{service}.example",
        )
        self.peers = Peers(
            "console", settings, transport=lambda _: httpx.MockTransport(self._carry)
        )

    def apis(self, clinic_id: UUID | None = CLINIC) -> Apis:
        """The services, asked by somebody."""
        return Apis(self.peers, "a.b.c", clinic_id)

    def _carry(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)


def saying(status: int, body: object = None) -> Wire:
    """Services that all say the same."""
    return Wire(lambda _: httpx.Response(status, json=body))


def test_the_services_are_asked_with_the_visitors_own_token() -> None:
    wire = saying(200, {"items": []})

    wire.apis().get("scheduling", "/day", date="2026-03-02", room=None)

    (request,) = wire.asked
    assert request.headers["Authorization"] == "Bearer a.b.c"
    assert str(request.url) == (
        f"http://scheduling.example/scheduling/v1/clinics/{CLINIC}/day?date=2026-03-02"
    )


def test_the_networks_routes_are_asked_without_a_clinic() -> None:
    wire = saying(200, {"items": []})

    wire.apis(None).get("intake", "/dead")

    assert wire.asked[0].url.path == "/intake/v1/dead"


def test_a_request_goes_on_with_the_trace_it_belongs_to() -> None:
    wire = saying(200, {})
    tracing = Tracing("console")

    with tracing.span("GET /board") as span:
        wire.apis().get("scheduling", "/day")
    wire.apis().get("scheduling", "/day")
    tracing.close()

    within, without = wire.asked
    assert f"{span.get_span_context().trace_id:032x}" in within.headers["traceparent"]
    assert "traceparent" not in without.headers


def test_an_answer_is_read_as_a_list_and_as_a_record() -> None:
    answer = saying(200, {"items": [1, 2], "next": "x"}).apis().get("intake", "/")

    assert answer
    assert (list(answer), len(answer), answer["next"], answer["more"]) == (
        [1, 2],
        2,
        "x",
        None,
    )


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        (403, Standing.FORBIDDEN),
        (404, Standing.MISSING),
        (409, Standing.REFUSED),
        (422, Standing.REFUSED),
    ],
)
def test_a_refusal_is_told_in_the_services_own_words(
    status: int, standing: Standing
) -> None:
    wire = saying(status, {"detail": "not like this"})
    apis = wire.apis()

    answer = apis.post("sessions", "/alerts/1/acknowledge")

    assert not answer
    assert (answer.standing, answer.detail) == (standing, "not like this")
    assert (list(answer), len(answer), answer["id"]) == ([], 0, None)
    assert apis.away == set()


def test_a_token_that_has_ended_is_noticed() -> None:
    with pytest.raises(UnauthenticatedError):
        saying(401, {}).apis().get("intake", "/patients")


def unreachable(request: httpx.Request) -> httpx.Response:
    """Nobody is there."""
    raise httpx.ConnectError("no route", request=request)


def slow(request: httpx.Request) -> httpx.Response:
    """Somebody is there and says nothing."""
    raise httpx.ReadTimeout("no answer", request=request)


@pytest.mark.parametrize(
    "answer",
    [
        unreachable,
        slow,
        lambda _: httpx.Response(503, json={"detail": "later"}),
        lambda _: httpx.Response(502, text="<html>Bad gateway</html>"),
        lambda _: httpx.Response(404, text="<html>Not here</html>"),
        lambda _: httpx.Response(200, text="<html>Welcome</html>"),
    ],
)
def test_a_silent_service_is_waited_for_once(answer: Answering) -> None:
    wire = Wire(answer)
    apis = wire.apis()

    answers = [apis.get("sessions", path) for path in ("/sessions", "/alerts")]

    assert [answer.standing for answer in answers] == [Standing.AWAY] * 2
    assert apis.away == {"sessions"}
    assert len(wire.asked) == 1


def test_a_silent_service_does_not_silence_another() -> None:
    def intake_only(request: httpx.Request) -> httpx.Response:
        if request.url.host.startswith("intake"):
            return httpx.Response(200, json={"items": [1]})
        return unreachable(request)

    apis = Wire(intake_only).apis()

    assert not apis.get("sessions", "/sessions")
    assert list(apis.get("intake", "/patients")) == [1]


def test_a_service_that_is_not_well_says_so_without_being_away() -> None:
    apis = saying(503, {"status": "the database does not answer"}).apis()

    assert apis.is_well("intake", "/readyz") is False
    assert apis.raw("intake", "/metrics") is not None
    assert apis.away == set()
