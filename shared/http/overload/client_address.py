"""From which address a request comes, as limits count it."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

UNKNOWN = "unknown"
PREFIX_V6 = 64  # bits of what one subscriber has


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
    """Give the address that limits count a request for; uvicorn has put that of a trusted proxy's client in its place."""
    return counted_as(request.client.host if request.client else UNKNOWN)
