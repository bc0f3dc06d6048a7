"""Write the calendar file of the rules from the `holidays` package: `python -m deploy.holidays_file`.

The rules read the file, not the package: an upgrade of the package must be visible as a changed file and a new
`rules_version`, never only as a changed figure.
"""

import csv
import io
from datetime import date
from importlib.metadata import version
from pathlib import Path

import holidays

import shared.rules
from shared.kernel.counted import counted

YEARS = range(2015, 2036)
CALENDAR_FILE = Path(shared.rules.__path__[0]) / "data" / "calendar.csv"
HEADER = ("day", "kind", "what", "source")
MADE_UP = "Ngày làm việc bù (hoán đổi)"


def rows() -> list[tuple[str, str, str, str]]:
    """Days off and worked weekend days of Việt Nam, in order; `source` names the package's version."""
    calendar = holidays.country_holidays("VN", years=YEARS, language="vi")
    source = f"holidays {version('holidays')}"
    worked = (day for day in calendar.weekend_workdays if _covered(day))
    off = [(day.isoformat(), "off", what, source) for day, what in calendar.items() if _covered(day)]
    return sorted(off + [(day.isoformat(), "work", MADE_UP, source) for day in worked])


def text() -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows())
    return out.getvalue()


def main() -> None:
    CALENDAR_FILE.write_text(text(), encoding="utf-8")
    print(f"{CALENDAR_FILE.name}: {counted(len(rows()), 'day')}, {YEARS.start}-{YEARS.stop - 1}")


def _covered(day: date) -> bool:
    return day.year in YEARS


if __name__ == "__main__":
    main()
