"""A sender as operators write it: `Name <address>`, whose name may have commas, quotes and diacritics."""

import re
from email.utils import parseaddr

_NAMED = re.compile(r"\A(?P<name>[^<>]*)<(?P<address>[^<>\s]+)>\Z")
_QUOTED = re.compile(r'\A"((?:[^"\\]|\\.)*)"', re.DOTALL)


def name_and_address(sender: str) -> tuple[str, str]:
    """Split a sender; a comma in a name needs no quotes, which RFC 5322 asks for on the wire only."""
    if (match := _NAMED.fullmatch(sender.strip())) is None:
        return parseaddr(sender)
    name = match["name"].strip()
    quoted = _QUOTED.fullmatch(name)
    return re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else name, match["address"]


def domain_of(sender: str) -> str:
    """Give the domain of a sender's address, or nothing."""
    return name_and_address(sender)[1].rpartition("@")[2]
