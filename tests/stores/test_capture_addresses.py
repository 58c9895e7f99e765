"""Where a capture may connect: only what is public, in whatever form an address is written."""

from __future__ import annotations

import ipaddress
import socket

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from witnessmark.errors import BadInputError, ProviderError, WitnessmarkError
from witnessmark.stores.capture_addresses import Guard, host_name, is_address, read_url, refusal

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1",
    "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1", "fe80::1", "fc00::1", "fd12::7", "fec0::1", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "100::1", "5f00::1", "fe80::1%eth0",
]  # fmt: skip
PUBLIC = ["93.184.215.14", "8.8.8.8", "2606:4700::6810:84e5", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused(address: str) -> None:
    assert refusal(address) is not None


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not(address: str) -> None:
    assert refusal(address) is None


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1))
@example(int(ipaddress.IPv4Address("127.0.0.1")))
@example(int(ipaddress.IPv4Address("169.254.169.254")))
def test_an_address_carried_by_another_is_judged_alike(number: int) -> None:
    plain = ipaddress.IPv4Address(number)
    private = refusal(str(plain)) is not None
    assert private or plain.is_global
    mapped = ipaddress.IPv6Address((0xFFFF << 32) | number)
    translated = ipaddress.IPv6Address((0x0064FF9B << 96) | number)
    tunnelled = ipaddress.IPv6Address((0x2002 << 112) | (number << 80) | 1)
    for carrier in (mapped, translated, tunnelled):
        if private:
            assert refusal(str(carrier)) is not None, carrier


def _written(number: int, how: int) -> str:
    """An IPv4 address as one of the forms that old programs understand."""
    parts = [number >> 24, number >> 16 & 255, number >> 8 & 255, number & 255]
    return [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(hex(part) for part in parts),
        ".".join(f"0{part:o}" for part in parts),
        f"{parts[0]}.{number & 0xFFFFFF}",
        f"{parts[0]}.{parts[1]}.{number & 0xFFFF}",
        ".".join(f"{part:03d}" for part in parts),
        "".join(chr(0xFF10 + int(sign)) if sign.isdigit() else "\u3002" for sign in str(ipaddress.IPv4Address(number))),
        f"{ipaddress.IPv4Address(number)}.",
    ][how]


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.integers(0, 9))
@example(int(ipaddress.IPv4Address("127.0.0.1")), 0)
@example(int(ipaddress.IPv4Address("127.0.0.1")), 8)
def test_no_way_of_writing_reaches_a_private_address(number: int, how: int) -> None:
    """Either the form is refused, or it is read as the very address that is then checked."""
    text = _written(number, how)
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    try:
        found = Guard(resolve).destination(read_url(f"http://{text}/").hostname or "", 80)
    except WitnessmarkError:
        pass
    else:
        assert found.addresses == (str(ipaddress.IPv4Address(number)),) and refusal(found.addresses[0]) is None
    assert not asked  # what ends in a number is never looked up


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org/", "javascript:alert(1)", "data:text/html,x",
        "http://", "https:///path", "http://user:word@example.org/", "http://example.org@127.0.0.1/", "//example.org/",
        "http://exa mple.org/", "http://example.org:0/", "http://example.org:99999/", "http://example.org:x/",
        "http://exam\nple.org/", "http://example.org\\@127.0.0.1/", "http://[::1", "http://[fe80::1%25eth0]/",
        "http://-x.example/", "http://a..b/", "http://example.org/" + 5000 * "a", "http://%31%32%37.0.0.1/", "http://127.1/",
    ],
)  # fmt: skip
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadInputError):
        read_url(url)


def test_addresses_keep_one_spelling() -> None:
    assert read_url("http://EXAMPLE.org").geturl() == "http://example.org/"
    assert read_url("https://example.org:443/a?b=c#d").geturl() == "https://example.org/a?b=c"
    assert read_url("http://[2001:DB8::1]:8080/x").geturl() == "http://[2001:db8::1]:8080/x"
    assert host_name("ÄPFEL.example") == "xn--pfel-koa.example"


def test_one_private_address_among_public_ones_refuses_all() -> None:
    guard = Guard(lambda host, port: ["93.184.215.14", "10.0.0.1"])
    with pytest.raises(BadInputError, match=r"leads to 10\.0\.0\.1"):
        guard.destination("example.org", 443)


def test_a_server_may_be_named_by_address_and_port_only() -> None:
    guard = Guard(lambda host, port: ["127.0.0.1"], frozenset({("127.0.0.1", 8080)}))
    assert guard.destination("site.example", 8080).addresses == ("127.0.0.1",)
    with pytest.raises(BadInputError):
        guard.destination("site.example", 8081)


@pytest.mark.parametrize(("code", "said"), [(socket.EAI_AGAIN, "no network"), (socket.EAI_NONAME, "no network")])
def test_the_absence_of_network_is_said(code: int, said: str) -> None:
    def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror(code, "whatever the system calls it")

    with pytest.raises(ProviderError, match=said):
        Guard(resolve).destination("example.org", 443)


def test_addresses_are_told_from_files() -> None:
    assert is_address("HTTPS://example.org/x") and not is_address("clip.mp4") and not is_address("ftp://example.org/x")
