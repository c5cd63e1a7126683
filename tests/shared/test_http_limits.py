"""One caller cannot take the place of all others, and nobody else notices."""

import cProfile
import json
import logging
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from shared.access import Role
from shared.http import limits
from shared.logs import JsonFormatter
from shared.settings import SettingsError
from shared.testing.caller import Caller
from shared.testing.counting import FlakyStorage
from shared.testing.lab import Lab
from tests.shared.noting import CLINIC, scheduling

MakeLimited = Callable[..., Lab]


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[MakeLimited]:
    """Scheduling with these limits."""
    labs: list[Lab] = []

    def make(**settings: Any) -> Lab:
        labs.append(Lab([scheduling], tmp_path, **settings))
        return labs[-1]

    yield make
    for lab in labs:
        lab.close()


def ask(caller: Caller, address: str = "192.0.2.1", **headers: str) -> TestResponse:
    """Ask for the rooms, from an address."""
    return caller.request(
        "GET",
        "scheduling",
        "/resources",
        headers=headers,
        environ_base={"REMOTE_ADDR": address},
    )


def statuses(caller: Caller, times: int, **more: str) -> list[int]:
    """What so many requests are answered."""
    return [ask(caller, **more).status_code for _ in range(times)]


def admin(lab: Lab) -> Caller:
    """Somebody with a token of their own."""
    return lab.caller(Role.CLINIC_ADMIN, clinic_id=CLINIC)


def metric(lab: Lab, name: str) -> dict[str, float]:
    """The values of a metric, by its labels as text."""
    text = lab.platform.apps["scheduling"].test_client().get("/metrics").text
    lines = [line for line in text.splitlines() if line.startswith(name)]
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}


def test_a_token_may_ask_as_often_as_its_limit_says_and_no_more(
    limited: MakeLimited,
) -> None:
    lab = limited(rate_per_token="5/hour")
    busy, other = admin(lab), admin(lab)

    assert statuses(busy, 6) == [200] * 5 + [429]
    assert statuses(busy, 1, address="192.0.2.9") == [429]
    assert statuses(other, 5) == [200] * 5


def test_the_refusal_says_when_to_ask_again(limited: MakeLimited) -> None:
    lab = limited(rate_per_token="1/minute")
    caller = admin(lab)
    ask(caller)

    refused = ask(caller)

    assert refused.mimetype == "application/problem+json"
    assert refused.get_json()["code"] == "too_many_requests"
    assert refused.get_json()["status"] == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["X-Content-Type-Options"] == "nosniff"
    counted = metric(lab, 'kap_http_limited_total{limit="token"')
    assert sum(counted.values()) >= 1


def test_after_the_time_that_was_named_one_may_ask_again(limited: MakeLimited) -> None:
    caller = admin(limited(rate_per_token="1/second"))
    while ask(caller).status_code != 429:
        pass

    time.sleep(int(ask(caller).headers["Retry-After"]))

    assert ask(caller).status_code == 200


def test_an_address_is_limited_whoever_asks(limited: MakeLimited) -> None:
    lab = limited(rate_per_address="4/hour")

    assert statuses(admin(lab), 2) == [200] * 2
    assert statuses(lab.nobody(CLINIC), 2) == [401] * 2
    assert statuses(admin(lab), 1) == [429]
    assert statuses(admin(lab), 1, address="192.0.2.2") == [200]


def test_all_addresses_of_one_ipv6_network_are_one_sender(limited: MakeLimited) -> None:
    lab = limited(rate_per_address="2/hour")

    assert statuses(admin(lab), 2, address="2001:db8:0:1::1") == [200] * 2
    assert statuses(admin(lab), 1, address="2001:db8:0:1:ffff::2") == [429]
    assert statuses(admin(lab), 1, address="2001:db8:0:2::1") == [200]


def test_an_address_in_ipv6_clothes_is_the_same_address(limited: MakeLimited) -> None:
    lab = limited(rate_per_address="1/hour")

    assert statuses(admin(lab), 1, address="192.0.2.1") == [200]
    assert statuses(admin(lab), 1, address="::ffff:192.0.2.1") == [429]


def test_nobody_hides_behind_a_header_they_wrote_themselves(
    limited: MakeLimited,
) -> None:
    caller = admin(limited(rate_per_address="1/hour"))

    assert ask(caller, **{"X-Forwarded-For": "198.51.100.1"}).status_code == 200
    assert ask(caller, **{"X-Forwarded-For": "198.51.100.2"}).status_code == 429


PROXY = frozenset({ip_network("10.0.0.0/8"), ip_network("fd00::/8")})


@pytest.mark.parametrize("proxy", ["10.1.2.3", "fd00::1"])
def test_a_trusted_proxy_says_in_its_last_hop_for_whom_it_asks(
    proxy: str, limited: MakeLimited
) -> None:
    caller = admin(limited(rate_per_address="1/hour", trusted_proxies=PROXY))

    def through(forwarded: str) -> int:
        return ask(caller, proxy, **{"X-Forwarded-For": forwarded}).status_code

    assert through("198.51.100.1") == 200
    assert through("198.51.100.1") == 429
    assert through("198.51.100.7, 198.51.100.1") == 429
    assert through("198.51.100.1, 198.51.100.7") == 200


def test_what_a_trusted_proxy_cannot_name_counts_for_the_proxy(
    limited: MakeLimited,
) -> None:
    caller = admin(limited(rate_per_address="1/hour", trusted_proxies=PROXY))

    assert ask(caller, "10.0.0.1", **{"X-Forwarded-For": "nonsense"}).status_code == 200
    assert ask(caller, "10.0.0.1", **{"X-Forwarded-For": "unknown"}).status_code == 429


def test_our_own_services_are_not_limited_by_address(limited: MakeLimited) -> None:
    lab = limited(
        rate_per_address="1/hour", rate_sign_ins="1/hour", trusted_proxies=PROXY
    )

    assert statuses(admin(lab), 5, address="10.0.0.1") == [200] * 5
    assert statuses(lab.nobody(CLINIC), 3, address="10.0.0.1") == [401] * 3


def test_a_request_without_an_address_is_counted_all_the_same(
    limited: MakeLimited,
) -> None:
    assert statuses(admin(limited(rate_per_address="1/hour")), 2, address="") == [
        200,
        429,
    ]


def test_who_knocks_with_bad_tokens_is_told_to_wait_and_others_are_not(
    limited: MakeLimited,
) -> None:
    lab = limited(rate_sign_ins="3/hour")
    knocking = Caller(lab, "no.good.token", CLINIC)

    assert statuses(knocking, 5) == [401] * 3 + [429] * 2
    assert statuses(lab.nobody(CLINIC), 1) == [429]
    assert statuses(admin(lab), 2) == [200] * 2
    assert statuses(knocking, 1, address="192.0.2.2") == [401]


@pytest.mark.parametrize("path", ["healthz", "readyz", "metrics"])
def test_health_and_metrics_are_not_limited(path: str, limited: MakeLimited) -> None:
    lab = limited(rate_per_address="1/hour", rate_per_token="1/hour")
    client = lab.platform.apps["scheduling"].test_client()

    for place in (f"/{path}", f"/scheduling/{path}"):
        assert {client.get(place).status_code for _ in range(3)} == {200}


def test_what_is_off_limits_nobody(limited: MakeLimited) -> None:
    caller = admin(limited(rate_per_address="", rate_per_token=""))

    assert statuses(caller, 50) == [200] * 50


def test_while_counts_are_away_requests_go_on_and_one_line_says_so(
    limited: MakeLimited,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "REST_SECONDS", 0.0)
    lab = limited(rate_per_token="2/hour", rate_storage="flaky://")
    caller = admin(lab)
    before = sum(metric(lab, "kap_http_uncounted_total").values())

    with FlakyStorage.away():
        assert statuses(caller, 4) == [200] * 4
    assert statuses(caller, 3) == [200, 200, 429]

    said = [record.getMessage() for record in caplog.records]
    assert said.count("requests cannot be counted and go on") == 1
    assert sum(metric(lab, "kap_http_uncounted_total").values()) == before + 4
    line = json.loads(JsonFormatter().format(caplog.records[0]))
    assert line["error"] == "StorageError"


def test_counts_that_are_back_are_said_once(
    limited: MakeLimited,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "REST_SECONDS", 0.0)
    caller = admin(limited(rate_per_token="90/hour", rate_storage="flaky://"))

    with caplog.at_level(logging.INFO):
        with FlakyStorage.away():
            statuses(caller, 2)
        statuses(caller, 3)

    said = [record.getMessage() for record in caplog.records]
    assert said.count("requests are counted again") == 1


def test_a_place_for_counts_that_failed_is_left_alone_for_a_while(
    limited: MakeLimited,
) -> None:
    caller = admin(limited(rate_per_token="90/hour", rate_storage="flaky://"))

    with FlakyStorage.away():
        statuses(caller, 1)
        asked = FlakyStorage.asked
        assert statuses(caller, 20) == [200] * 20

    assert FlakyStorage.asked == asked


@pytest.mark.parametrize("url", ["nowhere://", "memory", "redis://127.0.0.1:1"])
def test_a_place_for_counts_that_cannot_be_used_is_said_at_the_start(
    url: str, limited: MakeLimited
) -> None:
    with pytest.raises(SettingsError, match="KAP_RATE_STORAGE"):
        limited(rate_storage=url)


def sized(caller: Caller, length: int) -> TestResponse:
    """Ask with headers of this length together."""
    client = caller.lab.platform.apps["scheduling"].test_client()
    path = f"/scheduling/v1/clinics/{CLINIC}/resources"
    bare = {"Authorization": f"Bearer {caller.token}", "User-Agent": "x", "Host": "h"}
    used = sum(len(name) + len(value) for name, value in bare.items()) + len("X-Long")
    return client.get(path, headers={**bare, "X-Long": "x" * (length - used)})


def test_headers_may_be_as_long_as_the_limit_and_no_longer(
    limited: MakeLimited,
) -> None:
    caller = admin(limited())

    assert sized(caller, limits.MAX_HEADER_BYTES).status_code == 200
    refused = sized(caller, limits.MAX_HEADER_BYTES + 1)

    assert refused.status_code == 431
    assert refused.get_json()["code"] == "headers_too_large"


def test_counting_a_request_takes_few_calls(limited: MakeLimited) -> None:
    lab = limited(rate_per_token="1000000/hour", rate_per_address="1000000/hour")
    app, token = lab.platform.apps["scheduling"], admin(lab).token
    headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.1"}
    path = f"/scheduling/v1/clinics/{CLINIC}/resources"

    with app.test_request_context(path, headers=headers):
        count = app.extensions["kap_limits"].count
        count()
        watched = cProfile.Profile()
        watched.runcall(count)

    assert sum(entry.callcount for entry in watched.getstats()) <= 120
