"""A problem in one line, in two languages, with the command that fixes it."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.cli.operate.health.readings import Readings
from shared.kernel.errors import Text

START = "loa up"
LAG = 1000  # events behind from which on a projection is reported


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with which part, and the command that fixes it."""

    part: str
    what: Text
    fix: str


Findings = Iterator[Finding]


def log_of(readings: Readings, name: str) -> str:
    """Give the command that shows the end of a log: of a service, or of an engine (`nats/nats`)."""
    return f"tail -n 50 {readings.folder / name}.log"


def restart(readings: Readings, log: str) -> str:
    """Give the command that starts the platform; where it runs already, the log of the part that is down."""
    return log_of(readings, log) if readings.answers else START
