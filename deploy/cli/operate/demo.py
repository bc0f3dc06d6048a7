"""`loa up --demo`: import both samples, show the figures, and send the mails that are due."""

import json
import tempfile
from datetime import date, datetime
from pathlib import Path

import deploy.sample
from deploy.cli.ask import figures, mail
from deploy.cli.ask.periods import default_year
from deploy.cli.client import Services
from deploy.cli.console import CommandError, out, print_text
from deploy.cli.data import import_view, importing, sources
from deploy.cli.data.columns import ORDER
from deploy.local.keys.keyring import write_secret
from deploy.local.state import Current
from deploy.sample import exercise
from shared.contracts.vocabulary import Dataset
from shared.kernel import runtime
from shared.kernel.errors import Text
from shared.kernel.local_day import VIETNAM, day_in_vietnam
from shared.kernel.settings import RuleSettings
from shared.rules.rulebook.rulebook import Calendar, load_rulebook

OPEN = Path(deploy.sample.__path__[0]) / "open"
DIGEST_HOUR = 8  # in Vietnam


def show(current: Current) -> None:
    state = DemoState(Path(current.data_dir) / "demo.json")
    with Services(current) as services:
        position = 0 if state.complete else _import_samples(services, state.day)
        state.finish()
        _show_figures(services, position)


class DemoState:
    """The day of the first import, so that an interrupted start continues with the same rows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        stored = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self.complete: bool = stored.get("complete", False)
        self.day = date.fromisoformat(stored["day"]) if stored else day_in_vietnam(runtime.now())
        self._write()

    def finish(self) -> None:
        self.complete = True
        self._write()

    def _write(self) -> None:
        text = json.dumps({"day": self.day.isoformat(), "complete": self.complete})
        write_secret(self._file, text)


def _import_samples(services: Services, day: date) -> int:
    """Import both samples; an exercise that was begun on another day keeps its dates."""
    of_public = _import(OPEN, Dataset.SAMPLE, Text("Dữ liệu mẫu", "sample"), services)
    with tempfile.TemporaryDirectory(prefix="loa-exercise-") as folder:
        exercise.write(Path(folder), day, load_rulebook(RuleSettings().rule_files).calendar)
        of_exercise = _import(Path(folder), Dataset.EXERCISE, Text("Dữ liệu thực tập", "exercise"), services)
    return max(of_public, of_exercise)


def _import(folder: Path, dataset: Dataset, title: Text, services: Services) -> int:
    source = sources.read(folder)
    present = {name: sheet for name, sheet in source.sheets.items() if ORDER[name] in services.current.urls}
    with import_view.watched(source, f"{title.vi} / {title.en}") as progress:
        result = importing.import_source(
            sources.Source(present), dataset, services, progress, import_view.report_refused
        )
    if not result.complete:
        import_view.show(source, result)
    return result.last


def _show_figures(services: Services, position: int) -> None:
    if "metrics" not in services.current.urls:
        return
    seen = {"min_position": position} if position else {}
    year = {"year": default_year(None)}
    figures.show_compliance(services.get("metrics", "/compliance", **seen, **year))
    by_unit = {**year, "unit": exercise.ROOT_UNIT, "include_descendants": True, "group_by": "unit"}
    figures.show_compliance(services.get("metrics", "/compliance", **by_unit), with_definition=False)
    figures.show_gaps(services.get("metrics", "/gaps", **seen))
    out.print()
    if "notifier" in services.current.urls:
        _tick(services)


def _tick(services: Services) -> None:
    """Send the mails that are due; if none are due at this moment, render those of the next digest."""
    moment = runtime.now().astimezone(VIETNAM)
    at = next_digest(moment, load_rulebook(RuleSettings().rule_files).calendar)
    if at is not None:
        print_text(
            Text(
                f"Hôm nay chưa đến giờ gửi hoặc là ngày nghỉ; bản dùng thử lập sẵn thư của ngày {at:%d/%m/%Y}.",
                f"It is before the hour of sending, or no working day; the demo renders the mails of {at}.",
            ),
            style="yellow",
        )
    try:
        mail.show_tick(services.post("notifier", "/tick", {"at": at.isoformat() if at else None}))
    except CommandError as refusal:
        print_text(refusal.message, style="yellow")


def next_digest(moment: datetime, calendar: Calendar) -> date | None:
    """Give the day of the next digest, or None if today's may go out at this moment (Vietnam's time)."""
    today = moment.date()
    if calendar.is_working(today) and moment.hour >= DIGEST_HOUR:
        return None
    return calendar.next_working_day(today)
