"""`loa rules`: show the procedures with dates and sources, and the calendar of a year."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.ask.year_calendar import CalendarDay, days_of, notice_of
from deploy.cli.client import Services
from deploy.cli.console import CommandError, day, out, print_text
from shared.contracts.vocabulary import Instrument, Procedure, Regime, Stage
from shared.kernel.errors import PermanentError, Text
from shared.rules.rulebook.legal_basis import Certainty
from shared.rules.rulebook.procedure_rows import RulesRefused
from shared.rules.rulebook.procedures import AppraisingBody, DaysOf
from shared.rules.rulebook.rulebook import Rulebook, load_rulebook
from shared.rules.words.wording import (
    APPRAISING_BODIES,
    CERTAINTIES,
    DAYS_OF,
    INSTRUMENTS,
    PROCEDURES,
    REGIMES,
    STAGES,
)

Row = Mapping[str, Any]

KINDS = {"off": Text("nghỉ", "off"), "work": Text("làm việc", "worked")}
WEEKDAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def matching(
    rows: Iterable[Row],
    regime: Regime | None = None,
    instrument: Instrument | None = None,
    procedure: Procedure | None = None,
    on: date | None = None,
) -> list[Row]:
    """Filter the rows; with `on`, keep of each procedure the one in force on that day."""
    wanted = {"regime": regime, "instrument": instrument, "procedure": procedure}
    kept = [row for row in rows if all(value in {None, row[name]} for name, value in wanted.items())]
    if on is None:
        return kept
    return [row for _, dated in groupby(kept, key=_key) if (row := _in_force(list(dated), on))]


def _key(row: Row) -> tuple[str, ...]:
    return row["regime"], row["instrument"], row["procedure"], *row.get("area", ())


def _in_force(dated: Sequence[Row], on: date) -> Row:
    """Give the rule in force on a day; as in the rulebook, the first rule also holds before its first day."""
    begun = [row for row in dated if date.fromisoformat(row["valid_from"]) <= on]
    return begun[-1] if begun else dated[0]


def show_procedures(services: Services, rows: Sequence[Row], version: str) -> None:
    print_text(Text(f"Phiên bản quy tắc: {version}", f"rules_version: {version}"), style="bold")
    if not rows:
        raise CommandError(
            "Không có thủ tục nào khớp; chạy `loa rules` không kèm điều kiện để xem tất cả.",
            "No procedure matches; run `loa rules` without conditions to see all.",
        )
    origins = _Origins()
    out.print(_procedures(rows, origins))
    for line in origins.lines():
        out.print(line)
    print_text(Text(f"Nguồn: {services.url('registry')}/procedures", ""), style="dim")


class _Origins:
    """Numbers what rules come from, each once: article, content and certainty stand below the table."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, rule: Row) -> str:
        certainty = CERTAINTIES[Certainty(rule["certainty"])].vi.upper()
        details = "; ".join(filter(None, [rule["content"], rule["note"], rule["source"]]))
        text = f"[bold]{certainty}[/bold]: {escape(rule['legal_basis'])}. [dim]{escape(details)}[/dim]"
        return escape(f"[{self._numbers.setdefault(text, len(self._numbers) + 1)}]")

    def lines(self) -> Iterable[str]:
        return (f"{escape(f'[{number}]')} {text}" for text, number in self._numbers.items())


def _procedures(rows: Sequence[Row], origins: _Origins) -> Table:
    table = Table(
        "Chế độ, thủ tục\n[dim]Regime, procedure[/dim]", "Hình thức\n[dim]Instruments[/dim]", show_lines=True
    )
    for heading in ("Hiệu lực\n[dim]In force[/dim]", "Hạn\n[dim]Grace[/dim]", "Đăng tải\n[dim]Posting[/dim]"):
        table.add_column(heading)
    table.add_column("Trả lời, thẩm định\n[dim]Reply, appraisal[/dim]")
    table.add_column("Phải truyền thông\n[dim]Required stages[/dim]")
    table.add_column("Căn cứ\n[dim]Legal basis[/dim]")
    for same in _grouped_by_rule(rows):
        table.add_row(*_cells(same, origins))
    return table


def _grouped_by_rule(rows: Sequence[Row]) -> Iterable[list[Row]]:
    """Group rows that differ only by instrument."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(repr({**row, "instrument": ""}), []).append(row)
    return groups.values()


def _cells(same: list[Row], origins: _Origins) -> tuple[str, ...]:
    row = same[0]
    until = day(row["valid_to"]) or "…"
    allowed = row["permission"]
    place = f"\n[bold]{escape(', '.join(row['area']))}[/bold]" if row["area"] else ""
    basis = [f"Trình tự {origins.mark(row)}", *([f"Được áp dụng {origins.mark(allowed)}"] if allowed else [])]
    answered = [*_replies(row["replies"], origins), *_appraisal(row["appraisal"], origins)]
    return (
        f"{REGIMES[row['regime']].vi}\n{PROCEDURES[row['procedure']].vi}{place}",
        "\n".join(INSTRUMENTS[each["instrument"]].vi for each in same),
        f"{day(row['valid_from'])}\n– {until}",
        f"{row['grace_working_days']} ngày làm việc",
        "\n".join(_postings(row["posting"], origins)) or "–",
        "\n".join(answered) or "–",
        "\n".join(STAGES[stage].vi for stage in row["required"]),
        "\n".join(basis),
    )


def _postings(rules: Iterable[Row], origins: _Origins) -> Iterable[str]:
    for rule in rules:
        yield f"{STAGES[Stage(rule['stage'])].vi}: {rule['min_days']} ngày {origins.mark(rule)}"


def _replies(rules: Iterable[Row], origins: _Origins) -> Iterable[str]:
    for rule in rules:
        days = DAYS_OF[DaysOf(rule["counted_in"])].vi
        yield f"{STAGES[Stage(rule['stage'])].vi}: trả lời trong {rule['days']} {days} {origins.mark(rule)}"


def _appraisal(rule: Row | None, origins: _Origins) -> Iterable[str]:
    if rule is not None:
        days = f" trong {rule['days']} ngày" if rule["days"] else ""
        yield f"{APPRAISING_BODIES[AppraisingBody(rule['body'])].vi}{days} {origins.mark(rule)}"


def show_calendar(year: int, files: Sequence[Path]) -> None:
    result = days_of(year, files)
    if not result:
        raise CommandError(
            f"Chưa có lịch nghỉ năm {year}; đề nghị bổ sung bằng tệp day,kind,what,source: `loa rules --with FILE.csv`.",
            f"There is no calendar of {year}; add a file with the columns day,kind,what,source: `loa rules --with FILE.csv`.",
        )
    print_text(
        Text(
            f"Lịch làm việc năm {year}: những ngày khác với thứ Hai – thứ Sáu",
            f"Calendar of {year}: days that differ from Monday to Friday",
        ),
        style="bold",
    )
    print_text(_settled(year, files), style="dim")
    table = Table("Ngày / Day", "Thứ", "Loại / Kind", "Nội dung / What", "Nguồn / Source")
    for item in result:
        table.add_row(*_calendar_cells(item), style="" if item.differs_from_weekday else "dim")
    out.print(table)


def _settled(year: int, files: Sequence[Path]) -> Text:
    """Say which notice or law settles the days off of a year."""
    if (notice := notice_of(year, files)) is not None:
        return Text(f"Căn cứ: {notice.source} ({notice.what})", f"By: {notice.source}")
    return Text(
        f"Lịch năm {year} là tạm tính: chưa có văn bản về ngày nghỉ lễ, Tết và hoán đổi. Khi có, thêm dòng "
        f"{year}-01-01,confirmed,Lịch nghỉ,SỐ VĂN BẢN vào tệp lịch của cơ quan.",
        f"The calendar of {year} is provisional: there is no notice on its holidays yet. When there is, add the row "
        f"{year}-01-01,confirmed,Holidays,ITS NUMBER to your calendar file.",
    )


def _calendar_cells(calendar_day: CalendarDay) -> tuple[str, ...]:
    kind = KINDS[calendar_day.kind]
    return (
        day(calendar_day.day),
        WEEKDAYS[calendar_day.day.weekday()],
        f"{kind.vi} / {kind.en}",
        escape(calendar_day.what),
        escape(calendar_day.source),
    )


def loaded(files: Sequence[Path]) -> Rulebook:
    """Load the rules with an operator's files; `CommandError` with file and line if one is invalid."""
    try:
        return load_rulebook(files)
    except (OSError, UnicodeDecodeError, PermanentError) as error:
        why = error.text if isinstance(error, RulesRefused) else Text(str(error), str(error))
        raise CommandError(
            f"Không nhận được tệp quy tắc ({why.vi}). Tệp lịch (.csv) cần các cột day,kind,what,source, mã UTF-8; day là "
            "yyyy-mm-dd, kind là off hoặc work. Tệp thủ tục (.json) có danh sách rows như procedures.json của hệ thống.",
            f"The rules file is invalid ({why.en}). A calendar (.csv) needs the columns day,kind,what,source in UTF-8; "
            "day is yyyy-mm-dd, kind is off or work. Procedures (.json) need a list `rows` as in the packaged procedures.json.",
        ) from error
