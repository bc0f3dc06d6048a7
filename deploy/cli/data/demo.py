"""`loa up --demo`: both samples go in, one tick lets mail go out, and the figures are shown."""

import json
import tempfile
from datetime import date, datetime
from pathlib import Path

import deploy.sample
from deploy.cli.ask import figures, mail
from deploy.cli.client import Services
from deploy.cli.console import Said, out, say
from deploy.cli.data import import_view, importing, sources
from deploy.cli.data.columns import ORDER
from deploy.local.keys.keyring import write_secret
from deploy.local.state import Current
from deploy.sample import exercise
from shared import clock
from shared.contracts.vocabulary import Dataset
from shared.errors import Text
from shared.rules.rulebook import load_rulebook
from shared.rules.working_days import Calendar
from shared.settings import RuleSettings
from shared.vietnam import VIETNAM

OPEN = Path(deploy.sample.__path__[0]) / "open"
DIGEST_HOUR = 8  # in Vietnam


def show(current: Current) -> None:
    begun = Begun(Path(current.data_dir) / "demo.json")
    with Services(current) as services:
        position = 0 if begun.complete else _import_both(services, begun.day)
        begun.finish()
        _show_figures(services, position)


class Begun:
    """On which day the samples were first put in, so that an interrupted start goes on with the same rows."""

    def __init__(self, file: Path) -> None:
        self._file = file
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        self.complete: bool = known.get("complete", False)
        self.day = date.fromisoformat(known["day"]) if known else clock.day_in_vietnam(clock.now())
        self._write()

    def finish(self) -> None:
        self.complete = True
        self._write()

    def _write(self) -> None:
        text = json.dumps({"day": self.day.isoformat(), "complete": self.complete})
        write_secret(self._file, text)


def _import_both(services: Services, day: date) -> int:
    """Put both samples in; the exercise begun on another day stays as it was then."""
    of_public = _import(OPEN, Dataset.SAMPLE, Text("Dữ liệu mẫu", "sample"), services)
    with tempfile.TemporaryDirectory(prefix="loa-exercise-") as folder:
        exercise.write(Path(folder), day, load_rulebook(RuleSettings().rule_files).calendar)
        of_exercise = _import(Path(folder), Dataset.EXERCISE, Text("Dữ liệu thực tập", "exercise"), services)
    return max(of_public, of_exercise)


def _import(folder: Path, dataset: Dataset, title: Text, services: Services) -> int:
    source = sources.read(folder)
    present = {name: sheet for name, sheet in source.sheets.items() if ORDER[name] in services.current.urls}
    with import_view.watched(source, f"{title.vi} / {title.en}") as progress:
        result = importing.carry(
            sources.Source(present), dataset, services, progress, import_view.tell_refused
        )
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
    """Let today's mail go out; when none goes out today or not yet, that of the next digest is made already."""
    moment = clock.now().astimezone(VIETNAM)
    at = next_digest(moment, load_rulebook(RuleSettings().rule_files).calendar)
    if at is not None:
        say(
            Text(
                f"Hôm nay chưa đến giờ gửi hoặc là ngày nghỉ; bản dùng thử lập sẵn thư của ngày {at:%d/%m/%Y}.",
                f"It is not yet the hour, or no working day; the demo makes the mail of {at} already.",
            ),
            style="yellow",
        )
    try:
        mail.show_tick(services.post("notifier", "/tick", {"at": at.isoformat() if at else None}))
    except Said as refusal:
        say(refusal.message, style="yellow")


def next_digest(moment: datetime, calendar: Calendar) -> date | None:
    """Give the day of the next digest, or None if today's may go out at this moment (Vietnam's time)."""
    today = moment.date()
    if calendar.is_working(today) and moment.hour >= DIGEST_HOUR:
        return None
    return calendar.next_working_day(today)
