"""Where a capture may connect to: public addresses only, looked up once, and connected to as they were checked."""

from __future__ import annotations

import enum
import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from witnessmark.errors import BadInputError, ProviderError

Resolver: TypeAlias = Callable[[str, int], list[str]]
"""Gives the addresses of a host name, as text."""
PORTS = {"http": 80, "https": 443}
MAX_URL = 4096
"""Signs: longer addresses are not those of pages."""

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMERIC = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)", re.ASCII)
_REFUSED: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        "192.88.99.0/24",  # 6to4 relays, RFC 7526
        "::/96",  # IPv4-compatible, RFC 4291, section 2.5.5.1
        "64:ff9b:1::/48",  # translation within one network, RFC 8215
        "2001::/32",  # Teredo, RFC 4380: leads to an address and port it carries
        "5f00::/16",  # segment routing, RFC 9602
        "fec0::/10",  # site-local, RFC 3879
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_SIX_TO_FOUR = ipaddress.ip_network("2002::/16")  # RFC 3056


class How(enum.StrEnum):
    """What an address is taken for."""

    AUTO = "auto"
    FILE = "file"
    PAGE = "page"
    MEDIA = "media"


@dataclass(frozen=True, slots=True)
class Destination:
    """A server as it was looked up and checked.

    Attributes
    ----------
    host : str
        In ASCII, as it is asked for.
    port : int
    addresses : tuple of str
        The only ones that may be connected to.
    """

    host: str
    port: int
    addresses: tuple[str, ...]


def system_resolver(host: str, port: int) -> list[str]:
    """The addresses of a host by the machine's own resolver.

    Raises
    ------
    OSError
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides where a capture may connect.

    Attributes
    ----------
    resolve : callable
    allowed : frozenset of (address, port)
        Servers that may be reached though their address is not public. Only a caller in a program can name any: no
        option and no environment variable leads here.
    """

    resolve: Resolver = system_resolver
    allowed: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    def destination(self, host: str, port: int) -> Destination:
        """The addresses of a server, each of which may be connected to.

        Raises
        ------
        BadInputError
            When the name is not one, or any of its addresses is not public.
        ProviderError
            When it cannot be looked up.
        """
        name = host_name(host)
        literal = _literal(name)
        if literal is not None:
            found = [str(literal)]
        else:
            try:
                found = self.resolve(name, port)
            except (OSError, UnicodeError) as error:
                raise _not_found(name, error) from error
        if not found:
            raise ProviderError(f"'{name}' has no address.", "Check the spelling of the address.")
        for address in found:
            if (address, port) not in self.allowed and (why := refusal(address)) is not None:
                raise BadInputError(
                    f"'{name}' leads to {address}, {why}: a capture goes to public addresses only.",
                    "If the page is on your own network, save it there and take the file in.",
                    host=name,
                    address=address,
                )
        return Destination(name, port, tuple(found))


def is_address(text: str) -> bool:
    """Whether a person means a web address, not a file."""
    return re.match(r"(?i)https?://", text) is not None


def read_url(text: str) -> SplitResult:
    """A web address, in ASCII and in one spelling; the part after # is dropped.

    Raises
    ------
    BadInputError
        For another scheme, a user name in it, control signs, a host that is none, or a port that is none.

    Examples
    --------
    >>> read_url("HTTPS://Example.ORG/a b?q=é#x").geturl()
    'https://example.org/a%20b?q=%C3%A9'
    """
    if len(text) > MAX_URL or any((ord(sign) < 0x21 and sign != " ") or sign in "\x7f\\" for sign in text):
        raise _no_address(text[:80], "it is too long, or holds signs that no address holds")
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise _no_address(text, str(error)) from error
    if parts.scheme not in PORTS:
        raise _no_address(text, "it begins with neither http:// nor https://")
    if "@" in parts.netloc:
        raise _no_address(text, "it carries a user name, which would stand in the log")
    if port == 0:
        raise _no_address(text, "port 0 is none")
    name = host_name(host)
    place = f"[{name}]" if ":" in name else name
    if port not in (None, PORTS[parts.scheme]):
        place += f":{port}"
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~")
    return urlsplit(urlunsplit((parts.scheme, place, path, quote(parts.query, safe="/%:@!$&'()*+,;=~?[]"), "")))


def host_name(host: str) -> str:
    """A host's name or address in the one spelling that is looked up.

    Numbers are taken only as four decimal numbers with dots: programs disagree on what 0177.1 or 2130706433 means.

    Raises
    ------
    BadInputError

    Examples
    --------
    >>> host_name("Bücher.Example."), host_name("[2001:DB8::1]")
    ('xn--bcher-kva.example', '2001:db8::1')
    """
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if ":" in bare:
        try:
            address = ipaddress.IPv6Address(bare)
        except ValueError as error:
            raise _no_address(host, "it is no IPv6 address") from error
        if address.scope_id is not None:
            raise _no_address(host, "it names an interface of this machine")
        return str(address)
    try:
        name = bare.encode("idna").decode("ascii").lower() if not bare.isascii() else bare.lower()
    except UnicodeError as error:
        raise _no_address(host, "its host is no name") from error
    name = name.removesuffix(".")
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise _no_address(host, "its host is no name")
    if _NUMERIC.fullmatch(labels[-1]):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError as error:
            raise _no_address(host, "its host is a number written in an unusual way") from error
    return name


def refusal(address: str) -> str | None:
    """Why an address may not be connected to; None when it may.

    Addresses that carry another (mapped, 6to4, NAT64) are judged by the one they carry.

    Parameters
    ----------
    address : str
        IPv4 or IPv6; anything else may not.

    Examples
    --------
    >>> refusal("127.0.0.1"), refusal("::ffff:10.0.0.1"), refusal("93.184.215.14")
    ('an address of this machine', 'a private or reserved address', None)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "which is no address"
    if isinstance(found, ipaddress.IPv6Address):
        if found.scope_id is not None:
            return "an address of one interface"
        for carried in _carried(found):
            if (why := refusal(str(carried))) is not None:
                return why
    if found.is_loopback or found.is_unspecified:
        return "an address of this machine"
    if found.is_multicast:
        return "a multicast address"
    if not found.is_global or any(found.version == net.version and found in net for net in _REFUSED):
        return "a private or reserved address"
    return None


def _carried(address: ipaddress.IPv6Address) -> Iterable[ipaddress.IPv4Address]:
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    if address in _NAT64:
        yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _SIX_TO_FOUR and address.sixtofour is not None:
        yield address.sixtofour


def _literal(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _not_found(name: str, error: Exception) -> ProviderError:
    code = error.args[0] if error.args else None
    if code in (socket.EAI_AGAIN, getattr(socket, "EAI_SYSTEM", None)):
        return ProviderError(
            f"There is no network, or no name server answers: '{name}' could not be looked up.",
            "Connect this machine, or fetch the file elsewhere and take it in with: witnessmark item add FILE.",
        )
    return ProviderError(
        f"'{name}' could not be looked up: there is no such host, or this machine has no network.",
        "Check the address and the connection, or take a file in that was fetched elsewhere.",
    )


def _no_address(text: str, why: str) -> BadInputError:
    return BadInputError(
        f"'{text}' is not an address that can be captured: {why}.", "Give one such as https://example.org/page."
    )
