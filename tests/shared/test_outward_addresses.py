"""Where requests must never go, by what a URL says and by what its name leads to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.outward.addresses import UrlRefusedError, endpoint_of, is_public
from shared.outward.courier import Courier, Reply

NOBODY: frozenset[str] = frozenset()

HOSTILE_URLS = [
    "",
    "https://",
    "https:///path",
    "//hooks.example.com/",
    "hooks.example.com",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "http://hooks.example.com/",
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com:x/",
    "https://hooks.example.com/#fragment",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com/\r\nX-Injected: 1",
    "https://hooks.example.com/ space",
    "https://hooks.exämple.com/",
    "https://hooks.example.com./",
    "https://hooks%2eexample.com/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://intranet/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[::1/",
    "https://" + "a" * 600 + ".com/",
]

PRIVATE_ADDRESSES = [
    "0.0.0.0",
    "0.1.2.3",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "224.0.1.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "not an address",
]


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_refused(url: str) -> None:
    with pytest.raises(UrlRefusedError) as refused:
        endpoint_of(url, listed=NOBODY)

    assert refused.value.field == "url"


@pytest.mark.parametrize("url", HOSTILE_URLS)
def test_a_hostile_url_is_never_resolved_or_called(url: str) -> None:
    asked: list[str] = []

    def remember(host: str, port: int) -> list[str]:
        asked.append(host)
        return []

    reply = Courier(resolver=remember).send("GET", url, {}, listed=NOBODY)

    assert reply == Reply(reason="address_refused")
    assert asked == []


@pytest.mark.parametrize("address", PRIVATE_ADDRESSES)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "198.17.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_a_public_address_is_not(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_whatever_python_calls_private_is_not_public(address: object) -> None:
    private = getattr(address, "is_private") or not getattr(address, "is_global")  # noqa: B009

    assert not (private and is_public(str(address)))


def test_the_parts_of_a_good_url_are_kept() -> None:
    endpoint = endpoint_of("https://Hooks.Example.com/in?key=1", listed=NOBODY)

    assert (endpoint.host, endpoint.port) == ("hooks.example.com", 443)
    assert (endpoint.target, endpoint.authority) == ("/in?key=1", "hooks.example.com")
    assert not endpoint.is_listed


def test_a_public_address_may_stand_for_a_name() -> None:
    endpoint = endpoint_of("https://[2606:4700::1111]/", listed=NOBODY)

    assert (endpoint.host, endpoint.authority) == (
        "2606:4700::1111",
        "[2606:4700::1111]",
    )


def test_a_listed_host_may_be_private_plain_and_at_any_port() -> None:
    listed = frozenset({"10.0.0.5", "EHR.internal", "::1"})

    for url in ("http://10.0.0.5:8080/", "http://ehr.internal/", "http://[::1]:9/"):
        assert endpoint_of(url, listed=listed).is_listed
    with pytest.raises(UrlRefusedError):
        endpoint_of("http://10.0.0.6:8080/", listed=listed)
    with pytest.raises(UrlRefusedError):
        endpoint_of("http://user@10.0.0.5/", listed=listed)
