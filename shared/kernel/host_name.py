"""Names by which a machine introduces itself to a mail server (RFC 5321, 4.1.1.1 and 4.1.3)."""

import re
from ipaddress import IPv6Address, ip_address

DOMAIN = re.compile(
    r"(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
LITERAL = re.compile(r"\[(IPv6:)?([0-9A-Fa-f:.]+)\]")
NOWHERE = frozenset(
    {"localhost", "localdomain", "local", "internal", "lan", "home", "invalid", "test", "arpa"}
)
"""Top labels of names that mean nothing outside a machine or its network (RFC 6761, RFC 6762)."""


def is_public(name: str) -> bool:
    """Say whether a name is a fully qualified domain name that may exist outside this machine."""
    labels = name.lower().split(".")
    return bool(DOMAIN.fullmatch(name)) and labels[-1] not in NOWHERE and labels[0] != "localhost"


def is_host_name(name: str) -> bool:
    """Say whether a name is a domain name or an address literal."""
    return bool(DOMAIN.fullmatch(name)) or _is_literal(name)


def literal(address: str) -> str:
    """Write an address as a literal; raises `ValueError` if it is none."""
    parsed = ip_address(address.partition("%")[0])
    return f"[IPv6:{parsed}]" if isinstance(parsed, IPv6Address) else f"[{parsed}]"


def _is_literal(name: str) -> bool:
    match = LITERAL.fullmatch(name)
    try:
        return match is not None and literal(match[2]).startswith("[IPv6:") == bool(match[1])
    except ValueError:
        return False
