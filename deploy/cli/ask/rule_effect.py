"""`loa rules --with FILE`: show what a rules file would change, calculated by metrics with both rulebooks."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from deploy.cli.ask.rules import KINDS, WEEKDAYS
from deploy.cli.client import Services
from deploy.cli.console import CommandError, count, day, listed, out, percent, print_text
from shared.contracts.vocabulary import GapState, Stage
from shared.kernel.counted import counted
from shared.kernel.errors import Text
from shared.kernel.settings import RuleSettings
from shared.rules.rulebook.procedures import AppraisingBody, DaysOf
from shared.rules.verdicts import PolicyVerdict
from shared.rules.words.figure_words import COUNTS, RATES
from shared.rules.words.wording import (
    APPRAISING_BODIES,
    DAYS_OF,
    GAP_STATES,
    INSTRUMENTS,
    POLICY_VERDICTS,
    PROCEDURES,
    REGIMES,
    STAGES,
)

Answer = Mapping[str, Any]
SECONDS = 600.0  # every draft is calculated twice
MOST = 20  # drafts that are listed
FIELDS = {  # shown in the terminal; the JSON also has the sources
    "grace_working_days": Text("Hạn (ngày làm việc)", "Grace"),
    "posting": Text("Đăng tải tối thiểu", "Posting"),
    "replies": Text("Trả lời ý kiến", "Replies"),
    "appraisal": Text("Thẩm định", "Appraisal"),
    "opening": Text("Giai đoạn mở đầu", "Opening"),
    "closing": Text("Giai đoạn kết thúc", "Closing"),
    "parallel": Text("Giai đoạn song song", "Parallel"),
    "not_required": Text("Không bắt buộc", "Not required"),
    "may_return": Text("Được trả lại từ", "May return from"),
    "expected_order": Text("Thứ tự giai đoạn", "Order"),
    "legal_basis": Text("Căn cứ", "Legal basis"),
}


def preview(services: Services, file: Path, year: int | None) -> None:
    """Show what a file would change before it is used."""
    answer = calculate(services, file, year)
    _show_versions(answer)
    for entry in answer["days"]:
        what, on = KINDS[entry["becomes"]], date.fromisoformat(entry["day"])
        print_text(
            Text(
                f"  {day(entry['day'])} ({WEEKDAYS[on.weekday()]}) thành ngày {what.vi} / becomes {what.en}",
                "",
            )
        )
    if answer["procedures"]:
        out.print(_procedures(answer["procedures"]))
    out.print(_figures(answer, year))
    _show_changes(answer)
    files = listed(f'"{path.resolve()}"' for path in [*RuleSettings().rules_overrides, file])
    setting = f"LOA_RULES_OVERRIDES='[{files}]' loa up"
    print_text(Text(f"Áp dụng: {setting}", f"To use it: {setting}"))


def calculate(services: Services, file: Path, year: int | None) -> Answer:
    """Let metrics calculate the effect; `CommandError` with file and place if the file is invalid."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            f"Không đọc được tệp quy tắc ({error}); cần một tệp .csv hoặc .json mã UTF-8.",
            f"The rules file cannot be read ({error}); it must be a .csv or .json in UTF-8.",
        ) from error
    if file.suffix.lower() not in {".csv", ".json"}:
        raise CommandError(
            f"{file.name}: tệp quy tắc là .csv (lịch) hoặc .json (thủ tục).",
            f"{file.name}: a rules file is a .csv (calendar) or a .json (procedures).",
        )
    body = {"files": [{"name": file.name, "text": text}], "year": year}
    answer: Answer = services.send("POST", "metrics", "/rules/effect", json=body, timeout=SECONDS).json()
    return answer


def _show_versions(answer: Answer) -> None:
    now, then = answer["rules_version"], answer["rules_version_with"]
    print_text(Text(f"Phiên bản quy tắc hiện nay: {now}", f"rules_version now: {now}"))
    print_text(Text(f"Phiên bản khi thêm tệp: {then}", f"rules_version with the file: {then}"), style="bold")
    if not answer["days"] and not answer["procedures"]:
        print_text(Text("Tệp này không làm thay đổi quy tắc nào.", "The file changes no rule."))


def _procedures(changes: Sequence[Answer]) -> Table:
    table = Table("Chế độ, thủ tục / Regime", "Hình thức / Instruments", "Từ ngày / From", show_lines=True)
    for heading in ("Nội dung / Field", "Hiện nay / Now", "Sẽ là / Would be"):
        table.add_column(heading)

    def rule_key(change: Answer) -> str:
        return repr({**change, "instrument": ""})

    shown = [change for change in changes if change["field"] in FIELDS]
    for _, group in groupby(sorted(shown, key=rule_key), key=rule_key):
        same = list(group)
        entry = same[0]
        until = f"\n– {day(entry['valid_to'])}" if entry["valid_to"] else ""
        table.add_row(
            f"{REGIMES[entry['regime']].vi}\n{PROCEDURES[entry['procedure']].vi}",
            "\n".join(INSTRUMENTS[each["instrument"]].vi for each in same),
            f"{day(entry['valid_from'])}{until}",
            "\n".join((FIELDS[entry["field"]].vi, f"[dim]{FIELDS[entry['field']].en}[/dim]")),
            field_text(entry["was"]),
            field_text(entry["becomes"]),
        )
    return table


def field_text(value: Any) -> str:
    """Format a field: stages by name, periods by days."""
    match value:
        case dict():
            return _period(value)
        case None:
            return "–"
        case list() | tuple():
            return "\n".join(field_text(item) for item in value) or "–"
        case str() if value in set(Stage):
            return STAGES[Stage(value)].vi
        case _:
            return escape(str(value))


def _period(rule: Mapping[str, Any]) -> str:
    """Format a period of posting, of reply, or of appraisal."""
    if "body" in rule:
        days = f": {rule['days']} ngày" if rule["days"] else ""
        return APPRAISING_BODIES[AppraisingBody(rule["body"])].vi + days
    unit = DAYS_OF[DaysOf(rule.get("counted_in", DaysOf.CALENDAR))].vi
    return f"{STAGES[Stage(rule['stage'])].vi}: {rule.get('min_days') or rule['days']} {unit}"


def _figures(answer: Answer, year: int | None) -> Table:
    period = f", năm báo cáo {year}" if year else ""
    table = Table(f"Số liệu đến ngày {day(answer['as_of'])}{period}", "Hiện nay / Now", "Sẽ là / Would be")
    before, after = answer["before"], answer["after"]
    rows: list[tuple[str, Text, Callable[[Any], str]]] = [
        (name, label, percent) for name, label in RATES.items()
    ]
    rows += [(name, label, count) for name, label in ({**COUNTS, **GAPS}).items() if name in before]
    for name, label, written in rows:
        style = "" if before[name] == after[name] else "bold yellow"
        table.add_row(f"{label.vi} / {label.en}", written(before[name]), written(after[name]), style=style)
    return table


GAPS = {
    "gaps": Text("Dự thảo chưa truyền thông", "Open gaps"),
    "overdue": Text("Trong đó quá hạn", "Of these overdue"),
}


def _show_changes(answer: Answer) -> None:
    for entry in answer["verdicts"]:
        was, becomes = (POLICY_VERDICTS[PolicyVerdict(entry[name])] for name in ("was", "becomes"))
        number = count(entry["policies"])
        print_text(
            Text(
                f"{number} chính sách: {was.vi} → {becomes.vi}",
                f"{counted(entry['policies'], 'policy', number)}: {was.en} → {becomes.en}",
            ),
            style="yellow",
        )
    if answer["drafts"]:
        out.print(_drafts(answer["drafts"][:MOST]))
    total, gaps = count(answer["drafts_changed"]), count(answer["gaps_changed"])
    print_text(
        Text(
            f"Dự thảo có thay đổi: {total}; thời hạn đang mở thay đổi: {gaps}. Tính trên toàn bộ dự thảo, bằng cả hai bộ quy tắc.",
            f"Drafts that change: {total}; open due days that change: {gaps}. Calculated over all drafts with both rulebooks.",
        ),
        style="bold",
    )


def _drafts(drafts: Sequence[Answer]) -> Table:
    table = Table("Dự thảo / Draft", "Chính sách / Policies", "Thời hạn / Due day", show_lines=True)
    for draft in drafts:
        policies = "\n".join(
            f"{p['policy_no'] or 'Toàn văn'}: {_verdict(p['was'])} → {_verdict(p['becomes'])}"
            for p in draft["policies"]
        )
        table.add_row(draft["draft_code"], policies, "\n".join(map(_gap, draft["gaps"])))
    return table


def _verdict(value: str) -> str:
    return POLICY_VERDICTS[PolicyVerdict(value)].vi


def _gap(gap: Answer) -> str:
    was, becomes = (day(gap[name]) or "–" for name in ("due_was", "due"))
    states = [GAP_STATES[GapState(gap[name])].vi if gap[name] else "–" for name in ("state_was", "state")]
    state = states[0] if states[0] == states[1] else " → ".join(states)
    return f"{STAGES[Stage(gap['stage'])].vi}: {was} → {becomes} ({state})"
