"""Connections to the very address that was checked: no name is resolved twice, so none can change in between.

Knows no HTTP, and connects to nothing that the policy does not allow.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass

from heaters.media.download.addresses import AddressPolicy, Resolve, check_host, resolve_by_system

CONNECT_TIMEOUT_S = 30.0

Connect = Callable[..., socket.socket]
"""Takes `(host, port)`, a timeout in seconds and a source address, as http.client asks for a connection."""


@dataclass(frozen=True, kw_only=True)
class Network:
    """How names become addresses and addresses connections; tests bring their own."""

    resolve: Resolve = resolve_by_system
    open_socket: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection


SYSTEM_NETWORK = Network()


def connector(policy: AddressPolicy, network: Network) -> Connect:
    """A function that connects as `socket.create_connection` does, under `policy`.

    It raises BlockedAddress if any address of the host is inside a network, and OSError if none of them answers.
    """

    def connect(address: tuple[str, int], timeout: object = None, _source: object = None) -> socket.socket:
        host, port = address
        timeout_s = float(timeout) if isinstance(timeout, int | float) else CONNECT_TIMEOUT_S
        refusal: OSError | None = None
        for checked in check_host(host, port, policy, resolve=network.resolve):
            try:
                return network.open_socket((str(checked), port), timeout_s)
            except OSError as exc:
                refusal = exc
        raise refusal or OSError(f"{host} has no address")

    return connect
