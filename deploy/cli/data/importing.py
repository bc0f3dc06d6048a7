"""`loa import`: send a source to the services, or do a dry run of it."""

from deploy.cli.client import Services
from deploy.cli.data.columns import ORDER
from deploy.cli.data.dry_run import DryRun, require_dry_run
from deploy.cli.data.importer import Importer
from deploy.cli.data.result import Progress, Report, Result
from deploy.cli.data.sources import Source
from shared.contracts.vocabulary import Dataset


def import_source(
    source: Source,
    dataset: Dataset | None,
    services: Services,
    progress: Progress,
    report: Report,
    *,
    dry_run: bool = False,
    left_out: frozenset[tuple[str, int]] = frozenset(),
) -> Result:
    """Send the sheets in the order of the contract; `dataset` overrides that of a row.

    `left_out` are sheets and lines that are not sent. `progress` gets the file and the number of rows of each request, `report` each finding. A dry run records nothing:
    the services answer what they would record.
    """
    if not dry_run:
        return Importer(dataset, services, progress, report, left_out=left_out).import_source(source)
    for service in dict.fromkeys(ORDER[name] for name in source.sheets):
        require_dry_run(services, service)
    return DryRun(dataset, services, progress, report, left_out=left_out).import_source(source)
