"""Which addresses a submitted URL may reach: the public internet, nothing inside the network. Opens no connection."""

import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from heaters.domain.errors import BlockedAddress, InvalidJob, SourceUnavailable

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""`(host, port) -> addresses as text`. Raises OSError for a name that does not resolve."""

_PORTS = {"http": 80, "https": 443}
_GLOBAL_UNICAST = IPv6Network("2000::/3")  # all that IANA has given out; the rest is special or nobody's
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits
_IPV4_BITS = 0xFFFFFFFF
_NEVER = (
    IPv4Network("192.0.0.0/24"),  # IETF protocol assignments; Oracle Cloud's metadata service
    IPv4Network("192.88.99.0/24"),  # RFC 7526: relays from IPv4 into 6to4, given up
    IPv4Network("168.63.129.16/32"),  # Azure's metadata service, on a public address
    IPv6Network("3fff::/20"),  # RFC 9637: documentation
)
"""What some releases of Python, or all of them, take for public."""


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
    check_scheme(url)
    if not host:
        raise InvalidJob(f"{url[:200]!r} names no host; submit a URL like https://host/path.")
    try:
        return check_host(host, port or _PORTS[parts.scheme], policy, resolve=resolve)
    except (OSError, UnicodeError) as exc:
        raise SourceUnavailable(f"Host {host} cannot be found: {exc}; check the URL.") from exc


def check_scheme(url: str) -> None:
    """Raises BlockedAddress unless `url` is http or https."""
    if url.partition(":")[0].lower() not in _PORTS:
        raise BlockedAddress(f"{url[:200]!r} is not fetched: only http and https are; submit such a URL.")


def check_host(host: str, port: int, policy: AddressPolicy, *, resolve: Resolve) -> tuple[Address, ...]:
    """The addresses of `host`, once every one of them is allowed; connect to these and never resolve again.

    Raises BlockedAddress, and what `resolve` raises.
    """
    found = tuple(_check_address(address, policy, host=host) for address in resolve(host, port))
    if not found:
        raise OSError(f"{host} has no address")
    return found


def is_allowed(address: Address, policy: AddressPolicy) -> bool:
    """Public unicast addresses, and loopback where the policy says so; an IPv4 address inside an IPv6 one counts."""
    if address.is_loopback:
        return policy.allow_loopback
    carried = _carried(address)
    if carried is not None:
        return is_allowed(carried, policy)
    if isinstance(address, IPv6Address) and address not in _GLOBAL_UNICAST:
        return False
    if any(address in network for network in _NEVER):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _check_address(address: str, policy: AddressPolicy, *, host: str) -> Address:
    found = ip_address(address.partition("%")[0])
    if is_allowed(found, policy):
        return found
    at = "" if host == address else f" is at {found}, which"
    raise BlockedAddress(
        f"{host}{at} is inside a network; only public addresses are fetched. Upload the file.",
    )


def _carried(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to, if it does: mapped, by NAT64 or by 6to4."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64:
        return IPv4Address(int(address) & _IPV4_BITS)
    return address.ipv4_mapped or address.sixtofour
