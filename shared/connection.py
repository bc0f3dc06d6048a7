"""The service's connection to NATS: nats-py's, with a quicker way to read the headers of messages."""

from functools import lru_cache

from nats.aio.client import Client

_BLANKS = " \t\n\r\x0b\x0c"


class Connection(Client):
    """Reads headers line by line, and looks at each name once.

    Every event has seven headers, and twelve when it is read from the log: nats-py looks at each letter of their
    names, which was an eighth of the work of an import. What it reads is the same, which a test compares; should
    nats-py take another way one day, this one is passed by.
    """

    @staticmethod
    def _parse_header_lines(raw: bytes) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in raw.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon and (known := _name(name)) is not None:
                found[known] = value.strip(_BLANKS)
        return found


@lru_cache(maxsize=256)
def _name(name: str) -> str | None:
    """Give the name of a header; None if it is none."""
    stripped = name.strip(_BLANKS)
    fits = stripped.isascii() and not any(letter.isspace() for letter in stripped)
    return stripped if fits else None
