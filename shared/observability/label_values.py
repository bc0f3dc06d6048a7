"""Bounds the values of a label that come from outside: a client, a mail server, an event of another release."""

from dataclasses import dataclass, field

OTHER = "other"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_label(method: str) -> str:
    """Give the label of an HTTP method: a client may send any word as one."""
    return method if method in METHODS else OTHER


@dataclass(frozen=True, slots=True)
class LabelValues:
    """Keeps the first `most` values; each later one becomes `other`."""

    most: int = 50
    _kept: set[str] = field(default_factory=set)

    def of(self, value: str) -> str:
        if value not in self._kept:
            if len(self._kept) >= self.most:
                return OTHER
            self._kept.add(value)
        return value
