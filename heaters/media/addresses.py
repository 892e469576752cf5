"""Which addresses a submitted URL may reach: the public internet, nothing inside the network. Opens no connection."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from heaters.domain.errors import BlockedAddress, InvalidJob, SourceUnavailable

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""`(host, port) -> addresses as text`. Raises OSError for a name that does not resolve."""

_PORTS = {"http": 80, "https": 443}
_NAT64 = int(ip_address("64:ff9b::"))  # RFC 6052: an IPv4 address in the last 32 bits
_IPV4_BITS = 0xFFFFFFFF


@dataclass(frozen=True, kw_only=True)
class AddressPolicy:
    """`allow_loopback` opens 127.0.0.0/8 and ::1, for a demo or a test whose server runs on the same machine."""

    allow_loopback: bool = False


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """All addresses that the system knows for `host`."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check_url(
    url: str, policy: AddressPolicy, *, resolve: Resolve = resolve_by_system
) -> tuple[Address, ...]:
    """The addresses behind `url`, once every one of them is allowed.

    Raises BlockedAddress for a scheme other than http and https or an address inside the network, InvalidJob for what
    is no URL, SourceUnavailable for a name that does not resolve.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as exc:
        raise InvalidJob(f"{url[:200]!r} is not a URL: {exc}; submit one like https://host/path.") from exc
    if parts.scheme not in _PORTS:
        raise BlockedAddress(f"{url[:200]!r} is not fetched: only http and https are; submit such a URL.")
    if not host:
        raise InvalidJob(f"{url[:200]!r} names no host; submit a URL like https://host/path.")
    try:
        found = resolve(host, port or _PORTS[parts.scheme])
    except (OSError, UnicodeError) as exc:
        raise SourceUnavailable(f"Host {host} cannot be found: {exc}; check the URL.") from exc
    return tuple(check_address(address, policy, host=host) for address in found)


def check_address(address: str, policy: AddressPolicy, *, host: str) -> Address:
    """`address` as a value, if it is allowed. Raises BlockedAddress."""
    found = ip_address(address.partition("%")[0])
    if is_allowed(found, policy):
        return found
    raise BlockedAddress(
        f"{host} is at {found}, which is inside a network; only public addresses are fetched. Upload the file.",
    )


def is_allowed(address: Address, policy: AddressPolicy) -> bool:
    """Public unicast addresses, and loopback where the policy says so; an IPv4 address inside an IPv6 one counts."""
    if address.is_loopback:
        return policy.allow_loopback
    carried = _carried(address)
    if carried is not None:
        return is_allowed(carried, policy)
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if int(address) & ~_IPV4_BITS == _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
