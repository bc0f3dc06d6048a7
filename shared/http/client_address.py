"""From which address a request comes: that of the connection, or what a trusted proxy says in `X-Forwarded-For`."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from starlette.requests import Request

FORWARDED = "x-forwarded-for"
UNKNOWN = "unknown"
PREFIX_V6 = 64  # bits of what one subscriber has
Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """`networks` are those of the proxies in front of the service; without one no header is believed."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def of(cls, names: Iterable[str]) -> "TrustedProxies":
        """Read addresses and networks (`10.0.0.0/8`); raises `ValueError`."""
        return cls(tuple(ip_network(name, strict=False) for name in names))

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """Give the last address that no trusted proxy has: what stands before it may be invented by the client."""
        client = peer
        hops = [hop.strip() for header in forwarded for hop in header.split(",")]
        while hops and self.is_trusted(client):
            client = hops.pop()
        return client if _address(client) else peer

    def is_trusted(self, name: str) -> bool:
        address = _address(name)
        return address is not None and any(address in network for network in self.networks)


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(name)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def counted_as(name: str) -> str:
    """Give what limits count as one client: an IPv4 address, or the network of an IPv6 subscriber."""
    address = _address(name)
    if isinstance(address, IPv6Address):
        return str(ip_network((address, PREFIX_V6), strict=False))
    return str(address) if address else UNKNOWN


def client_of(request: Request) -> str:
    """Give the address that limits count a request for."""
    proxies: TrustedProxies = request.app.state.proxies
    peer = request.client.host if request.client else UNKNOWN
    return counted_as(proxies.client(peer, request.headers.getlist(FORWARDED)))
