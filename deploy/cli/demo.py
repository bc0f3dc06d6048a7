"""`loa up --demo`: both samples go in, one tick lets mail go out, and the figures are shown."""

import tempfile
from pathlib import Path

import deploy.sample
from deploy.cli import figures, import_view, importing, mail, sheets
from deploy.cli.client import Services
from deploy.cli.console import Said, out, say
from deploy.local.state import Current
from deploy.sample import exercise
from shared import clock
from shared.contracts.vocabulary import Dataset
from shared.errors import Text
from shared.rules.rulebook import load_rulebook

OPEN = Path(deploy.sample.__path__[0]) / "open"
A_SAMPLE_DRAFT = "LUAT-DATDAI"


def show(current: Current) -> None:
    with Services(current) as services:
        position = max(_import_open(services), _import_exercise(services))
        _show_figures(services, position)


def _import_open(services: Services) -> int:
    if _knows(services, A_SAMPLE_DRAFT):
        return 0
    return _import(OPEN, Dataset.SAMPLE, Text("Dữ liệu mẫu", "sample"), services)


def _import_exercise(services: Services) -> int:
    """Put the exercise in once; begun on another day, it stays as it is."""
    if _knows(services, exercise.A_DRAFT):
        return 0
    today = clock.day_in_vietnam(clock.now())
    with tempfile.TemporaryDirectory(prefix="loa-exercise-") as folder:
        exercise.write(Path(folder), today, load_rulebook().calendar)
        return _import(Path(folder), Dataset.EXERCISE, Text("Dữ liệu thực tập", "exercise"), services)


def _knows(services: Services, draft_code: str) -> bool:
    return services.ask("registry", f"/drafts/{draft_code}").is_success


def _import(folder: Path, dataset: Dataset, title: Text, services: Services) -> int:
    source = sheets.read(folder)
    present = {
        name: sheet for name, sheet in source.sheets.items() if sheets.ORDER[name] in services.current.urls
    }
    with import_view.watched(source, f"{title.vi} / {title.en}") as progress:
        result = importing.carry(sheets.Source(present), dataset, services, progress)
    if not result.complete:
        import_view.show(source, result)
    return result.last


def _show_figures(services: Services, position: int) -> None:
    if "metrics" not in services.current.urls:
        return
    seen = {"min_position": position} if position else {}
    figures.show_compliance(services.get("metrics", "/compliance", **seen))
    by_unit = {"unit": exercise.ROOT_UNIT, "include_descendants": True, "group_by": "unit"}
    figures.show_compliance(services.get("metrics", "/compliance", **by_unit), with_definition=False)
    figures.show_gaps(services.get("metrics", "/gaps", **seen))
    out.print()
    if "notifier" in services.current.urls:
        _tick(services)


def _tick(services: Services) -> None:
    try:
        mail.show_tick(services.post("notifier", "/tick", {"at": None}))
    except Said as refusal:
        say(refusal.message, style="yellow")
