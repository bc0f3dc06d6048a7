"""Files as `loa export` and `loa import` write and take them, with a platform of this process."""

from pathlib import Path

from deploy.cli.client import Services
from deploy.cli.data import exporting, importing, sources
from deploy.cli.data.result import Finding
from deploy.local.state import Current
from tests.support.platform.service import Platform


def services_of(platform: Platform) -> Services:
    urls = {name: f"http://127.0.0.1:{api.settings.port}" for name, api in platform.services.items()}
    return Services(Current(urls=urls, token=platform.issuer.token()))


def exported(platform: Platform, folder: Path) -> None:
    with services_of(platform) as clients:
        exporting.export(clients, folder)


def findings_of(platform: Platform, folder: Path, choices: sources.Choices) -> list[Finding]:
    """Import files; returns everything that is to say about their rows."""
    findings: list[Finding] = []
    with services_of(platform) as clients:
        source = sources.read(folder, choices)
        importing.import_source(source, None, clients, lambda _label, _rows: None, findings.append)
    return findings
