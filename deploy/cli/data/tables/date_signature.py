"""Columns of dates that look as if day and month were swapped when a program read them in the American order."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from shared.kernel.errors import Text

TWELVE = 12
NOTED, ASKED = (
    6,
    10,
)  # different dates, none after the 12th of its month, from which it is remarked on, asked about
VARIED = 3  # different days of the month among them: first days of months are no sign
_ISO = re.compile(r"\d{4}-(\d{2})-(\d{2})")
_VIETNAMESE = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-]\d{4}")


@dataclass(slots=True)
class _Seen:
    days: set[date] = field(default_factory=set)
    unread: int = 0  # texts that can only be day/month/year
    cleared: bool = False  # a date after the 12th: it was not swapped

    def add(self, text: str) -> None:
        if _ISO.fullmatch(text):
            self._date(text)
        elif (result := _VIETNAMESE.fullmatch(text)) and int(result[1]) > TWELVE and int(result[2]) <= TWELVE:
            self.unread += 1

    def _date(self, text: str) -> None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return
        if day.day > TWELVE:
            self.cleared = True
        elif len(self.days) <= ASKED:
            self.days.add(day)

    @property
    def suspicious(self) -> bool:
        varied = len({day.day for day in self.days}) >= VARIED
        return not self.cleared and bool((self.unread and self.days) or (varied and len(self.days) >= NOTED))

    @property
    def asked(self) -> bool:
        return bool(self.unread) or len(self.days) >= ASKED


def suspicions(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> Mapping[str, tuple[Text, bool]]:
    """Say of each column that looks swapped why, and whether its sheet must be asked about first."""
    seen = {column: _Seen() for column in columns}
    for row in rows:
        for column in columns:
            if column in row and not seen[column].cleared:
                seen[column].add(row[column].strip())
        if all(item.cleared for item in seen.values()):
            break
    return {column: (_why(item), item.asked) for column, item in seen.items() if item.suspicious}


def _why(seen: _Seen) -> Text:
    shown = min(seen.days)
    other = f"{shown.month:02}/{shown.day:02}/{shown.year}"
    context_vi = ", còn ngày sau ngày 12 vẫn là chữ chưa đọc được" if seen.unread else ""
    context_en = ", and those after the 12th are still unread text" if seen.unread else ""
    return Text(
        f"mọi ngày trong cột đều không quá ngày 12 của tháng{context_vi}: có thể ngày và tháng đã bị đảo khi mở tệp "
        f"(ví dụ {shown:%d/%m/%Y} lẽ ra là {other}?); hãy đối chiếu với văn bản gốc, nếu đúng thì chạy lại với --dates-checked",
        f"no date of the column is after the 12th of its month{context_en}: day and month may have been swapped when the "
        f"file was opened (such as {shown}, really {shown.year}-{shown.day:02}-{shown.month:02}?); compare with the "
        "documents, and if they are right run again with --dates-checked",
    )
