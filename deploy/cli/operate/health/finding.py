"""A problem in one line, in two languages, and what to type; and what several checks share."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.cli.operate.health.readings import Vitals
from shared.errors import Text

START = "loa up"
LAG = 1000  # events behind, from which on it is no longer the moment's work


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with which part, and what to type."""

    part: str
    what: Text
    mend: str


Findings = Iterator[Finding]


def log_of(vitals: Vitals, name: str) -> str:
    """Show what a part wrote last: of a service, or of an engine (`nats/nats`)."""
    return f"tail -n 50 {vitals.folder / name}.log"


def restart(vitals: Vitals, log: str) -> str:
    """Start it; but what lies still in a platform that runs has written down why."""
    return log_of(vitals, log) if vitals.doors else START
