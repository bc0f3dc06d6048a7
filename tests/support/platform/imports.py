"""Imports as `loa import` makes them, against a platform that was started by `loa up`, and what they answered."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from deploy.cli.client import Services
from deploy.cli.console import CommandError
from deploy.cli.data import importing
from deploy.cli.data import sources as sheets
from deploy.cli.data.result import Finding, Result
from deploy.cli.data.sources import Choices
from deploy.local.state import Current
from tests.support.platform.home import Home

CASES = Path(__file__).parents[2] / "e2e" / "cases"


@dataclass(slots=True)
class ImportReport:
    """What an import answered."""

    result: Result = field(default_factory=Result)
    findings: list[Finding] = field(default_factory=list)
    text: str = ""

    @property
    def refused(self) -> list[tuple[str, int, str]]:
        return [(finding.label, finding.line, finding.column) for finding in self.findings if finding.refused]

    @property
    def notes(self) -> str:
        return "\n".join(
            f"{finding.why.vi}\n{finding.why.en}" for finding in self.findings if not finding.refused
        )

    @property
    def reasons(self) -> str:
        return "\n".join(
            f"{finding.why.vi}\n{finding.why.en}" for finding in self.findings if finding.refused
        )

    def taken(self, label: str) -> int:
        return self.result.counts[label]["taken"] + self.result.counts[label]["unchanged"]


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    """A platform with the units and drafts of `cases/base`."""
    with tempfile.TemporaryDirectory(prefix="loa-e2e-") as folder:
        Path(folder).chmod(0o755)
        home = Home(Path(folder))
        run = home.up()
        with Services(Current(urls=home.current["urls"], token=home.current["token"])) as services:
            assert not imported(services, CASES / "base").refused
            yield services
        assert home.stop(run) == 0, home.output()


def imported(services: Services, path: Path, choices: Choices = sheets.NO_CHOICES) -> ImportReport:
    report = ImportReport()
    try:
        source = sheets.read(path, choices)
        report.result = importing.import_source(
            source, None, services, lambda _label, _rows: None, report.findings.append
        )
    except CommandError as error:
        report.text = f"{error.message.vi}\n{error.message.en}"
    return report
