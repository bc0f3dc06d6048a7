"""A problem in one line, in two languages, with the command that fixes it."""

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.cli.operate.container_places import containers
from deploy.cli.operate.health.readings import Readings
from deploy.cli.operate.place import Place, ThisMachine
from shared.kernel.errors import Text

LAG = 1000  # events behind from which on a projection is reported


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with which part, and the command that fixes it."""

    part: str
    what: Text
    fix: str


Findings = Iterator[Finding]


def place_of(readings: Readings) -> Place:
    """Find where the platform runs: its commands differ."""
    here = ThisMachine(
        readings.folder,
        readings.pid_files,
        is_default=not readings.current.data_dir,
        running=bool(readings.answers),
    )
    return containers(readings.folder, readings.current.nats_url) or here
